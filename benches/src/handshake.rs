//! Measurements of publishing, initiating and accepting, with and without post-quantum keys.

use core::cell::RefCell;
use std::rc::Rc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag::{Account, Initiation, Policy};

use crate::measure::{Subject, Times, in_turns};
use crate::{peers, primitives};

/// The plaintext of a first message.
pub(crate) const PLAINTEXT: &[u8] = &[0x5a; 256];

const ROUNDS: u32 = 40;
const TIMES: u32 = 25;

/// The floor of an operation: the number of times that the specifications force each primitive, in the order
/// of [`primitives::subjects`].
struct Floor {
    name: &'static str,
    counts: [u64; 9],
}

/// The floors by X3DH §3.2 to §3.4, PQXDH §3.2 to §3.4, and the ratchet's first step with the first message
/// (Double Ratchet §3.3 and §7.1). The few hashes of that step are left out, and so is the seal around the
/// initiator's identity, which no specification demands.
const FLOORS: [Floor; 5] = [
    Floor {
        name: "publish, PQXDH",
        counts: [1, 0, 1, 0, 1, 0, 0, 0, 0],
    },
    Floor {
        name: "initiate, PQXDH",
        counts: [2, 5, 0, 2, 0, 1, 1, 0, 1],
    },
    Floor {
        name: "accept, PQXDH",
        counts: [0, 5, 0, 0, 0, 0, 0, 1, 1],
    },
    Floor {
        name: "initiate, X3DH",
        counts: [2, 5, 0, 1, 0, 0, 0, 0, 1],
    },
    Floor {
        name: "accept, X3DH",
        counts: [0, 5, 0, 0, 0, 0, 0, 0, 1],
    },
];

/// Measures and prints the tables.
pub(crate) fn run() {
    let mut subjects = primitives::subjects();
    let floors = subjects.len();
    subjects.extend(ours());
    let peers = subjects.len();
    subjects.extend(peers::subjects());
    let names: Vec<&str> = subjects.iter().map(|subject| subject.name).collect();
    let times = in_turns(&mut subjects, ROUNDS, TIMES);

    println!("| primitive | median | 10 % to 90 % |\n|---|--:|--:|");
    for (name, times) in names.iter().zip(&times).take(floors) {
        println!("| {name} | {} |", shown(times));
    }
    println!("\n| operation | floor | sprag | 10 % to 90 % | ratio | vodozemac | ratio |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    // vodozemac has one handshake, without a KEM.
    let peer_of = [0, 1, 2, 1, 2];
    let (primitives, rest) = times.split_at(floors);
    let (ours, theirs) = rest.split_at(peers - floors);
    for ((floor, ours), peer) in FLOORS.iter().zip(ours).zip(peer_of) {
        let parts: Vec<(u64, &Times)> = floor.counts.into_iter().zip(primitives).collect();
        let sum = Times::sum(&parts);
        let Some(peer) = theirs.get(peer) else {
            continue;
        };
        println!(
            "| {} | {:.1} µs | {} | {:.2} | {:.1} µs | {:.2} |",
            floor.name,
            sum.median() * 1e6,
            shown(ours),
            ours.ratio_to(&sum),
            peer.median() * 1e6,
            ours.ratio_to(peer),
        );
    }
}

fn shown(times: &Times) -> String {
    let (low, high) = times.spread();
    format!(
        "{:.1} µs | {:.1} to {:.1} µs",
        times.median() * 1e6,
        low * 1e6,
        high * 1e6
    )
}

/// Our operations, in the order of [`FLOORS`].
fn ours() -> Vec<Subject<'static>> {
    vec![
        publish(),
        initiate(Account::publish),
        accept(Account::publish),
        initiate(publish_x3dh),
        accept(publish_x3dh),
    ]
}

fn publish() -> Subject<'static> {
    let mut rng = StdRng::seed_from_u64(5);
    let mut account = Account::generate(&mut rng);
    Subject::new("sprag", move || account.publish(&mut rng))
}

fn initiate(publish: fn(&mut Account, &mut StdRng) -> Vec<u8>) -> Subject<'static> {
    let mut rng = StdRng::seed_from_u64(6);
    let [alice, mut bob] = [(); 2].map(|()| Account::generate(&mut rng));
    let bundle = publish(&mut bob, &mut rng);
    Subject::new("sprag", move || first_message(&alice, &bundle, &mut rng))
}

fn accept(publish: fn(&mut Account, &mut StdRng) -> Vec<u8>) -> Subject<'static> {
    let mut rng = StdRng::seed_from_u64(7);
    let [alice, bob] = [(); 2].map(|()| Account::generate(&mut rng));
    let bob = Rc::new(RefCell::new(bob));
    let account = Rc::clone(&bob);
    let prepare = move || {
        let bundle = publish(&mut bob.borrow_mut(), &mut rng);
        first_message(&alice, &bundle, &mut rng)
    };
    Subject::prepared("sprag", prepare, move |message: Vec<u8>| {
        let mut account = account.borrow_mut();
        let accepted = account.accept_under(&POLICY, &message, &[]);
        accepted.expect("the message is genuine")
    })
}

const POLICY: Policy = Policy::post_quantum().allow_x3dh();

fn publish_x3dh(account: &mut Account, rng: &mut StdRng) -> Vec<u8> {
    let bundle = account.publish_x3dh(rng);
    bundle.expect("few numbers are taken")
}

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
