//! The expectation: the messages that a stolen state should open. It is computed without keys, from the
//! limits and from the messages that were sent and received.

use alloc::collections::BTreeSet;

/// The most skipped keys that a party keeps. It keeps the newest.
pub(crate) const KEPT_KEYS: usize = 2_000;

/// The most finished chains that a party remembers.
const FINISHED_CHAINS: u32 = 32;

/// A message, by its sender's numbers. Chains are counted from 0 in each direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) sender: usize,
    pub(crate) chain: u32,
    pub(crate) number: u32,
    pub(crate) previous_length: u32,
}

/// The record of a party: the messages that it has sent and received so far.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    party: usize,
    /// The place in the party's sending chain. There is none between the receipt of a new chain and the next
    /// send.
    sending: Option<Place>,
    chains_begun: u32,
    previous_length: u32,
    /// Tells whether the party holds a ratchet private key: one that it made since the peer's newest chain,
    /// or the one of the handshake.
    has_secret: bool,
    /// The place in the peer's newest chain.
    receiving: Option<Place>,
    /// The chains and numbers of the skipped messages whose keys are kept.
    kept: BTreeSet<(u32, u32)>,
}

/// A chain, and the next number in it.
#[derive(Clone, Copy, Debug)]
struct Place {
    chain: u32,
    next: u32,
}

/// The reason for which a thief reads a message, or sees its header.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Reason {
    /// The victim holds the skipped key of the message. A header needs only some skipped key of its chain.
    Skipped,
    /// The message is in the victim's sending chain.
    OwnChain,
    /// The message is in the chain that the victim begins next.
    OwnNextChain,
    /// The message is in the peer's current chain.
    PeersChain,
    /// The message is in the chain that the peer begins next.
    PeersNextChain,
    /// The message is in the chain that the peer begins after the next one.
    PeersNextButOne,
}

impl Ledger {
    /// The ledgers of the initiator, which begins its first chain at once, and of the responder.
    pub(crate) fn both() -> [Self; 2] {
        let new = |party, sending: Option<Place>| Self {
            party,
            chains_begun: u32::from(sending.is_some()),
            sending,
            previous_length: 0,
            has_secret: true,
            receiving: None,
            kept: BTreeSet::new(),
        };
        let first = Place { chain: 0, next: 0 };
        [new(0, Some(first)), new(1, None)]
    }

    /// The next message that the party sends, or `None` if the party cannot send yet.
    pub(crate) fn send(&mut self) -> Option<Sent> {
        // Begin a chain, which needs a chain of the peer to answer.
        if self.sending.is_none() {
            self.receiving?;
            self.sending = Some(Place {
                chain: self.chains_begun,
                next: 0,
            });
            self.chains_begun += 1;
            self.has_secret = true;
        }
        let Place { chain, next } = self.sending.as_mut()?;
        *next += 1;
        Some(Sent {
            sender: self.party,
            chain: *chain,
            number: *next - 1,
            previous_length: self.previous_length,
        })
    }

    /// Receives the message. Returns whether it opens.
    pub(crate) fn receive(&mut self, sent: &Sent) -> bool {
        // A skipped message opens once.
        if self.kept.remove(&(sent.chain, sent.number)) {
            return true;
        }
        // A message of a new chain finishes the current chain and skips the rest of it. The party then has no
        // private key and no sending chain. A message of an older chain does not open.
        let skipped_from = match self.receiving {
            Some(current) if current.chain == sent.chain => current.next,
            Some(current) if current.chain > sent.chain => return false,
            finished => {
                if let Some(Place { chain, next }) = finished {
                    let tail = next..sent.previous_length;
                    self.kept.extend(tail.map(|number| (chain, number)));
                }
                self.previous_length = self.sending.map_or(0, |own| own.next);
                self.sending = None;
                self.has_secret = false;
                0
            }
        };
        // An earlier number was received before. A later one skips the messages up to it.
        if sent.number < skipped_from {
            return false;
        }
        let gap = skipped_from..sent.number;
        self.kept.extend(gap.map(|number| (sent.chain, number)));
        self.receiving = Some(Place {
            chain: sent.chain,
            next: sent.number + 1,
        });
        // Forget old chains, and then the oldest keys.
        let oldest = sent.chain.saturating_sub(FINISHED_CHAINS);
        self.kept.retain(|(chain, _)| *chain >= oldest);
        while self.kept.len() > KEPT_KEYS {
            self.kept.pop_first();
        }
        true
    }

    /// Tells whether the party has received a new chain and not sent since. It then has neither a sending
    /// chain nor a private key.
    pub(crate) const fn is_between(&self) -> bool {
        self.sending.is_none() && !self.has_secret
    }

    /// The reason for which a thief of the state reads this message, if there is one.
    pub(crate) fn reads(&self, sent: &Sent) -> Option<Reason> {
        let Sent { chain, number, .. } = *sent;
        let in_rest_of = |place: Option<Place>| {
            place.is_some_and(|place| place.chain == chain && place.next <= number)
        };
        if sent.sender == self.party {
            in_rest_of(self.sending).then_some(Reason::OwnChain)
        } else if self.kept.contains(&(chain, number)) {
            Some(Reason::Skipped)
        } else if in_rest_of(self.receiving) {
            Some(Reason::PeersChain)
        } else {
            let begun = self.has_secret && chain == self.peers_next_chain();
            begun.then_some(Reason::PeersNextChain)
        }
    }

    /// The reason for which a thief of the state sees the encrypted header of this message, if there is one.
    pub(crate) fn sees(&self, sent: &Sent) -> Option<Reason> {
        let Sent { chain, .. } = *sent;
        if sent.sender == self.party {
            if self.sending.is_some_and(|own| own.chain == chain) {
                return Some(Reason::OwnChain);
            }
            return (chain == self.chains_begun).then_some(Reason::OwnNextChain);
        }
        let next = self.peers_next_chain();
        if self.receiving.is_some_and(|place| place.chain == chain) {
            Some(Reason::PeersChain)
        } else if self.kept.iter().any(|(kept, _)| *kept == chain) {
            Some(Reason::Skipped)
        } else if chain == next {
            Some(Reason::PeersNextChain)
        } else {
            (self.has_secret && chain == next + 1).then_some(Reason::PeersNextButOne)
        }
    }

    fn peers_next_chain(&self) -> u32 {
        self.receiving.map_or(0, |current| current.chain + 1)
    }
}
