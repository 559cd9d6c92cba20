//! The target `bundles`: bundles and uploads. No decoder panics, each value has one encoding, and decoding
//! takes no cryptography but the hash of the checksum. A bundle or an upload that verifies can be used.
//!
//! Each input is tried as it is, and once more with its checksum behind it, which a fuzzer would not guess.

use std::sync::OnceLock;

use sprag::{Account, Initiation};
use sprag_primitives::hash::sha256;
use sprag_primitives::operations::{Counts, counted};
use sprag_wire::{
    CHECKSUM_LENGTH, Kind, Published, decode_bundle, decode_prekey_message, decode_upload,
    encode_bundle, encode_upload, kind,
};
use sprag_x3dh::{Bundle, Upload};

use crate::parties::{ANY_SUITE, rng};

pub(crate) fn run(input: &[u8]) {
    for bytes in [input, &with_checksum(input)] {
        check_bundle(bytes);
        check_upload(bytes);
    }
}

fn with_checksum(content: &[u8]) -> Vec<u8> {
    let hash = sha256(&[content]);
    [content, &hash[..CHECKSUM_LENGTH]].concat()
}

fn check_bundle(bytes: &[u8]) {
    let (bundle, work) = counted(|| decode_bundle(bytes));
    assert_eq!(work, Counts::NONE);
    let Ok(Published { keys, list }) = bundle else {
        return;
    };
    assert_eq!(kind(bytes), Ok(Kind::Bundle));
    assert_eq!(encode_bundle(&keys, list).as_deref(), Ok(bytes));
    if verifies(keys) {
        check_initiation(bytes);
    }
}

fn verifies(bundle: Bundle) -> bool {
    let (verified, work) = counted(|| bundle.verify(&ANY_SUITE));
    assert!(work.signature_verification <= 2);
    verified.is_ok()
}

/// Begins a session, which may be refused, and sends in it.
fn check_initiation(bundle: &[u8]) {
    let mut rng = rng(1);
    let initiation = Initiation {
        policy: ANY_SUITE,
        ..Initiation::default()
    };
    let (session, work) = counted(|| account().initiate_with(bundle, &initiation, &mut rng));
    assert!(work.diffie_hellman <= 5 && work.encapsulation <= 1);
    if let Ok(mut session) = session {
        let message = session.encrypt(b"first", &mut rng);
        let message = message.expect("a new session encrypts");
        decode_prekey_message(&message).expect("it begins with the handshake");
    }
}

fn account() -> &'static Account {
    static ACCOUNT: OnceLock<Account> = OnceLock::new();
    ACCOUNT.get_or_init(|| Account::generate(&mut rng(2)))
}

fn check_upload(bytes: &[u8]) {
    let (upload, work) = counted(|| decode_upload(bytes));
    assert_eq!(work, Counts::NONE);
    let Ok(Published { keys, list }) = upload else {
        return;
    };
    assert_eq!(kind(bytes), Ok(Kind::Upload));
    assert_eq!(encode_upload(&keys, list).as_deref(), Ok(bytes));
    check_directory(keys, list);
}

/// Checks that the bundles that a directory composes from a verified upload verify, too.
fn check_directory(upload: Upload, list: &[u8]) {
    let curve = upload.one_time_prekeys.len();
    let kem = upload.one_time_kem_prekeys.len();
    let (upload, work) = counted(|| upload.verify());
    assert!(work.signature_verification <= 2 + kem as u64);
    let Ok(mut upload) = upload else { return };
    for taken in 1..=4 {
        let bundle = Bundle::Pqxdh(upload.next_bundle());
        let encoded = encode_bundle(&bundle, list).expect("the list was decoded");
        let keys = bundle.clone();
        assert_eq!(decode_bundle(&encoded), Ok(Published { keys, list }));
        assert!(verifies(bundle));
        let left = upload.upload();
        assert_eq!(left.one_time_prekeys.len(), curve.saturating_sub(taken));
        assert_eq!(left.one_time_kem_prekeys.len(), kem.saturating_sub(taken));
    }
}
