//! The fates of envelopes.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use sprag::Session;

use super::envelope::Envelope;
use super::error::code;
use super::history::{ChainName, History};
use super::step::EnvelopeId;
use super::view::{EnvelopeState, Fingerprint, Line};
use super::{Actor, Error, Event, MAX_ENVELOPES, Scene};
use crate::event::NewKey;
use crate::party::Received;

/// The chains that a party received in before a receipt.
struct Before {
    session: sprag::SessionId,
    dh_steps: u64,
    /// Their names and the numbers of messages that were received or skipped. The first is the current one.
    receiving: Vec<(ChainName, u32)>,
}

impl Scene {
    /// Delivers an envelope, which its receiver reads or refuses.
    pub(super) fn deliver(&mut self, id: EnvelopeId) -> Result<Vec<Event>, Error> {
        let index = self.in_flight(id)?;
        let envelope = self.wire[index].clone();
        let who = envelope.from.other();
        let actor = &mut self.actors[who.index()];
        let before = actor.party.session.as_ref().map(Before::of);
        let received = match actor.party.receive(&envelope.arriving()) {
            Ok(received) => received,
            Err(error) => {
                self.wire[index].state = EnvelopeState::Refused;
                return Ok(Vec::from([Event::Refused {
                    envelope: id,
                    who,
                    code: code(&error),
                    words: error.to_string(),
                }]));
            }
        };
        // Note what the receiver has read.
        let original = envelope.copy_of.unwrap_or(id);
        let late = actor.latest_read > original;
        actor.latest_read = actor.latest_read.max(original);
        let text = String::from_utf8_lossy(&received.plaintext).into_owned();
        actor.talk.push(Line {
            from: envelope.from,
            text,
            envelope: id,
            late,
        });
        // Look at its keys.
        let first_root = self.first_roots.get(&received.session).copied();
        let change = actor.observe(&envelope, &received, (before, first_root));
        self.wire[index].state = EnvelopeState::Delivered;
        if let Ok(original) = self.index(original) {
            self.wire[original].read = true;
        }
        let ratcheted = change.key.map(|key| Event::Ratcheted { who, key });
        let mut events = Vec::from_iter(ratcheted);
        events.push(Event::Delivered {
            envelope: id,
            who,
            new_chain: change.key.is_some(),
            skipped: change.skipped,
            late,
        });
        Ok(events)
    }

    /// Copies an envelope. The copy is on the wire, wherever the envelope is.
    pub(super) fn double(&mut self, id: EnvelopeId) -> Result<Vec<Event>, Error> {
        let index = self.index(id)?;
        if self.wire[index].many.is_some() {
            return Err(Error::Many(id));
        }
        if self.wire.len() >= MAX_ENVELOPES {
            return Err(Error::TooManyMessages);
        }
        let copy = self.next_id();
        let envelope = &self.wire[index];
        let copied = Envelope {
            id: copy,
            copy_of: Some(envelope.copy_of.unwrap_or(id)),
            state: EnvelopeState::InFlight,
            ..envelope.clone()
        };
        self.wire.push(copied);
        Ok(Vec::from([Event::Doubled { envelope: id, copy }]))
    }

    /// Alters a bit of an envelope.
    pub(super) fn damage(&mut self, id: EnvelopeId) -> Result<Vec<Event>, Error> {
        let index = self.in_flight(id)?;
        let envelope = &mut self.wire[index];
        if envelope.damaged {
            return Err(Error::AlreadyDamaged(id));
        }
        envelope.damaged = true;
        Ok(Vec::from([Event::Damaged { envelope: id }]))
    }

    /// Loses an envelope.
    pub(super) fn drop_envelope(&mut self, id: EnvelopeId) -> Result<Vec<Event>, Error> {
        let index = self.in_flight(id)?;
        self.wire[index].state = EnvelopeState::Dropped;
        Ok(Vec::from([Event::Dropped { envelope: id }]))
    }

    /// The place of an envelope.
    fn index(&self, id: EnvelopeId) -> Result<usize, Error> {
        let index = (id as usize).checked_sub(1);
        let index = index.filter(|index| *index < self.wire.len());
        index.ok_or(Error::NoEnvelope(id))
    }

    /// The place of an envelope that is on the wire.
    fn in_flight(&self, id: EnvelopeId) -> Result<usize, Error> {
        let index = self.index(id)?;
        if self.wire[index].state == EnvelopeState::InFlight {
            Ok(index)
        } else {
            Err(Error::NotInFlight(id))
        }
    }
}

/// The change by a receipt.
struct Change {
    /// The owner of the ratchet key that it mixed in, if there was a ratchet step.
    key: Option<NewKey>,
    /// The number of messages that were passed over.
    skipped: u32,
}

impl Actor {
    /// Looks at the session after a receipt.
    fn observe(
        &mut self,
        envelope: &Envelope,
        received: &Received,
        (before, first_root): (Option<Before>, Option<Fingerprint>),
    ) -> Change {
        let unchanged = Change {
            key: None,
            skipped: 0,
        };
        // A session that another one took the place of is not drawn any more.
        let session = self.party.session.as_ref();
        let Some(session) = session.filter(|session| *session.id() == received.session) else {
            return unchanged;
        };
        let before = before.filter(|before| before.session == received.session);
        let Some(before) = before else {
            // The message began the session.
            let first_root = first_root.unwrap_or(Fingerprint([0; 8]));
            self.history = Some(History::new(first_root, session));
            return Change {
                key: Some(NewKey::First),
                skipped: envelope.number,
            };
        };
        if let Some(history) = &mut self.history {
            history.observe(session);
        }
        Change {
            key: (before.dh_steps != session.dh_steps()).then_some(NewKey::Peer),
            skipped: before.passed_over(envelope),
        }
    }
}

impl Before {
    fn of(session: &Session) -> Self {
        let chains = session.ratchet_view().receiving();
        let chains = chains.map(|chain| (*chain.ratchet_key().as_bytes(), chain.reached()));
        Self {
            session: *session.id(),
            dh_steps: session.dh_steps(),
            receiving: chains.collect(),
        }
    }

    /// The number of messages that are missing before the message of `envelope`.
    fn passed_over(&self, envelope: &Envelope) -> u32 {
        let mut chains = self.receiving.iter();
        if let Some((_, reached)) = chains.find(|(name, _)| *name == envelope.chain) {
            return envelope.number.saturating_sub(*reached);
        }
        let current = self.receiving.first().map_or(0, |(_, reached)| *reached);
        let tail = if self.receiving.is_empty() {
            0
        } else {
            envelope.previous_length.saturating_sub(current)
        };
        tail.saturating_add(envelope.number)
    }
}
