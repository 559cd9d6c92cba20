//! Paths of accounts and sessions.

use sprag::{Account, Session};

use crate::Path;
use crate::memcheck::{Random, public_bytes, publish_within, secret_buffer};

pub(crate) const PATHS: &[Path] = &[
    ("account, generated and published", account),
    ("account, snapshot written and read", account_snapshot),
    ("session, begun, accepted and answered", session),
    ("session, snapshot written and read", session_snapshot),
];

const LENGTH: usize = 100;

fn account() {
    let rng = &mut Random::default();
    let mut account = Account::generate(rng);
    // Public: it travels.
    assert!(!public_bytes(account.publish(rng)).is_empty());
}

fn account_snapshot() {
    let rng = &mut Random::default();
    let mut account = Account::generate(rng);
    account.publish(rng);
    let snapshot = account.snapshot();
    assert!(Account::from_snapshot(snapshot.expose()).is_ok());
}

/// Both ends of a session in which each has sent.
fn sessions(rng: &mut Random) -> (Session, Session) {
    let (alice, mut bob) = (Account::generate(rng), Account::generate(rng));
    // Public: bundles and messages travel.
    let bundle = public_bytes(bob.publish(rng));
    let mut initiated = alice.initiate(&bundle, rng).expect("the bundle is genuine");
    let message = deliver(&mut initiated, rng);
    let (mut accepted, _) = bob.accept(&message).expect("the message is genuine");
    let answer = deliver(&mut accepted, rng);
    assert!(initiated.decrypt(&answer).is_ok());
    (initiated, accepted)
}

fn deliver(from: &mut Session, rng: &mut Random) -> Vec<u8> {
    let plaintext = secret_buffer(rng, LENGTH);
    public_bytes(from.encrypt(plaintext.expose(), rng).expect("it is short"))
}

fn session() {
    sessions(&mut Random::default());
}

fn session_snapshot() {
    let (initiated, accepted) = sessions(&mut Random::default());
    for session in [&initiated, &accepted] {
        let mut snapshot = session.snapshot();
        // Public: each party's identity key is the other's peer.
        for identity in [initiated.peer(), accepted.peer()] {
            publish_within(snapshot.expose_mut(), identity.as_bytes());
        }
        assert!(Session::from_snapshot(snapshot.expose()).is_ok());
    }
}
