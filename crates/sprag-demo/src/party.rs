use alloc::vec::Vec;

use sprag::rand_core::CryptoRng;
use sprag::{Account, Session, Status};

use crate::error::Error;
use crate::event::{Label, Name, News};
use crate::frame::{Frame, Piece};

/// Alice or Bob, with a device. The device knows only what its owner received.
pub(crate) struct Party {
    name: Name,
    pub(crate) account: Account,
    pub(crate) session: Option<Session>,
    pub(crate) inbox: Inbox,
}

/// A message on its way.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Envelope {
    /// The name of the message in the story. The label is for reports, and is not part of the message.
    pub label: Label,
    /// The encrypted message.
    pub bytes: Vec<u8>,
}

impl Party {
    pub(crate) fn new(name: Name, rng: &mut impl CryptoRng) -> Self {
        Self {
            name,
            account: Account::generate(rng),
            session: None,
            inbox: Inbox::default(),
        }
    }

    pub(crate) fn session<E>(&self) -> Result<&Session, Error<E>> {
        self.session.as_ref().ok_or(Error::NoSession(self.name))
    }

    pub(crate) fn send<E>(
        &mut self,
        frame: &Frame,
        rng: &mut impl CryptoRng,
    ) -> Result<Envelope, Error<E>> {
        let no_session = Error::NoSession(self.name);
        let session = self.session.as_mut().ok_or(no_session)?;
        let bytes = session.encrypt(&frame.encode(), rng)?;
        let label = Label {
            from: self.name,
            number: session.status().sent,
        };
        Ok(Envelope { label, bytes })
    }

    /// Decrypts a message.
    ///
    /// The peer repeats the handshake until it gets an answer. So a party that has not answered yet accepts a
    /// session from the first message, and recognises that session in later ones.
    pub(crate) fn receive(&mut self, message: &[u8]) -> Result<(News, Vec<u8>), sprag::Error> {
        // After this party has answered, messages carry no handshake any more.
        if let Some(session) = self.session.as_mut().filter(|session| has_sent(session)) {
            return Ok((News::default(), session.decrypt(message)?.plaintext));
        }
        match (self.account.accept(message), &mut self.session) {
            // The first message that arrives begins the session.
            (Ok((session, opened)), None) => {
                self.session = Some(session);
                let accepted = true;
                Ok((
                    News {
                        accepted,
                        ..News::default()
                    },
                    opened.plaintext,
                ))
            }
            // A later message repeats the handshake of the same session.
            (Err(sprag::Error::RepeatOf(id)), Some(session)) if id == *session.id() => {
                let repeat = true;
                let plaintext = session.decrypt(message)?.plaintext;
                Ok((
                    News {
                        repeat,
                        ..News::default()
                    },
                    plaintext,
                ))
            }
            (Ok((session, _)), Some(_)) => Err(sprag::Error::OtherSession(*session.id())),
            (Err(error), _) => Err(error),
        }
    }

    pub(crate) fn status(&self) -> Option<Status> {
        self.session.as_ref().map(Session::status)
    }
}

fn has_sent(session: &Session) -> bool {
    session.status().sent > 0
}

/// The pieces that have arrived.
#[derive(Default)]
pub(crate) struct Inbox {
    pieces: Vec<Option<Vec<u8>>>,
    /// The number of pieces that the sender is known to have sent.
    sent: u32,
    /// The number of pieces at the beginning that have all arrived.
    complete: u32,
}

impl Inbox {
    /// Keeps a piece. Returns `false` if the piece was already there.
    pub(crate) fn keep(&mut self, piece: &Piece) -> bool {
        self.sent = self.sent.max(piece.sent);
        let total = piece.total as usize;
        self.pieces
            .resize_with(total.max(self.pieces.len()), || None);
        let Some(place) = self.pieces.get_mut(piece.index as usize) else {
            return false;
        };
        let new = place.is_none();
        place.get_or_insert_with(|| piece.bytes.clone());
        while self.has(self.complete) {
            self.complete += 1;
        }
        new
    }

    pub(crate) const fn sent(&self) -> u32 {
        self.sent
    }

    /// The pieces that were sent and did not arrive.
    pub(crate) fn missing(&self) -> Vec<u32> {
        let known = self.complete..self.sent;
        known.filter(|index| !self.has(*index)).collect()
    }

    /// The pieces that have arrived, joined.
    pub(crate) fn contents(&self) -> Vec<u8> {
        let pieces: Vec<&[u8]> = self.pieces.iter().flatten().map(Vec::as_slice).collect();
        pieces.concat()
    }

    fn has(&self, index: u32) -> bool {
        matches!(self.pieces.get(index as usize), Some(Some(_)))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn pieces_come_in_any_order_and_more_than_once() {
        let mut inbox = Inbox::default();
        let mut keep = |index, sent| {
            let bytes = vec![b'a' + u8::try_from(index).unwrap()];
            let new = inbox.keep(&Piece {
                index,
                sent,
                total: 4,
                bytes,
            });
            (new, inbox.missing())
        };
        assert_eq!(keep(2, 3), (true, vec![0, 1]));
        assert_eq!(keep(0, 3), (true, vec![1]));
        assert_eq!(keep(2, 3), (false, vec![1]));
        assert_eq!(keep(1, 4), (true, vec![3]));
        assert_eq!(keep(3, 4), (true, vec![]));
        assert_eq!(inbox.contents(), b"abcd");
    }
}
