//! Properties of the decoders for any input: none panics, and every input that is accepted is the one encoding of its value.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed};
use sprag_relay_wire::{Address, Host, RelayAddress};

use crate::support::{Kind, samples};

proptest! {
    #![proptest_config(Config {
        rng_seed: RngSeed::Fixed(0x5eed),
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn any_bytes_are_refused_or_canonical(
        kind in select(&Kind::ALL[..]),
        bytes in vec(any::<u8>(), 0..300),
        small in vec(0_u8..3, 0..300),
    ) {
        for bytes in [bytes, small] {
            if let Ok(again) = kind.encoded_again(&bytes) {
                prop_assert_eq!(again, bytes);
            }
        }
    }

    #[test]
    fn samples_with_any_edits_are_refused_or_canonical(
        sample in select(samples()),
        edits in vec((any::<Index>(), any::<Index>(), any::<u8>(), 0..3), 1..4),
    ) {
        let mut fields = sample.fields;
        for (field, place, byte, edit) in edits {
            let field = field.index(fields.len());
            let field = &mut fields[field];
            let place = place.index(field.len() + 1);
            match edit {
                0 => field.insert(place, byte),
                1 if place < field.len() => drop(field.remove(place)),
                _ => field.iter_mut().skip(place).take(1).for_each(|old| *old = byte),
            }
        }
        let bytes = fields.concat();
        if let Ok(again) = sample.kind.encoded_again(&bytes) {
            prop_assert_eq!(again, bytes);
        }
    }

    #[test]
    fn any_text_is_refused_or_the_one_spelling(
        host in "[a-c0-2.:\\[\\]-]{0,12}",
        port in "(:[0-9]{0,6})?",
        rest in "\\PC{0,20}",
    ) {
        if let Ok(read) = Host::new(&host) {
            prop_assert_eq!(read.as_str(), &host);
        }
        let relay = format!("sprag-relay://{}@{host}{port}", "A".repeat(43));
        if let Ok(read) = relay.parse::<RelayAddress>() {
            prop_assert_eq!(read.to_string(), relay);
        }
        for text in [format!("sprag://{rest}"), format!("sprag://{}@{rest}#", "A".repeat(43))] {
            prop_assert!(text.parse::<Address>().is_err());
        }
    }
}
