//! Contents over the bad channel: what is lost is asked for again, and sent in new messages.

use alloc::collections::BTreeSet;

use super::contents::Pieces;
use super::event::{Event, Name};
use super::frame::{Answer, Frame, Piece};
use super::log::Report;
use super::party::{Envelope, Inbox};
use super::story::Story;
use crate::failure::Failure;

/// Sends all pieces from `from` to the other, who answers each burst with what is missing; returns
/// the contents as they arrived.
pub(super) fn transfer<R: Report>(
    story: &mut Story<'_, R>,
    from: Name,
    pieces: &Pieces<'_>,
) -> Result<Vec<u8>, Failure> {
    let mut outbox = Outbox::new(&pieces.all)?;
    story.party(from.other()).inbox = Inbox::default();
    while !outbox.is_done() {
        let mut burst = Vec::new();
        for piece in outbox.next_burst() {
            burst.push(story.send(from, &Frame::Piece(piece))?);
        }
        let arrived = story.carry(from, burst)?;
        let answered = match receive_pieces(story, from.other(), &arrived)? {
            Some(answer) => answer_to(story, from, &answer)?,
            None => Vec::new(),
        };
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

/// Says `words` until they are heard.
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

/// What `who` has to say about the pieces that arrived, if any could be read.
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

/// Gives the answer to the channel; the answers that reach `to` are returned, stale ones among them.
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

/// The sender's side: what was sent, and what is not known to have arrived.
struct Outbox<'a> {
    pieces: &'a [&'a [u8]],
    total: u32,
    sent: u32,
    open: BTreeSet<u32>,
    /// How many messages the next burst may have.
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

    /// What is missing, then what is new.
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

    fn hears(&mut self, answer: &Answer) {
        let missing: BTreeSet<u32> = answer.missing.iter().copied().collect();
        self.open
            .retain(|index| *index >= answer.sent || missing.contains(index));
        self.burst = (2 * self.burst).clamp(FIRST_BURST, MAX_BURST);
    }

    /// Without an answer nobody knows what was lost: one message is enough to be told.
    const fn hears_nothing(&mut self) {
        self.burst = 1;
    }
}

const FIRST_BURST: usize = 4;

/// Far below what the ratchet can skip; and 4 MiB in flight.
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
