//! Paths of the ratchet, the same in both variants.
//!
//! A receiver acts on the content of a header, so this content must not count as secret when it was
//! encrypted. Therefore the receivers here hold header keys as public ones. The paths of `header` hold them
//! as secrets.

use sprag_primitives::aead::Ciphertext;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::Snapshot;
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::{
    DoubleRatchet, DoubleRatchetHE, EncryptedHeader, Error, Header, HeaderAndTag, HeaderKey,
    Message, RootKey, SharedSecrets,
};

use crate::Path;
use crate::memcheck::{Random, public, public_bytes, publish, secret, secret_buffer};

type Clear = DoubleRatchet;
type Encrypted = DoubleRatchetHE;

pub(crate) const PATHS: &[Path] = &[
    ("ratchet, messages both ways", messages::<Clear>),
    ("ratchet, skipped message keys", skips::<Clear>),
    ("ratchet, forged message", forged::<Clear>),
    ("ratchet, snapshot written and read", snapshot::<Clear>),
    ("ratchet HE, messages both ways", messages::<Encrypted>),
    ("ratchet HE, skipped message keys", skips::<Encrypted>),
    ("ratchet HE, forged message", forged::<Encrypted>),
    (
        "ratchet HE, snapshot written and read",
        snapshot::<Encrypted>,
    ),
];

/// A party of either variant.
pub(crate) trait Party: Snapshot {
    type Header: Copy;

    /// An initiator and its responder.
    fn pair(rng: &mut Random) -> (Self, Self);

    /// Encrypts a secret message, and returns it as it travels.
    fn send(&mut self, rng: &mut Random) -> (HeaderAndTag<Self::Header>, Vec<u8>);

    fn decrypt(&mut self, message: Message<'_, Self::Header>) -> Result<(), Error>;

    /// The place in a snapshot of the key of the headers that begin the next receiving chain, if the variant
    /// has one.
    fn next_header_key(snapshot: &mut SecretBuffer) -> Option<&mut [u8]>;
}

macro_rules! party {
    ($ratchet:ident, $header:ident, $secrets:ident, $header_key:expr) => {
        impl Party for $ratchet {
            type Header = $header;

            fn pair(rng: &mut Random) -> (Self, Self) {
                let [alices, bobs] = $secrets(rng);
                let pair = KeyPair::generate(rng);
                // Public: it travels.
                let key = public(*pair.public());
                let alice = Self::initiator(alices, key, rng);
                let bob = Self::responder(bobs, &pair);
                (alice.expect("the key is of large order"), bob)
            }

            fn send(&mut self, rng: &mut Random) -> (HeaderAndTag<$header>, Vec<u8>) {
                let mut buffer = secret_buffer(rng, 100).expose().to_vec();
                let sealed = public(self.encrypt(b"data", &mut buffer, rng));
                (sealed.expect("it has a chain"), public_bytes(buffer))
            }

            fn decrypt(&mut self, message: Message<'_, $header>) -> Result<(), Error> {
                self.decrypt(b"data", message)
            }

            fn next_header_key(snapshot: &mut SecretBuffer) -> Option<&mut [u8]> {
                let find: fn(&mut [u8]) -> Option<&mut [u8]> = $header_key;
                find(snapshot.expose_mut())
            }
        }
    };
}

party!(DoubleRatchet, Header, root_keys, |_| None);
party!(DoubleRatchetHE, EncryptedHeader, shared_secrets, |bytes| {
    let end = bytes.len().checked_sub(COUNTS_LENGTH)?;
    bytes[..end].last_chunk_mut::<32>().map(|key| &mut key[..])
});

/// The size in bytes of the counts, which follow the header key at the end of a snapshot.
const COUNTS_LENGTH: usize = 3 * 8;

fn root_keys(rng: &mut Random) -> [RootKey; 2] {
    let root = secret(rng);
    [RootKey::new(root.duplicate()), RootKey::new(root)]
}

fn shared_secrets(rng: &mut Random) -> [SharedSecrets; 2] {
    let (hka, nhkb) = (secret(rng), secret(rng));
    root_keys(rng).map(|root| SharedSecrets {
        root,
        shared_hka: HeaderKey::new(hka.duplicate()),
        shared_nhkb: HeaderKey::new(nhkb.duplicate()),
    })
}

pub(crate) fn receive<P: Party>(
    to: &mut P,
    (sealed, mut buffer): (HeaderAndTag<P::Header>, Vec<u8>),
) -> Result<(), Error> {
    let mut snapshot = to.to_snapshot();
    if let Some(key) = P::next_header_key(&mut snapshot) {
        publish(key);
        *to = P::from_snapshot(snapshot.expose()).expect("it was written");
    }
    let ciphertext = Ciphertext {
        buffer: &mut buffer,
        tag: &sealed.tag,
    };
    let header = &sealed.header;
    public(to.decrypt(Message { header, ciphertext }))
}

fn messages<P: Party>() {
    let rng = &mut Random::default();
    let (mut alice, mut bob) = P::pair(rng);
    for _ in 0..2 {
        for _ in 0..2 {
            assert_eq!(receive(&mut bob, alice.send(rng)), Ok(()));
        }
        assert_eq!(receive(&mut alice, bob.send(rng)), Ok(()));
    }
}

/// Skips messages within one chain, and over the end of a chain.
fn skips<P: Party>() {
    let rng = &mut Random::default();
    let (mut alice, mut bob) = P::pair(rng);
    let mut sent: Vec<_> = (0..3).map(|_| alice.send(rng)).collect();
    assert_eq!(receive(&mut bob, sent.remove(1)), Ok(()));
    assert_eq!(receive(&mut alice, bob.send(rng)), Ok(()));
    sent.extend((0..3).map(|_| alice.send(rng)));
    for message in sent.into_iter().rev() {
        assert_eq!(receive(&mut bob, message), Ok(()));
    }
}

fn forged<P: Party>() {
    let rng = &mut Random::default();
    let (mut alice, mut bob) = P::pair(rng);
    for _ in 0..2 {
        let (sealed, buffer) = alice.send(rng);
        let mut damaged = buffer.clone();
        damaged[0] ^= 1;
        let received = receive(&mut bob, (sealed, damaged));
        assert_eq!(received, Err(Error::NotAuthentic));
        assert_eq!(receive(&mut bob, (sealed, buffer)), Ok(()));
    }
}

fn snapshot<P: Party>() {
    let rng = &mut Random::default();
    let (mut alice, mut bob) = P::pair(rng);
    alice.send(rng);
    assert_eq!(receive(&mut bob, alice.send(rng)), Ok(()));
    for state in [&alice, &bob] {
        assert!(P::from_snapshot(state.to_snapshot().expose()).is_ok());
    }
}
