//! The target `client`: three clients over stores in memory. The input is a program of their operations and
//! of the bytes that arrive.
//!
//! An operation that is refused leaves the store byte for byte as it was. A message that opens has the
//! plaintext that was sent, and it never opens again once it is acknowledged. Nothing that is damaged or
//! forged opens. A stranger who writes contents by hand joins no user and hands nothing over. At the end two of the
//! clients can begin anew and talk.

mod party;
mod stranger;
mod world;

use sprag::Stock;
use sprag_client::Sender;
use sprag_wire::{ContentKind, decode_upload, encode_bundle};
use sprag_x3dh::Bundle;

use crate::input::Input;
use crate::linking;
use party::NAMES;
use world::World;

/// The kinds of the contents that the stranger writes.
const BY_HAND: [ContentKind; 4] = [
    ContentKind::Renew,
    ContentKind::LinkAcceptance,
    ContentKind::LinkWelcome,
    ContentKind::Nothing,
];

const MAX_OPERATIONS: usize = 60;

pub(crate) fn run(input: &[u8]) {
    let mut program = Program {
        world: World::start(),
        input: Input::new(input),
    };
    for _ in 0..MAX_OPERATIONS {
        if program.step().is_none() {
            break;
        }
    }
    program.world.finish();
}

struct Program<'a> {
    world: World,
    input: Input<'a>,
}

impl Program<'_> {
    /// Does the next operation of the input: one byte chooses the operation, the other the client.
    fn step(&mut self) -> Option<()> {
        let what = self.input.byte()?;
        let party = self.input.index(3)?;
        match what & 0x0f {
            0 => self.publish(party, what >> 4),
            1 => self.add(party, what & 0x80 != 0)?,
            2 | 3 => {
                let name = self.name()?;
                self.world.encrypt(party, name, what);
            }
            4..=6 => self.decrypt(party)?,
            7 => self.decrypt_damaged(party)?,
            8 => self.decrypt_raw(party, what >> 4)?,
            9 => {
                let index = self.carried()?;
                self.world.acknowledge(party, index);
            }
            10 => self.forget(party)?,
            11 => self.rotate(party, u64::from(what >> 4)),
            12 => {
                let name = self.name()?;
                self.world.encrypt_file(party, name);
            }
            13 => {
                let reopened = self.world.parties[party].reopened();
                self.world.parties[party] = reopened;
            }
            14 if what & 0x80 != 0 => self.content(party, what >> 4)?,
            14 => self.world.allow_x3dh(party),
            _ => self.upload(party),
        }
        Some(())
    }

    fn name(&mut self) -> Option<usize> {
        self.input.index(NAMES.len())
    }

    /// The index of a message that was sent: one byte of the input counts from the newest.
    fn carried(&mut self) -> Option<usize> {
        let count = self.world.carried.len();
        Some((count.checked_sub(1)?).saturating_sub(self.input.byte()?.into()))
    }

    fn sender(&mut self) -> Option<Sender<'static>> {
        let index = self.input.index(NAMES.len() + 1)?;
        let name = NAMES.get(index).copied();
        Some(name.map_or(Sender::AnyPeer, Sender::Named))
    }

    fn publish(&mut self, party: usize, how: u8) {
        let rng = &mut self.world.rng;
        let client = &mut self.world.parties[party].client;
        let bundle = match how % 3 {
            0 => client.publish(rng),
            1 => client.publish_reusable(),
            _ => client.publish_x3dh(rng),
        };
        let bundle = bundle.expect("there are numbers left");
        self.world.bundles.push(bundle);
    }

    /// Publishes two bundles by way of a directory.
    fn upload(&mut self, party: usize) {
        let left = Stock { ec: 99, kem: 99 };
        let rng = &mut self.world.rng;
        let upload = self.world.parties[party].client.replenish_from(left, rng);
        let upload = upload.expect("there are numbers left");
        let upload = decode_upload(&upload).expect("a client uploads prekeys");
        let list = upload.list;
        let mut upload = upload.keys.verify().expect("they are signed");
        for _ in 0..2 {
            let bundle = Bundle::Pqxdh(upload.next_bundle());
            let bundle = encode_bundle(&bundle, list).expect("the list was decoded");
            self.world.bundles.push(bundle);
        }
    }

    /// Adds a bundle, which may be damaged.
    fn add(&mut self, party: usize, damaged: bool) -> Option<()> {
        let name = self.name()?;
        let index = self.input.index(self.world.bundles.len())?;
        let mut bundle = self.world.bundles[index].clone();
        if damaged {
            self.damage(&mut bundle)?;
        }
        // The result depends on the bundles that were added before.
        self.world.add(party, name, &bundle).ok();
        Some(())
    }

    fn decrypt(&mut self, party: usize) -> Option<()> {
        let (index, sender) = (self.carried()?, self.sender()?);
        self.world.decrypt(party, index, sender);
        Some(())
    }

    fn decrypt_damaged(&mut self, party: usize) -> Option<()> {
        let (index, sender) = (self.carried()?, self.sender()?);
        let mut bytes = self.world.carried[index].bytes.clone();
        self.damage(&mut bytes)?;
        self.world.decrypt_forged(party, &bytes, sender);
        Some(())
    }

    /// Gives a client the bytes that follow, as a message, a file or a bundle.
    fn decrypt_raw(&mut self, party: usize, how: u8) -> Option<()> {
        let sender = self.sender()?;
        let length = self.input.byte()?;
        let bytes = self.input.bytes(length.into());
        if how.is_multiple_of(2) {
            self.world.decrypt_forged(party, bytes, sender);
        } else {
            let added = self.world.add(party, usize::from(how) % NAMES.len(), bytes);
            added.expect_err("it has no valid signature");
        }
        Some(())
    }

    /// Gives a client a content of the stranger: one that is genuine, or one that is damaged, or the bytes that follow.
    fn content(&mut self, party: usize, how: u8) -> Option<()> {
        let kind = BY_HAND[usize::from(how) % BY_HAND.len()];
        let (sender, what) = (self.sender()?, self.input.byte()?);
        let bases = linking::bases();
        let mut payload = match usize::from(what & 0x1f) {
            0 => self.world.stranger().request(),
            1 => Vec::new(),
            2 => {
                let length = self.input.byte()?;
                self.input.bytes(length.into()).to_vec()
            }
            base => bases[base % bases.len()].1.clone(),
        };
        if what & 0x80 != 0 && !payload.is_empty() {
            self.damage(&mut payload)?;
        }
        let begins = what & 0x40 != 0;
        let content = (kind, payload.as_slice());
        self.world.take_content(party, sender, (content, begins));
        Some(())
    }

    /// Changes one byte of `bytes`, cuts them, or inserts one byte.
    fn damage(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let (how, place) = (self.input.byte()?, self.input.short()? % bytes.len());
        match how {
            0 => bytes.truncate(place),
            1 => bytes.insert(place, how),
            _ => bytes[place] ^= how,
        }
        Some(())
    }

    fn forget(&mut self, party: usize) -> Option<()> {
        let name = NAMES[self.name()?];
        let rng = &mut self.world.rng;
        let forgotten = self.world.parties[party].attempt(|client| client.forget(name, rng));
        // Some of the names belong to no peer.
        forgotten.ok();
        Some(())
    }

    /// Replaces prekeys and, for an odd `how`, drops the replaced ones at once.
    fn rotate(&mut self, party: usize, how: u64) {
        let World {
            parties, rng, now, ..
        } = &mut self.world;
        *now += how + 1;
        let client = &mut parties[party].client;
        let rotated = client.rotate(*now, how * 2, rng);
        rotated.expect("there are numbers left");
        if how % 2 == 1 {
            let expired = client.expire(*now + how * 2, rng);
            expired.expect("the store is intact");
        }
    }
}
