//! Measurements of vodozemac's Olm, the ancestor of X3DH: three agreements, no signed prekeys and no KEM.

use vodozemac::olm::{Account, OlmMessage, PreKeyMessage, SessionConfig};

use crate::handshake::PLAINTEXT;
use crate::measure::Subject;

/// The operations of the peer: a one-time key published, a session begun with a first message, and that
/// message accepted.
pub(crate) fn subjects() -> Vec<Subject<'static>> {
    vec![publish(), initiate(), accept()]
}

fn publish() -> Subject<'static> {
    let mut account = Account::new();
    Subject::new("vodozemac", move || {
        account.generate_one_time_keys(1);
        let keys: Vec<_> = account.one_time_keys().into_values().collect();
        account.mark_keys_as_published();
        keys.first().map(|key| account.sign(key.as_bytes()))
    })
}

fn initiate() -> Subject<'static> {
    let (alice, mut bob) = (Account::new(), Account::new());
    let identity = bob.curve25519_key();
    let one_time_key = one_time_key(&mut bob);
    Subject::new("vodozemac", move || {
        let config = SessionConfig::version_1();
        let mut session = alice
            .create_outbound_session(config, identity, one_time_key)
            .expect("the keys contribute");
        session.encrypt(PLAINTEXT).expect("the message is short")
    })
}

fn accept() -> Subject<'static> {
    let (alice, mut bob) = (Account::new(), Account::new());
    let identity = alice.curve25519_key();
    let prepare = move || {
        let one_time_key = one_time_key(&mut bob);
        let message = first_message(&alice, &bob, one_time_key);
        (copy(&bob), message)
    };
    Subject::prepared("vodozemac", prepare, move |(mut bob, message)| {
        bob.create_inbound_session(SessionConfig::version_1(), identity, &message)
            .expect("the message is genuine")
    })
}

/// Copies an account, because accepting uses up its key.
fn copy(account: &Account) -> Account {
    Account::from_pickle(account.pickle())
}

fn one_time_key(account: &mut Account) -> vodozemac::Curve25519PublicKey {
    account.generate_one_time_keys(1);
    let key = account.one_time_keys().into_values().next();
    account.mark_keys_as_published();
    key.expect("one was generated")
}

fn first_message(
    alice: &Account,
    bob: &Account,
    one_time_key: vodozemac::Curve25519PublicKey,
) -> PreKeyMessage {
    let config = SessionConfig::version_1();
    let mut session = alice
        .create_outbound_session(config, bob.curve25519_key(), one_time_key)
        .expect("the keys contribute");
    match session.encrypt(PLAINTEXT).expect("the message is short") {
        OlmMessage::PreKey(message) => message,
        OlmMessage::Normal(_) => unreachable!("nobody has answered"),
    }
}
