//! The floors of messages: the primitives that the specification forces, called in its order on fixed buffers, without
//! randomness, memory, encodings or state.

use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, Key, Tag, XChaCha20Poly1305};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::hmac::HmacKey;
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::{ENCRYPTED_HEADER_LENGTH, HEADER_LENGTH};

use crate::parties::ASSOCIATED_DATA;

/// The two variants of the Double Ratchet.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Headers {
    /// Double Ratchet §3.
    Clear,
    /// Double Ratchet §4.
    Encrypted,
}

/// The fixed values of a floor.
pub(crate) struct Floor {
    headers: Headers,
    key: Key,
    /// `CONCAT(AD, header)`, of which only the length matters.
    associated_data: Vec<u8>,
    header: [u8; HEADER_LENGTH],
    header_tag: Tag,
    pair: KeyPair,
    other: KeyPair,
}

/// A body, sealed under the message key of the floor.
#[derive(Clone)]
pub(crate) struct Body {
    buffer: Vec<u8>,
    tag: Tag,
}

impl Floor {
    pub(crate) fn new(headers: Headers) -> Self {
        let header_length = match headers {
            Headers::Clear => HEADER_LENGTH,
            Headers::Encrypted => ENCRYPTED_HEADER_LENGTH,
        };
        let key = SecretBytes::copy_from(&[9; 32]);
        let mut header = [1; HEADER_LENGTH];
        let header_tag = XChaCha20Poly1305::seal(&key, &HEADER_NONCE, &[], &mut header);
        let [pair, other] =
            [[3; 32], [4; 32]].map(|secret| KeyPair::from_secret(&SecretBytes::copy_from(&secret)));
        Self {
            headers,
            key,
            associated_data: vec![7; 8 + ASSOCIATED_DATA.len() + header_length],
            header,
            header_tag: header_tag.expect("40 bytes are not too long"),
            pair,
            other,
        }
    }

    /// A body of this length for [`open`](Self::open).
    pub(crate) fn sealed(&self, length: usize) -> Body {
        let mut body = Body {
            buffer: vec![2; length],
            tag: [0; 16],
        };
        body.tag = self.seal_body(&mut body.buffer);
        body
    }

    fn seal_body(&self, buffer: &mut [u8]) -> Tag {
        let (message_key, _) = self.step();
        let tag = ChaCha20Poly1305::seal(&message_key, &NONCE, &self.associated_data, buffer);
        tag.expect("a message is not too long")
    }

    /// One step of a chain (§7.2, `KDF_CK`).
    pub(crate) fn step(&self) -> (Key, Key) {
        let hmac = HmacKey::new(self.key.expose());
        (hmac.authenticate(&[1]), hmac.authenticate(&[2]))
    }

    /// Encrypting: a step, the header's AEAD if it is encrypted, and the body's.
    pub(crate) fn seal(&self, buffer: &mut [u8]) -> Tag {
        if self.headers == Headers::Encrypted {
            let mut header = [1; HEADER_LENGTH];
            let tag = XChaCha20Poly1305::seal(&self.key, &HEADER_NONCE, &[], &mut header);
            core::hint::black_box((tag.is_ok(), header));
        }
        self.seal_body(buffer)
    }

    /// Decrypting: the header's AEAD if it is encrypted, a step, and the body's AEAD.
    pub(crate) fn open(&self, body: &mut Body) {
        self.open_header(true);
        let (message_key, _) = self.step();
        assert!(self.open_body(&message_key, body));
    }

    /// The opening of a header under its key, or under another one, if headers are encrypted.
    fn open_header(&self, genuine: bool) {
        if self.headers == Headers::Encrypted {
            let mut tag = self.header_tag;
            tag[0] ^= u8::from(!genuine);
            let mut buffer = self.header;
            let ciphertext = Ciphertext {
                buffer: &mut buffer,
                tag: &tag,
            };
            let opened = XChaCha20Poly1305::open(&self.key, &HEADER_NONCE, &[], ciphertext);
            assert_eq!(opened.is_ok(), genuine);
        }
    }

    /// The refusal of a message that is not authentic: with encrypted headers, the header's opening under the current
    /// key and the next one; with clear ones, a step and the body's opening.
    pub(crate) fn refuse(&self, damaged: &mut Body) {
        match self.headers {
            Headers::Encrypted => {
                self.open_header(false);
                self.open_header(false);
            }
            Headers::Clear => assert!(!self.open_body(&self.step().0, damaged)),
        }
    }

    /// The opening of a body, which tells whether it was genuine.
    fn open_body(&self, message_key: &Key, body: &mut Body) -> bool {
        let Body { buffer, tag } = body;
        let ciphertext = Ciphertext { buffer, tag };
        ChaCha20Poly1305::open(message_key, &NONCE, &self.associated_data, ciphertext).is_ok()
    }

    /// One root step (§7.2, `KDF_RK` and `KDF_RK_HE`).
    pub(crate) fn root_step(&self) {
        let shared = self.pair.diffie_hellman(self.other.public());
        let shared = shared.expect("the key contributes");
        let extracted = Hkdf::extract(self.key.expose(), &[shared.expose()]);
        match self.headers {
            Headers::Clear => drop(extracted.expand_keys::<2>(b"sprag-v1 ratchet root")),
            Headers::Encrypted => {
                drop(extracted.expand_keys::<3>(b"sprag-v1 ratchet root, header encryption"));
            }
        }
    }

    /// A message that answers, sent and received: a new key pair, a root step on each side, and, with encrypted headers,
    /// a trial of the current chain's header key before the next one (§4.6).
    pub(crate) fn turn(&self, body: &mut Body) {
        drop(KeyPair::from_secret(&self.key));
        self.root_step();
        body.tag = self.seal(&mut body.buffer);
        self.open_header(false);
        self.root_step();
        self.open(body);
    }
}

impl Body {
    /// Damages the tag.
    pub(crate) fn damage(&mut self) {
        self.tag[0] ^= 1;
    }
}

const NONCE: [u8; 12] = [4; 12];
const HEADER_NONCE: [u8; 24] = [3; 24];
