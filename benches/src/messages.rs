//! Measurements of messages: in order, in turns, in reverse, after a gap, and forged.

use core::cell::RefCell;
use std::rc::Rc;

use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

use crate::backend::{Backend, available, name_of};
use crate::comparison::{Comparison, HEAD, Variant, shown};
use crate::floor::{Floor, Headers};
use crate::measure::{Subject, in_turns};
use crate::parties::{Clear, Facade, Olm, Party, text};

/// An operation on messages that every kind of party has.
trait Operation {
    /// The floor with bodies of the length that `body` says for a text's length.
    fn floor(&self, backend: Backend, floor: Floor, body: fn(usize) -> usize) -> Subject;

    fn of<P: Party>(&self, backend: Backend) -> Subject;
}

/// The messages that arrive in order.
pub(crate) fn in_order() -> String {
    let lengths = [
        (32, "32 B", 200),
        (256, "256 B", 200),
        (4_096, "4 KiB", 60),
        (65_536, "64 KiB", 10),
    ];
    let rows = lengths.into_iter().flat_map(|(length, name, times)| {
        [
            compared(format!("encrypt {name}"), [200, times], &Encrypt(length)),
            compared(format!("decrypt {name}"), [200, times], &Decrypt(length)),
        ]
    });
    HEAD.to_owned() + &rows.map(Comparison::run).collect::<String>()
}

/// The messages that do not arrive in order.
pub(crate) fn out_of_order() -> String {
    let ping_pong = compared("ping-pong, sent and received", [150, 10], &PingPong);
    let few = compared("40 in reverse, each", [100, 1], &Reverse(40));
    let many = compared("1,000 in reverse, each", [50, 1], &Reverse(1_000));
    // vodozemac keeps the keys of 40.
    let many = Comparison { peer: None, ..many };
    let gap = compared("one after a gap of 2,000", [60, 1], &Gap(2_000));
    let forged = compared("forged, refused", [150, 200], &Forged);
    let comparisons = [ping_pong, few, many, gap, forged];
    HEAD.to_owned() + &comparisons.map(Comparison::run).concat()
}

/// The cost of randomness of the operating system.
pub(crate) fn randomness() -> String {
    eprintln!("randomness ..");
    let backends = available();
    let mut subjects = Vec::new();
    for backend in &backends {
        let [facade, _] = in_a_chain::<Facade>();
        let (mut session, mut rng) = (facade.session, UnwrapErr(SysRng));
        let text = text(LENGTH);
        subjects.push(Encrypt(LENGTH).of::<Facade>(*backend));
        subjects.push(Subject::new(*backend, move || {
            session.encrypt(&text, &mut rng)
        }));
    }
    let times = in_turns(&mut subjects, 200, 200);
    let rows = backends
        .iter()
        .zip(times.chunks(2))
        .map(|(backend, times)| {
            let times: Vec<_> = times.iter().map(|times| shown(times.median())).collect();
            format!("| {} | {} |\n", name_of(*backend), times.join(" | "))
        });
    let head =
        "| encrypt 256 B, backend | seeded generator | the operating system's |\n|---|--:|--:|\n";
    head.to_owned() + &rows.collect::<String>()
}

/// The length of a text where it is not said.
const LENGTH: usize = 256;

fn compared(
    name: impl Into<String>,
    [rounds, times]: [u32; 2],
    operation: &impl Operation,
) -> Comparison {
    let mut variants = Vec::new();
    for backend in available() {
        variants.push(Variant {
            name: "clear headers",
            backend,
            floor: operation.floor(backend, Floor::new(Headers::Clear), |length| length),
            ours: operation.of::<Clear>(backend),
        });
        variants.push(Variant {
            name: "encrypted headers",
            backend,
            floor: operation.floor(backend, Floor::new(Headers::Encrypted), padded),
            ours: operation.of::<Facade>(backend),
        });
    }
    Comparison {
        name: name.into(),
        times,
        rounds,
        variants,
        peer: Some(operation.of::<Olm>(Backend::Portable)),
    }
}

/// The length of the body in which the facade sends a text of this length.
pub(crate) fn padded(length: usize) -> usize {
    let [mut sender, _] = Facade::pair();
    let mut message = Vec::new();
    sender.encrypt(&text(length), &mut message);
    // Envelope, header and tag.
    message.len() - 2 - 80 - 16
}

struct Encrypt(usize);

impl Operation for Encrypt {
    fn floor(&self, backend: Backend, floor: Floor, body: fn(usize) -> usize) -> Subject {
        let mut buffer = vec![1; body(self.0)];
        Subject::new(backend, move || floor.seal(&mut buffer))
    }

    fn of<P: Party>(&self, backend: Backend) -> Subject {
        let ([mut sender, _], text) = (in_a_chain::<P>(), text(self.0));
        let mut message = P::room(&text);
        Subject::new(backend, move || sender.encrypt(&text, &mut message))
    }
}

struct Decrypt(usize);

impl Operation for Decrypt {
    fn floor(&self, backend: Backend, floor: Floor, body: fn(usize) -> usize) -> Subject {
        let sealed = floor.sealed(body(self.0));
        Subject::prepared(
            backend,
            move || sealed.clone(),
            move |body| floor.open(body),
        )
    }

    fn of<P: Party>(&self, backend: Backend) -> Subject {
        let ([mut sender, mut receiver], text) = (in_a_chain::<P>(), text(self.0));
        let prepare = move || {
            let mut message = P::room(&text);
            sender.encrypt(&text, &mut message);
            message
        };
        Subject::prepared(backend, prepare, move |message| {
            assert!(receiver.decrypt(message), "it is the next one");
        })
    }
}

struct PingPong;

impl Operation for PingPong {
    fn floor(&self, backend: Backend, floor: Floor, body: fn(usize) -> usize) -> Subject {
        let mut body = floor.sealed(body(LENGTH));
        Subject::new(backend, move || floor.turn(&mut body))
    }

    fn of<P: Party>(&self, backend: Backend) -> Subject {
        let ([mut sender, mut receiver], text) = (P::pair(), text(LENGTH));
        let mut message = P::room(&text);
        Subject::new(backend, move || {
            sender.encrypt(&text, &mut message);
            assert!(receiver.decrypt(&mut message), "it begins a chain");
            core::mem::swap(&mut sender, &mut receiver);
        })
    }
}

struct Reverse(usize);

impl Operation for Reverse {
    fn floor(&self, backend: Backend, floor: Floor, body: fn(usize) -> usize) -> Subject {
        let sealed = vec![floor.sealed(body(LENGTH)); self.0];
        Subject::batch(
            backend,
            move |_| sealed.clone(),
            move |body| floor.open(body),
        )
    }

    fn of<P: Party>(&self, backend: Backend) -> Subject {
        let [mut sender, receiver] = in_a_chain::<P>();
        let messages = sent(&mut sender, self.0);
        let current = Rc::new(RefCell::new(receiver.copy()));
        let fresh = Rc::clone(&current);
        let prepare = move |_| {
            *fresh.borrow_mut() = receiver.copy();
            messages.iter().rev().cloned().collect()
        };
        Subject::batch(backend, prepare, move |message| {
            assert!(current.borrow_mut().decrypt(message), "its key is kept");
        })
    }
}

struct Gap(usize);

impl Operation for Gap {
    fn floor(&self, backend: Backend, floor: Floor, body: fn(usize) -> usize) -> Subject {
        let (sealed, gap) = (floor.sealed(body(LENGTH)), self.0);
        Subject::prepared(
            backend,
            move || sealed.clone(),
            move |body| {
                for _ in 0..gap {
                    core::hint::black_box(floor.step());
                }
                floor.open(body);
            },
        )
    }

    fn of<P: Party>(&self, backend: Backend) -> Subject {
        let [mut sender, receiver] = in_a_chain::<P>();
        let last = sent(&mut sender, self.0 + 1).pop().expect("one is sent");
        let prepare = move || (receiver.copy(), last.clone());
        Subject::prepared(backend, prepare, |(receiver, message)| {
            assert!(receiver.decrypt(message), "the gap is not too long");
        })
    }
}

struct Forged;

impl Operation for Forged {
    fn floor(&self, backend: Backend, floor: Floor, body: fn(usize) -> usize) -> Subject {
        let mut damaged = floor.sealed(body(LENGTH));
        damaged.damage();
        Subject::new(backend, move || floor.refuse(&mut damaged))
    }

    fn of<P: Party>(&self, backend: Backend) -> Subject {
        let [mut sender, mut receiver] = in_a_chain::<P>();
        let mut forged = sent(&mut sender, 1).pop().expect("one is sent");
        P::forge(&mut forged);
        Subject::new(backend, move || {
            assert!(!receiver.decrypt(&mut forged), "it is not authentic");
        })
    }
}

/// Two parties of which the second has received in the chain of the first, so that the next message begins none.
fn in_a_chain<P: Party>() -> [P; 2] {
    let [mut sender, mut receiver] = P::pair();
    let mut message = P::room(&[]);
    sender.encrypt(&[], &mut message);
    assert!(receiver.decrypt(&mut message), "it begins a chain");
    [sender, receiver]
}

/// The next messages of a party.
fn sent<P: Party>(sender: &mut P, count: usize) -> Vec<P::Message> {
    let text = text(LENGTH);
    let messages = (0..count).map(|_| {
        let mut message = P::room(&text);
        sender.encrypt(&text, &mut message);
        message
    });
    messages.collect()
}
