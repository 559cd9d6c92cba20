//! Measurements of the primitives that floors consist of.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, Key, Tag};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::ml_kem_1024::{self, DecapsulationKey, EncapsulationKey};
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_primitives::xeddsa::{self, Signature, SigningKey, VerifyingKey};

use crate::backend::{available, name_of};
use crate::comparison::shown;
use crate::measure::{Subject, in_turns};

/// Keys and other inputs of the primitives.
pub(crate) struct Fixed {
    rng: StdRng,
    own: KeyPair,
    remote: PublicKey,
    signing: SigningKey,
    signatures: [Signature; 2],
    kem: DecapsulationKey,
    public: EncapsulationKey,
    ciphertext: ml_kem_1024::Ciphertext,
    key: Key,
    sealed: [u8; 256],
    tag: Tag,
}

impl Fixed {
    pub(crate) fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(1);
        let (own, peer) = (KeyPair::generate(&mut rng), KeyPair::generate(&mut rng));
        let signing = SigningKey::calculate_key_pair(&own);
        let signatures =
            [SIGNED_CURVE_KEY, SIGNED_KEM_KEY].map(|message| signing.sign(message, &mut rng));
        let kem = DecapsulationKey::generate(&mut rng);
        let public = kem.encapsulation_key();
        let (ciphertext, _) = public.encapsulate(&mut rng);
        let key = SecretBytes::copy_from(&[9; 32]);
        let mut sealed = [0; 256];
        let tag = ChaCha20Poly1305::seal(&key, &[0; 12], &[], &mut sealed);
        Self {
            rng,
            own,
            remote: *peer.public(),
            signing,
            signatures,
            kem,
            public,
            ciphertext,
            key,
            sealed,
            tag: tag.expect("256 bytes are not too long"),
        }
    }

    /// An X25519 key pair.
    pub(crate) fn generate(&mut self) {
        core::hint::black_box(KeyPair::generate(&mut self.rng));
    }

    /// An X25519 agreement.
    pub(crate) fn agree(&mut self) {
        core::hint::black_box(self.own.diffie_hellman(&self.remote).is_ok());
    }

    /// The signature on a KEM key.
    pub(crate) fn sign_kem_key(&mut self) {
        core::hint::black_box(self.signing.sign(SIGNED_KEM_KEY, &mut self.rng));
    }

    pub(crate) fn verify_curve_key(&mut self) {
        let [signature, _] = &self.signatures;
        assert!(xeddsa::verify(self.own.public(), SIGNED_CURVE_KEY, signature).is_ok());
    }

    /// The verification of two signatures by one signer.
    pub(crate) fn verify_both_keys(&mut self) {
        let [curve_key, kem_key] = &self.signatures;
        let signer = VerifyingKey::convert_mont(self.own.public());
        assert!(signer.verify(SIGNED_CURVE_KEY, curve_key).is_ok());
        assert!(signer.verify(SIGNED_KEM_KEY, kem_key).is_ok());
    }

    /// The derivation of three keys from a secret of 160 bytes.
    pub(crate) fn derive(&mut self) {
        let extracted = Hkdf::extract(&[0; 32], &[&[0xff; 160]]);
        core::hint::black_box(extracted.expand_keys::<3>(b"sprag-v1 PQXDH, of this length or so"));
    }

    /// The generation of a KEM key, with its public half.
    pub(crate) fn generate_kem_key(&mut self) {
        core::hint::black_box(DecapsulationKey::generate(&mut self.rng).encapsulation_key());
    }

    /// The modulus check of a KEM key.
    pub(crate) fn check_kem_key(&mut self) {
        assert!(EncapsulationKey::from_bytes(self.public.as_bytes()).is_ok());
    }

    pub(crate) fn encapsulate(&mut self) {
        core::hint::black_box(self.public.encapsulate(&mut self.rng));
    }

    /// A decapsulation with a key that is kept as its seed.
    pub(crate) fn decapsulate(&mut self) {
        core::hint::black_box(self.kem.decapsulate(&self.ciphertext));
    }

    /// The sealing of a body of 256 bytes.
    pub(crate) fn seal(&mut self) {
        let mut buffer = self.sealed;
        let tag = ChaCha20Poly1305::seal(&self.key, &[0; 12], &[], &mut buffer);
        core::hint::black_box((tag.is_ok(), buffer));
    }

    /// The opening of a body of 256 bytes.
    pub(crate) fn open(&mut self) {
        let mut buffer = self.sealed;
        let ciphertext = Ciphertext {
            buffer: &mut buffer,
            tag: &self.tag,
        };
        assert!(ChaCha20Poly1305::open(&self.key, &[0; 12], &[], ciphertext).is_ok());
    }
}

type Primitive = fn(&mut Fixed);

const PRIMITIVES: [(&str, Primitive); 12] = [
    ("X25519 key pair", Fixed::generate),
    ("X25519 agreement", Fixed::agree),
    (
        "XEdDSA signature of an encoded KEM key",
        Fixed::sign_kem_key,
    ),
    (
        "XEdDSA verification, encoded curve key",
        Fixed::verify_curve_key,
    ),
    (
        "XEdDSA verification of both by one signer",
        Fixed::verify_both_keys,
    ),
    ("ML-KEM-1024 key generation", Fixed::generate_kem_key),
    ("ML-KEM-1024 modulus check", Fixed::check_kem_key),
    ("ML-KEM-1024 encapsulation", Fixed::encapsulate),
    (
        "ML-KEM-1024 decapsulation, key from its seed",
        Fixed::decapsulate,
    ),
    ("HKDF, three keys from 160 bytes", Fixed::derive),
    ("ChaCha20-Poly1305, 256 bytes sealed", Fixed::seal),
    ("ChaCha20-Poly1305, 256 bytes opened", Fixed::open),
];

/// The table of the primitives on every backend.
pub(crate) fn run() -> String {
    eprintln!("primitives ..");
    let backends = available();
    let names = PRIMITIVES.map(|(name, _)| name).into_iter();
    let mut subjects = Vec::new();
    for (_, primitive) in PRIMITIVES {
        for backend in &backends {
            let mut fixed = Fixed::new();
            subjects.push(Subject::new(*backend, move || primitive(&mut fixed)));
        }
    }
    let times = in_turns(&mut subjects, 100, 20);
    let rows = names
        .zip(times.chunks(backends.len()))
        .map(|(name, times)| {
            let cells = times
                .iter()
                .map(|times| format!(" {} |", shown(times.median())));
            format!("| {name} |{}\n", cells.collect::<String>())
        });
    let heads = backends
        .iter()
        .map(|backend| format!(" {} |", name_of(*backend)));
    let head = format!(
        "| primitive |{}\n|---|{}\n",
        heads.collect::<String>(),
        "--:|".repeat(backends.len())
    );
    head + &rows.collect::<String>()
}

/// The bytes that a signature on a prekey must cover: `EncodeEC` (X3DH §3.2) and `EncodeKEM` (PQXDH §3.2), of which only
/// the lengths matter here.
const SIGNED_CURVE_KEY: &[u8] = &[7; ENCODED_KEY_LENGTH];
const SIGNED_KEM_KEY: &[u8] = &[7; ENCODED_KEM_KEY_LENGTH];

const ENCODED_KEY_LENGTH: usize = 1 + 32;
const ENCODED_KEM_KEY_LENGTH: usize = 1 + ml_kem_1024::ENCAPSULATION_KEY_LENGTH;
