//! A client over a store in memory, and the names by which clients know each other.

use core::convert::Infallible;

use rand::rngs::StdRng;
use sprag_client::{Client, ClientError, Error, MemoryStore, Store, StoreKey};
use sprag_x3dh::IdentityKey;

use crate::parties::rng;

pub(super) type MemoryClient = Client<MemoryStore>;
pub(super) type Fault = ClientError<Infallible>;

/// The names by which clients may know each other: those of the three, and two that no client has.
pub(super) const NAMES: [&str; 5] = ["alice", "bob", "carol", "mallory", "ali\u{0}ce"];

pub(super) struct Party {
    pub(super) client: MemoryClient,
    pub(super) identity: IdentityKey,
    seed: u64,
}

impl Party {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let key = StoreKey::generate(&mut rng);
        let client = Client::create_at(MemoryStore::new(), &key, 1_000, &mut rng);
        let client = client.expect("the store is empty");
        let identity = client.identity().expect("it has an account");
        Self {
            client,
            identity,
            seed,
        }
    }

    /// The same party after its store was closed and opened again.
    pub(super) fn reopened(&self) -> Self {
        // The key is the first that the seed yields.
        let key = StoreKey::generate(&mut rng(self.seed));
        let client = Client::open(self.client.store().clone(), &key);
        Self {
            client: client.expect("the store is the key's"),
            ..*self
        }
    }

    /// Does `operation`, and checks that one that is refused has changed nothing.
    pub(super) fn attempt<T>(
        &mut self,
        operation: impl FnOnce(&mut MemoryClient) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let before = records(&self.client);
        let result = operation(&mut self.client);
        if let Err(fault) = &result {
            let after = records(&self.client);
            // A few messages that nobody can read are counted in the record of the peer that is to have sent them, and one that
            // shows a broken session is noted there.
            let may_count = matches!(
                fault,
                ClientError::NoSession
                    | ClientError::Protocol(
                        Error::Ratchet(_) | Error::UnknownPrekey(..) | Error::PrekeyGone(..)
                    )
            );
            let changed = before
                .iter()
                .zip(&after)
                .filter(|(one, other)| one != other);
            let changed = changed.count();
            assert!(
                before.len() == after.len() && changed <= usize::from(may_count),
                "{changed} records changed by {fault:?}"
            );
            assert!(
                !matches!(fault, ClientError::Damaged | ClientError::Conflict),
                "{fault:?} of a store that nobody else wrote",
            );
        }
        result
    }

    /// The name by which this party knows `identity`, or `other` if it knows none.
    pub(super) fn name_of(&self, identity: &IdentityKey, other: &str) -> String {
        let peers = self.client.peers().expect("the store is intact");
        let known = peers.into_iter().find(|peer| peer.identity == *identity);
        known.map_or_else(|| other.to_owned(), |peer| peer.name)
    }

    pub(super) fn publish(&mut self, rng: &mut StdRng) -> Vec<u8> {
        let bundle = self.client.publish(rng);
        bundle.expect("there are numbers left")
    }
}

fn records(client: &MemoryClient) -> Vec<(Vec<u8>, Vec<u8>)> {
    let Ok(records) = client.store().scan(&[]);
    records
}
