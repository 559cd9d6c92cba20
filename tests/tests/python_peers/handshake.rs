//! Both roles of X3DH with a Python party on the other side, up to what each side came to alone.

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sprag_primitives::x25519::PublicKey;
use sprag_primitives::xeddsa::Signature;
use sprag_primitives::{Error as PrimitiveError, SecretBytes};
use sprag_x3dh::x3dh::{Bundle, InitialMessage, ResponderKeys, initiate, respond};
use sprag_x3dh::{
    Agreement, IdentityKey, IdentityKeyPair, OneTimePrekey, OneTimePrekeyPair, SessionKeys,
    SignedPrekey, SignedPrekeyPair, SignedPrekeyTerms, Suite,
};

use crate::peer::{Peer, Response, array};

/// What one side computed from its own keys and from what it received, and from nothing else.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Side {
    pub(crate) shared_secret: [u8; 32],
    pub(crate) associated_data: Vec<u8>,
    pub(crate) keys: SessionKeys,
}

impl Side {
    pub(crate) fn ours(agreement: Agreement) -> Self {
        Self {
            shared_secret: *agreement.shared_secret.as_secret().expose(),
            associated_data: agreement.associated_data.to_vec(),
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

/// Whether a bundle has a one-time prekey.
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

/// We initiate with the bundle that the Python party `name` publishes, after `alter`.
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
    let identity = IdentityKeyPair::generate(rng);
    let initiated = initiate(&identity, &bundle, rng).expect("the keys contribute");

    let message = initiated.message;
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
        ours: Side::ours(initiated.agreement),
        theirs: Side::theirs(&response),
        remote: bundle.bundle().signed_prekey.key,
        their_secret: response.array("signed_prekey_secret"),
    }
}

/// The Python party `name` initiates with a bundle that we publish, after `alter`.
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

    let message = InitialMessage {
        identity: IdentityKey::from_bytes(&response.array("identity")).expect("the key is valid"),
        ephemeral: PublicKey::from_bytes(&response.array("ephemeral")).expect("the key is valid"),
        ordinal: 1,
        signed_prekey: account.signed_prekey.id(),
        one_time_prekey: account.one_time_prekey.as_ref().map(OneTimePrekeyPair::id),
    };
    let agreement = respond(&account.keys(), &message).expect("the keys contribute");
    TheirsBegan {
        ours: Side::ours(agreement),
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
        Bundle {
            identity: *self.identity.public(),
            signed_prekey: self.signed_prekey.public(),
            one_time_prekey: self.one_time_prekey.as_ref().map(OneTimePrekeyPair::public),
        }
    }

    const fn keys(&self) -> ResponderKeys<'_> {
        ResponderKeys {
            identity: &self.identity,
            signed_prekey: &self.signed_prekey,
            one_time_prekey: self.one_time_prekey.as_ref(),
        }
    }
}

/// The bundle that the Python party `name` makes, as it comes.
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

/// A bundle from the peer's fields.
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
    Ok(Bundle {
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
    })
}

/// The peer's fields of a bundle.
pub(crate) fn write_bundle(bundle: &Bundle) -> Value {
    let SignedPrekey {
        terms,
        key,
        signature,
    } = bundle.signed_prekey;
    let one_time_prekey = bundle.one_time_prekey;
    json!({
        "suite": terms.suite.to_byte(),
        "signed_prekey_id": terms.id,
        "created": terms.created,
        "one_time_prekey_id": one_time_prekey.map(|prekey| prekey.id),
        "identity": hex::encode(bundle.identity.as_bytes()),
        "signed_prekey": hex::encode(key.as_bytes()),
        "signature": hex::encode(signature.as_bytes()),
        "one_time_prekey": one_time_prekey.map(|prekey| hex::encode(prekey.key.as_bytes())),
    })
}
