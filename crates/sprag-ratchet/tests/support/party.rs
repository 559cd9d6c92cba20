//! The two parties of a session, and the messages that travel between them.

use sprag_primitives::aead::{Ciphertext, TAG_LENGTH, Tag, XChaCha20Poly1305};
use sprag_primitives::hash::sha256;
use sprag_primitives::x25519::KeyPair;
use sprag_primitives::{Error as PrimitiveError, SecretBytes};
use sprag_ratchet::{Error, HEADER_LENGTH, Header};

use crate::hash_stream::HashStream;
use crate::image::{Image, Key, SendingImage};
use crate::variants::TestRatchet;

/// A party with its ratchet, its randomness and its records of both identities.
pub(crate) struct Party<R> {
    pub(crate) ratchet: R,
    pub(crate) rng: HashStream,
    records: Records,
    written: u32,
    /// The key of the newest headers, with the count of DH steps at which it was read.
    header_key: Option<(u64, Option<Key>)>,
}

/// The party's role, and the identities as this party knows them.
#[derive(Clone)]
struct Records {
    role: Role,
    own_identity: [u8; 32],
    peer_identity: [u8; 32],
}

#[derive(Clone, Copy, Debug)]
enum Role {
    Initiator,
    Responder,
}

/// A message on its way, with the plaintext and the header key that only its sender knows.
#[derive(Clone)]
pub(crate) struct Envelope {
    pub(crate) header: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) tag: Tag,
    pub(crate) plaintext: Vec<u8>,
    /// The key that the header is encrypted with, if headers are encrypted.
    pub(crate) header_key: Option<Key>,
}

/// The secrets and keys that both parties have after a handshake.
pub(crate) struct Handshake {
    pub(crate) root: [u8; 32],
    pub(crate) responder_ratchet_secret: [u8; 32],
    pub(crate) initiator_identity: [u8; 32],
    pub(crate) responder_identity: [u8; 32],
    pub(crate) shared_hka: [u8; 32],
    pub(crate) shared_nhkb: [u8; 32],
}

impl Handshake {
    pub(crate) fn new(rng: &mut HashStream) -> Self {
        Self {
            root: rng.next_block(),
            responder_ratchet_secret: rng.next_block(),
            initiator_identity: *KeyPair::generate(rng).public().as_bytes(),
            responder_identity: *KeyPair::generate(rng).public().as_bytes(),
            shared_hka: rng.next_block(),
            shared_nhkb: rng.next_block(),
        }
    }

    pub(crate) fn responder_ratchet_pair(&self) -> KeyPair {
        KeyPair::from_secret(&SecretBytes::copy_from(&self.responder_ratchet_secret))
    }

    /// Both parties. The seeds are those of the initiator's and the responder's randomness.
    pub(crate) fn parties<R: TestRatchet>(
        &self,
        [initiator_seed, responder_seed]: [&str; 2],
    ) -> (Party<R>, Party<R>) {
        let mut rng = HashStream::new(initiator_seed);
        let ratchet = R::initiator(self, *self.responder_ratchet_pair().public(), &mut rng);
        let initiator = Party {
            ratchet,
            rng,
            records: Records {
                role: Role::Initiator,
                own_identity: self.initiator_identity,
                peer_identity: self.responder_identity,
            },
            written: 0,
            header_key: None,
        };
        let responder = Party {
            ratchet: R::responder(self),
            rng: HashStream::new(responder_seed),
            records: Records {
                role: Role::Responder,
                own_identity: self.responder_identity,
                peer_identity: self.initiator_identity,
            },
            written: 0,
            header_key: None,
        };
        (initiator, responder)
    }
}

/// The initiator Alice, who sends first, and the responder Bob.
pub(crate) fn alice_and_bob<R: TestRatchet>(seed: &str) -> (Party<R>, Party<R>) {
    let handshake = Handshake::new(&mut HashStream::new(seed));
    let seeds = ["alice", "bob"].map(|name| format!("{seed}, {name}"));
    handshake.parties(seeds.each_ref().map(String::as_str))
}

impl<R: TestRatchet> Party<R> {
    /// The identity keys of initiator and responder, in this order, from this party's records.
    pub(crate) fn associated_data(&self) -> Vec<u8> {
        let Records {
            role,
            own_identity,
            peer_identity,
        } = &self.records;
        match role {
            Role::Initiator => [*own_identity, *peer_identity].concat(),
            Role::Responder => [*peer_identity, *own_identity].concat(),
        }
    }

    pub(crate) fn encrypt(&mut self, plaintext: &[u8]) -> Result<Envelope, Error> {
        self.encrypt_with(&self.associated_data(), plaintext)
    }

    pub(crate) fn encrypt_with(
        &mut self,
        associated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<Envelope, Error> {
        let mut body = plaintext.to_vec();
        let (header, tag) = self
            .ratchet
            .encrypt(associated_data, &mut body, &mut self.rng)
            .inspect_err(|_| assert_eq!(body, plaintext, "a refused plaintext is as it was"))?;
        Ok(Envelope {
            header,
            body,
            tag,
            plaintext: plaintext.to_vec(),
            header_key: self.header_key(),
        })
    }

    /// The key of the headers that this party sends, if headers are encrypted and the party has sent.
    ///
    /// It is read from a snapshot only if a DH step changed it, because snapshots take time.
    fn header_key(&mut self) -> Option<Key> {
        let now = self.ratchet.counts().dh_steps;
        let (_, key) = self
            .header_key
            .filter(|(then, _)| *then == now)
            .unwrap_or_else(|| match Image::read(&self.snapshot()).sending {
                SendingImage::Active(chain) => (now, chain.header_key),
                _ => (now, None),
            });
        self.header_key = Some((now, key));
        key
    }

    /// Sends a message with a text that no other message has.
    #[track_caller]
    pub(crate) fn send(&mut self) -> Envelope {
        self.written += 1;
        let plaintext = format!("{:?} writes {}", self.records.role, self.written);
        self.say(plaintext.as_bytes())
    }

    #[track_caller]
    pub(crate) fn say(&mut self, plaintext: &[u8]) -> Envelope {
        self.encrypt(plaintext).expect("the party may send")
    }

    #[track_caller]
    pub(crate) fn send_many(&mut self, count: usize) -> Vec<Envelope> {
        (0..count).map(|_| self.send()).collect()
    }

    pub(crate) fn decrypt(&mut self, envelope: &Envelope) -> Result<Vec<u8>, Error> {
        self.decrypt_with(&self.associated_data(), envelope)
    }

    pub(crate) fn decrypt_with(
        &mut self,
        associated_data: &[u8],
        envelope: &Envelope,
    ) -> Result<Vec<u8>, Error> {
        let (mut body, tag) = (envelope.body.clone(), &envelope.tag);
        let buffer = &mut body;
        let ciphertext = Ciphertext { buffer, tag };
        self.ratchet
            .decrypt(associated_data, &envelope.header, ciphertext)
            .inspect_err(|_| assert_eq!(body, envelope.body, "a refused message is as it was"))?;
        Ok(body)
    }

    #[track_caller]
    pub(crate) fn accepts(&mut self, envelope: &Envelope) {
        let plaintext = self.decrypt(envelope);
        assert_eq!(plaintext.as_ref(), Ok(&envelope.plaintext));
    }

    #[track_caller]
    pub(crate) fn accepts_all<'a>(&mut self, envelopes: impl IntoIterator<Item = &'a Envelope>) {
        for envelope in envelopes {
            self.accepts(envelope);
        }
    }

    /// Asserts that decryption fails with `error` and leaves the state byte for byte the same.
    #[track_caller]
    pub(crate) fn refuses(&mut self, envelope: &Envelope, error: Error) {
        let found = self.fails(&self.associated_data(), envelope);
        assert_eq!(found, error);
    }

    /// Asserts that decryption fails and leaves the state byte for byte the same. Returns the error.
    #[track_caller]
    pub(crate) fn fails(&mut self, associated_data: &[u8], envelope: &Envelope) -> Error {
        let before = self.snapshot();
        let result = self.decrypt_with(associated_data, envelope);
        assert!(
            self.snapshot() == before,
            "{result:?}, and the state changed"
        );
        result.expect_err("the message is refused")
    }

    pub(crate) fn snapshot(&self) -> Vec<u8> {
        self.ratchet.to_snapshot().expose().to_vec()
    }

    /// Tells whether the key occurs anywhere in the party's state.
    pub(crate) fn holds(&self, key: &Key) -> bool {
        self.snapshot().windows(32).any(|bytes| bytes == key)
    }

    /// A copy of this party with the state of `snapshot`. The copy has its own randomness.
    #[track_caller]
    pub(crate) fn with_state(&self, snapshot: &[u8]) -> Self {
        Self {
            ratchet: restored(snapshot).expect("the snapshot is ours"),
            rng: HashStream::new(&hex::encode(sha256(&[snapshot]))),
            records: self.records.clone(),
            written: self.written,
            header_key: None,
        }
    }

    pub(crate) fn copy(&self) -> Self {
        self.with_state(&self.snapshot())
    }
}

/// Reads a ratchet from a whole snapshot.
pub(crate) fn restored<R: TestRatchet>(snapshot: &[u8]) -> Result<R, PrimitiveError> {
    R::from_snapshot(snapshot)
}

impl Envelope {
    /// The number of bytes in header, body and tag.
    pub(crate) fn length(&self) -> usize {
        self.header.len() + self.body.len() + TAG_LENGTH
    }

    /// A copy in which the byte at `position` of header ‖ body ‖ tag is changed by `mask`.
    pub(crate) fn damaged(&self, position: usize, mask: u8) -> Self {
        let mut damaged = self.clone();
        let Self {
            header, body, tag, ..
        } = &mut damaged;
        let mut bytes = header.iter_mut().chain(body).chain(tag);
        *bytes.nth(position).expect("the position is inside") ^= mask;
        damaged
    }

    /// A copy in which the byte at `position` of body ‖ tag is changed. The header stays genuine.
    pub(crate) fn damaged_body(&self, position: usize) -> Self {
        self.damaged(self.header.len() + position, 0x01)
    }

    /// A copy with another header. If headers are encrypted, the new one has the same key and nonce, so that
    /// the body's key, nonce and tag fit and only its associated data does not.
    pub(crate) fn with_header(&self, change: impl FnOnce(&mut Header)) -> Self {
        let mut header = self.header();
        change(&mut header);
        self.with_encoded_header(&header.encode())
    }

    /// A copy with another encoded header, which need not be valid.
    pub(crate) fn with_encoded_header(&self, encoded: &[u8; HEADER_LENGTH]) -> Self {
        let header = match &self.header_key {
            None => encoded.to_vec(),
            Some(key) => seal_header(key, &self.header[..NONCE_LENGTH], encoded),
        };
        Self {
            header,
            ..self.clone()
        }
    }

    /// A copy with the same header, encrypted with another key.
    pub(crate) fn with_header_under(&self, key: Key) -> Self {
        let header = seal_header(&key, &self.header[..NONCE_LENGTH], &self.encoded_header());
        Self {
            header,
            header_key: Some(key),
            ..self.clone()
        }
    }

    pub(crate) fn encoded_header(&self) -> [u8; HEADER_LENGTH] {
        match &self.header_key {
            None => self.header[..].try_into().expect("a header has one length"),
            Some(key) => open_header(key, &self.header).expect("the header is under its key"),
        }
    }

    pub(crate) fn header(&self) -> Header {
        Header::decode(&self.encoded_header()).expect("the header is well-formed")
    }

    pub(crate) fn number(&self) -> u32 {
        self.header().number
    }
}

/// Decrypts a header with the header key of its chain, as an attacker with that key can.
pub(crate) fn open_header(key: &Key, header: &[u8]) -> Option<[u8; HEADER_LENGTH]> {
    let (nonce, rest) = header.split_first_chunk()?;
    let (ciphertext, tag) = rest.split_last_chunk()?;
    let mut encoded: [u8; HEADER_LENGTH] = ciphertext.try_into().ok()?;
    let buffer = &mut encoded;
    let key = SecretBytes::copy_from(key);
    XChaCha20Poly1305::open(&key, nonce, &[], Ciphertext { buffer, tag }).ok()?;
    Some(encoded)
}

/// Encrypts a header to `nonce ‖ ciphertext ‖ tag`, as an attacker with the header key can.
pub(crate) fn seal_header(key: &Key, nonce: &[u8], encoded: &[u8; HEADER_LENGTH]) -> Vec<u8> {
    let mut buffer = *encoded;
    let key = SecretBytes::copy_from(key);
    let nonce: &[u8; NONCE_LENGTH] = nonce.try_into().expect("a nonce has one length");
    let tag = XChaCha20Poly1305::seal(&key, nonce, &[], &mut buffer).expect("a header is short");
    [&nonce[..], &buffer, &tag].concat()
}

const NONCE_LENGTH: usize = XChaCha20Poly1305::NONCE_LENGTH;
