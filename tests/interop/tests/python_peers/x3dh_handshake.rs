//! Both roles of X3DH with a Python party on the other side, up to the results that each side computed alone.

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sprag_primitives::x25519::PublicKey;
use sprag_primitives::xeddsa::Signature;
use sprag_primitives::{Error as PrimitiveError, SecretBytes};
use sprag_x3dh::x3dh::{Bundle, InitialMessage, initiate, respond};
use sprag_x3dh::{
    self as handshakes, CurveBundle, CurveMessage, Error, IdentityKey, IdentityKeyPair, Initiator,
    OneTimePrekey, OneTimePrekeyPair, Responded, ResponderKeys, SealedInitiator, SignedPrekey,
    SignedPrekeyPair, SignedPrekeyTerms, Suite,
};

use crate::peer::{Peer, Refusal, Response, array};

/// The version of the protocol in which the Python party has both suites.
pub(crate) const VERSION: u8 = 1;

/// The keys that a ratchet begins with.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Keys {
    pub(crate) root: SecretBytes<32>,
    pub(crate) shared_hka: SecretBytes<32>,
    pub(crate) shared_nhkb: SecretBytes<32>,
}

/// The results of one side, computed from its own keys and from the bytes that it received, and from nothing
/// else.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Side {
    pub(crate) shared_secret: [u8; 32],
    pub(crate) associated_data: Vec<u8>,
    pub(crate) keys: Keys,
    pub(crate) session_id: [u8; 32],
    /// The initiator as this side knows it: a responder has it from the sealed part.
    pub(crate) identity: [u8; 32],
    pub(crate) ordinal: u32,
}

impl Side {
    /// Our results, with the responder's identity key that is on our record.
    pub(crate) fn ours(
        responded: Responded,
        message: &handshakes::InitialMessage,
        responder: &IdentityKey,
    ) -> Self {
        let Responded {
            initiator,
            agreement,
        } = responded;
        let shared_secret = *agreement.shared_secret.as_secret().expose();
        let keys = agreement.shared_secret.into_keys(message.suite());
        Self {
            shared_secret,
            associated_data: [&initiator.identity, responder]
                .map(IdentityKey::encode)
                .concat(),
            keys: Keys {
                root: keys.root,
                shared_hka: keys.shared_hka,
                shared_nhkb: keys.shared_nhkb,
            },
            session_id: *message.session_id().as_bytes(),
            identity: *initiator.identity.as_bytes(),
            ordinal: initiator.ordinal,
        }
    }

    pub(crate) fn theirs(response: &Response) -> Self {
        let secret = |field| SecretBytes::copy_from(&response.array(field));
        Self {
            shared_secret: response.array("shared_secret"),
            associated_data: response.bytes("associated_data"),
            keys: Keys {
                root: secret("root"),
                shared_hka: secret("shared_hka"),
                shared_nhkb: secret("shared_nhkb"),
            },
            session_id: response.array("session_id"),
            identity: response.array("identity"),
            ordinal: response.number("ordinal"),
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

/// Initiates with a bundle as a new party.
pub(crate) fn ours_initiate(bundle: Bundle, rng: &mut StdRng) -> (InitialMessage, Side) {
    let bundle = bundle.verify().expect("the signature is valid");
    let identity = IdentityKeyPair::generate(rng);
    let ordinal = rng.random();
    let initiated = initiate(&identity, &bundle, ordinal, rng).expect("the keys contribute");
    let message = initiated.message;
    let ours = Responded {
        initiator: Initiator {
            identity: *identity.public(),
            ordinal,
        },
        agreement: initiated.agreement,
    };
    let responder = &bundle.bundle().curve.identity;
    let ours = Side::ours(ours, &handshakes::InitialMessage::X3dh(message), responder);
    (message, ours)
}

/// Lets the Python party `name` respond, and returns its results and the secret of its signed prekey.
pub(crate) fn theirs_respond(
    (peer, name): (&mut Peer, &str),
    message: &InitialMessage,
) -> Result<(Side, [u8; 32]), Refusal> {
    let mut fields = fields_of(message.curve(), message.sealed_initiator());
    fields["session"] = name.into();
    let response = peer.ask("x3dh_respond", fields)?;
    let secret = response.array("signed_prekey_secret");
    Ok((Side::theirs(&response), secret))
}

/// Lets the Python party `name` initiate with `bundle`.
pub(crate) fn theirs_initiate(
    (peer, name): (&mut Peer, &str),
    mut bundle: Value,
    ordinal: u32,
) -> (InitialMessage, Side) {
    bundle["session"] = name.into();
    bundle["ordinal"] = ordinal.into();
    let response = peer.answer("x3dh_initiate", bundle);
    let theirs = Side::theirs(&response);
    let (curve, sealed) = read_message(&response.into_value());
    (InitialMessage::from_parts(curve, sealed), theirs)
}

/// A handshake that we begin, for the ratchet.
pub(crate) fn ours_begins(at: (&mut Peer, &str), one_time: OneTime, rng: &mut StdRng) -> OursBegan {
    let (peer, name) = at;
    let published = publish((&mut *peer, name), one_time, rng);
    let bundle = read_bundle(&published).expect("the keys are valid");
    let remote = bundle.curve.signed_prekey.key;
    let (message, ours) = ours_initiate(bundle, rng);
    let responded = theirs_respond((peer, name), &message);
    let (theirs, their_secret) = responded.expect("the seal opens");
    OursBegan {
        ours,
        theirs,
        remote,
        their_secret,
    }
}

/// A handshake that the Python party begins, for the ratchet.
pub(crate) fn theirs_begins(
    at: (&mut Peer, &str),
    one_time: OneTime,
    rng: &mut StdRng,
) -> TheirsBegan {
    let account = Account::generate(one_time, rng);
    let bundle = write_bundle(&account.bundle());
    let their_remote = array(&bundle, "signed_prekey");
    let (message, theirs) = theirs_initiate(at, bundle, rng.random());
    TheirsBegan {
        ours: account.respond(&message).expect("the seal opens"),
        theirs,
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

    pub(crate) fn respond(&self, message: &InitialMessage) -> Result<Side, Error> {
        let keys = ResponderKeys {
            identity: &self.identity,
            signed_prekey: &self.signed_prekey,
            one_time_prekey: self.one_time_prekey.as_ref(),
        };
        let responded = respond(&keys, message)?;
        let message = handshakes::InitialMessage::X3dh(*message);
        Ok(Side::ours(responded, &message, self.identity.public()))
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

/// Reads the fields of an initial message that both suites have.
pub(crate) fn read_message(fields: &Value) -> (CurveMessage, SealedInitiator) {
    let optional = |field: &str| (!fields[field].is_null()).then(|| number(fields, field));
    let curve = CurveMessage {
        ephemeral: PublicKey::from_bytes(&array(fields, "ephemeral")).expect("the key is valid"),
        signed_prekey: number(fields, "signed_prekey_id"),
        one_time_prekey: optional("one_time_prekey_id"),
    };
    (curve, SealedInitiator::from_bytes(array(fields, "sealed")))
}

/// Writes the fields of an initial message that both suites have.
pub(crate) fn fields_of(curve: &CurveMessage, sealed: &SealedInitiator) -> Value {
    json!({
        "ephemeral": hex::encode(curve.ephemeral.as_bytes()),
        "signed_prekey_id": curve.signed_prekey,
        "one_time_prekey_id": curve.one_time_prekey,
        "sealed": hex::encode(sealed.as_bytes()),
    })
}

/// The number in `field`.
pub(crate) fn number(fields: &Value, field: &str) -> u32 {
    let number = fields[field].as_u64().expect("the field is a number");
    u32::try_from(number).expect("the number is of 32 bits")
}

/// Reads a bundle from the peer's fields.
pub(crate) fn read_bundle(fields: &Value) -> Result<Bundle, PrimitiveError> {
    let key = |field: &str| PublicKey::from_bytes(&array(fields, field));
    let suite = u8::try_from(number(fields, "suite")).ok();
    let suite = suite.and_then(|suite| Suite::from_bytes(VERSION, suite));
    let one_time_prekey = if fields["one_time_prekey"].is_null() {
        None
    } else {
        Some(OneTimePrekey {
            id: number(fields, "one_time_prekey_id"),
            key: key("one_time_prekey")?,
        })
    };
    let curve = CurveBundle {
        identity: IdentityKey::from_bytes(&array(fields, "identity"))?,
        signed_prekey: SignedPrekey {
            terms: SignedPrekeyTerms {
                suite: suite.expect("the suite is known"),
                id: number(fields, "signed_prekey_id"),
                created: fields["created"].as_u64().expect("a date is a number"),
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
