//! Our end of a ratchet session, with clear headers or with encrypted ones.

use rand::rngs::StdRng;
use sprag_primitives::aead::{Ciphertext, Tag};
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::Snapshot;
use sprag_ratchet::{
    DoubleRatchet, DoubleRatchetHE, EncryptedHeader, Error, Header, HeaderKey, Message, RootKey,
    SharedSecrets,
};

use crate::party::{Envelope, Headers, Party};
use crate::peer::Refusal;
use crate::x3dh_handshake::{Keys, OursBegan, TheirsBegan};

pub(crate) struct OurParty {
    ratchet: Ratchet,
    associated_data: Vec<u8>,
    can_send: bool,
    kept: Option<SecretBuffer>,
    rng: StdRng,
}

enum Ratchet {
    Clear(DoubleRatchet),
    Encrypted(DoubleRatchetHE),
}

impl OurParty {
    pub(crate) fn initiator(run: OursBegan, headers: Headers, mut rng: StdRng) -> Self {
        let keys = run.ours.keys;
        let ratchet = match headers {
            Headers::Clear => {
                DoubleRatchet::initiator(RootKey::new(keys.root), run.remote, &mut rng)
                    .map(Ratchet::Clear)
            }
            Headers::Encrypted => {
                DoubleRatchetHE::initiator(shared_secrets(keys), run.remote, &mut rng)
                    .map(Ratchet::Encrypted)
            }
        };
        Self {
            ratchet: ratchet.expect("the key contributes"),
            associated_data: run.ours.associated_data,
            can_send: true,
            kept: None,
            rng,
        }
    }

    pub(crate) fn responder(run: TheirsBegan, headers: Headers, rng: StdRng) -> Self {
        let (keys, pair) = (run.ours.keys, run.signed_prekey.key_pair());
        let ratchet = match headers {
            Headers::Clear => {
                Ratchet::Clear(DoubleRatchet::responder(RootKey::new(keys.root), pair))
            }
            Headers::Encrypted => {
                Ratchet::Encrypted(DoubleRatchetHE::responder(shared_secrets(keys), pair))
            }
        };
        Self {
            ratchet,
            associated_data: run.ours.associated_data,
            can_send: false,
            kept: None,
            rng,
        }
    }
}

fn shared_secrets(keys: Keys) -> SharedSecrets {
    SharedSecrets {
        root: RootKey::new(keys.root),
        shared_hka: HeaderKey::new(keys.shared_hka),
        shared_nhkb: HeaderKey::new(keys.shared_nhkb),
    }
}

impl Ratchet {
    fn encrypt(&mut self, data: &[u8], plaintext: &[u8], rng: &mut StdRng) -> Envelope {
        let mut ciphertext = plaintext.to_vec();
        let (header, tag) = match self {
            Self::Clear(ratchet) => {
                let sealed = ratchet.encrypt(data, &mut ciphertext, rng);
                let sealed = sealed.expect("the party can send");
                (sealed.header.encode().to_vec(), sealed.tag)
            }
            Self::Encrypted(ratchet) => {
                let sealed = ratchet.encrypt(data, &mut ciphertext, rng);
                let sealed = sealed.expect("the party can send");
                (sealed.header.as_bytes().to_vec(), sealed.tag)
            }
        };
        ciphertext.extend(tag);
        Envelope { header, ciphertext }
    }

    fn decrypt(&mut self, data: &[u8], envelope: &Envelope) -> Result<Vec<u8>, Error> {
        let (ciphertext, tag): (_, &Tag) = envelope
            .ciphertext
            .split_last_chunk()
            .ok_or(Error::NotAuthentic)?;
        let mut buffer = ciphertext.to_vec();
        let ciphertext = Ciphertext {
            buffer: &mut buffer,
            tag,
        };
        match self {
            Self::Clear(ratchet) => {
                let header = &Header::decode(&envelope.header())?;
                ratchet.decrypt(data, Message { header, ciphertext })?;
            }
            Self::Encrypted(ratchet) => {
                let header = &EncryptedHeader::from_bytes(envelope.header());
                ratchet.decrypt(data, Message { header, ciphertext })?;
            }
        }
        Ok(buffer)
    }

    fn snapshot(&self) -> SecretBuffer {
        match self {
            Self::Clear(ratchet) => ratchet.to_snapshot(),
            Self::Encrypted(ratchet) => ratchet.to_snapshot(),
        }
    }

    fn restore(&mut self, snapshot: &SecretBuffer) {
        let bytes = snapshot.expose();
        let restored = match self {
            Self::Clear(_) => Snapshot::from_snapshot(bytes).map(Self::Clear),
            Self::Encrypted(_) => Snapshot::from_snapshot(bytes).map(Self::Encrypted),
        };
        *self = restored.expect("the snapshot is whole");
    }
}

impl Party for OurParty {
    fn seal(&mut self, plaintext: &[u8]) -> Envelope {
        self.ratchet
            .encrypt(&self.associated_data, plaintext, &mut self.rng)
    }

    fn open(&mut self, envelope: &Envelope) -> Result<Vec<u8>, Refusal> {
        let before = self.ratchet.snapshot();
        let result = self.ratchet.decrypt(&self.associated_data, envelope);
        self.can_send |= result.is_ok();
        result.map_err(|error| {
            let unchanged = self.ratchet.snapshot().expose() == before.expose();
            assert!(unchanged, "a refused message changes nothing: {error}");
            match error {
                Error::NotAuthentic => Refusal::NotAuthentic,
                Error::Duplicate => Refusal::Duplicate,
                Error::KeyGivenUp => Refusal::KeyGivenUp,
                Error::TooManySkipped => Refusal::TooManySkipped,
                Error::Forked => Refusal::Forked,
                other => Refusal::Other(other.to_string()),
            }
        })
    }

    fn can_send(&self) -> bool {
        self.can_send
    }

    fn associated_data(&mut self) -> &mut [u8] {
        &mut self.associated_data
    }

    fn keep(&mut self) {
        self.kept = Some(self.ratchet.snapshot());
    }

    fn exchange_with_kept(&mut self) {
        let kept = self.kept.replace(self.ratchet.snapshot());
        self.ratchet.restore(&kept.expect("a state was kept"));
    }
}
