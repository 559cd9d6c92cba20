//! Parties and randomness, the same in every run.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag::{Account, Initiation, Policy, Session};

/// The policy that accepts X3DH, too.
pub(crate) const ANY_SUITE: Policy = Policy::post_quantum().allow_x3dh();

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// The kind of bundle that a session begins with.
#[derive(Clone, Copy)]
pub(crate) enum Beginning {
    OneTime,
    Reusable,
    X3dh,
}

/// Two accounts, and the session that Alice began with a bundle of Bob's.
pub(crate) struct Begun {
    pub(crate) alice: Account,
    pub(crate) bob: Account,
    pub(crate) session: Session,
    pub(crate) rng: StdRng,
}

impl Begun {
    pub(crate) fn new(beginning: Beginning) -> Self {
        Self::seeded(3, beginning)
    }

    pub(crate) fn seeded(seed: u64, beginning: Beginning) -> Self {
        let mut rng = rng(seed);
        let [alice, mut bob] = [(); 2].map(|()| Account::generate_at(1_000, &mut rng));
        let bundle = publish(&mut bob, beginning, &mut rng);
        let session = initiate(&alice, &bundle, &mut rng);
        Self {
            alice,
            bob,
            session,
            rng,
        }
    }

    pub(crate) fn send(&mut self, plaintext: &[u8]) -> Vec<u8> {
        send(&mut self.session, plaintext, &mut self.rng)
    }

    /// Lets Bob accept a first message of Alice's, and returns his session.
    pub(crate) fn accept(&mut self, message: &[u8]) -> Session {
        let accepted = self.bob.accept_under(&ANY_SUITE, message, &[]);
        accepted.expect("the first message is genuine").0
    }
}

pub(crate) fn publish(account: &mut Account, beginning: Beginning, rng: &mut StdRng) -> Vec<u8> {
    match beginning {
        Beginning::OneTime => account.publish(rng),
        Beginning::Reusable => account.publish_reusable(),
        Beginning::X3dh => account.publish_x3dh(rng).expect("there are numbers left"),
    }
}

pub(crate) fn initiate(account: &Account, bundle: &[u8], rng: &mut StdRng) -> Session {
    let initiation = Initiation {
        policy: ANY_SUITE,
        ..Initiation::default()
    };
    let session = account.initiate_with(bundle, &initiation, rng);
    session.expect("the bundle is genuine")
}

pub(crate) fn send(session: &mut Session, plaintext: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let message = session.encrypt(plaintext, rng);
    message.expect("a session encrypts")
}
