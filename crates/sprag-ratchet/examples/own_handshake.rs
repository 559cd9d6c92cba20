//! A handshake of one's own in front of the Double Ratchet.
//!
//! ```sh
//! cargo run -p sprag-ratchet --example own_handshake
//! ```
//!
//! Two parties that know each other's identity keys, and are both online, exchange ephemeral keys and sign them.
//! The handshake gives mutual authentication and forward secrecy. Unlike PQXDH it is of no use while one party is
//! offline, gives in to a quantum computer, and is not deniable, because the signatures prove that the two talked.
//! If you have no reason to differ, take the handshake of `sprag-x3dh`.
#![expect(clippy::print_stdout, reason = "a program with a terminal")]

use core::error::Error;

use sprag_primitives::OsRng;
use sprag_primitives::hash::sha256;
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::xeddsa::{Signature, SigningKey, verify};
use sprag_ratchet::aead::{Ciphertext, Tag};
use sprag_ratchet::snapshot::Snapshot;
use sprag_ratchet::x25519::{KeyPair, PublicKey};
use sprag_ratchet::{
    DoubleRatchetHE, EncryptedHeader, Error as RatchetError, HeaderKey, Message, PrimitiveError,
    RootKey, SecretBytes, SharedSecrets,
};

/// All public keys of one handshake.
struct Transcript {
    initiator: PublicKey,
    responder: PublicKey,
    initiators_ephemeral: PublicKey,
    responders_ephemeral: PublicKey,
}

impl Transcript {
    /// The hash of a label and all keys. Each party signs its own role's, so a signature says who talks to whom, and
    /// cannot be sent back to its signer as the peer's.
    fn hash(&self, label: &[u8]) -> [u8; 32] {
        let keys = [
            &self.initiator,
            &self.responder,
            &self.initiators_ephemeral,
            &self.responders_ephemeral,
        ];
        let [a, b, c, d] = keys.map(|key| key.as_bytes().as_slice());
        sha256(&[label, a, b, c, d])
    }

    fn sign(&self, role: &[u8], identity: &KeyPair) -> Signature {
        SigningKey::calculate_key_pair(identity).sign(&self.hash(role), &mut OsRng)
    }

    fn verify(&self, role: &[u8], signature: &Signature) -> Result<(), PrimitiveError> {
        let signer = match role {
            RESPONDER => &self.responder,
            _ => &self.initiator,
        };
        verify(signer, &self.hash(role), signature)
    }

    /// The three secrets that header encryption needs, each under a label of its own. The transcript is the salt, so
    /// that other keys give other secrets.
    fn secrets(&self, shared: &SecretBytes<32>) -> SharedSecrets {
        let hkdf = Hkdf::extract(&self.hash(b"example secrets"), &[shared.expose()]);
        SharedSecrets {
            root: RootKey::new(hkdf.expand(b"root")),
            shared_hka: HeaderKey::new(hkdf.expand(b"headers of the initiator")),
            shared_nhkb: HeaderKey::new(hkdf.expand(b"headers of the responder")),
        }
    }
}

const INITIATOR: &[u8] = b"example initiator";
const RESPONDER: &[u8] = b"example responder";

/// A message as it travels: 80 bytes of header, the ciphertext and the tag.
struct Sealed {
    header: EncryptedHeader,
    ciphertext: Vec<u8>,
    tag: Tag,
}

/// A party after the handshake. Its associated data, which every message authenticates, is the transcript's hash.
struct Party {
    ratchet: DoubleRatchetHE,
    associated_data: [u8; 32],
}

impl Party {
    /// Encrypts `text`. The ratchet does not pad, so whoever watches sees its length; pad it in a program.
    fn seal(&mut self, text: &str) -> Result<Sealed, RatchetError> {
        let mut ciphertext = text.as_bytes().to_vec();
        let sent = self
            .ratchet
            .encrypt(&self.associated_data, &mut ciphertext, &mut OsRng)?;
        Ok(Sealed {
            header: sent.header,
            ciphertext,
            tag: sent.tag,
        })
    }

    fn open(&mut self, sealed: &Sealed) -> Result<Vec<u8>, RatchetError> {
        let mut buffer = sealed.ciphertext.clone();
        let ciphertext = Ciphertext {
            buffer: &mut buffer,
            tag: &sealed.tag,
        };
        let header = &sealed.header;
        let message = Message { header, ciphertext };
        self.ratchet.decrypt(&self.associated_data, message)?;
        Ok(buffer)
    }
}

/// Runs the handshake of two parties.
fn handshake(alice: &KeyPair, bob: &KeyPair) -> Result<[Party; 2], Box<dyn Error>> {
    // First message, from Alice: her ephemeral key.
    let alices_ephemeral = KeyPair::generate(&mut OsRng);

    // Second message, from Bob: his ephemeral key, which becomes his first ratchet key, and his signature.
    let bobs_ephemeral = KeyPair::generate(&mut OsRng);
    let transcript = Transcript {
        initiator: *alice.public(),
        responder: *bob.public(),
        initiators_ephemeral: *alices_ephemeral.public(),
        responders_ephemeral: *bobs_ephemeral.public(),
    };
    let bobs_signature = transcript.sign(RESPONDER, bob);

    // Somebody in the middle who puts another key in place of Bob's is found out, and so is one who returns the
    // signature of the other role.
    let between = Transcript {
        responders_ephemeral: *KeyPair::generate(&mut OsRng).public(),
        ..transcript
    };
    assert!(between.verify(RESPONDER, &bobs_signature).is_err());
    assert!(transcript.verify(INITIATOR, &bobs_signature).is_err());

    // Alice verifies the genuine message before she uses its key. Third message, from Alice: her signature.
    transcript.verify(RESPONDER, &bobs_signature)?;
    let shared = alices_ephemeral.diffie_hellman(bobs_ephemeral.public())?;
    let secrets = transcript.secrets(&shared);
    let ratchet = DoubleRatchetHE::initiator(secrets, *bobs_ephemeral.public(), &mut OsRng)?;
    let associated_data = transcript.hash(b"example associated data");
    let alices = Party {
        ratchet,
        associated_data,
    };
    let alices_signature = transcript.sign(INITIATOR, alice);

    // Bob verifies it before he believes that a message is from Alice.
    transcript.verify(INITIATOR, &alices_signature)?;
    let shared = bobs_ephemeral.diffie_hellman(alices_ephemeral.public())?;
    let ratchet = DoubleRatchetHE::responder(transcript.secrets(&shared), &bobs_ephemeral);
    let bobs = Party {
        ratchet,
        associated_data,
    };
    Ok([alices, bobs])
}

fn main() -> Result<(), Box<dyn Error>> {
    // The two have compared their identity keys before, because a handshake cannot say whose a key is.
    let [alice, bob] = [(); 2].map(|()| KeyPair::generate(&mut OsRng));
    let [mut alice, mut bob] = handshake(&alice, &bob)?;

    // The responder has no chain to send in before the first message has come.
    assert_eq!(bob.seal("Hello?").err(), Some(RatchetError::NoSendingChain));

    // Of four messages the second comes last, and the third is lost. Bob holds the keys of both meanwhile.
    let [one, two, _lost, four] = [
        alice.seal("One.")?,
        alice.seal("Two.")?,
        alice.seal("Three.")?,
        alice.seal("Four.")?,
    ];
    assert_eq!(bob.open(&one)?, b"One.");
    assert_eq!(bob.open(&four)?, b"Four.");
    assert_eq!(bob.ratchet.skipped_keys(), 2);

    // Bob's program ends, and starts again with a snapshot. It is as secret as the conversation, and whoever can
    // change it can change the ratchet: seal it before it is stored. An older snapshot would fork the session.
    let stored = bob.ratchet.to_snapshot();
    bob.ratchet = DoubleRatchetHE::from_snapshot(stored.expose())?;
    assert_eq!(bob.open(&two)?, b"Two.");
    assert_eq!(bob.open(&two).err(), Some(RatchetError::Duplicate));

    // A message that was changed on the way changes nothing here, and the genuine one can still be read.
    let mut answer = bob.seal("Three is missing.")?;
    answer.ciphertext[0] ^= 1;
    assert_eq!(alice.open(&answer).err(), Some(RatchetError::NotAuthentic));
    answer.ciphertext[0] ^= 1;
    assert_eq!(alice.open(&answer)?, b"Three is missing.");

    // After a message each way, with nothing in flight, both are at the same root key.
    let again = alice.seal("Three.")?;
    assert_eq!(bob.open(&again)?, b"Three.");
    let fingerprints = [&alice, &bob].map(|party| party.ratchet.root_fingerprint());
    assert_eq!(fingerprints[0], fingerprints[1]);
    println!("5 messages are read, 1 is lost");
    Ok(())
}
