//! Messages that are sent.

use alloc::string::String;
use alloc::vec::Vec;

use sprag::hazmat::LinkView;
use sprag::{RatchetError, Session, SessionId};

use super::envelope::{Envelope, Text};
use super::history::ChainName;
use super::step::EnvelopeId;
use super::view::{EnvelopeState, Line};
use super::{
    Error, Event, MAX_COUNT, MAX_ENVELOPES, MAX_LINKS, MAX_LISTED, MAX_MESSAGES, MAX_TEXT_LENGTH,
    Scene,
};
use crate::event::{Name, NewKey};

/// A message that was encrypted.
struct Sent {
    bytes: Vec<u8>,
    session: SessionId,
    chain: ChainName,
    previous_length: u32,
    number: u32,
    link: Option<LinkView>,
    /// The message began a chain.
    ratcheted: bool,
}

impl Scene {
    /// Lets a party send a text.
    pub(super) fn send(&mut self, who: Name, text: String) -> Result<Vec<Event>, Error> {
        if text.chars().count() > MAX_TEXT_LENGTH {
            return Err(Error::TextTooLong);
        }
        self.check_room(who, 1)?;
        self.send_one(who, text)
    }

    /// Lets a party send many messages.
    pub(super) fn send_many(&mut self, who: Name, count: u32) -> Result<Vec<Event>, Error> {
        if count == 0 || count > MAX_COUNT {
            return Err(Error::Count);
        }
        self.check_room(who, count)?;
        // Send those that have an envelope each.
        let mut events = Vec::new();
        let listed = count.min(MAX_LISTED);
        for number in 1..=listed {
            events.extend(self.send_one(who, Text::numbered(number))?);
        }
        // Send the others.
        if count > listed {
            let envelope = self.send_lost(who, listed + 1, count)?;
            events.push(Event::Sent { envelope });
            events.push(Event::Dropped { envelope });
        }
        Ok(events)
    }

    /// Refuses messages for which there is no session or no room.
    fn check_room(&self, who: Name, count: u32) -> Result<(), Error> {
        if self.actors[who.index()].party.session.is_none() {
            return Err(Error::NoSession(who));
        }
        let envelopes = count.min(MAX_LISTED + 1) as usize;
        let messages = self.messages.saturating_add(count);
        if messages > MAX_MESSAGES || self.wire.len() + envelopes > MAX_ENVELOPES {
            return Err(Error::TooManyMessages);
        }
        Ok(())
    }

    fn send_one(&mut self, who: Name, text: String) -> Result<Vec<Event>, Error> {
        let sent = self.encrypt(who, &text, true)?;
        let ratcheted = sent.ratcheted.then_some(Event::Ratcheted {
            who,
            key: NewKey::Own,
        });
        let envelope = self.post(who, Text::One(text), sent);
        self.judge_latest();
        let mut events = Vec::from_iter(ratcheted);
        events.push(Event::Sent { envelope });
        Ok(events)
    }

    /// Sends the messages with the numbers from `first` to `last`, which are lost.
    fn send_lost(&mut self, who: Name, first: u32, last: u32) -> Result<EnvelopeId, Error> {
        // Encrypt all, and keep some.
        let mut begin = self.encrypt(who, &Text::numbered(first), true)?;
        let mut kept = Vec::from([core::mem::take(&mut begin.bytes)]);
        let mut links = Vec::new();
        for number in first + 1..=last {
            let is_drawn = last - number < MAX_LINKS;
            let sent = self.encrypt(who, &Text::numbered(number), is_drawn)?;
            links.extend(sent.link.map(|link| (sent.number, link)));
            if number == last || (number - first).is_multiple_of(STRIDE) {
                kept.push(sent.bytes);
            }
        }
        // Put them on the wire as one envelope, and lose it.
        let id = self.next_id();
        for (number, link) in &links {
            self.links.add((begin.chain, *number), link, id);
        }
        self.post(who, Text::Numbered { first, last }, begin);
        if let Some(envelope) = self.wire.last_mut() {
            envelope.sent = kept;
            envelope.many = Some(last - first + 1);
            envelope.state = EnvelopeState::Dropped;
        }
        self.judge_latest();
        Ok(id)
    }

    /// Encrypts a text. `link` says whether the link of the chain is to be looked at.
    fn encrypt(&mut self, who: Name, text: &str, link: bool) -> Result<Sent, Error> {
        let actor = &mut self.actors[who.index()];
        let session = actor.party.session.as_mut();
        let session = session.ok_or(Error::NoSession(who))?;
        // Look at the chain key. If a chain is to begin, look at it afterwards, from the state before.
        let chain = session.ratchet_view().sending();
        let begins = chain.is_none();
        let mut link = chain.filter(|_| link).map(|chain| chain.next_link());
        let before = if begins {
            Some(Session::from_snapshot(session.snapshot().expose())?)
        } else {
            None
        };
        // Encrypt.
        let bytes = session.encrypt(text.as_bytes(), &mut self.rng)?;
        self.messages += 1;
        // Look at the chain again.
        let view = session.ratchet_view();
        if let Some(before) = before {
            let step = view.sending_step_from(before.ratchet_view());
            link = step.map(|step| step.first);
        }
        let no_chain = Error::Session(sprag::Error::Ratchet(RatchetError::NoSendingChain));
        let chain = view.sending().ok_or(no_chain)?;
        let name = *chain.ratchet_key().as_bytes();
        if begins {
            actor.order.push((*session.id(), name));
        }
        Ok(Sent {
            bytes,
            session: *session.id(),
            chain: name,
            previous_length: view.previous_length(),
            number: chain.next().saturating_sub(1),
            link,
            ratcheted: begins,
        })
    }

    /// Puts a message on the wire.
    fn post(&mut self, who: Name, text: Text, sent: Sent) -> EnvelopeId {
        let id = self.next_id();
        if let Some(link) = &sent.link {
            self.links.add((sent.chain, sent.number), link, id);
        }
        // Note the state of the sender after it.
        let actor = &mut self.actors[who.index()];
        if let (Some(history), Some(session)) = (&mut actor.history, &actor.party.session) {
            history.observe(session);
        }
        actor.talk.push(Line {
            from: who,
            text: text.shown(),
            envelope: id,
            late: false,
        });
        self.wire.push(Envelope {
            id,
            from: who,
            text,
            session: sent.session,
            chain: sent.chain,
            previous_length: sent.previous_length,
            number: sent.number,
            sent: Vec::from([sent.bytes]),
            many: None,
            state: EnvelopeState::InFlight,
            copy_of: None,
            damaged: false,
            read: false,
            judgement: None,
        });
        id
    }

    pub(super) fn next_id(&self) -> EnvelopeId {
        let sent = self.wire.len().min(MAX_ENVELOPES);
        EnvelopeId::try_from(sent).map_or(EnvelopeId::MAX, |sent| sent + 1)
    }

    /// Lets the thief try to read the latest envelope.
    fn judge_latest(&mut self) {
        let [alice, bob] = &self.actors;
        let orders = [alice.order.as_slice(), bob.order.as_slice()];
        if let (Some(thief), Some(envelope)) = (&mut self.thief, self.wire.last_mut()) {
            envelope.judgement = Some(thief.judge(envelope, orders));
        }
    }
}

/// The number of messages between two that are kept of many: fewer than one skip may have.
const STRIDE: u32 = 20_000;
