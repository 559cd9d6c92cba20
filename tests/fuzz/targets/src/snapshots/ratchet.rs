//! Snapshots of the ratchet alone, of either variant.

use rand::rngs::StdRng;
use sprag::limits::MAX_SKIPPED_KEYS;
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::Ciphertext;
use sprag_primitives::snapshot::Snapshot;
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::{
    DoubleRatchet, DoubleRatchetHE, EncryptedHeader, Error, Header, HeaderAndTag, HeaderKey,
    Message, RootKey, SharedSecrets,
};

use crate::parties::rng;

/// The operations that both variants have.
trait Ratchet: Snapshot {
    type Header;

    fn skipped_keys(&self) -> usize;
    fn encrypt(
        &mut self,
        buffer: &mut [u8],
        rng: &mut StdRng,
    ) -> Result<HeaderAndTag<Self::Header>, Error>;
    fn decrypt(&mut self, message: Message<'_, Self::Header>) -> Result<(), Error>;
}

macro_rules! ratchet {
    ($ratchet:ident, $header:ident) => {
        impl Ratchet for $ratchet {
            type Header = $header;

            fn skipped_keys(&self) -> usize {
                self.skipped_keys()
            }

            fn encrypt(
                &mut self,
                buffer: &mut [u8],
                rng: &mut StdRng,
            ) -> Result<HeaderAndTag<$header>, Error> {
                self.encrypt(b"", buffer, rng)
            }

            fn decrypt(&mut self, message: Message<'_, $header>) -> Result<(), Error> {
                self.decrypt(b"", message)
            }
        }
    };
}

ratchet!(DoubleRatchet, Header);
ratchet!(DoubleRatchetHE, EncryptedHeader);

pub(super) fn check(bytes: &[u8]) {
    check_variant::<DoubleRatchet>(bytes);
    check_variant::<DoubleRatchetHE>(bytes);
}

fn check_variant<R: Ratchet>(bytes: &[u8]) {
    let Ok(mut ratchet) = R::from_snapshot(bytes) else {
        return;
    };
    assert_eq!(written(&ratchet), bytes);
    assert!(ratchet.skipped_keys() <= MAX_SKIPPED_KEYS);
    let mut rng = rng(11);
    for _ in 0..2 {
        let mut buffer = *b"plaintext";
        let Ok(sealed) = ratchet.encrypt(&mut buffer, &mut rng) else {
            break;
        };
        // No message of a party is genuine to the party itself.
        let before = written(&ratchet);
        assert!(open(&mut ratchet, &sealed, &mut buffer).is_err());
        assert_eq!(written(&ratchet), before);
    }
}

fn written<R: Ratchet>(ratchet: &R) -> Vec<u8> {
    ratchet.to_snapshot().expose().to_vec()
}

fn open<R: Ratchet>(
    ratchet: &mut R,
    sealed: &HeaderAndTag<R::Header>,
    buffer: &mut [u8],
) -> Result<(), Error> {
    let ciphertext = Ciphertext {
        buffer,
        tag: &sealed.tag,
    };
    let header = &sealed.header;
    ratchet.decrypt(Message { header, ciphertext })
}

/// Snapshots of both ends of both variants: before the first message, and after one that overtook another.
pub(super) fn snapshots() -> impl Iterator<Item = Vec<u8>> {
    let mut rng = rng(12);
    let secrets = [(); 3].map(|()| SecretBytes::random(&mut rng));
    let pair = KeyPair::generate(&mut rng);
    let root = || RootKey::new(secrets[0].duplicate());
    let shared = || SharedSecrets {
        root: root(),
        shared_hka: HeaderKey::new(secrets[1].duplicate()),
        shared_nhkb: HeaderKey::new(secrets[2].duplicate()),
    };
    let clear = DoubleRatchet::initiator(root(), *pair.public(), &mut rng);
    let clear = [
        clear.expect("the key is genuine"),
        DoubleRatchet::responder(root(), &pair),
    ];
    let encrypted = DoubleRatchetHE::initiator(shared(), *pair.public(), &mut rng);
    let encrypted = [
        encrypted.expect("the key is genuine"),
        DoubleRatchetHE::responder(shared(), &pair),
    ];
    let mut snapshots = conversation(clear, &mut rng);
    snapshots.extend(conversation(encrypted, &mut rng));
    snapshots.into_iter()
}

fn conversation<R: Ratchet>([mut alice, mut bob]: [R; 2], rng: &mut StdRng) -> Vec<Vec<u8>> {
    let mut snapshots = vec![written(&alice), written(&bob)];
    for _ in 0..2 {
        let mut buffer = *b"plaintext";
        let lost = alice.encrypt(&mut buffer.clone(), rng);
        lost.expect("the party can send");
        let sealed = alice.encrypt(&mut buffer, rng);
        let sealed = sealed.expect("the party can send");
        open(&mut bob, &sealed, &mut buffer).expect("it is genuine");
        core::mem::swap(&mut alice, &mut bob);
    }
    snapshots.extend([written(&alice), written(&bob)]);
    snapshots
}
