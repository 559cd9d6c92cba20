//! The Python party's end of a ratchet session, with clear headers or with encrypted ones.

use core::mem::swap;

use serde_json::{Value, json};

use crate::party::{Envelope, Headers, Party};
use crate::peer::{Peer, Refusal, Response};
use crate::x3dh_handshake::{Keys, OursBegan, TheirsBegan};

pub(crate) struct TheirParty {
    peer: Peer,
    headers: Headers,
    associated_data: Vec<u8>,
    stage: Stage,
    /// The peer's name for the session.
    session: &'static str,
    /// The peer's name for the copy that was kept.
    kept: &'static str,
}

/// The progress of a session. The peer begins it with its first message, sent or received, and needs these
/// fields then.
enum Stage {
    Initiator(Value),
    Responder(Value),
    Begun,
}

impl TheirParty {
    pub(crate) fn initiator(peer: Peer, run: &TheirsBegan, headers: Headers) -> Self {
        let mut fields = key_fields(&run.theirs.keys);
        fields["remote"] = hex::encode(run.their_remote).into();
        let data = run.theirs.associated_data.clone();
        Self::new(peer, headers, (data, Stage::Initiator(fields)))
    }

    pub(crate) fn responder(peer: Peer, run: &OursBegan, headers: Headers) -> Self {
        let mut fields = key_fields(&run.theirs.keys);
        fields["secret"] = hex::encode(run.their_secret).into();
        let data = run.theirs.associated_data.clone();
        Self::new(peer, headers, (data, Stage::Responder(fields)))
    }

    fn new(peer: Peer, headers: Headers, (associated_data, stage): (Vec<u8>, Stage)) -> Self {
        Self {
            peer,
            headers,
            associated_data,
            stage,
            session: "",
            kept: "kept",
        }
    }

    fn ask(&mut self, what: &str, mut fields: Value) -> Result<Response, Refusal> {
        let ratchet = match self.headers {
            Headers::Clear => "ratchet",
            Headers::Encrypted => "ratchet_he",
        };
        fields["session"] = self.session.into();
        fields["associated_data"] = hex::encode(&self.associated_data).into();
        self.peer.ask(&format!("{ratchet}_{what}"), fields)
    }
}

fn key_fields(keys: &Keys) -> Value {
    json!({
        "root": hex::encode(keys.root.expose()),
        "shared_hka": hex::encode(keys.shared_hka.expose()),
        "shared_nhkb": hex::encode(keys.shared_nhkb.expose()),
    })
}

impl Party for TheirParty {
    fn seal(&mut self, plaintext: &[u8]) -> Envelope {
        let (what, mut fields) = match &self.stage {
            Stage::Initiator(fields) => ("initiate", fields.clone()),
            _ => ("encrypt", json!({})),
        };
        fields["plaintext"] = hex::encode(plaintext).into();
        let sealed = self.ask(what, fields).expect("the party can send");
        self.stage = Stage::Begun;
        Envelope {
            header: sealed.bytes("header"),
            ciphertext: sealed.bytes("ciphertext"),
        }
    }

    fn open(&mut self, envelope: &Envelope) -> Result<Vec<u8>, Refusal> {
        let (what, mut fields) = match &self.stage {
            Stage::Responder(fields) => ("respond", fields.clone()),
            _ => ("decrypt", json!({})),
        };
        fields["header"] = hex::encode(&envelope.header).into();
        fields["ciphertext"] = hex::encode(&envelope.ciphertext).into();
        let opened = self.ask(what, fields)?;
        self.stage = Stage::Begun;
        Ok(opened.bytes("plaintext"))
    }

    fn can_send(&self) -> bool {
        !matches!(self.stage, Stage::Responder(_))
    }

    fn associated_data(&mut self) -> &mut [u8] {
        &mut self.associated_data
    }

    fn keep(&mut self) {
        let fields = json!({ "copy": self.kept });
        self.ask("copy", fields).expect("the session has begun");
    }

    fn exchange_with_kept(&mut self) {
        swap(&mut self.session, &mut self.kept);
    }
}
