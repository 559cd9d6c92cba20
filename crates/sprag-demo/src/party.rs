use alloc::vec::Vec;

#[cfg(feature = "scene")]
use sprag::SessionId;
use sprag::rand_core::CryptoRng;
use sprag::{Account, DecodedMessage, Opened, Policy, Session, Status};

use crate::error::Error;
use crate::event::{Label, Name, News};
use crate::frame::{Frame, Piece};

/// Alice or Bob, with a device. The device knows only what its owner received.
pub(crate) struct Party {
    name: Name,
    pub(crate) account: Account,
    pub(crate) session: Option<Session>,
    /// The sessions that the present one took the place of, the latest first. They only read.
    older: Vec<Session>,
    pub(crate) inbox: Inbox,
}

/// A message that was read.
pub(crate) struct Received {
    pub(crate) news: News,
    pub(crate) plaintext: Vec<u8>,
    /// The session that read it.
    #[cfg(feature = "scene")]
    pub(crate) session: SessionId,
}

impl Received {
    fn new(news: News, opened: Opened) -> Self {
        Self {
            news,
            plaintext: opened.plaintext,
            #[cfg(feature = "scene")]
            session: opened.session_id,
        }
    }
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
            older: Vec::new(),
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
    /// The peer repeats the handshake until it gets an answer. So a party accepts a session from the first message with its
    /// handshake, and recognises the session in later ones. If a later session takes the place of one, the old one still
    /// reads.
    pub(crate) fn receive(&mut self, message: &[u8]) -> Result<Received, sprag::Error> {
        let decoded = DecodedMessage::decode(message)?;
        if let Some(id) = decoded.session_id() {
            let mut sessions = self.sessions_mut();
            // A later message repeats the handshake of the same session.
            if let Some(session) = sessions.find(|session| session.id() == id) {
                let repeat = !has_sent(session);
                let opened = session.decrypt_decoded(&decoded, &[])?;
                let news = News {
                    repeat,
                    ..News::default()
                };
                return Ok(Received::new(news, opened));
            }
        } else if let Some(session) = &mut self.session {
            // After the party has answered, messages carry no handshake any more.
            let opened = match session.decrypt_decoded(&decoded, &[]) {
                Ok(opened) => opened,
                Err(error) => {
                    let mut older = self.older.iter_mut();
                    let opened = older.find_map(|session| session.decrypt(message).ok());
                    opened.ok_or(error)?
                }
            };
            return Ok(Received::new(News::default(), opened));
        }
        // The first message that arrives begins the session.
        let policy = Policy::default().allow_x3dh();
        let (session, opened) = self.account.accept_under(&policy, message, &[])?;
        self.begin(session);
        let news = News {
            accepted: true,
            ..News::default()
        };
        Ok(Received::new(news, opened))
    }

    /// Takes a session that was begun or accepted. It takes the place of the one before, unless that is preferred.
    pub(crate) fn begin(&mut self, mut session: Session) {
        if let Some(current) = &mut self.session {
            if session.is_preferred_to(current) {
                core::mem::swap(current, &mut session);
            }
            self.older.insert(0, session);
            self.older.truncate(MAX_OLDER_SESSIONS);
        } else {
            self.session = Some(session);
        }
    }

    /// All sessions, the latest first.
    fn sessions_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.session.iter_mut().chain(&mut self.older)
    }

    pub(crate) fn status(&self) -> Option<Status> {
        self.session.as_ref().map(Session::status)
    }
}

fn has_sent(session: &Session) -> bool {
    session.status().sent > 0
}

/// The most sessions that still read after others took their places.
const MAX_OLDER_SESSIONS: usize = 4;

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
