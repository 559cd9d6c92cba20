//! The transfer of contents over the bad channel. The receiver asks for lost pieces again, and the sender
//! sends them in new messages.

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use sprag::rand_core::CryptoRng;

use crate::error::Error;
use crate::event::{Event, Name};
use crate::frame::{Answer, Frame, Piece};
use crate::limits::MAX_CONTENTS_LENGTH;
use crate::party::{Envelope, Inbox};
use crate::pieces::Pieces;
use crate::report::Report;
use crate::story::Story;

impl<G: CryptoRng, R: Report> Story<G, R> {
    /// Sends contents from `from` to the other party over the bad channel, until all of it has arrived. Returns
    /// the contents as they arrived.
    ///
    /// The receiver answers each burst of messages with the pieces that are missing. With a generator that is
    /// not random, such as one of zeros, the channel could lose every message and the transfer would not end.
    ///
    /// # Errors
    ///
    /// [`Error::ContentsTooLong`], [`Error::NoSession`] if the sender has no session, and those of
    /// [`receive`](Self::receive).
    pub fn transfer(&mut self, from: Name, contents: &[u8]) -> Result<Vec<u8>, Error<R::Error>> {
        if contents.len() > MAX_CONTENTS_LENGTH {
            return Err(Error::ContentsTooLong);
        }
        let pieces = Pieces::of(contents);
        let mut outbox = Outbox::new(pieces.as_slice()).ok_or(Error::ContentsTooLong)?;
        self.party(from.other()).inbox = Inbox::default();
        while !outbox.is_done() {
            // Send the next burst.
            let mut burst = Vec::new();
            for piece in outbox.next_burst() {
                burst.push(self.send(from, &Frame::Piece(piece))?);
            }
            // Let the receiver answer, if at least one message could be read.
            let arrived = self.carry(from, burst)?;
            let answered = match self.receive_pieces(from.other(), &arrived)? {
                Some(answer) => self.answer_to(from, answer)?,
                None => Vec::new(),
            };
            // Choose the next burst by the answers that came back.
            if answered.is_empty() {
                self.log.step(Event::Silence { who: from })?;
                outbox.hears_nothing();
            }
            for answer in &answered {
                outbox.hears(answer);
            }
        }
        self.drain()?;
        Ok(self.party(from.other()).inbox.contents())
    }

    /// Sends `words` over the bad channel, again and again until the other party reads them.
    ///
    /// # Errors
    ///
    /// [`Error::NoSession`] if the sender has none, and those of [`receive`](Self::receive).
    pub fn say(&mut self, from: Name, words: &str) -> Result<(), Error<R::Error>> {
        let frame = Frame::Words(words.to_owned());
        loop {
            let envelope = self.send(from, &frame)?;
            let mut heard = false;
            for envelope in self.carry(from, Vec::from([envelope]))? {
                heard |= self.receive(&envelope)?.as_ref() == Some(&frame);
            }
            if heard {
                return Ok(());
            }
            self.log.step(Event::Silence { who: from })?;
        }
    }

    /// Receives the messages that arrived. Returns the answer of `who`, if at least one of them could be read.
    fn receive_pieces(
        &mut self,
        who: Name,
        arrived: &[Envelope],
    ) -> Result<Option<Answer>, Error<R::Error>> {
        if self.party(who).session.is_none() && !arrived.is_empty() {
            let waiting = arrived.len();
            self.log.step(Event::Returned { waiting })?;
        }
        let mut heard = false;
        for envelope in arrived {
            heard |= self.receive(envelope)?.is_some();
        }
        let inbox = &self.party(who).inbox;
        Ok(heard.then(|| Answer {
            sent: inbox.sent(),
            missing: inbox.missing(),
        }))
    }

    /// Sends the answer, and returns the answers that reach `to`. Delayed answers to earlier bursts may be among
    /// them.
    fn answer_to(&mut self, to: Name, answer: Answer) -> Result<Vec<Answer>, Error<R::Error>> {
        let envelope = self.send(to.other(), &Frame::Answer(answer))?;
        let mut answers = Vec::new();
        for envelope in self.carry(to.other(), Vec::from([envelope]))? {
            if let Some(Frame::Answer(answer)) = self.receive(&envelope)? {
                answers.push(answer);
            }
        }
        Ok(answers)
    }
}

/// The sender's side of a transfer.
struct Outbox<'a> {
    pieces: &'a [&'a [u8]],
    total: u32,
    sent: u32,
    /// The pieces that were sent and are not known to have arrived.
    open: BTreeSet<u32>,
    /// The most messages in the next burst.
    burst: usize,
}

impl<'a> Outbox<'a> {
    /// Prepares to send `pieces`, unless they are more than can be numbered.
    fn new(pieces: &'a [&'a [u8]]) -> Option<Self> {
        Some(Self {
            pieces,
            total: u32::try_from(pieces.len()).ok()?,
            sent: 0,
            open: BTreeSet::new(),
            burst: FIRST_BURST,
        })
    }

    fn is_done(&self) -> bool {
        self.sent == self.total && self.open.is_empty()
    }

    /// The pieces of the next burst: first those that may be missing, then new ones.
    fn next_burst(&mut self) -> Vec<Piece> {
        let again: Vec<u32> = self.open.iter().copied().take(self.burst).collect();
        let new = self.sent..self.total;
        let indexes: Vec<u32> = again.into_iter().chain(new).take(self.burst).collect();
        self.open.extend(&indexes);
        self.sent = self.open.last().map_or(0, |last| last + 1).max(self.sent);
        let piece = |index: &u32| Piece {
            index: *index,
            sent: self.sent,
            total: self.total,
            bytes: self.pieces[*index as usize].to_vec(),
        };
        indexes.iter().map(piece).collect()
    }

    /// Notes the pieces that arrived, and allows a larger burst.
    fn hears(&mut self, answer: &Answer) {
        let missing: BTreeSet<u32> = answer.missing.iter().copied().collect();
        self.open
            .retain(|index| *index >= answer.sent || missing.contains(index));
        self.burst = (2 * self.burst).clamp(FIRST_BURST, MAX_BURST);
    }

    /// Limits the next burst to one message. Without an answer the sender does not know what was lost, and
    /// one message is enough to get an answer.
    const fn hears_nothing(&mut self) {
        self.burst = 1;
    }
}

const FIRST_BURST: usize = 4;

/// The most messages in a burst: far fewer than the ratchet can skip, and at most 4 MiB in flight.
const MAX_BURST: usize = 256;

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn indexes(outbox: &mut Outbox<'_>) -> Vec<u32> {
        let burst = outbox.next_burst();
        burst.iter().map(|piece| piece.index).collect()
    }

    #[test]
    fn what_is_missing_is_sent_again_first() {
        let pieces = [&b"x"[..]; 8];
        let mut outbox = Outbox::new(&pieces).unwrap();
        assert_eq!(indexes(&mut outbox), [0, 1, 2, 3]);
        outbox.hears(&Answer {
            sent: 4,
            missing: vec![2],
        });
        assert_eq!(indexes(&mut outbox), [2, 4, 5, 6, 7]);
        outbox.hears_nothing();
        assert_eq!(indexes(&mut outbox), [2]);
        outbox.hears(&Answer {
            sent: 4,
            missing: vec![],
        });
        assert_eq!(indexes(&mut outbox), [4, 5, 6, 7]);
        assert!(!outbox.is_done());
        outbox.hears(&Answer {
            sent: 8,
            missing: vec![],
        });
        assert!(outbox.is_done());
    }

    #[test]
    fn bursts_grow_up_to_a_limit_while_answers_come() {
        let pieces = [&b"x"[..]; 2_000];
        let mut outbox = Outbox::new(&pieces).unwrap();
        for length in [4, 8, 16, 32, 64, 128, 256, 256] {
            assert_eq!(outbox.next_burst().len(), length);
            outbox.hears(&Answer {
                sent: outbox.sent,
                missing: vec![],
            });
        }
    }
}
