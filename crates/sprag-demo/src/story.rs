//! The world of the story: two devices, the channel between them, and a thief who listens to it.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use sprag::Status;
use sprag::hazmat::Thief;
use sprag::rand_core::CryptoRng;

use crate::channel::{Carried, Channel};
use crate::error::{Defect, Error};
use crate::event::{Event, Name, NewKey, Tally};
use crate::frame::Frame;
use crate::party::{Envelope, Party, Received};
use crate::report::{Log, Report};

/// Alice, Bob and the channel between them, for a program that decides the course itself.
///
/// [`tell`](crate::tell) plays a whole story. With a `Story` the caller plays: it lets the two meet, sends
/// messages, delivers, drops or repeats them, and steals a session. Each step goes to the report.
///
/// ```
/// use rand::{rngs::SysRng, rand_core::UnwrapErr};
/// use sprag_demo::{Frame, Name, Step, Story};
///
/// let mut story = Story::new(UnwrapErr(SysRng), Vec::<Step>::new());
/// story.meet()?;
/// let before = story.send(Name::Alice, &Frame::Words("before".into()))?;
/// let mut thief = story.steal(Name::Alice)?;
/// let after = story.send(Name::Alice, &Frame::Words("after".into()))?;
///
/// // The key of the message before the theft is wiped, and that of the one after it comes from stolen keys.
/// assert_eq!(thief.read(&before.bytes, &[]), None);
/// let read = thief.read(&after.bytes, &[]).expect("the chain key was copied");
/// assert_eq!(Frame::decode(&read), Some(Frame::Words("after".into())));
///
/// // Bob reads both in any order, and refuses a copy.
/// assert!(story.receive(&after)?.is_some() && story.receive(&before)?.is_some());
/// assert_eq!(story.receive(&after)?, None);
/// let last = story.report_mut().last().expect("there are steps");
/// assert_eq!(last.event.name(), "refused");
/// # Ok::<(), sprag_demo::Error<core::convert::Infallible>>(())
/// ```
pub struct Story<G, R> {
    pub(crate) log: Log<R>,
    pub(crate) eavesdropper: Option<Eavesdropper>,
    rng: G,
    parties: [Party; 2],
    /// The two directions of the channel, by sender.
    channels: [Channel; 2],
    /// The numbers of the messages that were read, by sender. The parties do not know them: they show whether
    /// a refused message is a copy or was refused by mistake.
    read: [BTreeSet<u64>; 2],
}

/// The thief, who tries to read each message when it is sent.
pub(crate) struct Eavesdropper {
    pub(crate) thief: Thief,
    pub(crate) tried: u64,
    pub(crate) read: u64,
}

impl<G: CryptoRng, R: Report> Story<G, R> {
    /// Gives Alice and Bob an account each. All randomness of the story comes from `rng`, so a generator with
    /// the same seed repeats the story.
    pub fn new(mut rng: G, report: R) -> Self {
        Self {
            log: Log::new(report),
            eavesdropper: None,
            parties: Name::BOTH.map(|name| Party::new(name, &mut rng)),
            rng,
            channels: Default::default(),
            read: Default::default(),
        }
    }

    /// The report that gets the steps.
    pub const fn report_mut(&mut self) -> &mut R {
        &mut self.log.report
    }

    /// The state of a party's session, if it has one.
    #[must_use]
    pub fn status(&self, name: Name) -> Option<Status> {
        self.parties[name.index()].status()
    }

    /// The fates of the messages that a party has sent so far.
    #[must_use]
    pub const fn tally(&self, name: Name) -> Tally {
        self.log.tallies()[name.index()]
    }

    /// Reports an event that the caller brings about, such as the loss of a message that the caller drops.
    ///
    /// # Errors
    ///
    /// [`Error::Report`].
    pub fn step(&mut self, event: Event) -> Result<(), Error<R::Error>> {
        self.log.step(event)
    }

    /// Lets Bob publish a bundle and go offline, and Alice begin a session with the bundle.
    ///
    /// # Errors
    ///
    /// [`Error::HaveMet`] if Alice has a session already, [`Error::Report`].
    pub fn meet(&mut self) -> Result<(), Error<R::Error>> {
        let [alice, bob] = &mut self.parties;
        if alice.session.is_some() {
            return Err(Error::HaveMet);
        }
        let bundle = bob.account.publish(&mut self.rng);
        let bytes = bundle.len();
        self.log.step(Event::Published { bytes })?;
        let session = alice.account.initiate(&bundle, &mut self.rng)?;
        let status = session.status();
        alice.begin(session);
        self.log.step(Event::Began { status })
    }

    /// Encrypts a message. The caller gives it to the channel with [`carry`](Self::carry), or to the receiver
    /// with [`receive`](Self::receive).
    ///
    /// # Errors
    ///
    /// [`Error::NoSession`] if the sender has none, [`Error::Session`] if the text is too long,
    /// [`Error::Report`].
    pub fn send(&mut self, from: Name, frame: &Frame) -> Result<Envelope, Error<R::Error>> {
        // Encrypt, and report a ratchet step that the encryption took.
        let party = &mut self.parties[from.index()];
        let before = party.status();
        let envelope = party.send(frame, &mut self.rng)?;
        let status = self.report_ratchet(from, NewKey::Own, before)?;
        self.log.step(Event::Sent {
            message: envelope.label,
            frame: frame.clone(),
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

    /// Gives a burst of messages to the bad channel, which loses, doubles and delays some of them. Returns the
    /// messages that arrive with this burst, in the order of their arrival. Earlier ones may be among them.
    ///
    /// # Errors
    ///
    /// [`Error::Report`].
    pub fn carry(
        &mut self,
        from: Name,
        burst: Vec<Envelope>,
    ) -> Result<Vec<Envelope>, Error<R::Error>> {
        let Carried { events, arriving } = self.channels[from.index()].carry(burst, &mut self.rng);
        for event in events {
            self.log.step(event)?;
        }
        Ok(arriving)
    }

    /// Decrypts a message that arrived. Returns `None` if the receiver refused it as a copy.
    ///
    /// # Errors
    ///
    /// [`Error::Session`] if the receiver refused a message that it has not read before,
    /// [`Error::Defect`] if it could read a message twice, [`Error::Report`].
    pub fn receive(&mut self, envelope: &Envelope) -> Result<Option<Frame>, Error<R::Error>> {
        // Decrypt the message. Only a copy of a message that was read may be refused.
        let message = envelope.label;
        let who = message.from.other();
        let before = self.status(who);
        let read = &mut self.read[message.from.index()];
        let party = &mut self.parties[who.index()];
        let Received {
            mut news,
            plaintext,
            ..
        } = match party.receive(&envelope.bytes) {
            Ok(received) => received,
            Err(error) if read.contains(&message.number) => {
                let status = self.session_status(who)?;
                self.log.step(Event::Refused {
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
            return Err(Defect::ReadTwice(message).into());
        }
        // Put a piece into the receiver's inbox.
        let frame = Frame::decode(&plaintext).ok_or(Defect::NotAFrame(message))?;
        if let Frame::Piece(piece) = &frame {
            news.known = !party.inbox.keep(piece);
        }
        // Report a ratchet step that the decryption took, and then the delivery.
        let key = if news.accepted {
            NewKey::First
        } else {
            NewKey::Peer
        };
        let status = self.report_ratchet(who, key, before)?;
        self.log.step(Event::Delivered {
            message,
            frame: frame.clone(),
            news,
            status,
        })?;
        Ok(Some(frame))
    }

    /// Delivers all messages that the channel holds back.
    ///
    /// # Errors
    ///
    /// Those of [`receive`](Self::receive).
    pub fn drain(&mut self) -> Result<(), Error<R::Error>> {
        for from in Name::BOTH {
            for envelope in self.channels[from.index()].drain() {
                self.receive(&envelope)?;
            }
        }
        Ok(())
    }

    /// Copies the session of a party. The thief reads the [`bytes`](Envelope::bytes) of messages, with no
    /// associated data. [`Frame::decode`] makes a frame of what it reads.
    ///
    /// # Errors
    ///
    /// [`Error::NoSession`] if the party has none, [`Error::Report`].
    pub fn steal(&mut self, victim: Name) -> Result<Thief, Error<R::Error>> {
        let session = self.parties[victim.index()].session()?;
        let status = session.status();
        let thief = Thief::steal(session)?;
        self.log.step(Event::Stolen { victim, status })?;
        Ok(thief)
    }

    pub(crate) const fn party(&mut self, name: Name) -> &mut Party {
        &mut self.parties[name.index()]
    }

    /// The state of a session that has to be there.
    pub(crate) fn session_status(&self, name: Name) -> Result<Status, Error<R::Error>> {
        Ok(self.parties[name.index()].session()?.status())
    }

    /// Reports a ratchet step if the number of steps changed. Returns the new status of the party's session.
    fn report_ratchet(
        &mut self,
        who: Name,
        key: NewKey,
        before: Option<Status>,
    ) -> Result<Status, Error<R::Error>> {
        let status = self.session_status(who)?;
        if before.is_none_or(|before| before.dh_steps != status.dh_steps) {
            self.log.step(Event::Ratcheted { who, key, status })?;
        }
        Ok(status)
    }
}

impl<G, R> fmt::Debug for Story<G, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Show only the states of the sessions, because the generator could predict every key.
        let [alice, bob] = self.parties.each_ref().map(Party::status);
        f.debug_struct("Story")
            .field("alice", &alice)
            .field("bob", &bob)
            .finish_non_exhaustive()
    }
}
