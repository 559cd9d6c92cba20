//! The descent of a session's keys, as somebody sees it who looks at the session after each operation.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use sprag::Session;
use sprag::hazmat::{KeyView, LinkView, RatchetView};

use super::MAX_LINKS;
use super::step::EnvelopeId;
use super::view::{
    ChainView, ChainsView, Direction, Fingerprint, Link, LinkState, NextLink, RootLink, hex,
};

/// A ratchet public key, which names a chain.
pub(crate) type ChainName = [u8; 32];

/// The keys of one party's session, from its beginning on.
pub(crate) struct History {
    /// The fingerprints of the root keys, the oldest first.
    root: Vec<Fingerprint>,
    chains: Vec<Chain>,
}

/// A chain that a party sends or receives in, or did.
struct Chain {
    name: ChainName,
    direction: Direction,
    /// The index of the root key that came of the same root step.
    root: usize,
    /// The number of its messages that were sent, received or skipped.
    reached: u32,
    ended: bool,
}

/// The links of all chains, as their senders made them. Both ends of a chain have the same.
#[derive(Default)]
pub(crate) struct Links(BTreeMap<ChainName, BTreeMap<u32, SentLink>>);

/// A link, with the envelope of its message.
struct SentLink {
    chain: Fingerprint,
    message: Fingerprint,
    envelope: EnvelopeId,
}

impl History {
    /// The history of a session of which `first_root` is the root key that came of the handshake.
    pub(crate) fn new(first_root: Fingerprint, session: &Session) -> Self {
        let mut history = Self {
            root: Vec::from([first_root]),
            chains: Vec::new(),
        };
        history.observe(session);
        history
    }

    /// Looks at the session after an operation.
    pub(crate) fn observe(&mut self, session: &Session) {
        let view = session.ratchet_view();
        // A root step leaves a new root key.
        let root = Fingerprint::of(&view.root_key());
        if self.root.last() != Some(&root) {
            self.root.push(root);
        }
        // The sending chain is the one that there is, if there is one.
        let sending = view.sending();
        let name = sending.map(|chain| *chain.ratchet_key().as_bytes());
        self.end_others(Direction::Sending, name);
        if let Some(chain) = sending {
            self.reach(
                Direction::Sending,
                *chain.ratchet_key().as_bytes(),
                chain.next(),
            );
        }
        // Of the receiving chains, the first is the current one. The others may have got a tail of skipped keys.
        let mut receiving = view.receiving().peekable();
        let current = receiving.peek();
        let name = current.map(|chain| *chain.ratchet_key().as_bytes());
        self.end_others(Direction::Receiving, name);
        for chain in receiving {
            let name = *chain.ratchet_key().as_bytes();
            self.reach(Direction::Receiving, name, chain.reached());
        }
    }

    /// Ends all chains of a direction but `name`.
    fn end_others(&mut self, direction: Direction, name: Option<ChainName>) {
        let others = self.chains.iter_mut();
        for chain in others.filter(|chain| chain.direction == direction) {
            chain.ended |= Some(chain.name) != name;
        }
    }

    /// Notes that a chain has got as far as `reached`.
    fn reach(&mut self, direction: Direction, name: ChainName, reached: u32) {
        let mut chains = self.chains.iter_mut();
        let known = chains.find(|chain| chain.direction == direction && chain.name == name);
        if let Some(chain) = known {
            chain.reached = reached;
            return;
        }
        self.chains.push(Chain {
            name,
            direction,
            root: self.root.len().saturating_sub(1),
            reached,
            ended: false,
        });
    }

    /// The keys as data. `show` adds those that are held.
    pub(crate) fn view(&self, session: &Session, links: &Links, show: bool) -> ChainsView {
        let ratchet = session.ratchet_view();
        let last = self.root.len().saturating_sub(1);
        let root = self.root.iter().enumerate().map(|(index, fingerprint)| {
            let present = index == last;
            RootLink {
                fingerprint: *fingerprint,
                wiped: !present,
                key: (present && show).then(|| hex(ratchet.root_key().key())),
            }
        });
        let chains = self.chains.iter();
        ChainsView {
            root: root.collect(),
            chains: chains
                .map(|chain| chain.view(ratchet, links, show))
                .collect(),
        }
    }
}

impl Chain {
    fn view(&self, ratchet: RatchetView<'_>, links: &Links, show: bool) -> ChainView {
        let (next, skipped) = self.held(ratchet);
        let before = self.reached.saturating_sub(MAX_LINKS);
        let range = before..self.reached;
        let links = links.0.get(&self.name).into_iter();
        let links = links.flat_map(|links| links.range(range.clone()));
        let links = links.map(|(n, link)| {
            let key = skipped.get(n);
            Link {
                n: *n,
                chain: link.chain,
                message: link.message,
                state: if key.is_some() {
                    LinkState::Skipped
                } else {
                    LinkState::Wiped
                },
                envelope: Some(link.envelope),
                key: key.filter(|_| show).map(|key| hex(key.key())),
            }
        });
        ChainView {
            direction: self.direction,
            root: self.root,
            ended: self.ended,
            before,
            links: links.collect(),
            next: next.filter(|_| !self.ended).map(|link| NextLink {
                n: self.reached,
                chain: Fingerprint::of(&link.chain_key),
                key: show.then(|| hex(link.chain_key.key())),
            }),
        }
    }

    /// The chain key and the skipped message keys that the party holds, of the latest links.
    fn held(&self, ratchet: RatchetView<'_>) -> (Option<LinkView>, BTreeMap<u32, KeyView>) {
        match self.direction {
            Direction::Sending => {
                let chain = ratchet
                    .sending()
                    .filter(|chain| *chain.ratchet_key().as_bytes() == self.name);
                (chain.map(|chain| chain.next_link()), BTreeMap::new())
            }
            Direction::Receiving => {
                let mut chains = ratchet.receiving();
                let chain = chains.find(|chain| *chain.ratchet_key().as_bytes() == self.name);
                let Some(chain) = chain else {
                    return (None, BTreeMap::new());
                };
                let before = self.reached.saturating_sub(MAX_LINKS);
                let skipped = chain.skipped_from(before);
                (chain.next_link(), skipped.collect())
            }
        }
    }
}

impl Links {
    /// Notes the link of a message that was sent.
    pub(crate) fn add(&mut self, (name, n): (ChainName, u32), link: &LinkView, id: EnvelopeId) {
        let chain = self.0.entry(name).or_default();
        chain.insert(
            n,
            SentLink {
                chain: Fingerprint::of(&link.chain_key),
                message: Fingerprint::of(&link.message_key),
                envelope: id,
            },
        );
    }
}
