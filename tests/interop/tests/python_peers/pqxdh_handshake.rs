//! Both roles of PQXDH with a Python party on the other side, up to the results that each side computed
//! alone.

use std::collections::HashSet;

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::ml_kem_1024::{Ciphertext, EncapsulationKey};
use sprag_primitives::x25519::PublicKey;
use sprag_primitives::xeddsa::Signature;
use sprag_x3dh::pqxdh::{Bundle, InitialMessage, KemPart, initiate, respond};
use sprag_x3dh::{
    self as handshakes, CurveBundle, Error, IdentityKey, IdentityKeyPair, Initiator, KemPrekey,
    KemPrekeyPair, KemPrekeyUse, LastResortKemPrekeyPair, LastResortKemPrekeyTerms, OneTimePrekey,
    OneTimePrekeyPair, Responded, ResponderKeys, SignedPrekey, SignedPrekeyPair, SignedPrekeyTerms,
    Suite,
};

use crate::peer::{Peer, Refusal, Response, array};
use crate::x3dh_handshake::{
    OursBegan, Side, TheirsBegan, VERSION, fields_of, number, read_message,
};

/// Numbers at the edges of a varint: the last of each length, the first of the next length, and both ends.
const EDGES: [u32; 11] = [
    0,
    1,
    (1 << 7) - 1,
    1 << 7,
    (1 << 14) - 1,
    1 << 14,
    (1 << 21) - 1,
    1 << 21,
    (1 << 28) - 1,
    1 << 28,
    u32::MAX,
];

/// The numbers and dates of a handshake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) ordinal: u32,
    pub(crate) signed_prekey: u32,
    pub(crate) created: u64,
    pub(crate) one_time_prekey: Option<u32>,
    pub(crate) kem_prekey: u32,
    pub(crate) kem_use: KemPrekeyUse,
}

impl Terms {
    /// Terms of each kind, with edges among their numbers: with and without a one-time prekey, and with a KEM
    /// prekey of either use.
    pub(crate) fn of_each_kind(rng: &mut StdRng) -> [Self; 4] {
        let kinds = [(true, true), (true, false), (false, true), (false, false)];
        kinds.map(|(one_time, one_time_kem)| {
            let [ordinal, signed_prekey, one_time_prekey, kem_prekey] = distinct(rng);
            let dates = [rng.random(), 0, u64::MAX, u64::from(rng.random::<u32>())];
            let mut date = || *dates.choose(rng).expect("there are some");
            Self {
                ordinal: ordinal.max(1),
                signed_prekey,
                created: date(),
                one_time_prekey: one_time.then_some(one_time_prekey),
                kem_prekey,
                kem_use: if one_time_kem {
                    KemPrekeyUse::OneTime
                } else {
                    KemPrekeyUse::LastResort { created: date() }
                },
            }
        })
    }

    /// The terms as the peer's fields.
    pub(crate) fn to_fields(self) -> Value {
        json!({
            "suite": Suite::Pqxdh.to_byte(),
            "ordinal": self.ordinal,
            "signed_prekey_id": self.signed_prekey,
            "created": self.created,
            "one_time_prekey_id": self.one_time_prekey,
            "kem_prekey_id": self.kem_prekey,
            "kem_created": date_of(self.kem_use),
        })
    }
}

/// Names for parties, each new to the peer, and the terms of their handshakes.
pub(crate) fn runs(count: usize, rng: &mut StdRng) -> Vec<(String, Terms)> {
    let terms = (0..count).flat_map(|_| Terms::of_each_kind(rng));
    let named = |(run, terms)| (format!("run {run}"), terms);
    terms.enumerate().map(named).collect()
}

/// Numbers of which no two are the same, because no two prekeys of an account have the same number.
fn distinct<const N: usize>(rng: &mut StdRng) -> [u32; N] {
    let mut seen = HashSet::new();
    core::array::from_fn(|_| {
        loop {
            let edge = *EDGES.choose(rng).expect("there are some");
            let number = if rng.random() { edge } else { rng.random() };
            if seen.insert(number) {
                break number;
            }
        }
    })
}

const fn date_of(usage: KemPrekeyUse) -> Option<u64> {
    match usage {
        KemPrekeyUse::OneTime => None,
        KemPrekeyUse::LastResort { created } => Some(created),
    }
}

/// The results of one side, computed from its own keys and from the bytes that it received, and from nothing
/// else.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct PqSide {
    pub(crate) agreed: Side,
    pub(crate) kem_hash: [u8; 32],
}

impl PqSide {
    /// Our results, with the responder's identity key that is on our record.
    fn ours(responded: Responded, message: &InitialMessage, responder: &IdentityKey) -> Self {
        let kem_hash = responded.agreement.kem_prekey_hash;
        let message = handshakes::InitialMessage::Pqxdh(message.clone());
        Self {
            agreed: Side::ours(responded, &message, responder),
            kem_hash: kem_hash.expect("there was a KEM prekey"),
        }
    }

    fn theirs(response: &Response) -> Self {
        Self {
            agreed: Side::theirs(response),
            kem_hash: response.array("kem_hash"),
        }
    }

    /// The results for a ratchet, whose messages authenticate session id and KEM prekey beside the
    /// identities.
    fn into_side(self) -> Side {
        let mut side = self.agreed;
        side.associated_data.extend(side.session_id);
        side.associated_data.extend(self.kem_hash);
        side
    }
}

/// The fields of a bundle that the Python party `name` publishes.
pub(crate) fn publish((peer, name): (&mut Peer, &str), terms: Terms) -> Value {
    let mut fields = terms.to_fields();
    fields["session"] = name.into();
    peer.answer("pqxdh_publish", fields).into_value()
}

pub(crate) fn ours_initiate(
    bundle: Bundle,
    ordinal: u32,
    rng: &mut StdRng,
) -> (InitialMessage, PqSide) {
    let bundle = bundle.verify().expect("the signatures are valid");
    let identity = IdentityKeyPair::generate(rng);
    let initiated = initiate(&identity, &bundle, ordinal, rng).expect("the keys contribute");
    let ours = Responded {
        initiator: Initiator {
            identity: *identity.public(),
            ordinal,
        },
        agreement: initiated.agreement,
    };
    let responder = &bundle.bundle().curve.identity;
    let ours = PqSide::ours(ours, &initiated.message, responder);
    (initiated.message, ours)
}

/// Lets the Python party `name` respond, and returns its results and the secret of its signed prekey.
pub(crate) fn theirs_respond(
    (peer, name): (&mut Peer, &str),
    message: &InitialMessage,
) -> Result<(PqSide, [u8; 32]), Refusal> {
    let mut fields = fields_of(message.curve(), message.sealed_initiator());
    fields["session"] = name.into();
    fields["kem_prekey_id"] = message.kem().prekey.into();
    fields["ciphertext"] = hex::encode(message.kem().ciphertext.as_bytes()).into();
    let response = peer.ask("pqxdh_respond", fields)?;
    let secret = response.array("signed_prekey_secret");
    Ok((PqSide::theirs(&response), secret))
}

/// Lets the Python party `name` initiate with `bundle`.
pub(crate) fn theirs_initiate(
    (peer, name): (&mut Peer, &str),
    mut bundle: Value,
    ordinal: u32,
) -> (InitialMessage, PqSide) {
    bundle["session"] = name.into();
    bundle["ordinal"] = ordinal.into();
    let response = peer.answer("pqxdh_initiate", bundle);
    let theirs = PqSide::theirs(&response);
    let fields = response.into_value();
    let (curve, sealed) = read_message(&fields);
    let kem = KemPart {
        prekey: number(&fields, "kem_prekey_id"),
        ciphertext: Ciphertext::from_bytes(&array(&fields, "ciphertext")),
    };
    (InitialMessage::from_parts(curve, kem, sealed), theirs)
}

/// A handshake that we begin, for the ratchet.
pub(crate) fn ours_begins((peer, name): (&mut Peer, &str), rng: &mut StdRng) -> OursBegan {
    let [terms, ..] = Terms::of_each_kind(rng);
    let published = publish((&mut *peer, name), terms);
    let bundle = read_bundle(&published).expect("the keys are valid");
    let remote = bundle.curve.signed_prekey.key;
    let (message, ours) = ours_initiate(bundle, terms.ordinal, rng);
    let responded = theirs_respond((peer, name), &message);
    let (theirs, their_secret) = responded.expect("the seal opens");
    OursBegan {
        ours: ours.into_side(),
        theirs: theirs.into_side(),
        remote,
        their_secret,
    }
}

/// A handshake that the Python party begins, for the ratchet.
pub(crate) fn theirs_begins(at: (&mut Peer, &str), rng: &mut StdRng) -> TheirsBegan {
    let [terms, ..] = Terms::of_each_kind(rng);
    let account = Account::generate(terms, rng);
    let bundle = write_bundle(&account.bundle());
    let their_remote = array(&bundle, "signed_prekey");
    let (message, theirs) = theirs_initiate(at, bundle, terms.ordinal);
    TheirsBegan {
        ours: account
            .respond(&message)
            .expect("the seal opens")
            .into_side(),
        theirs: theirs.into_side(),
        signed_prekey: account.signed_prekey,
        their_remote,
    }
}

/// The identity and the prekeys of a party of ours.
pub(crate) struct Account {
    identity: IdentityKeyPair,
    signed_prekey: SignedPrekeyPair,
    one_time_prekey: Option<OneTimePrekeyPair>,
    kem_prekey: KemPair,
}

enum KemPair {
    OneTime(KemPrekeyPair, KemPrekey),
    LastResort(LastResortKemPrekeyPair),
}

impl KemPair {
    fn generate(
        terms: Terms,
        signed_prekey: &SignedPrekey,
        identity: &IdentityKeyPair,
        rng: &mut StdRng,
    ) -> Self {
        let id = terms.kem_prekey;
        match terms.kem_use {
            KemPrekeyUse::OneTime => {
                let (pair, public) = KemPrekeyPair::generate_one_time(id, identity, rng);
                Self::OneTime(pair, public)
            }
            KemPrekeyUse::LastResort { created } => {
                let terms = LastResortKemPrekeyTerms { id, created };
                let pair = LastResortKemPrekeyPair::generate(terms, signed_prekey, identity, rng);
                Self::LastResort(pair)
            }
        }
    }

    const fn pair(&self) -> &KemPrekeyPair {
        match self {
            Self::OneTime(pair, _) => pair,
            Self::LastResort(pair) => pair.pair(),
        }
    }

    fn public(&self) -> KemPrekey {
        match self {
            Self::OneTime(_, public) => public.clone(),
            Self::LastResort(pair) => pair.public(),
        }
    }
}

impl Account {
    pub(crate) fn generate(terms: Terms, rng: &mut StdRng) -> Self {
        Self::of(IdentityKeyPair::generate(rng), terms, rng)
    }

    /// The same identity with other prekeys.
    pub(crate) fn next_generation(self, terms: Terms, rng: &mut StdRng) -> Self {
        Self::of(self.identity, terms, rng)
    }

    fn of(identity: IdentityKeyPair, terms: Terms, rng: &mut StdRng) -> Self {
        let signed = SignedPrekeyTerms {
            suite: Suite::Pqxdh,
            id: terms.signed_prekey,
            created: terms.created,
        };
        let signed_prekey = SignedPrekeyPair::generate(signed, &identity, rng);
        Self {
            one_time_prekey: terms
                .one_time_prekey
                .map(|id| OneTimePrekeyPair::generate(id, rng)),
            kem_prekey: KemPair::generate(terms, &signed_prekey.public(), &identity, rng),
            signed_prekey,
            identity,
        }
    }

    /// Replaces the KEM key by another one under the same number.
    pub(crate) fn exchange_kem_key(&mut self, terms: Terms, rng: &mut StdRng) {
        let signed_prekey = self.signed_prekey.public();
        self.kem_prekey = KemPair::generate(terms, &signed_prekey, &self.identity, rng);
    }

    /// The signed prekey as the same identity signs it for X3DH, relabeled for PQXDH.
    pub(crate) fn signed_prekey_of_x3dh(&self, rng: &mut StdRng) -> SignedPrekey {
        let terms = self.signed_prekey.public().terms;
        let for_x3dh = SignedPrekeyTerms {
            suite: Suite::X3dh,
            ..terms
        };
        let public = SignedPrekeyPair::generate(for_x3dh, &self.identity, rng).public();
        SignedPrekey { terms, ..public }
    }

    pub(crate) fn bundle(&self) -> Bundle {
        let curve = CurveBundle {
            identity: *self.identity.public(),
            signed_prekey: self.signed_prekey.public(),
            one_time_prekey: self.one_time_prekey.as_ref().map(OneTimePrekeyPair::public),
        };
        Bundle {
            curve,
            kem_prekey: self.kem_prekey.public(),
        }
    }

    pub(crate) fn respond(&self, message: &InitialMessage) -> Result<PqSide, Error> {
        let keys = ResponderKeys {
            identity: &self.identity,
            signed_prekey: &self.signed_prekey,
            one_time_prekey: self.one_time_prekey.as_ref(),
        };
        let responded = respond(&keys, self.kem_prekey.pair(), message)?;
        Ok(PqSide::ours(responded, message, self.identity.public()))
    }
}

/// Reads a bundle from the peer's fields.
pub(crate) fn read_bundle(fields: &Value) -> Result<Bundle, PrimitiveError> {
    let key = |field: &str| PublicKey::from_bytes(&array(fields, field));
    let suite = u8::try_from(number(fields, "suite")).expect("a suite is of 8 bits");
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
                suite: Suite::from_bytes(VERSION, suite).expect("the suite is known"),
                id: number(fields, "signed_prekey_id"),
                created: fields["created"].as_u64().expect("a date is a number"),
            },
            key: key("signed_prekey")?,
            signature: Signature::from_bytes(array(fields, "signature")),
        },
        one_time_prekey,
    };
    Ok(Bundle {
        curve,
        kem_prekey: KemPrekey {
            id: number(fields, "kem_prekey_id"),
            usage: fields["kem_created"]
                .as_u64()
                .map_or(KemPrekeyUse::OneTime, |created| KemPrekeyUse::LastResort {
                    created,
                }),
            key: EncapsulationKey::from_bytes(&array(fields, "kem_prekey"))?,
            signature: Signature::from_bytes(array(fields, "kem_signature")),
        },
    })
}

/// Writes a bundle as the peer's fields.
pub(crate) fn write_bundle(bundle: &Bundle) -> Value {
    let Bundle {
        curve,
        kem_prekey: kem,
    } = bundle;
    let (signed, one_time) = (&curve.signed_prekey, curve.one_time_prekey);
    json!({
        "suite": signed.terms.suite.to_byte(),
        "identity": hex::encode(curve.identity.as_bytes()),
        "signed_prekey_id": signed.terms.id,
        "created": signed.terms.created,
        "signed_prekey": hex::encode(signed.key.as_bytes()),
        "signature": hex::encode(signed.signature.as_bytes()),
        "one_time_prekey_id": one_time.map(|prekey| prekey.id),
        "one_time_prekey": one_time.map(|prekey| hex::encode(prekey.key.as_bytes())),
        "kem_prekey_id": kem.id,
        "kem_created": date_of(kem.usage),
        "kem_prekey": hex::encode(kem.key.as_bytes()),
        "kem_signature": hex::encode(kem.signature.as_bytes()),
    })
}
