//! The target `linking`: invitations, acceptances, welcomes, the content of a recovery file and renewals, the text of a link
//! code and the digits. No decoder panics, what decodes has one encoding and keeps its bounds, and decoding takes no
//! cryptography.
//!
//! Each input is tried as each of them, and then as a program: one that edits genuine bytes, one that makes a value field by
//! field, or one that types the text of a code.

mod codes;
mod genuine;
mod made;

use sprag_primitives::operations::{Counts, counted};
use sprag_wire::limits::{
    MAX_BUNDLE_LENGTH, MAX_DEVICE_NAME_LENGTH, MAX_INVITATION_LENGTH, MAX_LIST_LENGTH,
    MAX_PEER_NAME_LENGTH, MAX_UNREAD_MESSAGES, MAX_WELCOME_PEERS,
};
use sprag_wire::{
    Kind, RenewRole, decode_acceptance, decode_invitation, decode_recovered, decode_renew,
    decode_welcome, encode_acceptance, encode_invitation, encode_recovered, encode_renew,
    encode_welcome, kind,
};

use crate::edits::edit;
use crate::input::Input;
pub(crate) use genuine::bases;

/// The first byte of a program that edits genuine bytes.
pub(crate) const EDITS: u8 = 0xf0;
/// The first byte of a program that makes a value.
pub(crate) const MADE: u8 = 0xf1;
/// The first byte of a program that types the text of a code.
pub(crate) const CODES: u8 = 0xf2;

const MAX_EDITS: usize = 16;

pub(crate) fn run(input: &[u8]) {
    check_bytes(input);
    let mut input = Input::new(input);
    match input.byte() {
        Some(EDITS) => {
            if let Some(base) = input.index(bases().len()) {
                check_edited(bases()[base].1.clone(), &mut input);
            }
        }
        Some(MADE) => {
            if let Some(bytes) = made::made(&mut input) {
                check_edited(bytes, &mut input);
            }
        }
        Some(CODES) => codes::typed(&mut input),
        _ => {}
    }
}

/// Edits bytes by the rest of the input, and tries them after each edit.
fn check_edited(mut bytes: Vec<u8>, input: &mut Input<'_>) {
    check_bytes(&bytes);
    for _ in 0..MAX_EDITS {
        if !edit(&mut bytes, input) {
            break;
        }
        check_bytes(&bytes);
    }
}

/// Tries bytes as each of the encodings, and as a text.
fn check_bytes(bytes: &[u8]) {
    // They are made once, which takes cryptography.
    let invitation = &bases()[0].1;
    let ((), work) = counted(|| {
        check_invitation(bytes);
        check_acceptance(bytes);
        check_welcome(bytes);
        check_recovered(bytes);
        check_renew(bytes);
        if let Ok(text) = str::from_utf8(bytes) {
            codes::check_code(text, invitation);
            codes::check_digits(text);
        }
    });
    assert_eq!(work, Counts::NONE);
}

fn check_invitation(bytes: &[u8]) {
    if let Ok(invitation) = decode_invitation(bytes) {
        assert_whole(bytes, |bytes| decode_invitation(bytes).is_ok());
        assert_eq!(encode_invitation(&invitation).as_deref(), Ok(bytes));
        assert_eq!(kind(bytes), Ok(Kind::Invitation));
        assert!(bytes.len() <= MAX_INVITATION_LENGTH);
        assert!(invitation.list.len() <= MAX_LIST_LENGTH);
        assert!(invitation.bundle.len() <= MAX_BUNDLE_LENGTH);
    }
}

fn check_acceptance(bytes: &[u8]) {
    if let Ok(acceptance) = decode_acceptance(bytes) {
        assert_whole(bytes, |bytes| decode_acceptance(bytes).is_ok());
        let encoded = encode_acceptance(&acceptance).expect("it was decoded");
        assert_eq!(encoded.expose(), bytes);
        assert!(acceptance.bundle.len() <= MAX_BUNDLE_LENGTH);
        assert!(acceptance.name.len() <= MAX_DEVICE_NAME_LENGTH);
    }
}

fn check_welcome(bytes: &[u8]) {
    if let Ok(welcome) = decode_welcome(bytes) {
        assert_whole(bytes, |bytes| decode_welcome(bytes).is_ok());
        let encoded = encode_welcome(&welcome).expect("it was decoded");
        assert_eq!(encoded.expose(), bytes);
        assert!(welcome.peers.len() <= MAX_WELCOME_PEERS);
        // The peers, and nothing else, follow the key and the number of peers.
        let mut rest = bytes.len() - 1 - welcome.key.map_or(0, |key| key.len());
        for peer in &welcome.peers {
            assert!(peer.name.len() <= MAX_PEER_NAME_LENGTH);
            assert!(peer.list.len() <= MAX_LIST_LENGTH);
            rest -= peer.encoded_length();
        }
        assert_eq!(rest, made::number(welcome.peers.len() as u64).len());
    }
}

fn check_recovered(bytes: &[u8]) {
    if let Ok(recovered) = decode_recovered(bytes) {
        assert_whole(bytes, |bytes| decode_recovered(bytes).is_ok());
        let encoded = encode_recovered(&recovered).expect("it was decoded");
        assert_eq!(encoded.expose(), bytes);
        assert!(recovered.list.len() <= MAX_LIST_LENGTH);
    }
}

fn check_renew(bytes: &[u8]) {
    if let Ok(renew) = decode_renew(bytes) {
        assert_whole(bytes, |bytes| decode_renew(bytes).is_ok());
        assert_eq!(encode_renew(&renew).as_deref(), Ok(bytes));
        assert!(renew.unread.len() <= MAX_UNREAD_MESSAGES);
        assert!(renew.bundle.len() <= MAX_BUNDLE_LENGTH);
        assert!(renew.role == RenewRole::Request || renew.bundle.is_empty());
    }
}

/// Demands that neither a byte more nor a byte less can be read.
fn assert_whole(bytes: &[u8], is_read: impl Fn(&[u8]) -> bool) {
    assert!(!is_read(&[bytes, &[0]].concat()));
    assert!(!is_read(&bytes[..bytes.len() - 1]));
}
