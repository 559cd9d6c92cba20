//! Two parties with a ratchet of either variant.

use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{Ciphertext, Tag};
use sprag_primitives::snapshot::Snapshot;
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::{
    DoubleRatchet, DoubleRatchetHE, EncryptedHeader, Error, Header, HeaderAndTag, HeaderKey,
    Message, RootKey, SharedSecrets,
};

use crate::hash_stream::HashStream;
use crate::keys::{Key, Letter, public_key};
use crate::state::State;

/// The secrets and keys that both parties have after a handshake.
pub(crate) struct Handshake {
    pub(crate) root: Key,
    pub(crate) responder_ratchet_secret: Key,
    /// The initiator's and the responder's identity keys.
    pub(crate) identities: [Key; 2],
    pub(crate) shared_hka: Key,
    pub(crate) shared_nhkb: Key,
}

impl Handshake {
    pub(crate) fn new(rng: &mut HashStream) -> Self {
        Self {
            root: rng.next_block(),
            responder_ratchet_secret: rng.next_block(),
            identities: [(); 2].map(|()| public_key(&rng.next_block())),
            shared_hka: rng.next_block(),
            shared_nhkb: rng.next_block(),
        }
    }

    pub(crate) fn associated_data(&self) -> Vec<u8> {
        self.identities.concat()
    }

    fn pair(&self) -> KeyPair {
        KeyPair::from_secret(&secret(&self.responder_ratchet_secret))
    }

    fn root_key(&self) -> RootKey {
        RootKey::new(secret(&self.root))
    }

    fn shared_secrets(&self) -> SharedSecrets {
        SharedSecrets {
            root: self.root_key(),
            shared_hka: HeaderKey::new(secret(&self.shared_hka)),
            shared_nhkb: HeaderKey::new(secret(&self.shared_nhkb)),
        }
    }
}

/// A ratchet of either variant.
pub(crate) trait Ratchet: Snapshot {
    const ENCRYPTED_HEADERS: bool;

    /// The ratchets of the initiator and the responder.
    fn both(handshake: &Handshake, initiators: &mut HashStream) -> Result<[Self; 2], Error>;

    /// Encrypts the buffer. Returns the header as it travels, and the tag.
    fn encrypt(
        &mut self,
        associated_data: &[u8],
        buffer: &mut [u8],
        rng: &mut HashStream,
    ) -> Result<(Vec<u8>, Tag), Error>;

    fn decrypt(
        &mut self,
        associated_data: &[u8],
        header: &[u8],
        ciphertext: Ciphertext<'_>,
    ) -> Result<(), Error>;
}

impl Ratchet for DoubleRatchet {
    const ENCRYPTED_HEADERS: bool = false;

    fn both(handshake: &Handshake, initiators: &mut HashStream) -> Result<[Self; 2], Error> {
        let (root, pair) = (handshake.root_key(), handshake.pair());
        let initiator = Self::initiator(root, *pair.public(), initiators)?;
        Ok([initiator, Self::responder(handshake.root_key(), &pair)])
    }

    fn encrypt(
        &mut self,
        associated_data: &[u8],
        buffer: &mut [u8],
        rng: &mut HashStream,
    ) -> Result<(Vec<u8>, Tag), Error> {
        let HeaderAndTag { header, tag } = self.encrypt(associated_data, buffer, rng)?;
        Ok((header.encode().to_vec(), tag))
    }

    fn decrypt(
        &mut self,
        associated_data: &[u8],
        header: &[u8],
        ciphertext: Ciphertext<'_>,
    ) -> Result<(), Error> {
        let header = &Header::decode(header.try_into().expect("it is a header"))?;
        self.decrypt(associated_data, Message { header, ciphertext })
    }
}

impl Ratchet for DoubleRatchetHE {
    const ENCRYPTED_HEADERS: bool = true;

    fn both(handshake: &Handshake, initiators: &mut HashStream) -> Result<[Self; 2], Error> {
        let pair = handshake.pair();
        let secrets = handshake.shared_secrets();
        let initiator = Self::initiator(secrets, *pair.public(), initiators)?;
        let responder = Self::responder(handshake.shared_secrets(), &pair);
        Ok([initiator, responder])
    }

    fn encrypt(
        &mut self,
        associated_data: &[u8],
        buffer: &mut [u8],
        rng: &mut HashStream,
    ) -> Result<(Vec<u8>, Tag), Error> {
        let HeaderAndTag { header, tag } = self.encrypt(associated_data, buffer, rng)?;
        Ok((header.as_bytes().to_vec(), tag))
    }

    fn decrypt(
        &mut self,
        associated_data: &[u8],
        header: &[u8],
        ciphertext: Ciphertext<'_>,
    ) -> Result<(), Error> {
        let header = header.try_into().expect("it is an encrypted header");
        let header = &EncryptedHeader::from_bytes(header);
        self.decrypt(associated_data, Message { header, ciphertext })
    }
}

/// A party: its ratchet, its randomness, and the data that is authenticated with each message.
pub(crate) struct Party<R> {
    pub(crate) ratchet: R,
    rng: HashStream,
    associated_data: Vec<u8>,
}

impl<R: Ratchet> Party<R> {
    /// The initiator and the responder. The `seeds` are those of their randomness.
    pub(crate) fn both(handshake: &Handshake, seeds: [&str; 2]) -> [Self; 2] {
        let [mut initiators, responders] = seeds.map(HashStream::new);
        let ratchets = R::both(handshake, &mut initiators).expect("the keys are sound");
        let [initiator, responder] = ratchets.map(|ratchet| {
            move |rng| Self {
                ratchet,
                rng,
                associated_data: handshake.associated_data(),
            }
        });
        [initiator(initiators), responder(responders)]
    }

    pub(crate) fn send(&mut self, plaintext: &[u8]) -> Result<Letter, Error> {
        let mut body = plaintext.to_vec();
        let sealed = self
            .ratchet
            .encrypt(&self.associated_data, &mut body, &mut self.rng);
        sealed.map(|(header, tag)| Letter { header, body, tag })
    }

    pub(crate) fn receive(&mut self, letter: &Letter) -> Result<Vec<u8>, Error> {
        let mut body = letter.body.clone();
        let ciphertext = Ciphertext {
            buffer: &mut body,
            tag: &letter.tag,
        };
        self.ratchet
            .decrypt(&self.associated_data, &letter.header, ciphertext)?;
        Ok(body)
    }

    pub(crate) fn snapshot(&self) -> Vec<u8> {
        self.ratchet.to_snapshot().expose().to_vec()
    }

    pub(crate) fn state(&self) -> State {
        State::read(&self.snapshot())
    }
}

fn secret(bytes: &Key) -> SecretBytes<32> {
    SecretBytes::copy_from(bytes)
}
