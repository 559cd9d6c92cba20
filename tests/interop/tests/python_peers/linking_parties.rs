//! The two parties of a linking: a client of ours and a Python user, each as the old device or the new one.

use core::convert::Infallible;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sprag_client::{
    Acceptance, Admission, Client, ClientError, ContentKind, Incoming, LinkCode, LinkDigits,
    Linked, MemoryStore, Received, Sender, StoreKey, Welcomed,
};

use crate::peer::Peer;
use crate::their_user::TheirUser;

pub(crate) const LIST: u8 = 2;
pub(crate) const ACCEPTANCE: u8 = 8;
pub(crate) const WELCOME: u8 = 9;

pub(crate) const PHONE: &str = "phone";

/// The name of the session between the two devices.
pub(crate) const SESSION: &str = "linking";

/// The time at which an invitation is made, and how long it is open.
pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const SECONDS: u64 = 600;

/// A Python user whose phone has invited a device, of ours.
pub(crate) struct TheirsIsOld {
    pub(crate) peer: Peer,
    pub(crate) user: TheirUser,
    pub(crate) rng: StdRng,
    pub(crate) secret: String,
    pub(crate) invitation: Vec<u8>,
    pub(crate) code: String,
}

/// A client of ours that waits for its welcome.
pub(crate) struct OursIsNew {
    pub(crate) client: Client<MemoryStore>,
    pub(crate) message: Vec<u8>,
}

impl TheirsIsOld {
    pub(crate) fn new(seed: u64) -> Option<Self> {
        let mut peer = Peer::start()?;
        let user = TheirUser::new(&mut peer, 1, &[PHONE]);
        let mut old = Self {
            peer,
            user,
            rng: StdRng::seed_from_u64(seed),
            secret: "1f".repeat(16),
            invitation: Vec::new(),
            code: String::new(),
        };
        old.invite(json!({}), json!({}));
        Some(old)
    }

    /// Writes an invitation with these fields in the place of its own, and with those of its bundle.
    pub(crate) fn invite(&mut self, invitation: Value, bundle: Value) {
        let fields = with(
            json!({
                "suite": 2,
                "signed_prekey_id": 1,
                "created": 0,
                "one_time_prekey_id": 2,
                "kem_prekey_id": 3,
                "account": PHONE,
            }),
            bundle,
        );
        let bundle = self.peer.answer("wire_publish", fields).bytes("bundle");
        let fields = with(
            json!({
                "expires": NOW + SECONDS,
                "list": hex::encode(&self.user.list),
                "bundle": hex::encode(bundle),
                "secret": self.secret,
            }),
            invitation,
        );
        let written = self.peer.answer("link_write_invitation", fields);
        self.invitation = written.bytes("invitation");
        self.code = written.into_value()["code"]
            .as_str()
            .expect("a code is text")
            .to_owned();
    }

    /// Lets a new client of ours accept the invitation, and returns the digits that it shows.
    pub(crate) fn ours_accepts(&mut self) -> Result<(OursIsNew, String), ClientError<Infallible>> {
        let key = StoreKey::generate(&mut self.rng);
        let code: LinkCode = self.code.parse().expect("this is a code");
        let acceptance = Acceptance {
            invitation: &self.invitation,
            code: &code,
            name: "Büro",
            now: NOW,
        };
        let store = MemoryStore::new();
        let (client, accepted) = Client::accept_invitation(store, &key, acceptance, &mut self.rng)?;
        let digits = accepted.digits.as_str().to_owned();
        let message = accepted.message;
        Ok((OursIsNew { client, message }, digits))
    }

    /// The content of an acceptance.
    pub(crate) fn accepts(&mut self, message: &[u8]) -> Value {
        let fields = json!({
            "session": SESSION,
            "account": PHONE,
            "message": hex::encode(message),
            "associated_data": "",
        });
        self.peer.answer("content_accept", fields).into_value()
    }

    /// The judgement of the Python side about an acceptance.
    pub(crate) fn judges(&mut self, mut content: Value) -> Option<Value> {
        content["session"] = SESSION.into();
        content["invitation"] = hex::encode(&self.invitation).into();
        content["secret"] = self.secret.as_str().into();
        content["newest"] = hex::encode(&self.user.list).into();
        content["now"] = (NOW + SECONDS - 1).into();
        let judged = self.peer.ask("link_check_acceptance", content).ok()?;
        Some(judged.into_value())
    }

    pub(crate) fn encrypts(&mut self, mut content: Value) -> Vec<u8> {
        content["session"] = SESSION.into();
        self.peer
            .answer("content_encrypt", content)
            .bytes("message")
    }

    /// A welcome with this list of any user.
    pub(crate) fn welcome_with(&mut self, list: &[u8]) -> Vec<u8> {
        let fields = json!({ "list": hex::encode(list) });
        let read = self
            .peer
            .answer("devices_read", fields.clone())
            .into_value();
        let hash = read["hash"].as_str().expect("the field is text");
        let claim = json!({ "version": read["version"], "hash": hash[..16] });
        self.welcome(with(fields, claim))
    }

    /// A welcome with the newest list, and with these fields in the place of its own.
    pub(crate) fn welcome(&mut self, fields: Value) -> Vec<u8> {
        let mut content = self.user.content_with_list(WELCOME, b"");
        content["known"] = 1.into();
        let payload = with(json!({ "seed": null, "peers": [] }), fields.clone());
        let payload = self.peer.answer("link_write_welcome", payload).into_value();
        let content = with(with(content, payload), fields);
        self.encrypts(content)
    }
}

impl OursIsNew {
    pub(crate) fn identity(&self) -> Vec<u8> {
        self.client
            .identity()
            .expect("the store works")
            .as_bytes()
            .to_vec()
    }

    /// Reads a message of another device of the user, which is no text.
    pub(crate) fn reads(
        &mut self,
        message: &[u8],
        rng: &mut StdRng,
    ) -> Result<Received, ClientError<Infallible>> {
        let incoming = Incoming::new(message);
        self.client.decrypt(Sender::AnyPeer, incoming, rng)
    }

    pub(crate) fn reads_welcome(
        &mut self,
        welcome: &[u8],
        rng: &mut StdRng,
    ) -> Result<Welcomed, ClientError<Infallible>> {
        self.client.accept_welcome(welcome, NOW, rng)
    }
}

/// A client of ours that has invited a device, the laptop of the Python side.
pub(crate) struct TheirsIsNew {
    pub(crate) peer: Peer,
    pub(crate) client: Client<MemoryStore>,
    pub(crate) rng: StdRng,
    pub(crate) invitation: Vec<u8>,
    /// The fields that the Python side has read in the invitation.
    pub(crate) checked: Value,
}

/// An acceptance of the Python side.
pub(crate) struct TheirAcceptance {
    pub(crate) message: Vec<u8>,
    pub(crate) digits: String,
}

impl TheirsIsNew {
    pub(crate) fn new(seed: u64) -> Option<Self> {
        let peer = Peer::start()?;
        let mut rng = StdRng::seed_from_u64(seed);
        let key = StoreKey::generate(&mut rng);
        let client = Client::create(MemoryStore::new(), &key, &mut rng);
        let mut new = Self {
            peer,
            client: client.expect("the store is empty"),
            rng,
            invitation: Vec::new(),
            checked: Value::Null,
        };
        new.invite();
        Some(new)
    }

    /// Lets our client invite, and the Python side read the invitation.
    pub(crate) fn invite(&mut self) {
        let invited = self.client.invite(NOW, SECONDS, &mut self.rng);
        let invited = invited.expect("the client signs for its user");
        let fields = json!({
            "invitation": hex::encode(&invited.bytes),
            "code": invited.code.expose().to_string(),
            "now": NOW + SECONDS - 1,
        });
        let checked = self.peer.answer("link_check_invitation", fields);
        self.invitation = invited.bytes;
        self.checked = checked.into_value();
    }

    pub(crate) fn identity(&mut self) -> Vec<u8> {
        let identity = self
            .peer
            .answer("wire_identity", json!({ "account": "laptop" }));
        identity.bytes("identity")
    }

    /// A reusable bundle of the laptop, with these fields in the place of its own.
    pub(crate) fn reusable(&mut self, fields: Value) -> Vec<u8> {
        let usual = json!({
            "suite": 2,
            "signed_prekey_id": 71,
            "created": 0,
            "one_time_prekey_id": null,
            "kem_created": 0,
            "kem_prekey_id": 72,
            "account": "laptop",
        });
        self.peer
            .answer("wire_publish", with(usual, fields))
            .bytes("bundle")
    }

    /// An acceptance with these fields of the payload, and with these of the content, in the place of its own.
    pub(crate) fn accepts(&mut self, payload: Value, content: Value) -> TheirAcceptance {
        let checked = self.checked.clone();
        let fields = json!({
            "account": "laptop", "user_key": checked["user_key"], "number": checked["number"],
        });
        let device = self.peer.answer("devices_sign", fields).into_value();
        let own = json!({
            "secret": checked["secret"],
            "number": checked["number"],
            "signature": device["signature"],
            "bundle": hex::encode(self.reusable(json!({}))),
            "name": hex::encode("laptop"),
        });
        let payload = self
            .peer
            .answer("link_write_acceptance", with(own, payload));
        let usual = json!({
            "kind": ACCEPTANCE,
            "version": 0,
            "hash": "00".repeat(8),
            "known": checked["known"],
            "list": null,
            "payload": hex::encode(payload.bytes("payload")),
            "session": SESSION,
            "account": "laptop",
            "bundle": checked["bundle"],
            "ordinal": 1,
            "associated_data": "",
        });
        let begun = self.peer.answer("content_begin", with(usual, content));
        let fields = json!({
            "session_id": hex::encode(begun.bytes("session_id")),
            "secret": checked["secret"],
            "identity": device["identity"],
        });
        let digits = self.peer.answer("link_digits", fields).into_value();
        TheirAcceptance {
            message: begun.bytes("message"),
            digits: digits["digits"]
                .as_str()
                .expect("digits are text")
                .to_owned(),
        }
    }

    pub(crate) fn admits(
        &mut self,
        acceptance: &TheirAcceptance,
        now: u64,
    ) -> Result<Linked, ClientError<Infallible>> {
        let digits: LinkDigits = acceptance.digits.parse().expect("these are six digits");
        let admission = Admission {
            acceptance: &acceptance.message,
            digits: &digits,
            now,
        };
        self.client.admit(admission, &mut self.rng)
    }

    /// Demands that our client refuses an acceptance, before it shows a name and when it is to answer.
    pub(crate) fn assert_refused(
        &mut self,
        acceptance: &TheirAcceptance,
        reason: &str,
        altered: &Value,
    ) {
        let what = altered.to_string();
        let shown = self.client.read_acceptance(&acceptance.message, NOW);
        assert_refusal(shown, reason, &what);
        assert_refusal(self.admits(acceptance, NOW), reason, &what);
    }

    /// The signature of the laptop as a device of this user and number.
    pub(crate) fn signature(&mut self, user_key: &str, number: u32) -> Value {
        let fields = json!({ "account": "laptop", "user_key": user_key, "number": number });
        let device = self.peer.answer("devices_sign", fields).into_value();
        device["signature"].clone()
    }

    pub(crate) fn decrypts(&mut self, message: &[u8]) -> Value {
        let fields = json!({
            "session": SESSION, "message": hex::encode(message), "associated_data": "",
        });
        self.peer.answer("content_decrypt", fields).into_value()
    }

    /// The judgement of the Python side about a welcome.
    pub(crate) fn judges(&mut self, mut content: Value) -> Option<Value> {
        content["invitation"] = hex::encode(&self.invitation).into();
        content["number"] = self.checked["number"].clone();
        content["identity"] = hex::encode(self.identity()).into();
        let judged = self.peer.ask("link_check_welcome", content).ok()?;
        Some(judged.into_value())
    }

    pub(crate) fn encrypts(&mut self, mut content: Value) -> Vec<u8> {
        content["session"] = SESSION.into();
        content["associated_data"] = "".into();
        self.peer
            .answer("content_encrypt", content)
            .bytes("message")
    }

    /// Lets the Python side encrypt a content, and reads it with our client.
    pub(crate) fn reads(&mut self, content: Value) -> Result<Received, ClientError<Infallible>> {
        let message = self.encrypts(content);
        let incoming = Incoming::new(&message);
        let received = self
            .client
            .decrypt(Sender::AnyPeer, incoming, &mut self.rng)?;
        if received.content != ContentKind::List {
            self.client.acknowledge(&received.receipt)?;
        }
        Ok(received)
    }
}

/// Demands that ours refused with an error that begins like this.
pub(crate) fn assert_refusal<T>(
    result: Result<T, ClientError<Infallible>>,
    reason: &str,
    what: &str,
) {
    let refused = result.err().map(|error| format!("{error:?}"));
    let fits = refused
        .as_ref()
        .is_some_and(|error| error.starts_with(reason));
    assert!(fits, "{what}: {refused:?}");
}

/// The device of an acceptance, as the fields of a list have it.
pub(crate) fn device_of(judged: &Value) -> Value {
    json!({
        "number": judged["number"],
        "identity": judged["identity"],
        "signature": judged["signature"],
    })
}

/// These fields, with others in their place.
pub(crate) fn with(mut fields: Value, others: Value) -> Value {
    for (name, value) in others.as_object().expect("fields are an object") {
        fields[name] = value.clone();
    }
    fields
}
