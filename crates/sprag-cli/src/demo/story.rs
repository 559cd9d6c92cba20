//! The world of the demo: two devices, the channel between them, and a thief who listens to it.

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

/// The state of the world, with the log of its steps.
pub(super) struct Story<'a, R> {
    pub(super) log: &'a mut Log<R>,
    pub(super) rng: StdRng,
    pub(super) eavesdropper: Option<Eavesdropper>,
    parties: [Party; 2],
    /// The two directions of the channel, by sender.
    channels: [Channel; 2],
    /// The numbers of the messages that were read, by sender. The parties do not know them: they show whether
    /// a refused message is a copy or was refused by mistake.
    read: [BTreeSet<u64>; 2],
}

/// The thief, who tries to read each message when it is sent.
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

    /// Lets Bob publish a bundle and go offline, and Alice begin a session with the bundle.
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

    /// Encrypts a message. The caller gives it to the channel.
    pub(super) fn send(&mut self, from: Name, frame: &Frame) -> Result<Envelope, Failure> {
        // Encrypt, and log a ratchet step that the encryption took.
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
        // Let the thief try every message, even one that the channel will lose.
        if let Some(eavesdropper) = &mut self.eavesdropper {
            eavesdropper.tried += 1;
            let read = eavesdropper.thief.read(&envelope.bytes, &[]).is_some();
            eavesdropper.read += u64::from(read);
        }
        Ok(envelope)
    }

    /// Gives a burst of messages to the channel, and returns the messages that arrive now.
    pub(super) fn carry(
        &mut self,
        from: Name,
        burst: Vec<Envelope>,
    ) -> Result<Vec<Envelope>, Failure> {
        self.channels[from.index()].carry(burst, &mut self.rng, self.log)
    }

    /// Decrypts a message that arrived. Returns `None` if the receiver refused it as a copy.
    pub(super) fn receive(&mut self, envelope: &Envelope) -> Result<Option<Frame>, Failure> {
        // Decrypt the message. Only a copy of a message that was read may be refused.
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
        // Note the message as read. A message that can be read twice is a defect.
        news.late = read.last().is_some_and(|latest| *latest > message.number);
        if !read.insert(message.number) {
            return Err(Failure::defect("a message could be read twice"));
        }
        // Put a piece into the receiver's inbox.
        let frame = Frame::decode(&plaintext)?;
        if let Frame::Piece(piece) = &frame {
            news.known = !party.inbox.keep(piece);
        }
        // Log a ratchet step that the decryption took, and then the delivery.
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

    /// Delivers all messages that the channel holds back.
    pub(super) fn drain(&mut self) -> Result<(), Failure> {
        for from in Name::BOTH {
            for envelope in self.channels[from.index()].drain() {
                self.receive(&envelope)?;
            }
        }
        Ok(())
    }

    /// Logs a ratchet step if the number of steps changed.
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
