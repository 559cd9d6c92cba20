//! Tests that the backends cannot be told apart: results and errors are equal on random, structured and adversarial
//! input. Each backend has passed the vectors before.

use chacha20poly1305::{AeadInOut, KeyInit};
use curve25519_dalek::constants::EIGHT_TORSION;
use rand::Rng;
use rand::rngs::StdRng;
use sprag_primitives::Error;
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, Key, Tag, XChaCha20Poly1305};
use sprag_primitives::backend_choice::{Backend, current, with};
use sprag_primitives::x25519::PublicKey;

use crate::support::{key_pair, rng};

#[test]
fn the_accelerated_backend_is_taken_where_build_and_processor_have_it() {
    let has_it = cfg!(feature = "accelerated") && processor_has_the_instructions();
    assert_eq!(Backend::Accelerated.is_available(), has_it);
    let expected = if has_it {
        Backend::Accelerated
    } else {
        Backend::Portable
    };
    assert_eq!(current(), expected);
}

#[test]
fn the_portable_backend_is_taken_on_a_processor_without_the_instructions() {
    with(Backend::Portable, || {
        assert_eq!(current(), Backend::Portable);
        let pair = key_pair([7; 32]);
        assert!(pair.diffie_hellman(pair.public()).is_ok());
    })
    .expect("it is everywhere");
}

#[test]
fn a_choice_ends_with_its_work_on_its_thread() {
    let before = current();
    let _inner = with(Backend::Portable, || {
        let there = std::thread::spawn(current).join().expect("it only asks");
        assert_eq!(there, before, "another thread");
        let _accelerated = with(Backend::Accelerated, || assert_eq!(current(), before));
        assert_eq!(current(), Backend::Portable);
    });
    assert_eq!(current(), before);
    let panicked = std::panic::catch_unwind(|| {
        with(Backend::Portable, || -> () {
            std::panic::resume_unwind(Box::new(()))
        })
    });
    assert!(panicked.is_err());
    assert_eq!(current(), before, "after a panic");
}

#[test]
fn x25519_is_the_same_for_every_public_key() {
    let mut rng = rng(1);
    let (mut agreed, mut refused) = (0, 0);
    for bytes in public_keys(&mut rng) {
        let pair = key_pair(random(&mut rng));
        let accepted = PublicKey::from_bytes(&bytes);
        match equal(|| accepted.and_then(|key| pair.diffie_hellman(&key))) {
            Ok(_) => agreed += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(agreed > 500 && refused > 500, "{agreed} and {refused}");
}

#[test]
fn x25519_is_the_same_for_every_secret() {
    let mut rng = rng(2);
    let remote = *key_pair([9; 32]).public();
    let edges = [[0; 32], [0xff; 32], [0x7f; 32], [0x80; 32]];
    let random = core::iter::repeat_with(|| random(&mut rng)).take(300);
    for secret in edges.into_iter().chain(random) {
        let (_, agreement) = equal(|| {
            let pair = key_pair(secret);
            (*pair.public(), pair.diffie_hellman(&remote))
        });
        assert!(agreement.is_ok());
    }
}

#[test]
fn aeads_are_the_same_at_every_length() {
    let lengths = (0..=1_100).chain(EDGES).chain([20_000, 65_536]);
    for length in lengths {
        // Each length has one length of associated data; the shortest are with each other below.
        let associated_data = [0, 1, 15, 16, 17, 150, 511, 512, 513][length % 9];
        compare(length, associated_data);
    }
}

#[test]
fn aeads_are_the_same_at_every_length_of_associated_data() {
    for associated_data in (0..=600).chain([8_192, 20_000]) {
        for length in [0, 40, 512] {
            compare(length, associated_data);
        }
    }
}

/// Lengths at which an implementation takes another path: around 192, 2,048 and 8,192, the last two with and without
/// the associated data that [`aeads_are_the_same_at_every_length`] adds.
const EDGES: [usize; 14] = [
    1_535, 1_536, 1_537, 2_047, 2_048, 2_049, 4_096, 7_679, 7_680, 7_681, 8_176, 8_191, 8_192,
    8_193,
];

/// Asserts that both ciphers do the same on each backend, and the same as the library for long messages alone.
fn compare(length: usize, associated_data: usize) {
    let mut rng = rng(u64::try_from(length * 100_000 + associated_data).expect("it is small"));
    for fill in [None, Some(0), Some(0xff)] {
        let mut bytes = |length| {
            let mut bytes = vec![fill.unwrap_or_default(); length];
            if fill.is_none() {
                rng.fill_bytes(&mut bytes);
            }
            bytes
        };
        let (associated_data, message) = (bytes(associated_data), bytes(length));
        let key = bytes(32).try_into().expect("32 bytes");
        let nonce = bytes(24).try_into().expect("24 bytes");
        let input = Input {
            key,
            nonce,
            associated_data,
            message,
        };
        input.compare();
    }
}

/// The input of a sealing. The cipher with a short nonce takes its beginning.
struct Input {
    key: [u8; 32],
    nonce: [u8; 24],
    associated_data: Vec<u8>,
    message: Vec<u8>,
}

impl Input {
    fn compare(&self) {
        for extended in [false, true] {
            let (ciphertext, tag) = equal(|| self.seal(extended));
            assert_eq!((ciphertext.clone(), tag), self.reference(extended));
            assert_eq!(
                equal(|| self.open(extended, &ciphertext, &tag)),
                (Ok(()), self.message.clone())
            );
            // A structured ciphertext is a better test of Poly1305 than a random one. Its tag is that of the
            // plaintext which it would be opened to.
            let structured = Self {
                key: self.key,
                nonce: self.nonce,
                associated_data: self.associated_data.clone(),
                message: ciphertext.clone(),
            };
            let (back, _) = equal(|| structured.seal(extended));
            assert_eq!(back, self.message, "the cipher is its own inverse");
            let (_, tag_of_structured) = structured.reference(extended);
            assert_eq!(equal(|| structured.seal(extended)).1, tag_of_structured);
            self.compare_refusals(extended, &ciphertext, tag);
        }
    }

    fn compare_refusals(&self, extended: bool, ciphertext: &[u8], tag: Tag) {
        let refused = |ciphertext: &[u8]| (Err(Error::NotAuthentic), ciphertext.to_vec());
        for place in [0, 7, 15] {
            let mut damaged = tag;
            damaged[place] ^= 1 << (place % 8);
            let opened = equal(|| self.open(extended, ciphertext, &damaged));
            assert_eq!(opened, refused(ciphertext));
        }
        let places = [0, ciphertext.len() / 2, ciphertext.len().saturating_sub(1)];
        for place in places.into_iter().filter(|place| *place < ciphertext.len()) {
            let mut damaged = ciphertext.to_vec();
            damaged[place] ^= 0x80;
            let opened = equal(|| self.open(extended, &damaged, &tag));
            assert_eq!(opened, refused(&damaged));
        }
    }

    fn seal(&self, extended: bool) -> (Vec<u8>, Tag) {
        let (key, mut buffer) = (Key::copy_from(&self.key), self.message.clone());
        let tag = if extended {
            XChaCha20Poly1305::seal(&key, &self.nonce, &self.associated_data, &mut buffer)
        } else {
            let nonce = self.short_nonce();
            ChaCha20Poly1305::seal(&key, &nonce, &self.associated_data, &mut buffer)
        };
        (buffer, tag.expect("the message is short"))
    }

    fn open(&self, extended: bool, ciphertext: &[u8], tag: &Tag) -> (Result<(), Error>, Vec<u8>) {
        let (key, mut opened) = (Key::copy_from(&self.key), ciphertext.to_vec());
        let ciphertext = Ciphertext {
            buffer: &mut opened,
            tag,
        };
        let result = if extended {
            XChaCha20Poly1305::open(&key, &self.nonce, &self.associated_data, ciphertext)
        } else {
            ChaCha20Poly1305::open(&key, &self.short_nonce(), &self.associated_data, ciphertext)
        };
        (result, opened)
    }

    fn reference(&self, extended: bool) -> (Vec<u8>, Tag) {
        let mut message = self.message.clone();
        let (associated_data, buffer) = (&self.associated_data, message.as_mut_slice().into());
        let tag = if extended {
            chacha20poly1305::XChaCha20Poly1305::new((&self.key).into()).encrypt_inout_detached(
                (&self.nonce).into(),
                associated_data,
                buffer,
            )
        } else {
            chacha20poly1305::ChaCha20Poly1305::new((&self.key).into()).encrypt_inout_detached(
                (&self.short_nonce()).into(),
                associated_data,
                buffer,
            )
        };
        (message, tag.expect("the message is short").into())
    }

    fn short_nonce(&self) -> [u8; 12] {
        *self.nonce.first_chunk().expect("24 bytes")
    }
}

/// Runs `work` on each available backend, and returns its result, which is the same.
fn equal<T: core::fmt::Debug + Eq>(work: impl Fn() -> T) -> T {
    let portable = with(Backend::Portable, &work).expect("it is everywhere");
    if let Some(accelerated) = with(Backend::Accelerated, &work) {
        assert!(
            accelerated == portable,
            "{accelerated:?} is not {portable:?}"
        );
    }
    portable
}

/// Public keys around zero, p and 2^255, of small order, with the top bit, and random ones.
fn public_keys(rng: &mut StdRng) -> Vec<[u8; 32]> {
    let mut keys: Vec<[u8; 32]> = EIGHT_TORSION
        .iter()
        .map(|point| point.to_montgomery().to_bytes())
        .collect();
    for (rest, last) in [(0, 0), (0xff, 0x7f)] {
        keys.extend((0..=0xff).map(|low| {
            let mut key = [rest; 32];
            (key[0], key[31]) = (low, last);
            key
        }));
    }
    keys.extend(core::iter::repeat_with(|| random(rng)).take(200));
    let with_top_bit: Vec<_> = keys
        .iter()
        .map(|key| {
            let mut key = *key;
            key[31] |= 0x80;
            key
        })
        .collect();
    keys.extend(with_top_bit);
    keys
}

fn random(rng: &mut StdRng) -> [u8; 32] {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// The instructions that graviola uses on this architecture.
fn processor_has_the_instructions() -> bool {
    #[cfg(target_arch = "x86_64")]
    let all = [
        std::is_x86_feature_detected!("adx"),
        std::is_x86_feature_detected!("aes"),
        std::is_x86_feature_detected!("avx"),
        std::is_x86_feature_detected!("avx2"),
        std::is_x86_feature_detected!("bmi1"),
        std::is_x86_feature_detected!("bmi2"),
        std::is_x86_feature_detected!("pclmulqdq"),
    ];
    #[cfg(target_arch = "aarch64")]
    let all = [
        std::arch::is_aarch64_feature_detected!("aes"),
        std::arch::is_aarch64_feature_detected!("neon"),
        std::arch::is_aarch64_feature_detected!("pmull"),
        std::arch::is_aarch64_feature_detected!("sha2"),
    ];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let all = [false];
    all.into_iter().all(|has_it| has_it)
}
