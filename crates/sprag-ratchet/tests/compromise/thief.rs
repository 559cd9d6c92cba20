//! A passive thief: it copies a state, has every message that travels, and tries every key that it can
//! derive on each of them.

use alloc::collections::{BTreeMap, BTreeSet};
use std::collections::HashMap;

use crate::keys::{Header, Key, Letter, agreement, chain_step, root_step};
use crate::state::State;

/// What a thief has of the messages, by their places among them.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Loot {
    pub(crate) plaintexts: BTreeMap<usize, Vec<u8>>,
    pub(crate) headers: BTreeMap<usize, Header>,
}

/// The thief, and what it has tried already: a key opens the same messages whatever state it is from.
pub(crate) struct Thief<'a> {
    pub(crate) letters: BTreeMap<usize, &'a Letter>,
    pub(crate) associated_data: Vec<u8>,
    pub(crate) encrypted_headers: bool,
    /// No message has a number that is higher.
    pub(crate) highest_number: u32,
    pub(crate) tried: Tried,
}

/// What each key opens.
#[derive(Default)]
pub(crate) struct Tried {
    plaintexts: HashMap<Key, Vec<(usize, Vec<u8>)>>,
    headers: HashMap<Key, Vec<(usize, Header)>>,
    agreements: HashMap<(Key, Key), Option<Key>>,
}

/// All that follows from a state.
#[derive(Default)]
struct Hoard {
    roots: BTreeSet<Key>,
    chains: BTreeSet<Key>,
    message_keys: BTreeSet<Key>,
    header_keys: BTreeSet<Key>,
    public_keys: BTreeSet<Key>,
}

impl Thief<'_> {
    /// What the owner of a stolen state sends and receives, before and after, as far as it can be
    /// opened.
    pub(crate) fn rob(&mut self, state: &State) -> Loot {
        let mut hoard = Hoard::new(state);
        loop {
            let before = hoard.size();
            let headers = self.headers(&hoard);
            let seen = headers.values().map(|header| header.ratchet_key);
            hoard.public_keys.extend(seen);
            if let Some(secret) = state.secret() {
                self.take_root_steps(secret, &mut hoard);
            }
            if hoard.size() == before {
                return Loot {
                    plaintexts: self.plaintexts(&hoard),
                    headers,
                };
            }
        }
    }

    /// The root steps from every root key, with every public key. A right guess is known by its chain,
    /// whose first message exists: a chain begins when it is sent.
    fn take_root_steps(&mut self, secret: &Key, hoard: &mut Hoard) {
        for root in hoard.roots.clone() {
            for remote in hoard.public_keys.clone() {
                let agreements = self.tried.agreements.entry((*secret, remote));
                let dh_out = *agreements.or_insert_with(|| agreement(secret, &remote));
                let Some(dh_out) = dh_out else {
                    continue;
                };
                let step = root_step(self.encrypted_headers, &root, &dh_out);
                let (_, first) = chain_step(&step.chain);
                if !self.try_message_key(&first).is_empty() {
                    hoard.roots.insert(step.root);
                    hoard.chains.insert(step.chain);
                    hoard.header_keys.extend(step.next_header_key);
                }
            }
        }
    }

    fn headers(&mut self, hoard: &Hoard) -> BTreeMap<usize, Header> {
        let open = |(place, letter): (&usize, &&Letter), key| {
            let header = letter.open_header(key)?;
            Some((*place, Header::read(&header)?))
        };
        if !self.encrypted_headers {
            let opened = self.letters.iter().map(|letter| open(letter, None));
            return opened.flatten().collect();
        }
        let mut headers = BTreeMap::new();
        for key in &hoard.header_keys {
            let opened = self.tried.headers.entry(*key).or_insert_with(|| {
                let opened = self.letters.iter().map(|letter| open(letter, Some(key)));
                opened.flatten().collect()
            });
            headers.extend(opened.iter().copied());
        }
        headers
    }

    fn plaintexts(&mut self, hoard: &Hoard) -> BTreeMap<usize, Vec<u8>> {
        let mut plaintexts = BTreeMap::new();
        for key in &hoard.message_keys {
            plaintexts.extend(self.try_message_key(key).iter().cloned());
        }
        for chain in &hoard.chains {
            for key in self.message_keys(chain) {
                plaintexts.extend(self.try_message_key(&key).iter().cloned());
            }
        }
        plaintexts
    }

    fn message_keys(&self, chain: &Key) -> Vec<Key> {
        let mut chain = *chain;
        let keys = (0..=self.highest_number).map(|_| {
            let (next, message_key) = chain_step(&chain);
            chain = next;
            message_key
        });
        keys.collect()
    }

    /// What the key opens of all messages.
    fn try_message_key(&mut self, key: &Key) -> &[(usize, Vec<u8>)] {
        self.tried.plaintexts.entry(*key).or_insert_with(|| {
            let open = |(place, letter): (&usize, &&Letter)| {
                let plaintext = letter.open(key, &self.associated_data)?;
                Some((*place, plaintext))
            };
            self.letters.iter().filter_map(open).collect()
        })
    }
}

impl Hoard {
    fn new(state: &State) -> Self {
        let sending = state.sending_chain();
        let current = state.current.as_ref();
        let mut hoard = Self {
            roots: [state.root].into(),
            chains: sending.map(|chain| chain.key).into_iter().collect(),
            ..Self::default()
        };
        hoard.chains.extend(current.map(|current| current.key));
        let header_keys = [
            sending.and_then(|chain| chain.header_key),
            state.next_sending,
            state.next_receiving,
        ];
        hoard.header_keys.extend(header_keys.iter().flatten());
        for chain in state.receiving() {
            hoard.header_keys.extend(chain.header_key);
            hoard.public_keys.insert(chain.ratchet_key);
            let keys = chain.skipped.iter().map(|(_, key)| *key);
            hoard.message_keys.extend(keys);
        }
        hoard
    }

    fn size(&self) -> usize {
        self.roots.len() + self.public_keys.len() + self.header_keys.len()
    }
}
