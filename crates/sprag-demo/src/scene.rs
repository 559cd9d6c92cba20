//! A conversation in which the viewer takes every step, as data for a page that draws its keys.
//!
//! A [`Scene`] has Alice, Bob and the wire between them. Each [`Step`] says what happens next: a party sends, an envelope
//! arrives, late or twice or damaged, or is lost, or a thief copies a session. The scene answers with [`Event`]s, and
//! [`Scene::view`] has the whole state: the conversation as each party sees it, the envelopes, what the thief can read of
//! each and why, and the keys with their descent, by fingerprints.
//!
//! The sessions are real, but their randomness comes from a seed. Whoever knows the seed knows every key, so never talk about
//! anything real in a scene.
//!
//! ```
//! use sprag_demo::Name;
//! use sprag_demo::scene::{Event, Scene, Step, SuiteName};
//!
//! let mut scene = Scene::new(1);
//! scene.apply(Step::Publish)?;
//! scene.apply(Step::Begin { suite: SuiteName::Pqxdh })?;
//! scene.apply(Step::Send { who: Name::Alice, text: "Are you there?".into() })?;
//! let events = scene.apply(Step::Deliver { envelope: 1 })?;
//! assert!(matches!(events.last(), Some(Event::Delivered { who: Name::Bob, .. })));
//!
//! // Nothing is in flight, so both hold the same root key.
//! assert_eq!(scene.view(false).same_root, Some(true));
//! # Ok::<(), sprag_demo::scene::Error>(())
//! ```

mod delivery;
mod envelope;
mod error;
mod event;
mod history;
mod looking;
mod meeting;
mod seeded;
mod sending;
mod step;
mod thief;
mod view;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

pub use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sprag::SessionId;

use crate::event::Name;
use crate::party::Party;
use envelope::Envelope;
pub use error::Error;
pub use event::Event;
use history::{ChainName, History, Links};
use seeded::SeededRng;
pub use step::{EnvelopeId, Step, SuiteName};
use thief::Burglar;
pub use view::{
    BundleKey, BundleView, ChainView, ChainsView, Direction, EnvelopeKind, EnvelopeState,
    EnvelopeView, Fingerprint, HandshakeView, HeaderView, Judgement, Line, Link, LinkState,
    NextLink, Parties, PartyView, Phase, PublicView, RootLink, SecretView, StatusView, ThiefView,
    VERSION, View,
};

/// The most steps of a scene.
pub const MAX_STEPS: u32 = 2_000;
/// The most characters of a text.
pub const MAX_TEXT_LENGTH: usize = 200;
/// The most messages that one step sends.
pub const MAX_COUNT: u32 = 100_000;
/// The most messages of one step that have an envelope each.
pub const MAX_LISTED: u32 = 50;
/// The most envelopes of a scene.
pub const MAX_ENVELOPES: usize = 4_000;
/// The most messages of a scene, which bounds the time that it takes to play it again.
pub const MAX_MESSAGES: u32 = 300_000;
/// The most envelopes that the thieves of a scene try when they steal, one after the other. It bounds the time that a scene
/// takes, because a theft tries everything that was sent before.
pub const MAX_TRIALS: usize = 20_000;
/// The most links of a chain in a view.
pub const MAX_LINKS: u32 = 60;

/// Alice, Bob, the wire between them and a thief, with everything that a page shows of them.
///
/// The same seed and steps give the same scene, byte for byte, for as long as this crate does not change. A step that is
/// refused changes nothing.
pub struct Scene {
    rng: SeededRng,
    steps: u32,
    /// The number of messages that were sent.
    messages: u32,
    actors: [Actor; 2],
    /// The bundles at the server, one for each suite, until Alice takes one.
    published: Option<Published>,
    bundle: Option<BundleView>,
    handshake: Option<HandshakeView>,
    /// The number of sessions that Alice has begun.
    begun: u32,
    /// The root keys that came of the handshakes.
    first_roots: BTreeMap<SessionId, Fingerprint>,
    wire: Vec<Envelope>,
    links: Links,
    thief: Option<Burglar>,
    /// The number of envelopes that thieves have tried when they stole.
    trials: usize,
}

/// A party, with what the world knows of it.
struct Actor {
    party: Party,
    /// The descent of the keys of its session.
    history: Option<History>,
    /// The chains that it has begun, with their sessions.
    order: Vec<(SessionId, ChainName)>,
    talk: Vec<Line>,
    /// The latest envelope of the other party that it has read.
    latest_read: EnvelopeId,
}

/// The bundles that Bob has published.
struct Published {
    x3dh: Vec<u8>,
    pqxdh: Vec<u8>,
}

impl Scene {
    /// A scene in which nothing has happened. All its randomness comes from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut rng = SeededRng::new(seed);
        let actors = Name::BOTH.map(|name| Actor {
            party: Party::new(name, &mut rng),
            history: None,
            order: Vec::new(),
            talk: Vec::new(),
            latest_read: 0,
        });
        Self {
            rng,
            steps: 0,
            messages: 0,
            actors,
            published: None,
            bundle: None,
            handshake: None,
            begun: 0,
            first_roots: BTreeMap::new(),
            wire: Vec::new(),
            links: Links::default(),
            thief: None,
            trials: 0,
        }
    }

    /// Takes a step. Returns what happened in it, in this order.
    ///
    /// # Errors
    ///
    /// [`Error::TooManySteps`]; [`Error::NoBundle`] if Alice begins before Bob has published; [`Error::NoSession`] if a party
    /// sends or is robbed that has none; [`Error::TextTooLong`], [`Error::Count`] and [`Error::TooManyMessages`];
    /// [`Error::TooManyThefts`];
    /// [`Error::NoEnvelope`], [`Error::NotInFlight`], [`Error::AlreadyDamaged`] and [`Error::Many`] if the envelope is not one
    /// that this can happen to; [`Error::Session`].
    ///
    /// A message that its receiver refuses is no error but an event.
    pub fn apply(&mut self, step: Step) -> Result<Vec<Event>, Error> {
        if self.steps >= MAX_STEPS {
            return Err(Error::TooManySteps);
        }
        let mut events = match step {
            Step::Publish => self.publish(),
            Step::Begin { suite } => self.begin(suite),
            Step::Send { who, text } => self.send(who, text),
            Step::SendMany { who, count } => self.send_many(who, count),
            Step::Deliver { envelope } => self.deliver(envelope),
            Step::Double { envelope } => self.double(envelope),
            Step::Damage { envelope } => self.damage(envelope),
            Step::Drop { envelope } => self.drop_envelope(envelope),
            Step::Steal { who } => self.steal(who),
        }?;
        self.steps += 1;
        // See whether the thief is locked out by now.
        let [alice, bob] = &self.actors;
        let sessions = [alice, bob].map(|actor| actor.party.session.as_ref());
        if let Some(thief) = &mut self.thief
            && thief.check_lockout(sessions, [&alice.order, &bob.order])
        {
            events.push(Event::Healed);
        }
        Ok(events)
    }

    /// Lets a thief copy the session of a party, and try to read what was sent so far.
    fn steal(&mut self, who: Name) -> Result<Vec<Event>, Error> {
        let [alice, bob] = &self.actors;
        let victim = &self.actors[who.index()];
        let session = victim.party.session.as_ref();
        let session = session.ok_or(Error::NoSession(who))?;
        let trials = self.trials.saturating_add(self.wire.len());
        if trials > MAX_TRIALS {
            return Err(Error::TooManyThefts);
        }
        let mut thief = Burglar::steal((who, self.steps + 1), session, &victim.order)?;
        thief.judge_past(&mut self.wire, [&alice.order, &bob.order]);
        self.thief = Some(thief);
        self.trials = trials;
        Ok(Vec::from([Event::Stolen { who }]))
    }
}

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest could predict every key.
        f.debug_struct("Scene")
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}
