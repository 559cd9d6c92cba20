//! The thief of a scene: what the stolen keys open of each envelope, and what the theory says about it.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use sprag::hazmat::Thief;
use sprag::{Session, SessionId};

use super::envelope::Envelope;
use super::history::ChainName;
use super::view::{Judgement, ThiefView};
use crate::event::{Loot, Name, Reason};

/// The thief, and what the world knows of the theft.
pub(crate) struct Burglar {
    thief: Thief,
    theft: Theft,
    pub(crate) locked_out: bool,
}

/// The state of the victim's session at the time of the theft, from which the theory follows.
pub(crate) struct Theft {
    victim: Name,
    at_step: u32,
    session: SessionId,
    /// The number of the session among those of the two parties.
    ordinal: u32,
    /// The chain that the victim sent in, and the number of its next message.
    own: Option<(ChainName, u32)>,
    /// The number of chains that the victim had begun.
    own_chains: usize,
    /// The peer's chains of which the victim held keys. The first is the one that the victim received in.
    known: Vec<KnownChain>,
}

/// A chain of the peer of which the victim held keys.
struct KnownChain {
    name: ChainName,
    reached: u32,
    skipped: BTreeSet<u32>,
}

/// The chains of one sender in one session, in the order in which they began.
pub(crate) type Order<'a> = &'a [(SessionId, ChainName)];

impl Burglar {
    /// Copies the session of `victim`. `order` has the victim's chains.
    pub(crate) fn steal(
        (victim, at_step): (Name, u32),
        session: &Session,
        order: Order<'_>,
    ) -> Result<Self, sprag::Error> {
        let view = session.ratchet_view();
        let own = view.sending();
        let known = view.receiving().map(|chain| KnownChain {
            name: *chain.ratchet_key().as_bytes(),
            reached: chain.reached(),
            skipped: chain.skipped_numbers().collect(),
        });
        Ok(Self {
            thief: Thief::steal(session)?,
            theft: Theft {
                victim,
                at_step,
                session: *session.id(),
                ordinal: session.ordinal(),
                own: own.map(|chain| (*chain.ratchet_key().as_bytes(), chain.next())),
                own_chains: of_session(order, session.id()).count(),
                known: known.collect(),
            },
            locked_out: false,
        })
    }

    /// Judges the envelopes that were sent before the theft. `orders` has the chains of both senders.
    ///
    /// The headers come first, because the thief's copies forget header keys as they read on.
    pub(crate) fn judge_past(&mut self, wire: &mut [Envelope], orders: [Order<'_>; 2]) {
        let headers: Vec<bool> = wire
            .iter()
            .map(|envelope| self.reads_header(envelope))
            .collect();
        let mut judgements: Vec<Judgement> = Vec::new();
        for (envelope, header) in wire.iter().zip(headers) {
            // A copy is judged as its original, which is of an earlier number.
            let original = envelope.copy_of.and_then(|id| (id as usize).checked_sub(1));
            let judgement = match original.and_then(|index| judgements.get(index)) {
                Some(judgement) => judgement.clone(),
                None => self.judge_with(envelope, header, orders),
            };
            judgements.push(judgement);
        }
        for (envelope, judgement) in wire.iter_mut().zip(judgements) {
            envelope.judgement = Some(judgement);
        }
    }

    /// Judges an envelope when it is sent.
    pub(crate) fn judge(&mut self, envelope: &Envelope, orders: [Order<'_>; 2]) -> Judgement {
        let header = self.reads_header(envelope);
        self.judge_with(envelope, header, orders)
    }

    fn reads_header(&self, envelope: &Envelope) -> bool {
        self.thief.read_header(envelope.last_message()).is_some()
    }

    fn judge_with(
        &mut self,
        envelope: &Envelope,
        header: bool,
        orders: [Order<'_>; 2],
    ) -> Judgement {
        // Let the thief try. Of an envelope that stands for many messages, it tries some, so that its copy of the chain
        // keeps up.
        let mut plaintext = None;
        for message in envelope.messages() {
            plaintext = self.thief.read(message, &[]);
        }
        let loot = match (&plaintext, header) {
            (Some(_), _) => Loot::Text,
            (None, true) => Loot::Header,
            (None, false) => Loot::Nothing,
        };
        // Compare with the theory.
        let theory = self.theft.theory(envelope, orders);
        let right = plaintext.is_none_or(|text| text == envelope.last_text().as_bytes());
        if loot == theory.loot() && right {
            Judgement {
                loot,
                reason: code(theory),
                why: why(theory, self.theft.victim),
            }
        } else {
            Judgement {
                loot,
                reason: "defect",
                why: format!("The keys opened another part than the theory says: {theory}."),
            }
        }
    }

    /// Notes whether the thief reads nothing new any more, if Alice and Bob have these sessions and chains by now. Tells whether
    /// it became so.
    pub(crate) fn check_lockout(
        &mut self,
        sessions: [Option<&Session>; 2],
        orders: [Order<'_>; 2],
    ) -> bool {
        let parties = Name::BOTH.into_iter().zip(sessions).zip(orders);
        let safe = parties.into_iter().all(|((name, session), order)| {
            session.is_some_and(|session| self.theft.is_safe(name, session, order))
        });
        let healed = safe && !self.locked_out;
        self.locked_out |= safe;
        healed
    }

    pub(crate) const fn view(&self) -> ThiefView {
        ThiefView {
            victim: self.theft.victim,
            at_step: self.theft.at_step,
            locked_out: self.locked_out,
        }
    }
}

impl Theft {
    /// The reason for which the stolen keys open a part of a message, from the place of the message alone.
    fn theory(&self, envelope: &Envelope, orders: [Order<'_>; 2]) -> Reason {
        if envelope.session != self.session {
            return Reason::OtherSession;
        }
        let order = orders[envelope.from.index()];
        let index = of_session(order, &self.session).position(|name| *name == envelope.chain);
        let index = index.unwrap_or_default();
        if envelope.from == self.victim {
            self.of_victim(envelope, index)
        } else {
            self.of_peer(envelope, index, order)
        }
    }

    /// The theory of a message that the victim sent, in the chain of this index.
    fn of_victim(&self, envelope: &Envelope, index: usize) -> Reason {
        match self.own {
            Some((name, next)) if name == envelope.chain => {
                if envelope.last_number() < next {
                    Reason::SentBefore
                } else {
                    Reason::VictimsChain
                }
            }
            _ if index < self.own_chains => Reason::ChainForgotten,
            // The header key of the next chain was there at the time of the theft.
            _ if index == self.own_chains => Reason::VictimRatcheted,
            _ => Reason::Hidden,
        }
    }

    /// The theory of a message that the peer sent, in the chain of this index.
    fn of_peer(&self, envelope: &Envelope, index: usize, order: Order<'_>) -> Reason {
        let number = envelope.last_number();
        let mut known = self.known.iter().enumerate();
        if let Some((place, chain)) = known.find(|(_, chain)| chain.name == envelope.chain) {
            return if chain.skipped.contains(&number) {
                Reason::SkippedKey
            } else if number < chain.reached && envelope.read {
                Reason::ReadBefore
            } else if number >= chain.reached && place == 0 {
                Reason::PeersChain
            } else {
                Reason::KeyGivenUp
            };
        }
        // Of the chains that the victim did not know, those before the current one are over.
        let after = self.chains_after_current(index, order);
        let Some(after) = after else {
            return Reason::ChainForgotten;
        };
        match (after, self.own.is_some()) {
            // The peer's next chain answers the victim's ratchet key, if there was one to copy.
            (0, true) => Reason::PeersNextChain,
            // The header key comes one root step before its chain.
            (0, false) | (1, true) => Reason::BothRatcheted,
            _ => Reason::Hidden,
        }
    }

    /// The number of the peer's chains between the victim's current one and the one of this index, if it is later.
    fn chains_after_current(&self, index: usize, order: Order<'_>) -> Option<usize> {
        let current = self.known.first().and_then(|current| {
            of_session(order, &self.session).position(|name| *name == current.name)
        });
        index.checked_sub(current.map_or(0, |current| current + 1))
    }

    /// Tells whether a party has ratcheted since the theft, so that the thief cannot read what it sends next.
    fn is_safe(&self, name: Name, session: &Session, order: Order<'_>) -> bool {
        // In a later session there is nothing of what was stolen. From an earlier one a party may still come to the stolen one.
        if *session.id() != self.session {
            return session.ordinal() > self.ordinal;
        }
        let begun = of_session(order, &self.session).count();
        if name == self.victim {
            return begun > self.own_chains;
        }
        let latest = begun.checked_sub(1);
        let after = latest.and_then(|latest| self.chains_after_current(latest, order));
        // The first chain that the peer begins after the theft may still answer the stolen ratchet key.
        after.is_some_and(|after| after >= usize::from(self.own.is_some()))
    }
}

/// The chains of a session.
fn of_session<'a>(order: Order<'a>, id: &'a SessionId) -> impl Iterator<Item = &'a ChainName> {
    let chains = order.iter().filter(move |(session, _)| session == id);
    chains.map(|(_, name)| name)
}

/// The name of a reason in data.
const fn code(reason: Reason) -> &'static str {
    match reason {
        Reason::ReadBefore => "read_before",
        Reason::SentBefore => "sent_before",
        Reason::SkippedKey => "skipped_key",
        Reason::KeyGivenUp => "key_given_up",
        Reason::ChainForgotten => "chain_forgotten",
        Reason::PeersChain => "peers_chain",
        Reason::VictimsChain => "victims_chain",
        Reason::PeersNextChain => "peers_next_chain",
        Reason::VictimRatcheted => "victim_ratcheted",
        Reason::BothRatcheted => "both_ratcheted",
        Reason::Hidden => "hidden",
        Reason::OtherSession => "other_session",
    }
}

/// The reason as a sentence.
fn why(reason: Reason, victim: Name) -> String {
    let peer = victim.other();
    match reason {
        Reason::ReadBefore => format!(
            "{victim} had read it and wiped its message key; the header key of its chain was still there."
        ),
        Reason::SentBefore => format!(
            "{victim} had sent it and wiped its message key; the header key of the chain was still there."
        ),
        Reason::SkippedKey => {
            format!("{victim} held a skipped message key for it, and the thief copied it.")
        }
        Reason::KeyGivenUp => format!(
            "{victim} had given up its skipped message key; the header key of its chain was still there."
        ),
        Reason::ChainForgotten => {
            format!("It is of an earlier chain, of which {victim} had wiped every key.")
        }
        Reason::PeersChain => {
            format!("The thief copied the key of {peer}'s chain and follows it.")
        }
        Reason::VictimsChain => {
            format!("The thief copied the key of {victim}'s chain and follows it.")
        }
        Reason::PeersNextChain => format!(
            "{peer} ratcheted towards the ratchet key of {victim} that the thief copied, so the thief follows."
        ),
        Reason::VictimRatcheted => format!(
            "{victim} ratcheted with a key made after the theft; the header key was made before."
        ),
        Reason::BothRatcheted => format!(
            "{victim} and {peer} ratcheted with keys made after the theft; the header key was made before."
        ),
        Reason::Hidden => "Both ratcheted since the theft, and the header key is new, too.".into(),
        Reason::OtherSession => "It is of another session than the one that was copied.".into(),
    }
}
