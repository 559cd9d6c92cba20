//! One of the two parties: the messages that it sent, and the model of those that it must be able to read.

use rand::rngs::StdRng;
use sprag::limits::{MAX_FINISHED_CHAINS, MAX_SKIP, MAX_SKIPPED_KEYS};
use sprag::{Account, Error, Opened, Session};
use sprag_primitives::operations::{Counts, counted};

use super::model::{Model, Place};
use crate::parties::{ANY_SUITE, send};

/// A message on its way.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) bytes: Vec<u8>,
    pub(super) plaintext: Vec<u8>,
    /// The place of the message; `None` if it was sent from a state that no honest party is in.
    pub(super) place: Option<Place>,
    pub(super) opened: bool,
}

pub(super) struct End {
    /// The account as a snapshot, because most programs do not need it.
    account: Vec<u8>,
    /// The session. A responder has none before the first message.
    pub(super) session: Option<Session>,
    pub(super) sent: Vec<Sent>,
    pub(super) model: Model,
    /// The place of the last message sent.
    place: Option<Place>,
    count: u32,
}

impl End {
    pub(super) fn new(account: &Account, session: Option<Session>) -> Self {
        Self {
            account: account.snapshot().expose().to_vec(),
            session,
            sent: Vec::new(),
            model: Model::default(),
            place: None,
            count: 0,
        }
    }

    /// A copy of this party, as it is after being stored and loaded.
    pub(super) fn reloaded(&self) -> Self {
        Self {
            account: self.account.clone(),
            session: self.session.as_ref().map(reloaded),
            sent: self.sent.clone(),
            model: self.model.clone(),
            ..*self
        }
    }

    /// Encrypts a message, which is lost unless the caller keeps it.
    pub(super) fn lose(&mut self, padding: u8, rng: &mut StdRng) -> Option<Sent> {
        let session = self.session.as_mut()?;
        let plaintext = [&self.count.to_le_bytes()[..], &vec![0x70; padding.into()]].concat();
        self.count += 1;
        let bytes = send(session, &plaintext, rng);
        // A step of the root key between two messages begins a chain.
        let chain = session.status().dh_steps;
        let place = match self.place {
            Some(Place {
                chain: last,
                number,
                previous,
            }) if last == chain => Place {
                chain,
                number: number + 1,
                previous,
            },
            last => Place {
                chain,
                number: 0,
                previous: last.map_or(0, |place| place.number + 1),
            },
        };
        self.place = Some(place);
        Some(Sent {
            bytes,
            plaintext,
            place: Some(place),
            opened: false,
        })
    }

    /// Encrypts a message that can be delivered from now on.
    pub(super) fn send(&mut self, padding: u8, rng: &mut StdRng) {
        let sent = self.lose(padding, rng);
        self.sent.extend(sent);
    }

    /// Reads a message as a program does: in the session or, if there is none, with the account. A message
    /// that is refused must have changed nothing.
    pub(super) fn receive(&mut self, bytes: &[u8], associated_data: &[u8]) -> Option<Opened> {
        let Some(session) = &mut self.session else {
            return self.accept(bytes, associated_data);
        };
        let before = session.snapshot();
        let (opened, work) = counted(|| session.decrypt_with_ad(bytes, associated_data));
        check_work(work);
        if opened.is_err() {
            assert_eq!(session.snapshot().expose(), before.expose());
        }
        assert!(session.status().skipped_keys <= MAX_SKIPPED_KEYS);
        opened.ok()
    }

    fn accept(&mut self, bytes: &[u8], associated_data: &[u8]) -> Option<Opened> {
        let mut account = self.account();
        let accept = || account.accept_under(&ANY_SUITE, bytes, associated_data);
        let (accepted, work) = counted(accept);
        check_work(work);
        let after = account.snapshot().expose().to_vec();
        if accepted.is_err() {
            assert_eq!(after, self.account);
        }
        let (session, opened) = accepted.ok()?;
        self.account = after;
        self.session = Some(session);
        Some(opened)
    }

    /// Offers a message to the account although there is a session, which the account must not begin again.
    pub(super) fn accept_again(&self, bytes: &[u8]) {
        let mut account = self.account();
        let accepted = account.accept_under(&ANY_SUITE, bytes, &[]);
        let refusal = accepted.map(|_| ()).expect_err("the session was accepted");
        assert!(matches!(refusal, Error::RepeatOf(_) | Error::Wire(_)));
        assert_eq!(account.snapshot().expose(), self.account);
    }

    fn account(&self) -> Account {
        let account = Account::from_snapshot(&self.account);
        account.expect("it was written by an account")
    }

    /// Stores the session and loads it again.
    pub(super) fn restore(&mut self) {
        self.session = self.session.as_ref().map(reloaded);
    }
}

/// The most openings for one message: of the header with the key of each finished chain, of the current one and of
/// the next one, and of the body.
const MAX_OPENINGS: u64 = MAX_FINISHED_CHAINS as u64 + 2 + 1;

/// Checks the work that reading one message took. It is bounded whatever the message says.
fn check_work(work: Counts) {
    let steps = 2 * u64::from(MAX_SKIP) + 1;
    assert!(work.hmac <= 2 * steps + 200, "{work:?}");
    assert!(work.hkdf <= 2 * steps + 200, "{work:?}");
    assert!(work.diffie_hellman <= 6, "{work:?}");
    assert!(
        work.decapsulation <= 1 && work.open <= MAX_OPENINGS,
        "{work:?}"
    );
}

fn reloaded(session: &Session) -> Session {
    let snapshot = session.snapshot();
    let session = Session::from_snapshot(snapshot.expose()).expect("it was written by a session");
    assert_eq!(session.snapshot().expose(), snapshot.expose());
    session
}
