//! The refusal of input that is cut, too long, in another order or beyond a limit.

use alloc::collections::{BTreeMap, BTreeSet};

use sprag_relay_wire::limits::{
    DEFAULT_MESSAGE_LENGTH, MAX_ADDRESSES, MAX_FIXED_LENGTH, MAX_KEM_PREKEYS, MAX_MESSAGE_LENGTH,
    MAX_ONE_TIME_PREKEYS, MAX_PREKEYS, MAX_RECEIVED_LENGTH, MAX_RECEIVED_MESSAGES,
    MAX_SAFE_MESSAGES, MAX_SEALED_KEM_LENGTH, MAX_SEALED_ONE_TIME_LENGTH, MAX_WAIT_SECONDS,
    MIN_MESSAGE_LENGTH, MIN_SEALED_LENGTH,
};
use sprag_relay_wire::{
    AddressChange, AddressId, AddressProof, Epoch, Error, MessageId, NumberedPrekey, PrekeyKind,
    PrekeyUpload, PrekeysLeft, ReceiveRequest, Received, SealedBundle, SealedPrekey,
    SendCapability, Stock, StoredMessage, Withdraw, check_message, decode_prekeys, decode_received,
    encode_addresses, encode_bundle, encode_prekeys, encode_receive_request, encode_received,
    encode_stock,
};

use crate::support::{Kind, counting, sample, samples};

fn refused(kind: Kind, bytes: &[u8]) -> Error {
    let again = kind.encoded_again(bytes);
    again.expect_err("it is not canonical")
}

#[test]
fn every_cut_is_noticed() {
    for sample in samples() {
        let bytes = sample.bytes();
        // A long one is cut in its first fields, at the end, and here and there.
        let lengths =
            (0..bytes.len()).filter(|at| *at < 200 || at % 97 == 0 || at + 9 > bytes.len());
        for length in lengths {
            let error = refused(sample.kind, &bytes[..length]);
            assert_eq!(error, Error::Truncated, "{} at {length}", sample.name);
        }
    }
}

#[test]
fn a_byte_behind_the_end_is_noticed() {
    for sample in samples() {
        let error = refused(sample.kind, &[&sample.bytes()[..], &[0]].concat());
        // Some bodies are as long as any of their kind.
        let full = matches!(
            sample.name,
            "registration with an invitation" | "stock request"
        );
        let expected = if full {
            Error::Oversized
        } else {
            Error::Trailing
        };
        assert_eq!(error, expected, "{}", sample.name);
    }
}

#[test]
fn markers_and_kinds_are_those_that_there_are() {
    for (name, place, byte) in [
        ("changes", 1, 2),
        ("changes", 3, 0xff),
        ("registration", 0, 2),
        ("relay", 4, 2),
        ("upload", 1, 3),
        ("upload", 5, 2),
        ("upload", 8, 2),
        ("stock", 0, 2),
        ("stock", 3, 2),
        ("bundle", 1, 2),
        ("bundle", 4, 0x80),
        ("messages", 1, 2),
        ("messages", 2, 2),
    ] {
        let sample = sample(name);
        let error = refused(sample.kind, &sample.with(place, &[byte]));
        assert_eq!(error, Error::Malformed, "{name}, field {place}");
    }
}

#[test]
fn numbers_ascend() {
    // Each field is given the value of the other that it has to be below or above, and one beyond.
    for (name, place, values) in [
        ("upload", 4, [&[5, 0, 0, 0][..], &[4, 0, 0, 0]]),
        ("upload", 12, [&[7, 0, 0, 0], &[6, 0, 0, 0]]),
        ("stock", 6, [&[9, 0, 0, 0], &[8, 0, 0, 0]]),
        ("request for messages", 3, [&counting::<16>(2), &[3; 16]]),
        (
            "messages",
            11,
            [&[0xff, 0, 0, 0, 0, 0, 0, 0], &[0xfe, 0, 0, 0, 0, 0, 0, 0]],
        ),
    ] {
        let sample = sample(name);
        for value in values {
            let error = refused(sample.kind, &sample.with(place, value));
            assert_eq!(error, Error::NotCanonical, "{name}, field {place}");
        }
    }
}

#[test]
fn messages_are_written_in_their_order() {
    let bytes = [0; MIN_MESSAGE_LENGTH];
    let reply = |sequences: [u64; 2]| {
        let messages = sequences.map(|sequence| StoredMessage {
            sequence,
            address: AddressId::from_bytes([0; 32]),
            arrived: 0,
            bytes: &bytes,
        });
        let reply = Received {
            epoch: Epoch::from_bytes([0; 16]),
            more: false,
            left: None,
            messages: messages.to_vec(),
        };
        encode_received(&reply).map(drop)
    };
    assert_eq!(reply([0, 1]), Ok(()));
    assert_eq!(reply([1, 1]), Err(Error::NotCanonical));
    assert_eq!(reply([u64::MAX, 0]), Err(Error::NotCanonical));
}

#[test]
fn a_count_of_more_than_is_there_is_noticed_before_an_item_is_read() {
    let two = [2, 0];
    let capability = [0; 32];
    for (kind, before, item, error) in [
        // A change that is none.
        (Kind::Addresses, &[][..], &[9; 33][..], Error::Malformed),
        // A prekey of no kind.
        (Kind::Stock, &[0], &[9; 5], Error::Malformed),
        (
            Kind::Prekeys,
            &[&capability[..], &[0, 0, 0, 0]].concat(),
            &[9; 47],
            Error::Malformed,
        ),
        // A message that is longer than any.
        (
            Kind::Received,
            &[0; 18],
            &[0xff; 8 + 32 + 8 + 4 + MIN_MESSAGE_LENGTH],
            Error::Oversized,
        ),
    ] {
        let one = [before, &two, item].concat();
        assert_eq!(refused(kind, &one), Error::Truncated, "{kind:?}");
        let both = [before, &two, item, item].concat();
        assert_eq!(refused(kind, &both), error, "{kind:?}");
    }
}

#[test]
fn numbers_are_listed_where_they_are_withdrawn_and_nowhere_else() {
    let listed = sample("upload");
    for byte in [0, 2] {
        let error = refused(listed.kind, &listed.with(1, &[byte]));
        assert_eq!(error, Error::NotCanonical, "{byte}");
    }
    let none = sample("upload of nothing");
    let error = refused(none.kind, &none.with(1, &[1]));
    assert_eq!(error, Error::NotCanonical);
}

#[test]
fn no_prekey_is_held_above_the_highest_number() {
    let stock = sample("stock");
    let below = stock.with(1, &[0xff, 0, 0, 0]);
    assert_eq!(refused(stock.kind, &below), Error::Malformed);
    let none = [&[0][..], &stock.fields[2..].concat()].concat();
    assert_eq!(refused(stock.kind, &none), Error::Malformed);
    let value = Stock {
        highest: Some(3),
        held: BTreeMap::from([(4, PrekeyKind::Kem)]),
    };
    assert_eq!(encode_stock(&value), Err(Error::Malformed));
}

#[test]
fn an_address_has_a_port_and_a_host_in_its_spelling() {
    let address = sample("address");
    for (place, field) in [
        (1, &[0, 0][..]),
        (3, b"Relay.example.org"),
        (3, b"relay.example.or\xff"),
        (3, b"relay_example.org"),
    ] {
        let error = refused(address.kind, &address.with(place, field));
        assert_eq!(error, Error::Malformed, "{field:?}");
    }
}

#[test]
fn counts_beyond_a_limit_are_refused_before_anything_is_read() {
    let count = |limit: usize| u16::try_from(limit).unwrap().to_le_bytes();
    let capability = [0; 32];
    for (kind, before, limit) in [
        (Kind::Addresses, &[][..], MAX_ADDRESSES),
        (
            Kind::Prekeys,
            &[&capability[..], &[1]].concat(),
            MAX_PREKEYS,
        ),
        (
            Kind::Prekeys,
            &[&capability[..], &[0, 0, 0, 0]].concat(),
            MAX_PREKEYS,
        ),
        (Kind::Stock, &[0], MAX_PREKEYS),
        (Kind::Receive, &[0; 10], MAX_SAFE_MESSAGES),
        (Kind::Received, &[0; 18], MAX_RECEIVED_MESSAGES),
    ] {
        let at = [before, &count(limit)].concat();
        assert_eq!(refused(kind, &at), Error::Truncated, "{kind:?}");
        let beyond = [before, &count(limit + 1)].concat();
        assert_eq!(refused(kind, &beyond), Error::Oversized, "{kind:?}");
    }
}

#[test]
fn sealed_parts_have_their_lengths() {
    let part = |length: usize| u16::try_from(length).unwrap().to_le_bytes();
    let capability = [0; 32];
    let upload = [&capability[..], &[0, 0, 0, 0, 1, 0]].concat();
    for (kind, before, limit) in [
        (
            Kind::Prekeys,
            [&capability[..], &[0, 0, 0, 1]].concat(),
            MAX_FIXED_LENGTH,
        ),
        (
            Kind::Prekeys,
            [&upload[..], &[0, 1, 2, 3, 4]].concat(),
            MAX_SEALED_ONE_TIME_LENGTH,
        ),
        (
            Kind::Prekeys,
            [&upload[..], &[1, 1, 2, 3, 4]].concat(),
            MAX_SEALED_KEM_LENGTH,
        ),
        (Kind::Bundle, Vec::new(), MAX_FIXED_LENGTH),
    ] {
        // Enough bytes follow for a count of one to be believed, and not as many as the limit.
        for (length, error) in [
            (MIN_SEALED_LENGTH - 1, Error::Undersized),
            (limit, Error::Truncated),
            (limit + 1, Error::Oversized),
        ] {
            let bytes = [&before[..], &part(length), &[0; 60]].concat();
            assert_eq!(refused(kind, &bytes), error, "{kind:?} {length} of {limit}");
        }
    }
    let fixed = [0; MAX_FIXED_LENGTH + 1];
    let bundle = |fixed, one_time: Option<&'static [u8]>, kem: Option<&'static [u8]>| {
        let prekey = |bytes| NumberedPrekey { number: 0, bytes };
        encode_bundle(&SealedBundle {
            fixed,
            one_time: one_time.map(prekey),
            kem: kem.map(prekey),
        })
        .map(drop)
    };
    let ok = &fixed[..MIN_SEALED_LENGTH];
    assert_eq!(bundle(&fixed, None, None), Err(Error::Oversized));
    assert_eq!(bundle(&ok[1..], None, None), Err(Error::Undersized));
    assert_eq!(bundle(ok, Some(&[0; 78]), None), Err(Error::Oversized));
    assert_eq!(bundle(ok, None, Some(&[0; 1_679])), Err(Error::Oversized));
    assert_eq!(bundle(ok, Some(&[0; 77]), Some(&[0; 1_678])), Ok(()));
}

#[test]
fn an_upload_has_no_more_prekeys_of_a_kind_than_an_address_may_have() {
    let upload = |one_time: usize, kem: usize| {
        let kinds = [
            vec![PrekeyKind::OneTime; one_time],
            vec![PrekeyKind::Kem; kem],
        ]
        .concat();
        let bytes = &[0; MIN_SEALED_LENGTH];
        let prekeys = kinds.into_iter().map(|kind| SealedPrekey { kind, bytes });
        PrekeyUpload {
            capability: SendCapability::from_bytes(&[0; 32]),
            withdraw: Withdraw::All,
            fixed: None,
            prekeys: (0..).zip(prekeys).collect(),
        }
    };
    let full = encode_prekeys(&upload(MAX_ONE_TIME_PREKEYS, MAX_KEM_PREKEYS)).unwrap();
    let read = decode_prekeys(full.expose()).unwrap();
    assert_eq!(read.prekeys.len(), MAX_PREKEYS);
    for (one_time, kem) in [(MAX_ONE_TIME_PREKEYS + 1, 0), (0, MAX_KEM_PREKEYS + 1)] {
        let error = encode_prekeys(&upload(one_time, kem)).map(drop);
        assert_eq!(error, Err(Error::Oversized));
        // The same in bytes: as many prekeys as an upload may have, but of one kind.
        let kind = u8::from(kem > 0);
        let count = u16::try_from(one_time + kem).unwrap();
        let mut bytes = [&[0; 32][..], &[0, 0, 0, 0], &count.to_le_bytes()].concat();
        for number in 0..u32::from(count) {
            bytes.push(kind);
            bytes.extend(number.to_le_bytes());
            bytes.extend([40, 0]);
            bytes.extend([0; 40]);
        }
        assert_eq!(decode_prekeys(&bytes), Err(Error::Oversized));
    }
    let stock = |kind, count: usize| {
        let held = (0..).zip(vec![kind; count]).collect();
        encode_stock(&Stock {
            highest: Some(u32::MAX),
            held,
        })
        .map(drop)
    };
    assert_eq!(stock(PrekeyKind::Kem, MAX_KEM_PREKEYS), Ok(()));
    let error = stock(PrekeyKind::Kem, MAX_KEM_PREKEYS + 1);
    assert_eq!(error, Err(Error::Oversized));
}

#[test]
fn lists_of_a_client_have_their_limits() {
    let change = || AddressChange::Add(AddressProof::from_bytes(&[0; 32]));
    let changes = |count| (0..count).map(|_: usize| change()).collect::<Vec<_>>();
    assert!(encode_addresses(&changes(MAX_ADDRESSES)).is_ok());
    let error = encode_addresses(&changes(MAX_ADDRESSES + 1)).map(drop);
    assert_eq!(error, Err(Error::Oversized));

    let request = |wait_seconds, count: usize| {
        let ids = (0..count).map(|number| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_le_bytes());
            MessageId::from_bytes(id)
        });
        let request = ReceiveRequest {
            wait_seconds,
            after: 0,
            safe: ids.collect::<BTreeSet<_>>(),
        };
        encode_receive_request(&request)
    };
    let most = request(MAX_WAIT_SECONDS, MAX_SAFE_MESSAGES).unwrap();
    assert_eq!(Kind::Receive.encoded_again(&most), Ok(most));
    assert_eq!(request(61, 0), Err(Error::Oversized));
    assert_eq!(request(0, MAX_SAFE_MESSAGES + 1), Err(Error::Oversized));
    let first = sample("first request for messages");
    let error = refused(first.kind, &first.with(0, &[61, 0]));
    assert_eq!(error, Error::Oversized);
}

#[test]
fn a_wrapped_message_has_its_length() {
    let bytes = vec![0; MAX_MESSAGE_LENGTH + 1];
    for (length, longest, result) in [
        (0, DEFAULT_MESSAGE_LENGTH, Err(Error::Undersized)),
        (
            MIN_MESSAGE_LENGTH - 1,
            DEFAULT_MESSAGE_LENGTH,
            Err(Error::Undersized),
        ),
        (MIN_MESSAGE_LENGTH, DEFAULT_MESSAGE_LENGTH, Ok(())),
        (DEFAULT_MESSAGE_LENGTH, DEFAULT_MESSAGE_LENGTH, Ok(())),
        (
            DEFAULT_MESSAGE_LENGTH + 1,
            DEFAULT_MESSAGE_LENGTH,
            Err(Error::Oversized),
        ),
        (MAX_MESSAGE_LENGTH, usize::MAX, Ok(())),
        (MAX_MESSAGE_LENGTH + 1, usize::MAX, Err(Error::Oversized)),
    ] {
        assert_eq!(check_message(&bytes[..length], longest), result, "{length}");
    }
}

#[test]
fn a_reply_has_one_message_of_any_length_or_several_that_are_short_together() {
    let bytes = vec![0; MAX_MESSAGE_LENGTH + 1];
    let reply = |lengths: &[usize]| {
        let messages = (0..).zip(lengths).map(|(sequence, length)| StoredMessage {
            sequence,
            address: AddressId::from_bytes([0; 32]),
            arrived: 0,
            bytes: &bytes[..*length],
        });
        encode_received(&Received {
            epoch: Epoch::from_bytes([0; 16]),
            more: false,
            left: None,
            messages: messages.collect(),
        })
    };
    let half = MAX_RECEIVED_LENGTH / 2;
    for (lengths, fits) in [
        (&[MAX_MESSAGE_LENGTH][..], true),
        (&[half, half], true),
        (&[half, half + 1], false),
        (&[MIN_MESSAGE_LENGTH; MAX_RECEIVED_MESSAGES], true),
        (&[MIN_MESSAGE_LENGTH; MAX_RECEIVED_MESSAGES + 1], false),
        (&[MAX_MESSAGE_LENGTH + 1], false),
    ] {
        let encoded = reply(lengths);
        assert_eq!(encoded.is_ok(), fits, "{lengths:?}");
        if let Ok(encoded) = encoded {
            assert!(decode_received(&encoded).is_ok(), "{lengths:?}");
        }
    }
    assert_eq!(reply(&[3_071]), Err(Error::Undersized));
}

#[test]
fn a_reply_that_is_beyond_the_limits_is_refused() {
    let messages = sample("messages");
    // The length of a message, before the bytes that are there are counted.
    let length = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
    for (field, error) in [
        (length(MIN_MESSAGE_LENGTH - 1), Error::Undersized),
        (length(MAX_MESSAGE_LENGTH), Error::Truncated),
        (length(MAX_MESSAGE_LENGTH + 1), Error::Oversized),
        ([0xff; 4], Error::Oversized),
    ] {
        assert_eq!(refused(messages.kind, &messages.with(9, &field)), error);
    }
    // The prekeys that are left.
    for (place, field) in [(3, [201, 0]), (4, [51, 0])] {
        let error = refused(messages.kind, &messages.with(place, &field));
        assert_eq!(error, Error::Oversized);
    }
    let left = PrekeysLeft {
        one_time: 0,
        kem: 51,
    };
    let reply = Received {
        epoch: Epoch::from_bytes([0; 16]),
        more: false,
        left: Some(left),
        messages: Vec::new(),
    };
    assert_eq!(encode_received(&reply), Err(Error::Oversized));
    // Two messages that are short enough each, and too long together.
    let half = MAX_RECEIVED_LENGTH / 2;
    let mut long = messages.clone();
    long.fields[9] = length(half).to_vec();
    long.fields[10] = vec![0; half];
    long.fields[14] = length(half).to_vec();
    long.fields[15] = vec![0; half];
    let bytes = long.bytes();
    assert_eq!(long.kind.encoded_again(&bytes), Ok(bytes.clone()));
    long.fields[14] = length(half + 1).to_vec();
    long.fields[15].push(0);
    assert_eq!(refused(long.kind, &long.bytes()), Error::Oversized);
}

#[test]
fn the_longest_message_is_one_that_a_relay_may_say() {
    let relay = sample("relay");
    for (length, error) in [
        (MIN_MESSAGE_LENGTH - 1, Some(Error::Undersized)),
        (MIN_MESSAGE_LENGTH, None),
        (MAX_MESSAGE_LENGTH, None),
        (MAX_MESSAGE_LENGTH + 1, Some(Error::Oversized)),
    ] {
        let field = u32::try_from(length).unwrap().to_le_bytes();
        let again = relay.kind.encoded_again(&relay.with(2, &field));
        assert_eq!(again.err(), error, "{length}");
    }
}
