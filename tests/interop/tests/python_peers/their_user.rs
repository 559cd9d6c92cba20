//! A user on the Python side: devices with keys of their own, and the list that the user has signed.

use serde_json::{Value, json};

use crate::peer::Peer;

/// A user whose devices are accounts of the Python process.
pub(crate) struct TheirUser {
    /// The private user key, in hexadecimal.
    pub(crate) seed: String,
    pub(crate) user_key: String,
    pub(crate) user: [u8; 32],
    /// The next list, as fields.
    fields: Value,
    /// The newest list, and its hash.
    pub(crate) list: Vec<u8>,
    pub(crate) hash: [u8; 32],
}

impl TheirUser {
    /// A user with one device for each of these accounts, and a first list. The seed is 32 times `seed`.
    pub(crate) fn new(peer: &mut Peer, seed: u8, accounts: &[&str]) -> Self {
        let seed = hex::encode([seed; 32]);
        let keys = peer.answer("devices_user", json!({ "seed": seed }));
        let user = keys.array("user");
        let fields = json!({
            "version": 1,
            "created": 0,
            "previous": hex::encode([0; 32]),
            "next": 0,
            "devices": [],
            "revoked": [],
        });
        let mut user = Self {
            seed,
            user_key: hex::encode(keys.bytes("user_key")),
            user,
            fields,
            list: Vec::new(),
            hash: [0; 32],
        };
        for account in accounts {
            user.add(peer, account);
        }
        user.sign(peer);
        user
    }

    /// The version of the newest list.
    pub(crate) fn version(&self) -> u64 {
        self.fields["version"]
            .as_u64()
            .expect("the field is a number")
            - 1
    }

    /// Adds the device of `account` to the fields of the next list.
    fn add(&mut self, peer: &mut Peer, account: &str) {
        let fields = json!({
            "account": account,
            "user_key": self.user_key,
            "number": self.fields["next"],
        });
        let device = peer.answer("devices_sign", fields).into_value();
        self.push(device);
    }

    /// Adds a device with "number", "identity" and "signature" to the fields of the next list.
    fn push(&mut self, device: Value) {
        let devices = self.fields["devices"].as_array_mut();
        devices.expect("the field is an array").push(device);
        let next = self.fields["next"].as_u64().expect("the field is a number");
        self.fields["next"] = (next + 1).into();
    }

    /// Signs the next list.
    fn sign(&mut self, peer: &mut Peer) {
        let signed = self.sign_other(peer, |_| ());
        self.list = hex::decode(signed["list"].as_str().expect("the field is text"))
            .expect("the field is hexadecimal");
        let hash = signed["hash"].as_str().expect("the field is text");
        hex::decode_to_slice(hash, &mut self.hash).expect("a hash has 32 bytes");
        let version = self.fields["version"]
            .as_u64()
            .expect("the field is a number");
        self.fields["version"] = (version + 1).into();
        self.fields["previous"] = hash.into();
    }

    /// Signs what becomes of the next list's fields when `alter` has altered them, and keeps nothing of it.
    pub(crate) fn sign_other(&self, peer: &mut Peer, alter: impl FnOnce(&mut Value)) -> Value {
        let mut fields = self.fields.clone();
        fields["seed"] = self.seed.as_str().into();
        alter(&mut fields);
        peer.answer("devices_write", fields).into_value()
    }

    /// Signs the next list, with a device for `account` more.
    pub(crate) fn link(&mut self, peer: &mut Peer, account: &str) {
        self.add(peer, account);
        self.sign(peer);
    }

    /// Signs the next list, with a device more that is none of the Python process: "number", "identity" and "signature".
    pub(crate) fn admit(&mut self, peer: &mut Peer, device: Value) {
        self.push(device);
        self.sign(peer);
    }

    /// Signs the next list, without the device at `place` among those that are listed.
    pub(crate) fn revoke(&mut self, peer: &mut Peer, place: usize, reason: u8) {
        let devices = self.fields["devices"].as_array_mut();
        let device = devices.expect("the field is an array").remove(place);
        let revoked = self.fields["revoked"].as_array_mut();
        revoked
            .expect("the field is an array")
            .push(json!({ "number": device["number"], "reason": reason }));
        self.sign(peer);
    }

    /// A bundle of the device of `account`, whose prekeys have the numbers from `first` on.
    pub(crate) fn publish(&self, peer: &mut Peer, account: &str, first: u32) -> Vec<u8> {
        let fields = json!({
            "suite": 2,
            "signed_prekey_id": first,
            "created": 0,
            "one_time_prekey_id": first + 1,
            "kem_prekey_id": first + 2,
            "account": account,
            "list": hex::encode(&self.list),
        });
        peer.answer("wire_publish", fields).bytes("bundle")
    }

    /// The fields of a content of this kind, whose header tells of the newest list.
    pub(crate) fn content(&self, kind: u8, payload: &[u8]) -> Value {
        json!({
            "kind": kind,
            "version": self.version(),
            "hash": hex::encode(&self.hash[..8]),
            "known": 0,
            "list": null,
            "payload": hex::encode(payload),
            "associated_data": "",
        })
    }

    /// The fields of a content to which the newest list is attached.
    pub(crate) fn content_with_list(&self, kind: u8, payload: &[u8]) -> Value {
        let mut fields = self.content(kind, payload);
        fields["list"] = hex::encode(&self.list).into();
        fields
    }
}
