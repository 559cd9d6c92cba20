use rand::CryptoRng;
use sprag::{Account, Error, Session, Status};

use super::event::{Label, Name, News};
use super::frame::{Frame, Piece};
use crate::failure::Failure;

/// Alice or Bob, with a device. The device knows only what its owner received.
pub(super) struct Party {
    pub(super) name: Name,
    pub(super) account: Account,
    pub(super) session: Option<Session>,
    pub(super) inbox: Inbox,
}

/// A message on its way. The label is for the report, and is not part of the message.
#[derive(Clone)]
pub(super) struct Envelope {
    pub(super) label: Label,
    pub(super) bytes: Vec<u8>,
}

impl Party {
    pub(super) fn new(name: Name, rng: &mut impl CryptoRng) -> Self {
        Self {
            name,
            account: Account::generate(rng),
            session: None,
            inbox: Inbox::default(),
        }
    }

    pub(super) fn session(&self) -> Result<&Session, Failure> {
        self.session.as_ref().ok_or_else(no_session)
    }

    pub(super) fn send(
        &mut self,
        frame: &Frame,
        rng: &mut impl CryptoRng,
    ) -> Result<Envelope, Failure> {
        let session = self.session.as_mut().ok_or_else(no_session)?;
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
    pub(super) fn receive(&mut self, message: &[u8]) -> Result<(News, Vec<u8>), Error> {
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
            (Err(Error::RepeatOf(id)), Some(session)) if id == *session.id() => {
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
            (Ok((session, _)), Some(_)) => Err(Error::OtherSession(*session.id())),
            (Err(error), _) => Err(error),
        }
    }

    pub(super) fn status(&self) -> Option<Status> {
        self.session.as_ref().map(Session::status)
    }
}

fn has_sent(session: &Session) -> bool {
    session.status().sent > 0
}

fn no_session() -> Failure {
    Failure::defect("there is no session to send in")
}

/// The pieces that have arrived.
#[derive(Default)]
pub(super) struct Inbox {
    pieces: Vec<Option<Vec<u8>>>,
    /// The number of pieces that the sender is known to have sent.
    sent: u32,
    /// The number of pieces at the beginning that have all arrived.
    complete: u32,
}

impl Inbox {
    /// Keeps a piece. Returns `false` if the piece was already there.
    pub(super) fn keep(&mut self, piece: &Piece) -> bool {
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

    pub(super) const fn sent(&self) -> u32 {
        self.sent
    }

    /// The pieces that were sent and did not arrive.
    pub(super) fn missing(&self) -> Vec<u32> {
        let known = self.complete..self.sent;
        known.filter(|index| !self.has(*index)).collect()
    }

    /// The pieces that have arrived, joined.
    pub(super) fn contents(&self) -> Vec<u8> {
        let pieces: Vec<&[u8]> = self.pieces.iter().flatten().map(Vec::as_slice).collect();
        pieces.concat()
    }

    fn has(&self, index: u32) -> bool {
        matches!(self.pieces.get(index as usize), Some(Some(_)))
    }
}

#[cfg(test)]
mod tests {
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
