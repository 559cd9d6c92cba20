//! vodozemac's accounts: Olm's handshake, the ancestor of X3DH, with three agreements, no prekeys that last, and no KEM.
//! The signature of a one-time key is made and checked here, because vodozemac leaves both to its caller.

use vodozemac::olm::{Account, OlmMessage, SessionConfig};
use vodozemac::{Curve25519PublicKey, Ed25519Signature};

use crate::backend::Backend;
use crate::handshake::PLAINTEXT;
use crate::measure::Subject;

/// A one-time key, published and signed.
pub(crate) fn publish() -> Subject {
    let mut account = Account::new();
    Subject::new(Backend::Portable, move || one_time_key(&mut account))
}

/// The check of the one-time key's signature, a session and its first message.
pub(crate) fn initiate() -> Subject {
    let (alice, mut bob) = (Account::new(), Account::new());
    let (identity, signer) = (bob.curve25519_key(), bob.ed25519_key());
    let (one_time_key, signature) = one_time_key(&mut bob);
    Subject::new(Backend::Portable, move || {
        let checked = signer.verify(one_time_key.as_bytes(), &signature);
        checked.expect("the signature is genuine");
        let config = SessionConfig::version_1();
        let session = alice.create_outbound_session(config, identity, one_time_key);
        let mut session = session.expect("the keys contribute");
        let message = session.encrypt(PLAINTEXT).expect("the message is short");
        (session, message.to_parts())
    })
}

/// The first message, accepted.
pub(crate) fn accept() -> Subject {
    let (alice, mut bob) = (Account::new(), Account::new());
    let identity = alice.curve25519_key();
    let prepare = move || {
        let (one_time_key, _) = one_time_key(&mut bob);
        let config = SessionConfig::version_1();
        let session = alice.create_outbound_session(config, bob.curve25519_key(), one_time_key);
        let mut session = session.expect("the keys contribute");
        let message = session.encrypt(PLAINTEXT).expect("the message is short");
        // Accepting uses up the key of a copy of the account.
        (Account::from_pickle(bob.pickle()), message.to_parts())
    };
    Subject::prepared(Backend::Portable, prepare, move |(bob, (kind, bytes))| {
        let Ok(OlmMessage::PreKey(message)) = OlmMessage::from_parts(*kind, bytes) else {
            unreachable!("nobody has answered")
        };
        let accepted = bob.create_inbound_session(SessionConfig::version_1(), identity, &message);
        accepted.expect("the message is genuine")
    })
}

/// A new one-time key of an account, with the signature of its bytes.
pub(crate) fn one_time_key(account: &mut Account) -> (Curve25519PublicKey, Ed25519Signature) {
    account.generate_one_time_keys(1);
    let key = account.one_time_keys().into_values().next();
    account.mark_keys_as_published();
    let key = key.expect("one was generated");
    (key, account.sign(key.as_bytes()))
}
