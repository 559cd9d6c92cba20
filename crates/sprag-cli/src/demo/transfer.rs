//! The transfer of contents over the bad channel. The receiver asks for lost pieces again, and the sender
//! sends them in new messages.

use alloc::collections::BTreeSet;

use super::contents::Pieces;
use super::event::{Event, Name};
use super::frame::{Answer, Frame, Piece};
use super::log::Report;
use super::party::{Envelope, Inbox};
use super::story::Story;
use crate::failure::Failure;

/// Sends all pieces from `from` to the other party, which answers each burst with the missing pieces. Returns
/// the contents as they arrived.
pub(super) fn transfer<R: Report>(
    story: &mut Story<'_, R>,
    from: Name,
    pieces: &Pieces<'_>,
) -> Result<Vec<u8>, Failure> {
    let mut outbox = Outbox::new(&pieces.all)?;
    story.party(from.other()).inbox = Inbox::default();
    while !outbox.is_done() {
        // Send the next burst.
        let mut burst = Vec::new();
        for piece in outbox.next_burst() {
            burst.push(story.send(from, &Frame::Piece(piece))?);
        }
        // Let the receiver answer, if at least one message could be read.
        let arrived = story.carry(from, burst)?;
        let answered = match receive_pieces(story, from.other(), &arrived)? {
            Some(answer) => answer_to(story, from, &answer)?,
            None => Vec::new(),
        };
        // Choose the next burst by the answers that came back.
        if answered.is_empty() {
            story.log.step(&Event::Silence(from))?;
            outbox.hears_nothing();
        }
        for answer in &answered {
            outbox.hears(answer);
        }
    }
    story.drain()?;
    Ok(story.party(from.other()).inbox.contents())
}

/// Sends `words` again and again until the other party reads them.
pub(super) fn say<R: Report>(
    story: &mut Story<'_, R>,
    from: Name,
    words: &str,
) -> Result<(), Failure> {
    let frame = Frame::Words(words.to_owned());
    loop {
        let envelope = story.send(from, &frame)?;
        let mut heard = false;
        for envelope in story.carry(from, vec![envelope])? {
            heard |= story.receive(&envelope)? == Some(frame.clone());
        }
        if heard {
            return Ok(());
        }
        story.log.step(&Event::Silence(from))?;
    }
}

/// Receives the messages that arrived. Returns the answer of `who`, if at least one of them could be read.
fn receive_pieces<R: Report>(
    story: &mut Story<'_, R>,
    who: Name,
    arrived: &[Envelope],
) -> Result<Option<Answer>, Failure> {
    if story.party(who).session.is_none() && !arrived.is_empty() {
        let waiting = arrived.len();
        story.log.step(&Event::Returned { waiting })?;
    }
    let mut heard = false;
    for envelope in arrived {
        heard |= story.receive(envelope)?.is_some();
    }
    let inbox = &story.party(who).inbox;
    Ok(heard.then(|| Answer {
        sent: inbox.sent(),
        missing: inbox.missing(),
    }))
}

/// Sends the answer, and returns the answers that reach `to`. Delayed answers to earlier bursts may be among
/// them.
fn answer_to<R: Report>(
    story: &mut Story<'_, R>,
    to: Name,
    answer: &Answer,
) -> Result<Vec<Answer>, Failure> {
    let envelope = story.send(to.other(), &Frame::Answer(answer.clone()))?;
    let mut answers = Vec::new();
    for envelope in story.carry(to.other(), vec![envelope])? {
        if let Some(Frame::Answer(answer)) = story.receive(&envelope)? {
            answers.push(answer);
        }
    }
    Ok(answers)
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
    fn new(pieces: &'a [&'a [u8]]) -> Result<Self, Failure> {
        Ok(Self {
            pieces,
            total: u32::try_from(pieces.len()).map_err(|_| Failure::defect("too many pieces"))?,
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
}
