//! The target `relay`: the bodies between a relay and its clients, and the texts of addresses and invitations. No decoder
//! panics, each value has one encoding, and decoding a body takes no cryptography.
//!
//! Each input is tried as each of them, and as a header and a refusal.

use std::collections::{BTreeMap, BTreeSet};
use std::str;

use sprag_primitives::operations::{Counts, counted};
use sprag_relay_wire::limits::{MAX_RECEIVED_LENGTH, MIN_MESSAGE_LENGTH};
use sprag_relay_wire::{
    Address, AddressChange, AddressSecret, Epoch, Error, Host, Invitation, MailboxSeed, MessageId,
    NumberedPrekey, PrekeyKind, PrekeyUpload, PrekeysLeft, Rates, ReceiveRequest, Received,
    Refusal, Registration, RelayAddress, RelayInfo, SealedBundle, SealedPrekey, SecretBuffer,
    SendCapability, Stock, StoredMessage, Withdraw, decode_address, decode_addresses,
    decode_bundle, decode_prekeys, decode_receive_request, decode_received, decode_registration,
    decode_relay_info, decode_stock, decode_stock_request, encode_address, encode_addresses,
    encode_bundle, encode_prekeys, encode_receive_request, encode_received, encode_registration,
    encode_relay_info, encode_stock, encode_stock_request,
};

/// A function that reads a body, and writes what it read.
type Again = fn(&[u8]) -> Result<Result<Vec<u8>, Error>, Error>;

const BODIES: [Again; 10] = [
    |bytes| Ok(Ok(public(encode_address(&decode_address(bytes)?)))),
    |bytes| Ok(encode_addresses(&decode_addresses(bytes)?).map(public)),
    |bytes| Ok(encode_bundle(&decode_bundle(bytes)?)),
    |bytes| Ok(encode_prekeys(&decode_prekeys(bytes)?).map(public)),
    |bytes| Ok(encode_receive_request(&decode_receive_request(bytes)?)),
    |bytes| Ok(encode_received(&decode_received(bytes)?)),
    |bytes| {
        Ok(Ok(public(encode_registration(
            decode_registration(bytes)?.as_ref(),
        ))))
    },
    |bytes| Ok(Ok(encode_relay_info(&decode_relay_info(bytes)?))),
    |bytes| Ok(encode_stock(&decode_stock(bytes)?)),
    |bytes| {
        Ok(Ok(public(encode_stock_request(&decode_stock_request(
            bytes,
        )?))))
    },
];

fn public(body: SecretBuffer) -> Vec<u8> {
    body.into_public()
}

pub(crate) fn run(input: &[u8]) {
    let ((), work) = counted(|| check_bodies(input));
    assert_eq!(work, Counts::NONE);
    if let Ok(text) = str::from_utf8(input) {
        check_text(text);
    }
    if let Ok(capability) = SendCapability::from_authorization(input) {
        assert_eq!(capability.authorization().expose(), input);
    }
    for refusal in Refusal::ALL {
        let read = Refusal::of_reply(refusal.status(), input);
        assert!(read.is_none_or(|read| read == refusal));
    }
}

fn check_bodies(bytes: &[u8]) {
    for again in BODIES {
        if let Ok(again) = again(bytes) {
            assert_eq!(again.as_deref(), Ok(bytes));
        }
    }
    if let Ok(received) = decode_received(bytes) {
        let lengths = received.messages.iter().map(|message| message.bytes.len());
        assert!(lengths.clone().all(|length| length >= MIN_MESSAGE_LENGTH));
        assert!(lengths.len() <= 1 || lengths.sum::<usize>() <= MAX_RECEIVED_LENGTH);
    }
}

fn check_text(text: &str) {
    if let Ok(address) = text.parse::<Address>() {
        assert_eq!(address.expose().to_string(), text);
    }
    if let Ok(relay) = text.parse::<RelayAddress>() {
        assert_eq!(relay.to_string(), text);
    }
    if let Ok(invitation) = text.parse::<Invitation>() {
        assert_eq!(invitation.expose().to_string(), text);
    }
    if let Ok(host) = Host::new(text) {
        assert_eq!(host.as_str(), text);
    }
}

/// Bodies of each kind as the crate writes them, and texts.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let address = address("relay.example.org", 5_443);
    let other = self::address("[2001:db8::1]", 443);
    let invitation = Invitation::from_bytes(&[7; 60]);
    let mut seeds = Vec::from([
        ("address", public(encode_address(&address))),
        ("address-ipv6", public(encode_address(&other))),
        ("capability", public(address.capability.authorization())),
        ("host", b"a-1.example".to_vec()),
        ("invitation", invitation.expose().to_string().into_bytes()),
        ("registration", public(encode_registration(None))),
        (
            "registration-invited",
            public(encode_registration(Some(&invitation))),
        ),
        ("relay-text", other.relay.to_string().into_bytes()),
        (
            "stock-request",
            public(encode_stock_request(&address.capability)),
        ),
        ("text", address.expose().to_string().into_bytes()),
        ("text-ipv6", other.expose().to_string().into_bytes()),
        ("word", Refusal::Full.word().into()),
    ]);
    let bodies = [prekeys(), receiving()];
    for (name, body) in bodies.into_iter().flatten() {
        seeds.push((name, body.expect("it is within the limits")));
    }
    seeds.sort_unstable();
    let seeds = seeds.into_iter();
    seeds
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .collect()
}

fn seed() -> MailboxSeed {
    MailboxSeed::from_bytes(&[3; 32])
}

fn address(host: &str, port: u16) -> Address {
    Address {
        relay: RelayAddress {
            fingerprint: [1; 32],
            host: Host::new(host).expect("it is a host"),
            port: port.try_into().expect("it is not zero"),
        },
        capability: seed().proof(0).capability(),
        secret: AddressSecret::from_bytes(&[2; 32]),
    }
}

type Bodies = Vec<(&'static str, Result<Vec<u8>, Error>)>;

fn prekeys() -> Bodies {
    let sealed = |kind| SealedPrekey {
        kind,
        bytes: &[5; 41],
    };
    let upload = |withdraw, prekeys| {
        encode_prekeys(&PrekeyUpload {
            capability: seed().proof(0).capability(),
            withdraw,
            fixed: Some(&[4; 50]),
            prekeys,
        })
        .map(public)
    };
    let both = BTreeMap::from([
        (8, sealed(PrekeyKind::OneTime)),
        (9, sealed(PrekeyKind::Kem)),
    ]);
    let listed = Withdraw::Listed(BTreeSet::from([1, 300]));
    let numbered = NumberedPrekey {
        number: 8,
        bytes: &[5; 41],
    };
    let bundle = |one_time, kem| {
        encode_bundle(&SealedBundle {
            fixed: &[4; 50],
            one_time,
            kem,
        })
    };
    let stock = |highest, held| encode_stock(&Stock { highest, held });
    let held = BTreeMap::from([(8, PrekeyKind::OneTime), (9, PrekeyKind::Kem)]);
    let changes = [
        AddressChange::Remove(seed().proof(0).capability()),
        AddressChange::Add(seed().proof(1)),
    ];
    vec![
        ("bundle", bundle(Some(numbered), Some(numbered))),
        ("bundle-fixed", bundle(None, None)),
        ("changes", encode_addresses(&changes).map(public)),
        ("stock", stock(Some(9), held)),
        ("stock-none", stock(None, BTreeMap::new())),
        ("upload", upload(listed, both)),
        ("upload-none", upload(Withdraw::All, BTreeMap::new())),
    ]
}

fn receiving() -> Bodies {
    let request = ReceiveRequest {
        wait_seconds: 60,
        after: 300,
        safe: [[1; 16], [2; 16]].map(MessageId::from_bytes).into(),
    };
    let bytes = [6; MIN_MESSAGE_LENGTH];
    let received = |left, count| {
        let message = |sequence| StoredMessage {
            sequence,
            address: seed().proof(0).capability().id(),
            arrived: 1_800_000_000,
            bytes: &bytes,
        };
        encode_received(&Received {
            epoch: Epoch::from_bytes([8; 16]),
            more: count > 1,
            left,
            messages: (0..count).map(message).collect(),
        })
    };
    let left = PrekeysLeft {
        one_time: 200,
        kem: 50,
    };
    let info = encode_relay_info(&RelayInfo {
        epoch: Epoch::from_bytes([8; 16]),
        longest_message: 1_048_576,
        days_kept: 30,
        registration: Registration::Open,
        rates: Rates {
            messages: 60,
            messages_at_once: 240,
            requests: 600,
        },
    });
    vec![
        ("messages", received(Some(left), 2)),
        ("messages-none", received(None, 0)),
        ("offer", Ok(info)),
        ("receipt", encode_receive_request(&request)),
    ]
}
