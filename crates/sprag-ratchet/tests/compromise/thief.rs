//! A passive thief, who copies a state, has every message that travels, and tries every key that can be
//! derived on each message.

use alloc::collections::{BTreeMap, BTreeSet};
use std::collections::HashMap;

use crate::keys::{Header, Key, Letter, agreement, chain_step, root_step};
use crate::state::State;

/// The plaintexts and headers that a thief reads, by the places of the messages.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Loot {
    pub(crate) plaintexts: BTreeMap<usize, Vec<u8>>,
    pub(crate) headers: BTreeMap<usize, Header>,
}

/// The thief, with all messages and the results of earlier attempts.
pub(crate) struct Thief<'a> {
    pub(crate) letters: BTreeMap<usize, &'a Letter>,
    pub(crate) associated_data: Vec<u8>,
    pub(crate) encrypted_headers: bool,
    /// The highest number of a message.
    pub(crate) highest_number: u32,
    pub(crate) tried: Tried,
}

/// The results of earlier attempts. They save time, because a key opens the same messages from whatever state
/// it was derived.
#[derive(Default)]
pub(crate) struct Tried {
    plaintexts: HashMap<Key, Vec<(usize, Vec<u8>)>>,
    headers: HashMap<Key, Vec<(usize, Header)>>,
    agreements: HashMap<(Key, Key), Option<Key>>,
}

/// The keys that follow from a state.
#[derive(Default)]
struct Hoard {
    roots: BTreeSet<Key>,
    chains: BTreeSet<Key>,
    message_keys: BTreeSet<Key>,
    header_keys: BTreeSet<Key>,
    public_keys: BTreeSet<Key>,
}

impl Thief<'_> {
    /// Opens all messages of the state's owner that the state opens, from before and after the theft.
    pub(crate) fn rob(&mut self, state: &State) -> Loot {
        // New headers show new public keys, and these allow new root steps, which give new keys. So repeat
        // until nothing new is found.
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

    /// Takes a root step from every root key with every public key.
    ///
    /// A guess is right if the new chain's first message key opens a message. Every chain has a first
    /// message, because a party begins a chain only when it sends.
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

    /// The messages that the key opens.
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
