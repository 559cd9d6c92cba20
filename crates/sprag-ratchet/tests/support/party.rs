//! The two parties of a session and what travels between them.

use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{Ciphertext, TAG_LENGTH, Tag};
use sprag_primitives::hash::sha256;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::{DoubleRatchet, Error, HEADER_LENGTH, Header, Message, RootKey};

use crate::hash_stream::HashStream;

/// A party with its ratchet, its randomness and its own records of who takes part.
pub(crate) struct Party {
    pub(crate) ratchet: DoubleRatchet,
    pub(crate) rng: HashStream,
    records: Records,
    written: u32,
}

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

/// A message on its way, and what its sender meant.
#[derive(Clone)]
pub(crate) struct Envelope {
    pub(crate) header: [u8; HEADER_LENGTH],
    pub(crate) body: Vec<u8>,
    pub(crate) tag: Tag,
    pub(crate) plaintext: Vec<u8>,
}

/// What a handshake would have given the parties.
pub(crate) struct Handshake {
    pub(crate) root: [u8; 32],
    pub(crate) responder_ratchet_secret: [u8; 32],
    pub(crate) initiator_identity: [u8; 32],
    pub(crate) responder_identity: [u8; 32],
}

impl Handshake {
    pub(crate) fn new(rng: &mut HashStream) -> Self {
        Self {
            root: rng.next_block(),
            responder_ratchet_secret: rng.next_block(),
            initiator_identity: *KeyPair::generate(rng).public().as_bytes(),
            responder_identity: *KeyPair::generate(rng).public().as_bytes(),
        }
    }

    pub(crate) fn responder_ratchet_pair(&self) -> KeyPair {
        KeyPair::from_secret(&SecretBytes::copy_from(&self.responder_ratchet_secret))
    }

    fn root_key(&self) -> RootKey {
        RootKey::new(SecretBytes::copy_from(&self.root))
    }

    /// The parties; the seeds are those of the initiator's and the responder's randomness.
    pub(crate) fn parties(&self, [initiator_seed, responder_seed]: [&str; 2]) -> (Party, Party) {
        let pair = self.responder_ratchet_pair();
        let mut rng = HashStream::new(initiator_seed);
        let ratchet = DoubleRatchet::initiator(&self.root_key(), *pair.public(), &mut rng)
            .expect("the key contributes");
        let initiator = Party {
            ratchet,
            rng,
            records: Records {
                role: Role::Initiator,
                own_identity: self.initiator_identity,
                peer_identity: self.responder_identity,
            },
            written: 0,
        };
        let responder = Party {
            ratchet: DoubleRatchet::responder(self.root_key(), &pair),
            rng: HashStream::new(responder_seed),
            records: Records {
                role: Role::Responder,
                own_identity: self.responder_identity,
                peer_identity: self.initiator_identity,
            },
            written: 0,
        };
        (initiator, responder)
    }
}

/// Alice, who sends first, and Bob.
pub(crate) fn alice_and_bob(seed: &str) -> (Party, Party) {
    let handshake = Handshake::new(&mut HashStream::new(seed));
    let seeds = ["alice", "bob"].map(|name| format!("{seed}, {name}"));
    handshake.parties(seeds.each_ref().map(String::as_str))
}

impl Party {
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
        let associated_data = self.associated_data();
        let mut body = plaintext.to_vec();
        let sealed = self
            .ratchet
            .encrypt(&associated_data, &mut body, &mut self.rng)
            .inspect_err(|_| assert_eq!(body, plaintext, "a refused plaintext is as it was"))?;
        Ok(Envelope {
            header: sealed.header.encode(),
            body,
            tag: sealed.tag,
            plaintext: plaintext.to_vec(),
        })
    }

    /// A message that says who wrote it and which it is.
    #[track_caller]
    pub(crate) fn send(&mut self) -> Envelope {
        self.written += 1;
        let plaintext = format!("{:?} writes {}", self.records.role, self.written);
        self.encrypt(plaintext.as_bytes())
            .expect("the party may send")
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
        let header = &Header::decode(&envelope.header)?;
        let (mut body, tag) = (envelope.body.clone(), &envelope.tag);
        let buffer = &mut body;
        let ciphertext = Ciphertext { buffer, tag };
        self.ratchet
            .decrypt(associated_data, Message { header, ciphertext })
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

    /// Decryption fails with `error` and leaves the state byte for byte the same.
    #[track_caller]
    pub(crate) fn refuses(&mut self, envelope: &Envelope, error: Error) {
        let found = self.fails(&self.associated_data(), envelope);
        assert_eq!(found, error);
    }

    /// Decryption fails and leaves the state byte for byte the same; returns the error.
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
        let mut writer = Writer::new();
        self.ratchet.write_snapshot(&mut writer);
        writer.finish().expose().to_vec()
    }

    /// This party, with the state of `snapshot` and randomness of its own.
    #[track_caller]
    pub(crate) fn with_state(&self, snapshot: &[u8]) -> Self {
        Self {
            ratchet: restored(snapshot).expect("the snapshot is ours"),
            rng: HashStream::new(&hex::encode(sha256(&[snapshot]))),
            records: self.records.clone(),
            written: self.written,
        }
    }

    pub(crate) fn copy(&self) -> Self {
        self.with_state(&self.snapshot())
    }
}

/// The ratchet that `snapshot` holds, all of it.
pub(crate) fn restored(snapshot: &[u8]) -> Result<DoubleRatchet, Error> {
    let mut reader = Reader::new(snapshot);
    let ratchet = DoubleRatchet::read_snapshot(&mut reader)?;
    reader.finish().map_err(Error::Snapshot)?;
    Ok(ratchet)
}

impl Envelope {
    /// The number of bytes in header, body and tag.
    pub(crate) fn length(&self) -> usize {
        HEADER_LENGTH + self.body.len() + TAG_LENGTH
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

    /// A copy with another header.
    pub(crate) fn with_header(&self, change: impl FnOnce(&mut Header)) -> Self {
        let mut header = self.header();
        change(&mut header);
        Self {
            header: header.encode(),
            ..self.clone()
        }
    }

    pub(crate) fn header(&self) -> Header {
        Header::decode(&self.header).expect("the header is well-formed")
    }

    pub(crate) fn number(&self) -> u32 {
        self.header().number
    }
}
