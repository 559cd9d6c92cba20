//! Parties and randomness for the tests.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag::{Account, Error, Opened, Session};

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// Two accounts and the session that Alice began with Bob's bundle.
pub(crate) struct Pair {
    pub(crate) rng: StdRng,
    pub(crate) bob: Account,
    pub(crate) alice: Account,
    pub(crate) session: Session,
}

impl Pair {
    pub(crate) fn new(seed: u64) -> Self {
        Self::with_bundle(seed, |bob, rng| bob.publish(rng))
    }

    pub(crate) fn without_one_time_prekey(seed: u64) -> Self {
        Self::with_bundle(seed, |bob, _| bob.publish_reusable())
    }

    fn with_bundle(seed: u64, publish: impl Fn(&mut Account, &mut StdRng) -> Vec<u8>) -> Self {
        let mut rng = rng(seed);
        let alice = Account::generate(&mut rng);
        let mut bob = Account::generate(&mut rng);
        let bundle = publish(&mut bob, &mut rng);
        let session = alice.initiate(&bundle, &mut rng).unwrap();
        Self {
            rng,
            bob,
            alice,
            session,
        }
    }

    pub(crate) fn send(&mut self, plaintext: &[u8]) -> Vec<u8> {
        self.session.encrypt(plaintext, &mut self.rng).unwrap()
    }

    /// Both sessions, after Alice's first message and Bob's answer.
    pub(crate) fn established(mut self) -> (Session, Session, StdRng) {
        let first = self.send(b"first");
        let (mut bobs, _) = self.bob.accept(&first).unwrap();
        let answer = bobs.encrypt(b"answer", &mut self.rng).unwrap();
        self.session.decrypt(&answer).unwrap();
        (self.session, bobs, self.rng)
    }
}

/// Decrypts and demands that a refusal leaves the session byte for byte as it was.
pub(crate) fn refused(session: &mut Session, message: &[u8]) -> Error {
    let before = session.snapshot();
    let error = session.decrypt(message).unwrap_err();
    assert_eq!(session.snapshot().expose(), before.expose());
    error
}

/// Accepts and demands that a refusal leaves the account byte for byte as it was.
pub(crate) fn not_accepted(account: &mut Account, message: &[u8]) -> Error {
    let before = account.snapshot();
    let error = account.accept(message).map(|_| ()).unwrap_err();
    assert_eq!(account.snapshot().expose(), before.expose());
    error
}

pub(crate) fn plaintext(opened: Result<Opened, Error>) -> Vec<u8> {
    opened.unwrap().plaintext
}
