//! The world of the demo: two devices, the channel between them, and a thief's ear at it.

use alloc::collections::BTreeSet;

use rand::rngs::StdRng;
use sprag::Status;
use sprag::hazmat::Thief;

use super::channel::Channel;
use super::event::{Event, Name, NewKey};
use super::frame::Frame;
use super::log::{Log, Report};
use super::party::{Envelope, Party};
use crate::failure::Failure;

/// Everything that there is, and a log of what happens.
pub(super) struct Story<'a, R> {
    pub(super) log: &'a mut Log<R>,
    pub(super) rng: StdRng,
    pub(super) eavesdropper: Option<Eavesdropper>,
    parties: [Party; 2],
    /// By sender.
    channels: [Channel; 2],
    /// The numbers of the messages that were read, by sender: the narrator's knowledge, by which a
    /// refused copy is told from a message wrongly refused.
    read: [BTreeSet<u64>; 2],
}

/// The thief, who tries each message when it is sent.
pub(super) struct Eavesdropper {
    pub(super) thief: Thief,
    pub(super) tried: u64,
    pub(super) read: u64,
}

impl<'a, R: Report> Story<'a, R> {
    pub(super) fn new(log: &'a mut Log<R>, mut rng: StdRng) -> Self {
        Self {
            log,
            parties: Name::BOTH.map(|name| Party::new(name, &mut rng)),
            rng,
            eavesdropper: None,
            channels: Default::default(),
            read: Default::default(),
        }
    }

    pub(super) fn party(&mut self, name: Name) -> &mut Party {
        &mut self.parties[name.index()]
    }

    pub(super) fn status(&self, name: Name) -> Result<Status, Failure> {
        Ok(self.parties[name.index()].session()?.status())
    }

    /// Bob publishes a bundle and goes offline; Alice begins a session with it.
    pub(super) fn meet(&mut self) -> Result<(), Failure> {
        let [alice, bob] = &mut self.parties;
        let bundle = bob.account.publish(&mut self.rng);
        let bytes = bundle.len();
        self.log.step(&Event::Published { bytes })?;
        let session = alice.account.initiate(&bundle, &mut self.rng)?;
        self.log.step(&Event::Began(session.status()))?;
        alice.session = Some(session);
        Ok(())
    }

    /// Encrypts a message, whose way is still before it.
    pub(super) fn send(&mut self, from: Name, frame: &Frame) -> Result<Envelope, Failure> {
        let party = &mut self.parties[from.index()];
        let before = party.status();
        let envelope = party.send(frame, &mut self.rng)?;
        let status = self.status(from)?;
        self.log_ratchet((from, NewKey::Own), before, status)?;
        self.log.step(&Event::Sent {
            message: envelope.label,
            frame,
            bytes: envelope.bytes.len(),
            status,
        })?;
        if let Some(eavesdropper) = &mut self.eavesdropper {
            eavesdropper.tried += 1;
            let read = eavesdropper.thief.read(&envelope.bytes, &[]).is_some();
            eavesdropper.read += u64::from(read);
        }
        Ok(envelope)
    }

    /// Gives a burst of messages to the channel; what arrives now is returned.
    pub(super) fn carry(
        &mut self,
        from: Name,
        burst: Vec<Envelope>,
    ) -> Result<Vec<Envelope>, Failure> {
        self.channels[from.index()].carry(burst, &mut self.rng, self.log)
    }

    /// Decrypts what arrived; `None` if it was refused.
    pub(super) fn receive(&mut self, envelope: &Envelope) -> Result<Option<Frame>, Failure> {
        let message = envelope.label;
        let who = message.from.other();
        let before = self.parties[who.index()].status();
        let read = &mut self.read[message.from.index()];
        let party = &mut self.parties[who.index()];
        let (mut news, plaintext) = match party.receive(&envelope.bytes) {
            Ok(received) => received,
            Err(error) if read.contains(&message.number) => {
                let status = self.status(who)?;
                self.log.step(&Event::Refused {
                    message,
                    error,
                    status,
                })?;
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        news.late = read.last().is_some_and(|latest| *latest > message.number);
        if !read.insert(message.number) {
            return Err(Failure::defect("a message could be read twice"));
        }
        let frame = Frame::decode(&plaintext)?;
        if let Frame::Piece(piece) = &frame {
            news.known = !party.inbox.keep(piece);
        }
        let status = self.status(who)?;
        let key = if news.accepted {
            NewKey::First
        } else {
            NewKey::Peer
        };
        self.log_ratchet((who, key), before, status)?;
        self.log.step(&Event::Delivered {
            message,
            frame: &frame,
            news,
            status,
        })?;
        Ok(Some(frame))
    }

    /// Delivers all that the channel holds back.
    pub(super) fn drain(&mut self) -> Result<(), Failure> {
        for from in Name::BOTH {
            for envelope in self.channels[from.index()].drain() {
                self.receive(&envelope)?;
            }
        }
        Ok(())
    }

    fn log_ratchet(
        &mut self,
        (who, key): (Name, NewKey),
        before: Option<Status>,
        status: Status,
    ) -> Result<(), Failure> {
        if before.is_some_and(|before| before.dh_steps == status.dh_steps) {
            return Ok(());
        }
        self.log.step(&Event::Ratcheted { who, key, status })
    }
}
