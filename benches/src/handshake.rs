//! Measurements of publishing, initiating and accepting, with and without post-quantum keys.

use core::cell::RefCell;
use std::rc::Rc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag::{Account, Initiation, Policy};

use crate::backend::{Backend, available};
use crate::comparison::{Comparison, HEAD, Variant};
use crate::floor::{Floor, Headers};
use crate::measure::Subject;
use crate::messages::padded;
use crate::olm_accounts;
use crate::primitives::Fixed;

/// The plaintext of a first message.
pub(crate) const PLAINTEXT: &[u8] = &[0x5a; 256];

const ROUNDS: u32 = 150;
const TIMES: u32 = 16;

/// The two handshakes, by how a bundle for each is published.
#[derive(Clone, Copy)]
enum Handshake {
    Pqxdh,
    X3dh,
}

/// The table of all operations.
pub(crate) fn run() -> String {
    let comparisons = [
        compared("publish", floor_publish, publish, olm_accounts::publish()),
        compared(
            "initiate",
            floor_initiate,
            initiate,
            olm_accounts::initiate(),
        ),
        compared("accept", floor_accept, accept, olm_accounts::accept()),
    ];
    HEAD.to_owned() + &comparisons.map(Comparison::run).concat()
}

fn compared(
    name: &str,
    floor: fn(Handshake, Backend) -> Subject,
    ours: fn(Handshake, Backend) -> Subject,
    peer: Subject,
) -> Comparison {
    let mut variants = Vec::new();
    for backend in available() {
        for handshake in [Handshake::Pqxdh, Handshake::X3dh] {
            variants.push(Variant {
                name: handshake.name(),
                backend,
                floor: floor(handshake, backend),
                ours: ours(handshake, backend),
            });
        }
    }
    Comparison {
        name: name.to_owned(),
        times: TIMES,
        rounds: ROUNDS,
        variants,
        peer: Some(peer),
    }
}

impl Handshake {
    const fn name(self) -> &'static str {
        match self {
            Self::Pqxdh => "PQXDH",
            Self::X3dh => "X3DH",
        }
    }

    const fn has_kem(self) -> bool {
        matches!(self, Self::Pqxdh)
    }

    fn publish(self, account: &mut Account, rng: &mut StdRng) -> Vec<u8> {
        match self {
            Self::Pqxdh => account.publish(rng),
            Self::X3dh => account.publish_x3dh(rng).expect("few numbers are taken"),
        }
    }
}

/// The floors by X3DH §3.2 to §3.4, PQXDH §3.2 to §3.4, and the ratchet's first step with the first message
/// (Double Ratchet §4.4 to §4.6 and §7.1). The seal around the initiator's identity and the session id are left out,
/// because no specification demands them.
fn floor_publish(handshake: Handshake, backend: Backend) -> Subject {
    let mut fixed = Fixed::new();
    Subject::new(backend, move || {
        fixed.generate();
        if handshake.has_kem() {
            fixed.generate_kem_key();
            fixed.sign_kem_key();
        }
    })
}

fn floor_initiate(handshake: Handshake, backend: Backend) -> Subject {
    let (mut fixed, ratchet) = (Fixed::new(), Floor::new(Headers::Encrypted));
    let mut body = vec![2; padded(PLAINTEXT.len())];
    Subject::new(backend, move || {
        if handshake.has_kem() {
            fixed.verify_both_keys();
            fixed.check_kem_key();
            fixed.encapsulate();
        } else {
            fixed.verify_curve_key();
        }
        fixed.generate();
        (0..4).for_each(|_| fixed.agree());
        fixed.derive();
        // The ratchet's first step and message.
        fixed.generate();
        ratchet.root_step();
        ratchet.seal(&mut body)
    })
}

fn floor_accept(handshake: Handshake, backend: Backend) -> Subject {
    let (mut fixed, ratchet) = (Fixed::new(), Floor::new(Headers::Encrypted));
    let sealed = ratchet.sealed(padded(PLAINTEXT.len()));
    Subject::prepared(
        backend,
        move || sealed.clone(),
        move |body| {
            if handshake.has_kem() {
                fixed.decapsulate();
            }
            (0..4).for_each(|_| fixed.agree());
            fixed.derive();
            ratchet.root_step();
            ratchet.open(body);
        },
    )
}

fn publish(handshake: Handshake, backend: Backend) -> Subject {
    let mut rng = StdRng::seed_from_u64(5);
    let mut account = Account::generate(&mut rng);
    Subject::new(backend, move || handshake.publish(&mut account, &mut rng))
}

fn initiate(handshake: Handshake, backend: Backend) -> Subject {
    let mut rng = StdRng::seed_from_u64(6);
    let [alice, mut bob] = [(); 2].map(|()| Account::generate(&mut rng));
    let bundle = handshake.publish(&mut bob, &mut rng);
    Subject::new(backend, move || first_message(&alice, &bundle, &mut rng))
}

fn accept(handshake: Handshake, backend: Backend) -> Subject {
    let mut rng = StdRng::seed_from_u64(7);
    let [alice, bob] = [(); 2].map(|()| Account::generate(&mut rng));
    let bob = Rc::new(RefCell::new(bob));
    let account = Rc::clone(&bob);
    let prepare = move || {
        let bundle = handshake.publish(&mut bob.borrow_mut(), &mut rng);
        first_message(&alice, &bundle, &mut rng)
    };
    Subject::prepared(backend, prepare, move |message: &mut Vec<u8>| {
        let mut account = account.borrow_mut();
        let accepted = account.accept_under(&POLICY, message, &[]);
        accepted.expect("the message is genuine")
    })
}

const POLICY: Policy = Policy::post_quantum().allow_x3dh();

fn first_message(alice: &Account, bundle: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let initiation = Initiation {
        policy: POLICY,
        ..Initiation::default()
    };
    let session = alice.initiate_with(bundle, &initiation, rng);
    let mut session = session.expect("the bundle is genuine");
    let message = session.encrypt(PLAINTEXT, rng);
    message.expect("the message is short")
}
