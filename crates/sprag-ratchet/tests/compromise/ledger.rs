//! What a party's state is worth, from nothing but what was sent and received, and the limits.

use alloc::collections::BTreeSet;

/// As many keys of skipped messages are kept, the newest.
pub(crate) const KEPT_KEYS: usize = 2_000;

/// A finished chain is remembered while so many have followed it.
const FINISHED_CHAINS: u32 = 5;

/// A message, as its sender counts. Chains are counted from 0 in each direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) sender: usize,
    pub(crate) chain: u32,
    pub(crate) number: u32,
    pub(crate) previous_length: u32,
}

/// What a party has sent and received so far.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    party: usize,
    /// Its chain, and the next number in it; none from the receipt of a new chain to the next send.
    sending: Option<Place>,
    chains_begun: u32,
    previous_length: u32,
    /// It can answer a chain that the peer is yet to begin: it made a ratchet key pair since the
    /// peer's newest chain, or has that of the handshake.
    has_secret: bool,
    /// The peer's newest chain, and the next number in it.
    receiving: Option<Place>,
    /// The messages that later ones overtook.
    kept: BTreeSet<(u32, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    chain: u32,
    next: u32,
}

/// Why a thief of the state sees a message, or its header.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Reason {
    /// Its key was skipped and is held; of a header, another of the chain's.
    Skipped,
    /// It is in the victim's chain.
    OwnChain,
    /// It is in the chain that the victim begins next.
    OwnNextChain,
    /// It is in the chain that the peer sends in.
    PeersChain,
    /// It is in the chain that the peer begins next.
    PeersNextChain,
    /// It is in the chain after that.
    PeersNextButOne,
}

impl Ledger {
    /// Of the initiator, which begins its first chain at once, and of the responder.
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

    /// The next message, unless the party cannot send yet.
    pub(crate) fn send(&mut self) -> Option<Sent> {
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

    /// Whether the message opens, and with that what changes.
    pub(crate) fn receive(&mut self, sent: &Sent) -> bool {
        if self.kept.remove(&(sent.chain, sent.number)) {
            return true;
        }
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
        if sent.number < skipped_from {
            return false;
        }
        let gap = skipped_from..sent.number;
        self.kept.extend(gap.map(|number| (sent.chain, number)));
        self.receiving = Some(Place {
            chain: sent.chain,
            next: sent.number + 1,
        });
        let oldest = sent.chain.saturating_sub(FINISHED_CHAINS);
        self.kept.retain(|(chain, _)| *chain >= oldest);
        while self.kept.len() > KEPT_KEYS {
            self.kept.pop_first();
        }
        true
    }

    /// From the receipt of a new chain to the next send: without a chain to send in or a secret.
    pub(crate) const fn is_between(&self) -> bool {
        self.sending.is_none() && !self.has_secret
    }

    /// Why a thief of the state reads this message, if it does.
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

    /// Why a thief of the state sees the header of this message, if headers are encrypted and it does.
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
