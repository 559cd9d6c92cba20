//! Snapshots to be edited, in every shape that accounts and sessions have.

use std::sync::OnceLock;

use sprag::{Account, Session};

use super::ratchet;
use crate::parties::{Beginning, Begun, initiate, publish, rng, send};

pub(super) struct Base {
    pub(super) read: Read,
    pub(super) snapshot: Vec<u8>,
    /// The messages that the account or the session can read and has not read yet.
    pub(super) messages: Vec<Vec<u8>>,
}

#[derive(Clone, Copy)]
pub(super) enum Read {
    Account,
    Session,
    Ratchet,
}

pub(super) fn bases() -> &'static [Base] {
    static ALL: OnceLock<Vec<Base>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut bases = vec![fresh_account(), used_account()];
        for beginning in [Beginning::OneTime, Beginning::Reusable, Beginning::X3dh] {
            bases.extend(first_messages(beginning));
        }
        bases.extend(conversation());
        bases.extend(ratchet::snapshots().map(|snapshot| Base {
            read: Read::Ratchet,
            snapshot,
            messages: Vec::new(),
        }));
        bases
    })
}

fn of_account(account: &Account, messages: Vec<Vec<u8>>) -> Base {
    Base {
        read: Read::Account,
        snapshot: account.snapshot().expose().to_vec(),
        messages,
    }
}

fn of_session(session: &Session, messages: Vec<Vec<u8>>) -> Base {
    Base {
        read: Read::Session,
        snapshot: session.snapshot().expose().to_vec(),
        messages,
    }
}

fn fresh_account() -> Base {
    of_account(&Account::generate(&mut rng(9)), Vec::new())
}

/// An account with prekeys of every kind and a memory of sessions.
fn used_account() -> Base {
    let mut rng = rng(10);
    let alice = Account::generate(&mut rng);
    let mut bob = Account::generate_at(1_000, &mut rng);
    let mut messages = Vec::new();
    for beginning in [Beginning::OneTime, Beginning::Reusable, Beginning::X3dh] {
        for _ in 0..2 {
            let bundle = publish(&mut bob, beginning, &mut rng);
            let mut session = initiate(&alice, &bundle, &mut rng);
            messages.push(send(&mut session, b"first", &mut rng));
        }
        let first = messages.remove(messages.len() - 2);
        let policy = crate::parties::ANY_SUITE;
        let accepted = bob.accept_under(&policy, &first, &[]);
        accepted.expect("the first message is genuine");
        let rotated = bob.rotate(2_000, 10_000, &mut rng);
        rotated.expect("there are numbers left");
    }
    let upload = bob.replenish_to(2, &mut rng);
    upload.expect("there are numbers left");
    of_account(&bob, messages)
}

/// Both ends before the first answer.
fn first_messages(beginning: Beginning) -> [Base; 2] {
    let mut begun = Begun::new(beginning);
    let [first, second, third] = [b"first", b"other", b"third"].map(|text| begun.send(text));
    let mut bob = begun.accept(&second);
    let answer = send(&mut bob, b"answer", &mut begun.rng);
    [
        of_session(&begun.session, vec![answer]),
        of_session(&bob, vec![first, third]),
    ]
}

/// Both ends after some turns, with skipped keys of several chains.
fn conversation() -> [Base; 2] {
    let mut begun = Begun::new(Beginning::OneTime);
    let first = begun.send(b"first");
    let mut bob = begun.accept(&first);
    let Begun {
        session: mut alice,
        mut rng,
        ..
    } = begun;
    let mut late = [Vec::new(), Vec::new()];
    for turn in 0..5 {
        let messages: Vec<_> = (0..4).map(|_| send(&mut bob, &[turn], &mut rng)).collect();
        alice.decrypt(&messages[2]).expect("it is genuine");
        // The last message of a chain is skipped, too.
        late[turn as usize % 2].extend([messages[0].clone(), messages[3].clone()]);
        core::mem::swap(&mut alice, &mut bob);
    }
    let [of_one, of_other] = late;
    // Five turns have exchanged the names: `bob` is the party that the messages of the first turn were for.
    [of_session(&alice, of_other), of_session(&bob, of_one)]
}
