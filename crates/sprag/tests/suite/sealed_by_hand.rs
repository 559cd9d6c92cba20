//! First messages that are composed by hand, with an identity and a DH1 of the composer's choice.

use rand::rngs::StdRng;
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::ChaCha20Poly1305;
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_ratchet::{DoubleRatchetHE, HeaderKey, RootKey, SharedSecrets};
use sprag_x3dh::pqxdh::KemPart;
use sprag_x3dh::{
    Bundle, CurveBundle, CurveMessage, InitialMessage, KemPrekey, KemPrekeyHash, SealedInitiator,
    pqxdh, x3dh,
};

/// The identity that a composer claims, and the output of DH1 for it. Without the identity's secret key that output
/// can only be guessed.
pub(crate) struct Claim<'a> {
    pub(crate) identity: &'a [u8; 32],
    pub(crate) dh1: &'a [u8],
}

/// The first message of an empty text by this bundle.
pub(crate) fn first_message(bundle: &Bundle, claim: &Claim<'_>, rng: &mut StdRng) -> Vec<u8> {
    let (curve, kem) = match bundle {
        Bundle::Pqxdh(bundle) => (&bundle.curve, Some(Kem::new(&bundle.kem_prekey, rng))),
        Bundle::X3dh(bundle) => (&bundle.curve, None),
    };
    let ephemeral = KeyPair::generate(rng);
    let suffix = kem.as_ref().map_or("", |_| "_ML-KEM-1024");
    let (others, secret) = (
        outputs(&ephemeral, curve),
        kem.as_ref().map_or(&[][..], |kem| kem.secret.expose()),
    );
    // Seal the identity, for which DH1 is not needed.
    let message = curve_message(&ephemeral, curve);
    let clear_part = initial_message(message, kem.as_ref(), [0; 52]).clear_part();
    let secrets = Hkdf::extract(&[0; 32], &[&[0xff; 32], &others, secret]);
    let label = format!("sprag-v1 sealed initiator, CURVE25519_SHA-256{suffix}");
    let sealed = seal(
        &secrets.expand(label.as_bytes()),
        &clear_part,
        claim.identity,
    );
    let handshake = initial_message(message, kem.as_ref(), sealed);
    // Begin the session with the claimed DH1.
    let secrets = Hkdf::extract(&[0; 32], &[&[0xff; 32], claim.dh1, &others, secret]);
    let label = format!("sprag-v1_CURVE25519_SHA-256{suffix}");
    let secrets = session_secrets(&secrets.expand(label.as_bytes()));
    let mut ratchet = DoubleRatchetHE::initiator(secrets, curve.signed_prekey.key, rng)
        .expect("the signed prekey is a valid key");
    // Encrypt a padded text of no bytes.
    let hash = kem.as_ref().map(|kem| kem.hash);
    let associated_data = associated_data(claim, curve, &handshake, hash);
    let mut encoded = sprag_wire::encode_prekey_message(&handshake, &[0; 32]);
    let sealed = ratchet
        .encrypt(&associated_data, encoded.buffer(), rng)
        .expect("a session encrypts");
    encoded.finish(sealed.header.as_bytes(), &sealed.tag)
}

/// The KEM's part of a first message, with what only the two parties know of it.
struct Kem {
    part: KemPart,
    secret: SecretBytes<32>,
    hash: KemPrekeyHash,
}

impl Kem {
    fn new(prekey: &KemPrekey, rng: &mut StdRng) -> Self {
        let (ciphertext, secret) = prekey.key.encapsulate(rng);
        let part = KemPart {
            prekey: prekey.id,
            ciphertext,
        };
        let hash = prekey.hash();
        Self { part, secret, hash }
    }
}

fn curve_message(ephemeral: &KeyPair, bundle: &CurveBundle) -> CurveMessage {
    CurveMessage {
        ephemeral: *ephemeral.public(),
        signed_prekey: bundle.signed_prekey.terms.id,
        one_time_prekey: bundle.one_time_prekey.map(|prekey| prekey.id),
    }
}

fn initial_message(curve: CurveMessage, kem: Option<&Kem>, sealed: [u8; 52]) -> InitialMessage {
    let sealed = SealedInitiator::from_bytes(sealed);
    match kem {
        Some(kem) => {
            let message = pqxdh::InitialMessage::from_parts(curve, kem.part.clone(), sealed);
            InitialMessage::Pqxdh(message)
        }
        None => InitialMessage::X3dh(x3dh::InitialMessage::from_parts(curve, sealed)),
    }
}

/// `DH2 ‖ DH3 [‖ DH4]`, which need no identity key of the sender's.
fn outputs(ephemeral: &KeyPair, bundle: &CurveBundle) -> Vec<u8> {
    let identity = PublicKey::from_bytes(bundle.identity.as_bytes()).expect("it is a valid key");
    let one_time_prekey = bundle.one_time_prekey.map(|prekey| prekey.key);
    let keys = [identity, bundle.signed_prekey.key];
    let mut outputs = Vec::new();
    for key in keys.into_iter().chain(one_time_prekey) {
        let output = ephemeral.diffie_hellman(&key).expect("it is a valid key");
        outputs.extend(output.expose());
    }
    outputs
}

/// The initiator of this identity, and ordinal 1, sealed.
fn seal(key: &SecretBytes<32>, clear_part: &[u8], identity: &[u8; 32]) -> [u8; 52] {
    let mut sealed = [0; 52];
    sealed[..32].copy_from_slice(identity);
    sealed[32..36].copy_from_slice(&1_u32.to_le_bytes());
    let associated_data = [b"sprag sealed initiator".as_slice(), clear_part].concat();
    let (content, place) = sealed.split_at_mut(36);
    let tag = ChaCha20Poly1305::seal(key, &[0; 12], &associated_data, content);
    place.copy_from_slice(&tag.expect("36 bytes are not too many"));
    sealed
}

fn session_secrets(secret: &SecretBytes<32>) -> SharedSecrets {
    let secret = Hkdf::from_pseudorandom_key(secret);
    SharedSecrets {
        root: RootKey::new(secret.expand(b"sprag-v1 session root")),
        shared_hka: HeaderKey::new(secret.expand(b"sprag-v1 initiator header key")),
        shared_nhkb: HeaderKey::new(secret.expand(b"sprag-v1 responder header key")),
    }
}

fn associated_data(
    claim: &Claim<'_>,
    responder: &CurveBundle,
    handshake: &InitialMessage,
    kem_prekey: Option<KemPrekeyHash>,
) -> Vec<u8> {
    let initiator = [&[1], claim.identity.as_slice()].concat();
    let id = handshake.session_id();
    let parts: [&[u8]; 6] = [
        &initiator,
        &responder.identity.encode(),
        id.as_bytes(),
        kem_prekey.as_ref().map_or(&[], |hash| hash.as_slice()),
        &[1, 2],
        &[],
    ];
    let with_length = |part: &&[u8]| [&(part.len() as u64).to_le_bytes(), *part].concat();
    parts.iter().flat_map(with_length).collect()
}
