//! The values that the samples stand for, field by field.

use alloc::collections::{BTreeMap, BTreeSet};

use sprag_relay_wire::{
    Address, AddressChange, AddressId, AddressProof, AddressSecret, DEFAULT_PORT, Epoch, Error,
    Host, Invitation, MessageId, NumberedPrekey, PrekeyKind, PrekeyUpload, PrekeysLeft, Rates,
    ReceiveRequest, Received, Registration, RelayAddress, RelayInfo, SealedBundle, SealedPrekey,
    SendCapability, Stock, StoredMessage, Withdraw, decode_address, decode_addresses,
    decode_bundle, decode_prekeys, decode_receive_request, decode_received, decode_registration,
    decode_relay_info, decode_stock, decode_stock_request,
};

use crate::support::{counting, sample, samples};

#[test]
fn each_sample_is_read_and_written_as_it_was() {
    for sample in samples() {
        let bytes = sample.bytes();
        assert_eq!(
            sample.kind.encoded_again(&bytes),
            Ok(bytes.clone()),
            "{}",
            sample.name
        );
    }
}

#[test]
fn an_address_has_a_relay_a_capability_and_a_secret() {
    let expected = Address {
        relay: RelayAddress {
            fingerprint: counting(201),
            host: Host::new("relay.example.org").unwrap(),
            port: DEFAULT_PORT,
        },
        capability: SendCapability::from_bytes(&counting(1)),
        secret: AddressSecret::from_bytes(&counting(101)),
    };
    assert_eq!(decode_address(&sample("address").bytes()), Ok(expected));
    let other = decode_address(&sample("address of another port").bytes()).unwrap();
    assert_eq!(other.relay.port.get(), 1);
    assert_eq!(other.relay.host.as_str(), "[::1]");
}

#[test]
fn changes_keep_their_order_and_may_be_there_twice() {
    let expected = vec![
        AddressChange::Remove(SendCapability::from_bytes(&counting(1))),
        AddressChange::Add(AddressProof::from_bytes(&counting(2))),
        AddressChange::Add(AddressProof::from_bytes(&counting(2))),
    ];
    assert_eq!(decode_addresses(&sample("changes").bytes()), Ok(expected));
    assert_eq!(decode_addresses(&sample("no changes").bytes()), Ok(vec![]));
}

#[test]
fn a_registration_has_an_invitation_or_none() {
    let bytes = sample("registration with an invitation").bytes();
    let expected = Invitation::from_bytes(&counting(7));
    assert_eq!(decode_registration(&bytes), Ok(Some(expected)));
    let bytes = sample("registration").bytes();
    assert_eq!(decode_registration(&bytes), Ok(None));
}

#[test]
fn a_relay_says_what_it_offers() {
    let expected = RelayInfo {
        epoch: Epoch::from_bytes(counting(9)),
        longest_message: 1_048_576,
        days_kept: 30,
        registration: Registration::Invitation,
        rates: Rates {
            messages: 60,
            messages_at_once: 240,
            requests: 600,
        },
    };
    let relay = sample("relay");
    assert_eq!(decode_relay_info(&relay.bytes()), Ok(expected));
    let open = decode_relay_info(&relay.with(4, &[0])).unwrap();
    assert_eq!(open.registration, Registration::Open);
}

#[test]
fn a_later_version_is_named_whatever_follows_it() {
    for rest in [&[][..], &[7; 1_000]] {
        let bytes = [&[2, 1], rest].concat();
        assert_eq!(decode_relay_info(&bytes), Err(Error::UnknownVersion(258)));
    }
}

#[test]
fn an_upload_withdraws_and_has_a_fixed_part_and_prekeys() {
    let kem = SealedPrekey {
        kind: PrekeyKind::Kem,
        bytes: &[0x4e; 1_678],
    };
    let one_time = SealedPrekey {
        kind: PrekeyKind::OneTime,
        bytes: &[0x0e; 77],
    };
    let expected = PrekeyUpload {
        capability: SendCapability::from_bytes(&counting(55)),
        withdraw: Withdraw::Listed(BTreeSet::from([5, 256])),
        fixed: Some(&[0xf1; 300]),
        prekeys: BTreeMap::from([(7, kem), (256, one_time)]),
    };
    let bytes = sample("upload").bytes();
    assert_eq!(decode_prekeys(&bytes), Ok(expected));
    let all = sample("upload of nothing that withdraws all").bytes();
    let all = decode_prekeys(&all).unwrap();
    assert_eq!((all.withdraw, all.fixed), (Withdraw::All, None));
    let none = sample("upload of nothing").bytes();
    let none = decode_prekeys(&none).unwrap();
    assert_eq!(none.withdraw, Withdraw::Listed(BTreeSet::new()));
    assert_eq!(none.prekeys, BTreeMap::new());
}

#[test]
fn a_stock_has_the_highest_number_and_what_is_held() {
    let expected = Stock {
        highest: Some(256),
        held: BTreeMap::from([(9, PrekeyKind::Kem), (256, PrekeyKind::OneTime)]),
    };
    assert_eq!(decode_stock(&sample("stock").bytes()), Ok(expected));
    let nothing = Stock {
        highest: None,
        held: BTreeMap::new(),
    };
    assert_eq!(
        decode_stock(&sample("stock of nothing").bytes()),
        Ok(nothing)
    );
    let capability = SendCapability::from_bytes(&counting(77));
    let bytes = sample("stock request").bytes();
    assert_eq!(decode_stock_request(&bytes), Ok(capability));
}

#[test]
fn a_bundle_has_three_sealed_parts() {
    let bytes = sample("bundle").bytes();
    let expected = SealedBundle {
        fixed: &[0xf1; 200],
        one_time: Some(NumberedPrekey {
            number: 0x0001_0203,
            bytes: &[0x0e; 73],
        }),
        kem: Some(NumberedPrekey {
            number: 0x0102_0304,
            bytes: &[0x4e; 1_677],
        }),
    };
    assert_eq!(decode_bundle(&bytes), Ok(expected));
}

#[test]
fn a_request_for_messages_says_what_is_safe() {
    let expected = ReceiveRequest {
        wait_seconds: 60,
        after: 0x0102_0304_0506_0708,
        safe: [counting(1), counting(2)].map(MessageId::from_bytes).into(),
    };
    let bytes = sample("request for messages").bytes();
    assert_eq!(decode_receive_request(&bytes), Ok(expected));
}

#[test]
fn a_reply_has_messages_and_what_is_left() {
    let expected = Received {
        epoch: Epoch::from_bytes(counting(33)),
        more: true,
        left: Some(PrekeysLeft {
            one_time: 200,
            kem: 50,
        }),
        messages: vec![
            StoredMessage {
                sequence: 255,
                address: AddressId::from_bytes(counting(64)),
                arrived: 1_800_000_000,
                bytes: &[0xaa; 3_072],
            },
            StoredMessage {
                sequence: 256,
                address: AddressId::from_bytes(counting(65)),
                arrived: 0,
                bytes: &[0xbb; 3_073],
            },
        ],
    };
    let bytes = sample("messages").bytes();
    assert_eq!(decode_received(&bytes), Ok(expected));
    let bytes = sample("no messages").bytes();
    let none = decode_received(&bytes).unwrap();
    assert_eq!((none.more, none.left), (false, None));
}

#[test]
fn messages_are_borrowed_and_not_copied() {
    let bytes = sample("messages").bytes();
    let received = decode_received(&bytes).unwrap();
    let inside = bytes.as_ptr_range();
    for message in received.messages {
        assert!(inside.contains(&message.bytes.as_ptr()));
    }
}
