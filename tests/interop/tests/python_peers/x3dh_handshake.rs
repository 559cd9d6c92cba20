//! Both roles of X3DH with a Python party on the other side, up to the results that each side computed alone.

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sprag_primitives::x25519::PublicKey;
use sprag_primitives::xeddsa::Signature;
use sprag_primitives::{Error as PrimitiveError, SecretBytes};
use sprag_x3dh::x3dh::{Bundle, InitialMessage, initiate, respond};
use sprag_x3dh::{
    Agreement, CurveBundle, CurveMessage, IdentityKey, IdentityKeyPair, OneTimePrekey,
    OneTimePrekeyPair, ResponderKeys, SessionKeys, SignedPrekey, SignedPrekeyPair,
    SignedPrekeyTerms, Suite,
};

use crate::peer::{Peer, Response, array};

/// The results of one side, computed from its own keys and from the bytes that it received, and from nothing
/// else.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Side {
    pub(crate) shared_secret: [u8; 32],
    pub(crate) associated_data: Vec<u8>,
    pub(crate) keys: SessionKeys,
}

impl Side {
    /// Our results, with the identity keys that are on our record, the initiator's first.
    pub(crate) fn ours(agreement: Agreement, identities: [&IdentityKey; 2]) -> Self {
        Self {
            shared_secret: *agreement.shared_secret.as_secret().expose(),
            associated_data: identities.map(IdentityKey::encode).concat(),
            keys: agreement.shared_secret.into_keys(),
        }
    }

    pub(crate) fn theirs(response: &Response) -> Self {
        let secret = |field| SecretBytes::copy_from(&response.array(field));
        Self {
            shared_secret: response.array("shared_secret"),
            associated_data: response.bytes("associated_data"),
            keys: SessionKeys {
                root: secret("root"),
                shared_hka: secret("shared_hka"),
                shared_nhkb: secret("shared_nhkb"),
            },
        }
    }
}

/// The presence of a one-time prekey in a bundle.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OneTime {
    With,
    Without,
}

/// A handshake that we began.
pub(crate) struct OursBegan<S = Side> {
    pub(crate) ours: S,
    pub(crate) theirs: S,
    /// The signed prekey as we received it.
    pub(crate) remote: PublicKey,
    /// Its secret half, which is the Python party's.
    pub(crate) their_secret: [u8; 32],
}

/// A handshake that the Python party began.
pub(crate) struct TheirsBegan<S = Side> {
    pub(crate) ours: S,
    pub(crate) theirs: S,
    /// The signed prekey that we published.
    pub(crate) signed_prekey: SignedPrekeyPair,
    /// The signed prekey as the Python party received it.
    pub(crate) their_remote: [u8; 32],
}

/// Initiates with the bundle that the Python party `name` publishes, after `alter` has changed it.
pub(crate) fn ours_begins(
    (peer, name): (&mut Peer, &str),
    one_time: OneTime,
    rng: &mut StdRng,
    alter: impl FnOnce(&mut Bundle),
) -> OursBegan {
    let published = publish((&mut *peer, name), one_time, rng);
    let mut bundle = read_bundle(&published).expect("the keys are valid");
    alter(&mut bundle);
    let bundle = bundle.verify().expect("the signature is valid");
    let remote = &bundle.bundle().curve;
    let identity = IdentityKeyPair::generate(rng);
    let initiated = initiate(&identity, &bundle, rng).expect("the keys contribute");

    let message = initiated.message.curve;
    let fields = json!({
        "session": name,
        "suite": Suite::X3dh.to_byte(),
        "identity": hex::encode(message.identity.as_bytes()),
        "ephemeral": hex::encode(message.ephemeral.as_bytes()),
        "signed_prekey_id": message.signed_prekey,
        "one_time": message.one_time_prekey.is_some(),
        "one_time_prekey_id": message.one_time_prekey,
    });
    let response = peer.answer("x3dh_respond", fields);
    OursBegan {
        ours: Side::ours(initiated.agreement, [identity.public(), &remote.identity]),
        theirs: Side::theirs(&response),
        remote: remote.signed_prekey.key,
        their_secret: response.array("signed_prekey_secret"),
    }
}

/// Lets the Python party `name` initiate with a bundle that we publish, after `alter` has changed it.
pub(crate) fn theirs_begins(
    (peer, name): (&mut Peer, &str),
    one_time: OneTime,
    rng: &mut StdRng,
    alter: impl FnOnce(&mut Value),
) -> TheirsBegan {
    let account = Account::generate(one_time, rng);
    let mut bundle = write_bundle(&account.bundle());
    alter(&mut bundle);
    let their_remote = array(&bundle, "signed_prekey");
    bundle["session"] = name.into();
    let response = peer.answer("x3dh_initiate", bundle);

    let curve = CurveMessage {
        identity: IdentityKey::from_bytes(&response.array("identity")).expect("the key is valid"),
        ephemeral: PublicKey::from_bytes(&response.array("ephemeral")).expect("the key is valid"),
        ordinal: 1,
        signed_prekey: account.signed_prekey.id(),
        one_time_prekey: account.one_time_prekey.as_ref().map(OneTimePrekeyPair::id),
    };
    let agreement = respond(&account.keys(), &InitialMessage { curve });
    let agreement = agreement.expect("the keys contribute");
    TheirsBegan {
        ours: Side::ours(agreement, [&curve.identity, account.identity.public()]),
        theirs: Side::theirs(&response),
        signed_prekey: account.signed_prekey,
        their_remote,
    }
}

/// The identity and the prekeys of a party of ours.
pub(crate) struct Account {
    identity: IdentityKeyPair,
    signed_prekey: SignedPrekeyPair,
    one_time_prekey: Option<OneTimePrekeyPair>,
}

impl Account {
    pub(crate) fn generate(one_time: OneTime, rng: &mut StdRng) -> Self {
        let identity = IdentityKeyPair::generate(rng);
        let terms = SignedPrekeyTerms {
            suite: Suite::X3dh,
            id: rng.random(),
            created: rng.random(),
        };
        Self {
            signed_prekey: SignedPrekeyPair::generate(terms, &identity, rng),
            identity,
            one_time_prekey: (one_time == OneTime::With)
                .then(|| OneTimePrekeyPair::generate(rng.random(), rng)),
        }
    }

    pub(crate) fn bundle(&self) -> Bundle {
        let curve = CurveBundle {
            identity: *self.identity.public(),
            signed_prekey: self.signed_prekey.public(),
            one_time_prekey: self.one_time_prekey.as_ref().map(OneTimePrekeyPair::public),
        };
        Bundle { curve }
    }

    const fn keys(&self) -> ResponderKeys<'_> {
        ResponderKeys {
            identity: &self.identity,
            signed_prekey: &self.signed_prekey,
            one_time_prekey: self.one_time_prekey.as_ref(),
        }
    }
}

/// The fields of a bundle that the Python party `name` publishes.
pub(crate) fn publish(
    (peer, name): (&mut Peer, &str),
    one_time: OneTime,
    rng: &mut StdRng,
) -> Value {
    let fields = json!({
        "session": name,
        "suite": Suite::X3dh.to_byte(),
        "signed_prekey_id": rng.random::<u32>(),
        "created": rng.random::<u64>(),
        "one_time_prekey_id": (one_time == OneTime::With).then(|| rng.random::<u32>()),
    });
    peer.answer("x3dh_publish", fields).into_value()
}

/// Reads a bundle from the peer's fields.
pub(crate) fn read_bundle(fields: &Value) -> Result<Bundle, PrimitiveError> {
    let number = |field: &str| fields[field].as_u64().expect("the field is a number");
    let id = |field: &str| u32::try_from(number(field)).expect("an id is of 32 bits");
    let key = |field: &str| PublicKey::from_bytes(&array(fields, field));
    let suite = u8::try_from(number("suite"))
        .ok()
        .and_then(Suite::from_byte);
    let one_time_prekey = if fields["one_time_prekey"].is_null() {
        None
    } else {
        Some(OneTimePrekey {
            id: id("one_time_prekey_id"),
            key: key("one_time_prekey")?,
        })
    };
    let curve = CurveBundle {
        identity: IdentityKey::from_bytes(&array(fields, "identity"))?,
        signed_prekey: SignedPrekey {
            terms: SignedPrekeyTerms {
                suite: suite.expect("the suite is known"),
                id: id("signed_prekey_id"),
                created: number("created"),
            },
            key: key("signed_prekey")?,
            signature: Signature::from_bytes(array(fields, "signature")),
        },
        one_time_prekey,
    };
    Ok(Bundle { curve })
}

/// Writes a bundle as the peer's fields.
pub(crate) fn write_bundle(bundle: &Bundle) -> Value {
    let CurveBundle {
        identity,
        signed_prekey,
        one_time_prekey,
    } = &bundle.curve;
    let SignedPrekey {
        terms,
        key,
        signature,
    } = signed_prekey;
    json!({
        "suite": terms.suite.to_byte(),
        "signed_prekey_id": terms.id,
        "created": terms.created,
        "one_time_prekey_id": one_time_prekey.map(|prekey| prekey.id),
        "identity": hex::encode(identity.as_bytes()),
        "signed_prekey": hex::encode(key.as_bytes()),
        "signature": hex::encode(signature.as_bytes()),
        "one_time_prekey": one_time_prekey.map(|prekey| hex::encode(prekey.key.as_bytes())),
    })
}
