//! Measurements of the primitives that floors consist of.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext};
use sprag_primitives::ml_kem_1024::{DecapsulationKey, EncapsulationKey};
use sprag_primitives::x25519::KeyPair;
use sprag_primitives::xeddsa::{self, SigningKey};

use crate::measure::Subject;

/// The bytes that are signed for a prekey: the signature of a curve key covers 66.
const SIGNED: [u8; 66] = [7; 66];

/// The primitives: an X25519 key pair and an agreement; a signature made and verified; a KEM key generated,
/// checked, encapsulated to and decapsulated with; and 256 bytes opened by the AEAD, which takes as long as
/// sealing them.
pub(crate) fn subjects() -> Vec<Subject<'static>> {
    let mut rng = StdRng::seed_from_u64(1);
    let (own, peer) = (KeyPair::generate(&mut rng), KeyPair::generate(&mut rng));
    let remote = *peer.public();
    let signing = SigningKey::calculate_key_pair(&own);
    let signature = signing.sign(&SIGNED, &mut rng);
    let signer = *own.public();
    let kem = DecapsulationKey::generate(&mut rng);
    let public = kem.encapsulation_key();
    let bytes = *public.as_bytes();
    let (ciphertext, _) = public.encapsulate(&mut rng);
    let seed = kem.seed().duplicate();
    let generated = DecapsulationKey::from_seed(seed);
    let [mut keys, mut signatures, mut encapsulations] = [2, 3, 4].map(StdRng::seed_from_u64);
    let key = SecretBytes::copy_from(&[9; 32]);
    let mut sealed = vec![0; 256];
    let tag = ChaCha20Poly1305::seal(&key, &[0; 12], &[], &mut sealed);
    let tag = tag.expect("256 bytes are not too long");
    vec![
        Subject::new("X25519 key pair", move || KeyPair::generate(&mut keys)),
        Subject::new("X25519 agreement", move || own.diffie_hellman(&remote)),
        Subject::new("XEdDSA signature", move || {
            signing.sign(&SIGNED, &mut signatures)
        }),
        Subject::new("XEdDSA verification", move || {
            xeddsa::verify(&signer, &SIGNED, &signature)
        }),
        Subject::new("ML-KEM-1024 key from seed", move || {
            generated.encapsulation_key()
        }),
        Subject::new("ML-KEM-1024 modulus check", move || {
            EncapsulationKey::from_bytes(&bytes)
        }),
        Subject::new("ML-KEM-1024 encapsulation", move || {
            public.encapsulate(&mut encapsulations)
        }),
        Subject::new("ML-KEM-1024 decapsulation from seed", move || {
            kem.decapsulate(&ciphertext)
        }),
        Subject::new("AEAD opening of 256 bytes", move || {
            let mut buffer = sealed.clone();
            let ciphertext = Ciphertext {
                buffer: &mut buffer,
                tag: &tag,
            };
            ChaCha20Poly1305::open(&key, &[0; 12], &[], ciphertext)
        }),
    ]
}
