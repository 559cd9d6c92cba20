//! The target `receive`: two sessions. The input is a program of what happens between them: messages are
//! sent, lost, delivered in any order and more than once, damaged, forged, or sent by a peer that breaks the
//! rules.
//!
//! A message that is refused changes nothing. Between honest parties every message within the limits opens
//! once, to the plaintext that was encrypted. Nothing that is damaged or forged ever opens. No key is used
//! twice with one nonce, and the work for one message is bounded.

mod end;
mod model;
mod starts;
mod world;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use sprag_primitives::operations::{counted, seals};

use crate::input::Input;
use crate::parties::{Beginning, Begun, send};
use world::World;

const MAX_OPERATIONS: usize = 400;

/// The most messages that a program may lose.
const MAX_LOST: u32 = 5_000;
/// The chain steps after which a program ends, so that none takes long.
const MAX_HMACS: u64 = 150_000;

pub(crate) fn run(input: &[u8]) {
    let mut input = Input::new(input);
    let Some(number) = input.index(starts::COUNT) else {
        return;
    };
    let mut program = Program {
        world: starts::start(number),
        may_lose: MAX_LOST,
        input,
    };
    let ((), seals) = seals(|| {
        let mut work = 0;
        for _ in 0..MAX_OPERATIONS {
            let (step, counts) = counted(|| program.step());
            work += counts.hmac;
            if step.is_none() || work > MAX_HMACS {
                break;
            }
        }
    });
    if !program.world.rules_broken {
        let different: BTreeSet<_> = seals.iter().collect();
        assert_eq!(different.len(), seals.len(), "a key was used twice");
    }
}

struct Program<'a> {
    world: World,
    may_lose: u32,
    input: Input<'a>,
}

impl Program<'_> {
    /// Does the next operation of the input: the first bit of a byte chooses the end, the last four the
    /// operation.
    fn step(&mut self) -> Option<()> {
        let what = self.input.byte()?;
        let end = usize::from(what >> 7);
        match what & 0x0f {
            0..=2 => {
                let padding = self.input.byte()?;
                self.world.send(end, padding);
            }
            3 => self.world.deliver_newest(end),
            4..=6 => {
                let index = self.message(end)?;
                self.world.deliver(end, index);
            }
            7 => self.deliver_damaged(end)?,
            8 => {
                let length = self.input.byte()?;
                let bytes = self.input.bytes(length.into());
                self.world.deliver_forged(end, bytes, &[]);
            }
            9 => self.world.ends[end].restore(),
            10 => self.lose(end, what >> 4 & 7),
            11 => self.deliver_elsewhere(end)?,
            12 => self.world.keep_old(end),
            13 => self.world.send_old(end),
            14 => {
                let edits = usize::from(what >> 4 & 7) + 1;
                self.world.send_edited(end, edits, &mut self.input);
            }
            _ => {
                let stranger = stranger(what >> 4 & 3);
                self.world.deliver_forged(end, &stranger, &[]);
            }
        }
        Some(())
    }

    /// The index of a message that `sender` sent: one byte of the input counts from the newest.
    fn message(&mut self, sender: usize) -> Option<usize> {
        let sent = self.world.ends[sender].sent.len();
        Some((sent.checked_sub(1)?).saturating_sub(self.input.byte()?.into()))
    }

    /// Delivers a copy of a message in which one byte is changed or inserted, or which is cut.
    fn deliver_damaged(&mut self, sender: usize) -> Option<()> {
        let index = self.message(sender)?;
        let (how, place) = (self.input.byte()?, self.input.short()?);
        let mut bytes = self.world.ends[sender].sent[index].bytes.clone();
        let place = place % bytes.len();
        match how {
            0 => bytes.truncate(place),
            1 => bytes.insert(place, how),
            _ => bytes[place] ^= how,
        }
        self.world.deliver_forged(1 - sender, &bytes, &[]);
        Some(())
    }

    fn lose(&mut self, sender: usize, amount: u8) {
        let count = [1, 2, 10, 100, 300, 1_000, 1_990, 2_001][usize::from(amount)];
        if let Some(left) = self.may_lose.checked_sub(count) {
            self.may_lose = left;
            self.world.lose(sender, count);
        }
    }

    /// Delivers a message to its own sender, to the account that has the session already, or with other
    /// associated data than it was encrypted with.
    fn deliver_elsewhere(&mut self, sender: usize) -> Option<()> {
        let how = self.input.byte()?;
        let index = self.message(sender)?;
        let bytes = self.world.ends[sender].sent[index].bytes.clone();
        match how % 3 {
            0 => self.world.deliver_forged(sender, &bytes, &[]),
            1 => self.world.deliver_forged(1 - sender, &bytes, b"other"),
            _ => self.world.begin_again(1 - sender, index),
        }
        Some(())
    }
}

/// A genuine message between two other parties.
fn stranger(which: u8) -> Vec<u8> {
    static MESSAGES: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
        let mut begun = Begun::seeded(14, Beginning::OneTime);
        let first = begun.send(b"first");
        let mut bob = begun.accept(&first);
        let answer = send(&mut bob, b"answer", &mut begun.rng);
        let [reusable, x3dh] = [Beginning::Reusable, Beginning::X3dh]
            .map(|beginning| Begun::seeded(14, beginning).send(b"first"));
        [first, answer, reusable, x3dh]
    });
    MESSAGES[usize::from(which)].clone()
}
