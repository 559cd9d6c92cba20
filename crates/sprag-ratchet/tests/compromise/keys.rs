//! A second implementation of the protocol's functions, from primitives alone.

use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, Tag, XChaCha20Poly1305};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::hmac::HmacKey;
use sprag_primitives::x25519::{KeyPair, PublicKey};

pub(crate) type Key = [u8; 32];

/// A message as everyone on its way can see it.
#[derive(Clone)]
pub(crate) struct Letter {
    pub(crate) header: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) tag: Tag,
}

/// The content of a header: the ratchet key, `PN` and `N`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Header {
    pub(crate) ratchet_key: Key,
    pub(crate) previous_length: u32,
    pub(crate) number: u32,
}

/// The output of a root step. It includes a header key if headers are encrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct RootStep {
    pub(crate) root: Key,
    pub(crate) chain: Key,
    pub(crate) next_header_key: Option<Key>,
}

pub(crate) fn root_step(encrypted_headers: bool, root: &Key, dh_out: &Key) -> RootStep {
    let extracted = Hkdf::extract(root, &[dh_out]);
    let info: &[u8] = if encrypted_headers {
        b"sprag-v1 ratchet root, header encryption"
    } else {
        b"sprag-v1 ratchet root"
    };
    let output: SecretBytes<96> = extracted.expand(info);
    let piece = |start: usize| {
        let piece = output.expose()[start..].first_chunk();
        *piece.expect("the output has three pieces")
    };
    RootStep {
        root: piece(0),
        chain: piece(32),
        next_header_key: encrypted_headers.then(|| piece(64)),
    }
}

/// Derives the next chain key and the message key.
pub(crate) fn chain_step(chain: &Key) -> (Key, Key) {
    let hmac = HmacKey::new(chain);
    let [next, message_key] = [2, 1].map(|input| *hmac.authenticate(&[input]).expose());
    (next, message_key)
}

pub(crate) fn agreement(secret: &Key, remote: &Key) -> Option<Key> {
    let remote = PublicKey::from_bytes(remote).ok()?;
    let output = pair(secret).diffie_hellman(&remote).ok()?;
    Some(*output.expose())
}

pub(crate) fn public_key(secret: &Key) -> Key {
    *pair(secret).public().as_bytes()
}

impl Header {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (ratchet_key, counts) = bytes.split_first_chunk()?;
        let (previous_length, number) = counts.split_first_chunk()?;
        Some(Self {
            ratchet_key: *ratchet_key,
            previous_length: u32::from_le_bytes(*previous_length),
            number: u32::from_le_bytes(number.try_into().ok()?),
        })
    }
}

impl Letter {
    /// Decrypts the header with `key`. Without a key, returns the header as it travels.
    pub(crate) fn open_header(&self, key: Option<&Key>) -> Option<Vec<u8>> {
        let Some(key) = key else {
            return Some(self.header.clone());
        };
        let (nonce, rest) = self.header.split_first_chunk()?;
        let (header, tag) = rest.split_last_chunk()?;
        let mut buffer = header.to_vec();
        let ciphertext = Ciphertext {
            buffer: &mut buffer,
            tag,
        };
        let key = SecretBytes::copy_from(key);
        XChaCha20Poly1305::open(&key, nonce, &[], ciphertext).ok()?;
        Some(buffer)
    }

    pub(crate) fn open(&self, message_key: &Key, associated_data: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = self.body.clone();
        let ciphertext = Ciphertext {
            buffer: &mut buffer,
            tag: &self.tag,
        };
        let key = SecretBytes::copy_from(message_key);
        let authenticated = self.authenticated(associated_data);
        ChaCha20Poly1305::open(&key, &self.nonce(), &authenticated, ciphertext).ok()?;
        Some(buffer)
    }

    /// The nonce of the body: the end of the nonce of an encrypted header, or zeros with a clear header.
    pub(crate) fn nonce(&self) -> [u8; 12] {
        let encrypted = self.header.len() == 80;
        let nonce = encrypted.then(|| self.header[12..].first_chunk());
        nonce.flatten().copied().unwrap_or_default()
    }

    /// The bytes that are authenticated with the body: the associated data and the header.
    pub(crate) fn authenticated(&self, associated_data: &[u8]) -> Vec<u8> {
        let length = u64::try_from(associated_data.len()).expect("it is short");
        [&length.to_le_bytes(), associated_data, &self.header].concat()
    }
}

fn pair(secret: &Key) -> KeyPair {
    KeyPair::from_secret(&SecretBytes::copy_from(secret))
}
