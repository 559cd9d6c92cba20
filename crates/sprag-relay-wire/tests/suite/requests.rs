//! The requests and refusals as HTTP shows them.

use core::ops::Range;
use std::collections::HashSet;

use sprag_relay_wire::limits::{
    MAX_ADDRESSES, MAX_FIXED_LENGTH, MAX_KEM_PREKEYS, MAX_MESSAGE_LENGTH, MAX_ONE_TIME_PREKEYS,
    MAX_PREKEYS, MAX_RECEIVED_MESSAGES, MAX_REFUSAL_LENGTH, MAX_SAFE_MESSAGES, MAX_WAIT_SECONDS,
};
use sprag_relay_wire::{
    AddressChange, AddressId, Epoch, Invitation, MessageId, NumberedPrekey, PrekeyKind,
    PrekeyUpload, PrekeysLeft, ReceiveRequest, Received, Refusal, Request, Right, SealedBundle,
    SealedPrekey, SendCapability, Stock, StoredMessage, Withdraw, encode_addresses, encode_bundle,
    encode_prekeys, encode_receive_request, encode_received, encode_registration, encode_stock,
    encode_stock_request,
};

#[test]
fn each_request_has_a_method_a_path_and_a_right() {
    let shown = Request::ALL.map(|request| {
        let right = match request.right() {
            Right::Anybody => "anybody",
            Right::Owner => "owner",
            Right::Send => "send",
        };
        format!("{} {} {right}", request.method(), request.path())
    });
    let expected = [
        "GET /v1/relay anybody",
        "PUT /v1/mailbox owner",
        "DELETE /v1/mailbox owner",
        "POST /v1/addresses owner",
        "POST /v1/prekeys owner",
        "POST /v1/stock owner",
        "POST /v1/bundle send",
        "POST /v1/send send",
        "POST /v1/receive owner",
    ];
    assert_eq!(shown, expected);
}

fn capability() -> SendCapability {
    SendCapability::from_bytes(&[0; 32])
}

/// Returns as many numbers as there may be prekeys.
fn numbers() -> Range<u32> {
    0..u32::try_from(MAX_PREKEYS).expect("there are 250")
}

/// Returns the kinds of as many prekeys as there may be.
fn kinds() -> Vec<PrekeyKind> {
    [
        vec![PrekeyKind::OneTime; MAX_ONE_TIME_PREKEYS],
        vec![PrekeyKind::Kem; MAX_KEM_PREKEYS],
    ]
    .concat()
}

fn longest_change() -> usize {
    let change = || AddressChange::Remove(capability());
    let changes: Vec<_> = (0..MAX_ADDRESSES).map(|_| change()).collect();
    let encoded = encode_addresses(&changes).expect("there are as many as there may be");
    encoded.expose().len()
}

fn longest_upload() -> usize {
    let bytes = [0; MAX_FIXED_LENGTH];
    let prekeys = kinds().into_iter().map(|kind| SealedPrekey {
        kind,
        bytes: &bytes[..kind.max_length()],
    });
    let upload = PrekeyUpload {
        capability: capability(),
        withdraw: Withdraw::Listed(numbers().collect()),
        fixed: Some(&bytes),
        prekeys: numbers().zip(prekeys).collect(),
    };
    let encoded = encode_prekeys(&upload).expect("it is at the limits");
    encoded.expose().len()
}

fn longest_stock() -> usize {
    let stock = Stock {
        highest: Some(1_000),
        held: numbers().zip(kinds()).collect(),
    };
    encode_stock(&stock).expect("it is at the limits").len()
}

fn longest_bundle() -> usize {
    let bytes = [0; MAX_FIXED_LENGTH];
    let prekey = |kind: PrekeyKind| NumberedPrekey {
        number: 0,
        bytes: &bytes[..kind.max_length()],
    };
    let bundle = SealedBundle {
        fixed: &bytes,
        one_time: Some(prekey(PrekeyKind::OneTime)),
        kem: Some(prekey(PrekeyKind::Kem)),
    };
    encode_bundle(&bundle).expect("it is at the limits").len()
}

fn longest_receive_request() -> usize {
    let id = |number: usize| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        MessageId::from_bytes(id)
    };
    let request = ReceiveRequest {
        wait_seconds: MAX_WAIT_SECONDS,
        after: u64::MAX,
        safe: (0..MAX_SAFE_MESSAGES).map(id).collect(),
    };
    let encoded = encode_receive_request(&request);
    encoded.expect("it is at the limits").len()
}

/// Returns the bytes of a reply with one message of the greatest length, and room for the fields of the others.
fn longest_reply() -> usize {
    let bytes = vec![0; MAX_MESSAGE_LENGTH];
    let message = StoredMessage {
        sequence: 1,
        address: AddressId::from_bytes([0; 32]),
        arrived: 0,
        bytes: &bytes,
    };
    let received = Received {
        epoch: Epoch::from_bytes([0; 16]),
        more: false,
        left: Some(PrekeysLeft {
            one_time: 0,
            kem: 0,
        }),
        messages: vec![message],
    };
    let encoded = encode_received(&received).expect("one message may be long");
    encoded.len() + (MAX_RECEIVED_MESSAGES - 1) * (8 + 32 + 8 + 4)
}

#[test]
fn the_longest_bodies_are_as_long_as_a_request_may_be() {
    let invitation = Invitation::from_bytes(&[0; 60]);
    let registration = encode_registration(Some(&invitation)).expose().len();
    let stock_request = encode_stock_request(&capability()).expose().len();
    for (request, body, reply) in [
        (Request::Unregister, 0, 0),
        (Request::Register, registration, 0),
        (Request::Addresses, longest_change(), 0),
        (Request::Prekeys, longest_upload(), longest_stock()),
        (Request::Stock, stock_request, longest_stock()),
        (Request::Bundle, 0, longest_bundle()),
        (Request::Send, MAX_MESSAGE_LENGTH, 0),
        (Request::Receive, longest_receive_request(), longest_reply()),
    ] {
        assert_eq!(request.max_body_length(), body, "{request:?}");
        assert_eq!(request.max_reply_length(), reply, "{request:?}");
    }
}

#[test]
fn lengths_are_those_of_the_documentation() {
    let lengths =
        Request::ALL.map(|request| (request.max_body_length(), request.max_reply_length()));
    let documented = [
        (0, 1_024),
        (61, 0),
        (0, 0),
        (33_002, 0),
        (118_474, 1_257),
        (32, 1_257),
        (0, 18_155),
        (16_777_216, 0),
        (16_012, 16_780_568),
    ];
    assert_eq!(lengths, documented);
}

#[test]
fn refusals_have_a_status_and_a_word() {
    let shown = Refusal::ALL.map(|refusal| (refusal.status(), refusal.word()));
    let expected = [
        (400, "malformed"),
        (403, "invitation"),
        (404, "unknown"),
        (409, "taken"),
        (413, "too-large"),
        (429, "slow-down"),
        (503, "busy"),
        (507, "full"),
    ];
    assert_eq!(shown, expected);
    for refusal in Refusal::ALL {
        assert!(refusal.word().len() <= MAX_REFUSAL_LENGTH);
        let read = Refusal::of_reply(refusal.status(), refusal.word().as_bytes());
        assert_eq!(read, Some(refusal));
    }
}

#[test]
fn a_reply_is_a_refusal_if_status_and_word_agree() {
    for (status, body) in [
        (404, &b""[..]),
        (404, b"full"),
        (404, b"unknown\n"),
        (404, b"Unknown"),
        (200, b"unknown"),
        (400, b"unknown"),
    ] {
        assert_eq!(Refusal::of_reply(status, body), None);
    }
}

#[test]
fn refusals_say_what_to_do() {
    let texts = Refusal::ALL.map(|refusal| refusal.to_string());
    assert_eq!(texts.iter().collect::<HashSet<_>>().len(), texts.len());
    assert_eq!(texts[7], "the mailbox is full: try again later");
}
