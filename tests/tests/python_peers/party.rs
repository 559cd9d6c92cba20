//! The two ends of a ratchet session: ours and the Python party's, behind one trait.

use rand::rngs::StdRng;
use serde_json::json;
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::Ciphertext;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::Writer;
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::{DoubleRatchet, Error, HEADER_LENGTH, Header, Message, RootKey};

use crate::handshake::{OneTime, OursBegan, TheirsBegan, ours_begins, theirs_begins};
use crate::peer::{Peer, Refusal};
use crate::pqxdh_handshake;

/// A message on its way.
#[derive(Clone)]
pub(crate) struct Envelope {
    pub(crate) header: [u8; HEADER_LENGTH],
    /// With the tag at its end.
    pub(crate) ciphertext: Vec<u8>,
}

impl Envelope {
    pub(crate) fn ratchet_key(&self) -> &[u8] {
        &self.header[..32]
    }
}

/// One end of a session.
pub(crate) trait Party {
    fn seal(&mut self, plaintext: &[u8]) -> Envelope;

    fn open(&mut self, envelope: &Envelope) -> Result<Vec<u8>, Refusal>;

    /// False for a responder that has received nothing yet.
    fn can_send(&self) -> bool;

    /// The associated data that this end computed; altering it stands for a message that another
    /// session's party sent.
    fn associated_data(&mut self) -> &mut [u8];
}

/// The two ends of a session, the initiator first.
pub(crate) type Parties = [Box<dyn Party>; 2];

/// Which end is the initiator.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Initiator {
    Ours,
    Theirs,
}

impl Initiator {
    pub(crate) const EACH: [Self; 2] = [Self::Ours, Self::Theirs];

    /// A new session from a new X3DH, each end with what it computed itself.
    pub(crate) fn begin(self, mut peer: Peer, mut rng: StdRng) -> Parties {
        let at = (&mut peer, "");
        match self {
            Self::Ours => {
                let run = ours_begins(at, OneTime::With, &mut rng, |_| {});
                after_ours(run, peer, rng)
            }
            Self::Theirs => {
                let run = theirs_begins(at, OneTime::With, &mut rng, |_| {});
                after_theirs(run, peer, rng)
            }
        }
    }

    /// The same from a new PQXDH.
    pub(crate) fn begin_pqxdh(self, mut peer: Peer, mut rng: StdRng) -> Parties {
        let at = (&mut peer, "");
        match self {
            Self::Ours => {
                let run = pqxdh_handshake::ours_begins(at, &mut rng);
                after_ours(run, peer, rng)
            }
            Self::Theirs => {
                let run = pqxdh_handshake::theirs_begins(at, &mut rng);
                after_theirs(run, peer, rng)
            }
        }
    }
}

fn after_ours(run: OursBegan, peer: Peer, rng: StdRng) -> Parties {
    let theirs = TheirParty::responder(peer, &run);
    [Box::new(OurParty::initiator(run, rng)), Box::new(theirs)]
}

fn after_theirs(run: TheirsBegan, peer: Peer, rng: StdRng) -> Parties {
    let theirs = TheirParty::initiator(peer, &run);
    [Box::new(theirs), Box::new(OurParty::responder(run, rng))]
}

struct OurParty {
    ratchet: DoubleRatchet,
    associated_data: Vec<u8>,
    rng: StdRng,
}

impl OurParty {
    fn initiator(run: OursBegan, mut rng: StdRng) -> Self {
        let root = RootKey::new(run.ours.root);
        Self {
            ratchet: DoubleRatchet::initiator(&root, run.remote, &mut rng)
                .expect("the key contributes"),
            associated_data: run.ours.associated_data,
            rng,
        }
    }

    fn responder(run: TheirsBegan, rng: StdRng) -> Self {
        let pair: &KeyPair = run.signed_prekey.key_pair();
        Self {
            ratchet: DoubleRatchet::responder(RootKey::new(run.ours.root), pair),
            associated_data: run.ours.associated_data,
            rng,
        }
    }

    fn decrypt(&mut self, envelope: &Envelope) -> Result<Vec<u8>, Error> {
        let header = Header::decode(&envelope.header)?;
        let (ciphertext, tag) = envelope
            .ciphertext
            .split_last_chunk()
            .ok_or(Error::NotAuthentic)?;
        let mut buffer = ciphertext.to_vec();
        let ciphertext = Ciphertext {
            buffer: &mut buffer,
            tag,
        };
        let header = &header;
        self.ratchet
            .decrypt(&self.associated_data, Message { header, ciphertext })?;
        Ok(buffer)
    }

    fn snapshot(&self) -> SecretBuffer {
        let mut writer = Writer::new();
        self.ratchet.write_snapshot(&mut writer);
        writer.finish()
    }
}

impl Party for OurParty {
    fn seal(&mut self, plaintext: &[u8]) -> Envelope {
        let mut ciphertext = plaintext.to_vec();
        let sealed = self
            .ratchet
            .encrypt(&self.associated_data, &mut ciphertext, &mut self.rng)
            .expect("the party can send");
        ciphertext.extend(sealed.tag);
        Envelope {
            header: sealed.header.encode(),
            ciphertext,
        }
    }

    fn open(&mut self, envelope: &Envelope) -> Result<Vec<u8>, Refusal> {
        let before = self.snapshot();
        self.decrypt(envelope).map_err(|error| {
            let unchanged = self.snapshot().expose() == before.expose();
            assert!(unchanged, "a refused message changes nothing: {error}");
            match error {
                Error::NotAuthentic => Refusal::NotAuthentic,
                Error::Duplicate => Refusal::Duplicate,
                Error::TooManySkipped => Refusal::TooManySkipped,
                other => Refusal::Other(other.to_string()),
            }
        })
    }

    fn can_send(&self) -> bool {
        // The initiator took its first step when it was made, a responder takes it at a receipt.
        self.ratchet.counts().dh_steps > 0
    }

    fn associated_data(&mut self) -> &mut [u8] {
        &mut self.associated_data
    }
}

struct TheirParty {
    peer: Peer,
    associated_data: Vec<u8>,
    stage: Stage,
}

/// The packages begin a session with its first message, sent or received.
enum Stage {
    Initiator {
        root: SecretBytes<32>,
        remote: [u8; 32],
    },
    Responder {
        root: SecretBytes<32>,
        secret: [u8; 32],
    },
    Begun,
}

impl TheirParty {
    fn initiator(peer: Peer, run: &TheirsBegan) -> Self {
        Self {
            peer,
            associated_data: run.theirs.associated_data.clone(),
            stage: Stage::Initiator {
                root: run.theirs.root.duplicate(),
                remote: run.their_remote,
            },
        }
    }

    fn responder(peer: Peer, run: &OursBegan) -> Self {
        Self {
            peer,
            associated_data: run.theirs.associated_data.clone(),
            stage: Stage::Responder {
                root: run.theirs.root.duplicate(),
                secret: run.their_secret,
            },
        }
    }
}

impl Party for TheirParty {
    fn seal(&mut self, plaintext: &[u8]) -> Envelope {
        let mut fields = json!({
            "associated_data": hex::encode(&self.associated_data),
            "plaintext": hex::encode(plaintext),
        });
        let op = if let Stage::Initiator { root, remote } = &self.stage {
            fields["root"] = hex::encode(root.expose()).into();
            fields["remote"] = hex::encode(remote).into();
            "ratchet_initiate"
        } else {
            "ratchet_encrypt"
        };
        let sealed = self.peer.answer(op, fields);
        self.stage = Stage::Begun;
        Envelope {
            header: sealed.array("header"),
            ciphertext: sealed.bytes("ciphertext"),
        }
    }

    fn open(&mut self, envelope: &Envelope) -> Result<Vec<u8>, Refusal> {
        let mut fields = json!({
            "associated_data": hex::encode(&self.associated_data),
            "header": hex::encode(envelope.header),
            "ciphertext": hex::encode(&envelope.ciphertext),
        });
        let op = if let Stage::Responder { root, secret } = &self.stage {
            fields["root"] = hex::encode(root.expose()).into();
            fields["secret"] = hex::encode(secret).into();
            "ratchet_respond"
        } else {
            "ratchet_decrypt"
        };
        let opened = self.peer.ask(op, fields)?;
        self.stage = Stage::Begun;
        Ok(opened.bytes("plaintext"))
    }

    fn can_send(&self) -> bool {
        !matches!(self.stage, Stage::Responder { .. })
    }

    fn associated_data(&mut self) -> &mut [u8] {
        &mut self.associated_data
    }
}
