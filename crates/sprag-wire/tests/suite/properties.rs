//! Whatever the bytes: no decoder panics, and what is accepted is the one encoding of its value.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed};
use sprag_primitives::x25519::PublicKey;
use sprag_primitives::xeddsa::Signature;
use sprag_ratchet::Header;
use sprag_wire::snapshot::{Kind as SnapshotKind, open};
use sprag_wire::{
    Message, PrekeyMessage, decode_bundle, decode_message, decode_prekey_message, encode_bundle,
    kind,
};
use sprag_x3dh::{
    Bundle, IdentityKey, InitialMessage, OneTimePrekey, SignedPrekey, SignedPrekeyTerms, Suite,
};

use crate::support::{
    KINDS, encoded_again, message_to_bytes, prekey_message_to_bytes, samples, varint,
};

proptest! {
    #![proptest_config(Config {
        rng_seed: RngSeed::Fixed(0x5eed),
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn any_bytes_are_refused_or_canonical(bytes in vec(any::<u8>(), 0..300)) {
        refused_or_canonical(&bytes)?;
    }

    #[test]
    fn any_bytes_behind_an_envelope_are_refused_or_canonical(
        kind in 1..=3_u8,
        content in vec(any::<u8>(), 0..300),
    ) {
        refused_or_canonical(&[&[1, kind, 1], content.as_slice()].concat())?;
    }

    #[test]
    fn samples_with_any_edits_are_refused_or_canonical(
        sample in select(samples().to_vec()),
        edits in vec((any::<Index>(), edit()), 1..5),
    ) {
        let (_, mut bytes) = sample;
        for (place, edit) in edits {
            edit.apply(place, &mut bytes);
        }
        refused_or_canonical(&bytes)?;
    }

    #[test]
    fn any_numbers_are_accepted_in_their_shortest_form_alone(
        keys in [public_key(), public_key(), public_key()],
        signature: [[u8; 32]; 2],
        numbers: (u32, u64, u32),
        superfluous in [0..3_usize, 0..3, 0..3],
    ) {
        let [identity, signed_prekey, one_time_prekey] = keys.map(|key| *key.as_bytes());
        let longer = |number, superfluous| {
            let mut bytes = varint(number);
            for _ in 0..superfluous {
                *bytes.last_mut().expect("a number has a byte") |= 0x80;
                bytes.push(0);
            }
            bytes
        };
        let parts: [&[u8]; 9] = [
            &[1, 1, 1],
            &identity,
            &longer(numbers.0.into(), superfluous[0]),
            &longer(numbers.1, superfluous[1]),
            &signed_prekey,
            signature.as_flattened(),
            &[1],
            &longer(numbers.2.into(), superfluous[2]),
            &one_time_prekey,
        ];
        let bytes = parts.concat();
        prop_assert_eq!(decode_bundle(&bytes).is_ok(), superfluous == [0; 3]);
        refused_or_canonical(&bytes)?;
    }

    #[test]
    fn any_bundle_is_read_back(bundle in bundle()) {
        prop_assert_eq!(decode_bundle(&encode_bundle(&bundle)), Ok(bundle));
    }

    #[test]
    fn any_message_is_read_back(
        handshake in handshake(),
        header in header(),
        ciphertext in vec(any::<u8>(), 0..100),
        tag: [u8; 16],
    ) {
        let message = Message { header, ciphertext: &ciphertext, tag: &tag };
        let bytes = message_to_bytes(message);
        prop_assert_eq!(decode_message(&bytes), Ok(message));
        let prekey_message = PrekeyMessage { handshake, message };
        let bytes = prekey_message_to_bytes(prekey_message);
        prop_assert_eq!(decode_prekey_message(&bytes), Ok(prekey_message));
    }
}

fn refused_or_canonical(bytes: &[u8]) -> Result<(), TestCaseError> {
    for as_kind in KINDS {
        if let Ok(again) = encoded_again(as_kind, bytes) {
            prop_assert_eq!(&again, bytes);
            prop_assert_eq!(kind(bytes), Ok(as_kind));
        }
    }
    for kind in [SnapshotKind::Account, SnapshotKind::Session] {
        if open(kind, bytes).is_ok() {
            prop_assert!(bytes.starts_with(b"sprag"));
        }
    }
    Ok(())
}

/// A change of bytes at a place.
#[derive(Clone, Debug)]
enum Edit {
    Set(u8),
    Insert(Vec<u8>),
    Remove,
    Truncate,
}

impl Edit {
    fn apply(self, place: Index, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let place = place.index(bytes.len());
        match self {
            Self::Set(value) => bytes[place] = value,
            Self::Insert(values) => drop(bytes.splice(place..place, values)),
            Self::Remove => drop(bytes.remove(place)),
            Self::Truncate => bytes.truncate(place),
        }
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => any::<u8>().prop_map(Edit::Set),
        2 => vec(any::<u8>(), 1..4).prop_map(Edit::Insert),
        2 => Just(Edit::Remove),
        1 => Just(Edit::Truncate),
    ]
}

fn public_key() -> impl Strategy<Value = PublicKey> {
    any::<[u8; 32]>().prop_filter_map("it is a key", |mut bytes| {
        bytes[31] &= 0x7f;
        PublicKey::from_bytes(&bytes).ok()
    })
}

fn identity_key() -> impl Strategy<Value = IdentityKey> {
    public_key().prop_map(|key| IdentityKey::from_bytes(key.as_bytes()).expect("it is a key"))
}

fn bundle() -> impl Strategy<Value = Bundle> {
    let signature = any::<[[u8; 32]; 2]>().prop_map(|halves| {
        let bytes = halves.as_flattened().try_into().expect("64 bytes");
        Signature::from_bytes(bytes)
    });
    let one_time_prekey =
        (any::<u32>(), public_key()).prop_map(|(id, key)| OneTimePrekey { id, key });
    let fields = (
        identity_key(),
        any::<(u32, u64)>(),
        public_key(),
        signature,
        option::of(one_time_prekey),
    );
    fields.prop_map(
        |(identity, (id, created), key, signature, one_time_prekey)| {
            let suite = Suite::X3dh;
            let terms = SignedPrekeyTerms { suite, id, created };
            Bundle {
                identity,
                signed_prekey: SignedPrekey {
                    terms,
                    key,
                    signature,
                },
                one_time_prekey,
            }
        },
    )
}

fn handshake() -> impl Strategy<Value = InitialMessage> {
    let fields = (
        identity_key(),
        public_key(),
        any::<u32>(),
        any::<Option<u32>>(),
    );
    fields.prop_map(
        |(identity, ephemeral, signed_prekey, one_time_prekey)| InitialMessage {
            suite: Suite::X3dh,
            identity,
            ephemeral,
            signed_prekey,
            one_time_prekey,
        },
    )
}

fn header() -> impl Strategy<Value = Header> {
    let fields = (public_key(), any::<u32>(), any::<u32>());
    fields.prop_map(|(ratchet_key, previous_length, number)| Header {
        ratchet_key,
        previous_length,
        number,
    })
}
