use core::convert::Infallible;

use rand::SeedableRng;
use rand::rand_core::{TryCryptoRng, TryRng};
use rand::rngs::StdRng;
use sprag::Account;
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_wire::{Bundle, decode_bundle, decode_prekey_message};

use crate::backends::on_each_backend;
use crate::hook::{found, watch};

/// A source of randomness in which each draw is one byte again and again, and the next draw the next byte.
struct Counting(u8);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        destination.fill(self.0);
        self.0 += 1;
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

/// The secrets of a handshake: DH2, DH3, DH4 and the KEM's, and last the key that seals the initiator.
fn secrets(bundle: &[u8], mut rng: Counting) -> Vec<SecretBytes<32>> {
    let Bundle::Pqxdh(bundle) = decode_bundle(bundle).unwrap().keys else {
        panic!("the account publishes for PQXDH");
    };
    let ephemeral = KeyPair::generate(&mut rng);
    let (_, kem_secret) = bundle.kem_prekey.key.encapsulate(&mut rng);
    let identity = PublicKey::from_bytes(bundle.curve.identity.as_bytes()).unwrap();
    let one_time_prekey = bundle.curve.one_time_prekey.unwrap().key;
    let keys = [identity, bundle.curve.signed_prekey.key, one_time_prekey];
    let outputs = keys.map(|key| ephemeral.diffie_hellman(&key).unwrap());
    let mut secrets = Vec::from(outputs);
    secrets.push(kem_secret);
    let [dh2, dh3, dh4, ss] = [0, 1, 2, 3].map(|place| secrets[place].expose().as_slice());
    let key = Hkdf::extract(&[0; 32], &[&[0xff; 32], dh2, dh3, dh4, ss]);
    let label = b"sprag-v1 sealed initiator, CURVE25519_SHA-256_ML-KEM-1024";
    secrets.push(key.expand(label));
    secrets
}

#[test]
fn handshakes_leave_neither_the_key_of_the_seal_nor_what_it_comes_from() {
    on_each_backend(|| {
        let mut rng = StdRng::seed_from_u64(20);
        let [alice, mut bob] = [(); 2].map(|()| Account::generate(&mut rng));
        let bundle = bob.publish(&mut rng);
        let secrets = secrets(&bundle, Counting(7));
        for secret in &secrets {
            watch(secret.expose());
        }
        // Begin the session with the same randomness, and let Bob refuse, accept and refuse.
        let mut session = alice.initiate(&bundle, &mut Counting(7)).unwrap();
        let first = session.encrypt(b"first", &mut rng).unwrap();
        for place in [10, 1_000, 1_660, first.len() - 1] {
            let mut forged = first.clone();
            forged[place] ^= 1;
            bob.accept(&forged).unwrap_err();
        }
        drop(bob.accept(&first).unwrap());
        bob.accept(&first).unwrap_err();
        drop((session, alice.snapshot(), bob));
        assert_eq!(found(), 0, "secrets in freed blocks");
        // The watched key is the one that seals: it opens the seal.
        let handshake = decode_prekey_message(&first).unwrap().handshake;
        let (content, tag) = handshake
            .sealed_initiator()
            .as_bytes()
            .split_last_chunk()
            .unwrap();
        let mut content = content.to_vec();
        let associated_data = [b"sprag sealed initiator", &handshake.clear_part()[..]].concat();
        let ciphertext = Ciphertext {
            buffer: &mut content,
            tag,
        };
        ChaCha20Poly1305::open(&secrets[4], &[0; 12], &associated_data, ciphertext).unwrap();
        assert_eq!(content[..32], *alice.identity().as_bytes());
    });
}
