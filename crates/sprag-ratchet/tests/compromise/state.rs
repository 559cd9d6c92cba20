//! A party's whole state, read from its snapshot. The reader accounts for every byte.

use crate::keys::Key;

/// The keys that a party holds. There are header keys only if headers are encrypted.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) root: Key,
    pub(crate) sending: Sending,
    pub(crate) finished: Vec<Chain>,
    pub(crate) current: Option<CurrentChain>,
    pub(crate) next_sending: Option<Key>,
    pub(crate) next_receiving: Option<Key>,
}

#[derive(Clone, Debug)]
pub(crate) enum Sending {
    Awaiting { secret: Key },
    Active(SendingChain),
    Deferred,
}

#[derive(Clone, Debug)]
pub(crate) struct SendingChain {
    pub(crate) secret: Key,
    pub(crate) key: Key,
    pub(crate) header_key: Option<Key>,
}

/// The part of a receiving chain that is kept after the chain is finished.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) header_key: Option<Key>,
    pub(crate) ratchet_key: Key,
    /// The numbers and the keys of skipped messages.
    pub(crate) skipped: Vec<(u32, Key)>,
}

#[derive(Clone, Debug)]
pub(crate) struct CurrentChain {
    pub(crate) chain: Chain,
    pub(crate) key: Key,
}

impl State {
    pub(crate) fn read(snapshot: &[u8]) -> Self {
        let [2, variant, rest @ ..] = snapshot else {
            unreachable!("the snapshot is of another version");
        };
        let mut reader = Reader {
            rest,
            header_keys: *variant == 1,
        };
        let state = reader.state();
        assert!(reader.rest.is_empty(), "nothing is left of the snapshot");
        state
    }

    /// The ratchet private key, if the party holds one.
    pub(crate) fn secret(&self) -> Option<&Key> {
        match &self.sending {
            Sending::Awaiting { secret } => Some(secret),
            Sending::Active(chain) => Some(&chain.secret),
            Sending::Deferred => None,
        }
    }

    pub(crate) fn sending_chain(&self) -> Option<&SendingChain> {
        match &self.sending {
            Sending::Active(chain) => Some(chain),
            Sending::Awaiting { .. } | Sending::Deferred => None,
        }
    }

    /// The receiving chains, the oldest first.
    pub(crate) fn receiving(&self) -> impl Iterator<Item = &Chain> {
        let current = self.current.iter().map(|current| &current.chain);
        self.finished.iter().chain(current)
    }
}

/// A reader of snapshots. Integers are little-endian. A list has its length in front, 4 bytes; an option has
/// one byte in front.
struct Reader<'a> {
    rest: &'a [u8],
    header_keys: bool,
}

impl Reader<'_> {
    fn state(&mut self) -> State {
        let root = self.array();
        let sending = match self.array() {
            [0] => Sending::Awaiting {
                secret: self.array(),
            },
            [1] => Sending::Active(self.sending_chain()),
            [2] => Sending::Deferred,
            [other] => unreachable!("{other} is no state of the sending side"),
        };
        let (_previous_length, _steps) = (self.u32(), self.u64());
        let finished = self.list(|reader| {
            let ids = reader.ids();
            let (_finished_at, _length, _reached) = (reader.u64(), reader.u32(), reader.u32());
            reader.chain(ids)
        });
        let current = match self.array() {
            [0] => None,
            marker => {
                assert_eq!(marker, [1]);
                let (ids, key) = (self.ids(), self.array());
                let _next = self.u32();
                let chain = self.chain(ids);
                Some(CurrentChain { chain, key })
            }
        };
        let [next_sending, next_receiving] = [(); 2].map(|()| self.header_key());
        let _counts = [(); 3].map(|()| self.u64());
        State {
            root,
            sending,
            finished,
            current,
            next_sending,
            next_receiving,
        }
    }

    fn sending_chain(&mut self) -> SendingChain {
        let (secret, key) = (self.array(), self.array());
        let _next = self.u32();
        SendingChain {
            secret,
            key,
            header_key: self.header_key(),
        }
    }

    fn ids(&mut self) -> (Option<Key>, Key) {
        (self.header_key(), self.array())
    }

    fn chain(&mut self, (header_key, ratchet_key): (Option<Key>, Key)) -> Chain {
        let _given_up_below = self.u32();
        let stretches = self.list(|reader| {
            let first = reader.u32();
            (first..).zip(reader.list(Self::array)).collect::<Vec<_>>()
        });
        Chain {
            header_key,
            ratchet_key,
            skipped: stretches.concat(),
        }
    }

    fn header_key(&mut self) -> Option<Key> {
        self.header_keys.then(|| self.array())
    }

    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.u32()).map(|_| read(self)).collect()
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let (array, rest) = self
            .rest
            .split_first_chunk()
            .expect("the snapshot is whole");
        self.rest = rest;
        *array
    }
}
