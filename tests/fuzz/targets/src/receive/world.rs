//! Two parties, and the messages between them.

use rand::rngs::StdRng;
use sprag::Session;

use super::end::{End, Sent};
use crate::edits::edit;
use crate::input::Input;

pub(super) struct World {
    pub(super) ends: [End; 2],
    /// An older state of each end's session, from which a party that breaks the rules sends.
    old: [Option<Session>; 2],
    /// Set once a party that breaks the rules has sent a message.
    pub(super) rules_broken: bool,
    /// Set once such a message was opened. From then on the properties of honest parties need not hold.
    misled: bool,
    rng: StdRng,
}

impl World {
    pub(super) const fn new(ends: [End; 2], rng: StdRng) -> Self {
        Self {
            ends,
            old: [None, None],
            rules_broken: false,
            misled: false,
            rng,
        }
    }

    pub(super) fn fork(&self) -> Self {
        let [alice, bob] = &self.ends;
        // Every world of one start draws the same randomness.
        Self::new([alice.reloaded(), bob.reloaded()], crate::parties::rng(13))
    }

    pub(super) fn send(&mut self, sender: usize, padding: u8) {
        self.ends[sender].send(padding, &mut self.rng);
    }

    pub(super) fn lose(&mut self, sender: usize, count: u32) {
        for _ in 0..count {
            self.ends[sender].lose(0, &mut self.rng);
        }
    }

    /// Delivers message `index` of those that `sender` sent.
    pub(super) fn deliver(&mut self, sender: usize, index: usize) {
        let Some(message) = self.ends[sender].sent.get(index).cloned() else {
            return;
        };
        let receiver = &mut self.ends[1 - sender];
        match receiver.receive(&message.bytes, &[]) {
            Some(opened) => {
                assert!(!message.opened, "opened twice");
                assert_eq!(opened.plaintext, message.plaintext);
                self.ends[sender].sent[index].opened = true;
                self.note_opened(sender, &message);
            }
            None if self.misled => {}
            None => {
                let model = &self.ends[1 - sender].model;
                let refused = message.place.is_none_or(|place| !model.opens(&place));
                assert!(refused || message.opened, "refused, but genuine");
            }
        }
    }

    pub(super) fn deliver_newest(&mut self, sender: usize) {
        let newest = self.ends[sender].sent.len().wrapping_sub(1);
        self.deliver(sender, newest);
    }

    fn note_opened(&mut self, sender: usize, message: &Sent) {
        let receiver = &mut self.ends[1 - sender];
        match &message.place {
            None => self.misled = true,
            Some(place) if !self.misled => {
                assert!(receiver.model.opens(place), "opened beyond the limits");
                receiver.model.open(place);
                let status = receiver.session.as_ref().map(Session::status);
                let held = status.map(|status| status.skipped_keys);
                assert_eq!(held, Some(receiver.model.held()));
            }
            Some(_) => {}
        }
    }

    /// Delivers bytes that are no message of the peer, which must be refused.
    pub(super) fn deliver_forged(&mut self, receiver: usize, bytes: &[u8], associated_data: &[u8]) {
        let opened = self.ends[receiver].receive(bytes, associated_data);
        assert!(opened.is_none(), "opened, but not genuine");
    }

    /// Offers the account of `receiver` a message of the session that it has already.
    pub(super) fn begin_again(&self, receiver: usize, index: usize) {
        let message = self.ends[1 - receiver].sent.get(index);
        if let (Some(message), Some(_)) = (message, &self.ends[receiver].session) {
            self.ends[receiver].accept_again(&message.bytes);
        }
    }

    pub(super) fn keep_old(&mut self, end: usize) {
        self.old[end] = self.copy(end);
    }

    /// Sends from the old state of `end`, under keys that it used already or never had.
    pub(super) fn send_old(&mut self, end: usize) {
        if let Some(mut session) = self.old[end].take() {
            self.send_broken(end, &mut session);
            self.old[end] = Some(session);
        }
    }

    /// Sends from the state of `end` after the next edits of `input`.
    pub(super) fn send_edited(&mut self, end: usize, edits: usize, input: &mut Input<'_>) {
        let Some(session) = &self.ends[end].session else {
            return;
        };
        let mut bytes = session.snapshot().expose().to_vec();
        for _ in 0..edits {
            edit(&mut bytes, input);
        }
        if let Ok(mut session) = Session::from_snapshot(&bytes) {
            self.send_broken(end, &mut session);
        }
    }

    fn send_broken(&mut self, end: usize, session: &mut Session) {
        self.rules_broken = true;
        let plaintext = b"of another state".to_vec();
        if let Ok(bytes) = session.encrypt(&plaintext, &mut self.rng) {
            self.ends[end].sent.push(Sent {
                bytes,
                plaintext,
                place: None,
                opened: false,
            });
        }
    }

    fn copy(&self, end: usize) -> Option<Session> {
        let session = self.ends[end].session.as_ref()?;
        let copy = Session::from_snapshot(session.snapshot().expose());
        Some(copy.expect("it was written by a session"))
    }
}
