//! Bundles that a hostile directory could compose, each with the error that refuses it.

use sprag_primitives::x25519::PublicKey;
use sprag_primitives::xeddsa::Signature;
use sprag_x3dh::{
    Bundle, Error, IdentityKey, KemPrekey, KemPrekeyPair, KemPrekeyUse, SignedPrekey,
    SignedPrekeyPair, SignedPrekeyTerms, Slot, Suite, VerifiedBundle, pqxdh, x3dh,
};

use crate::support::{
    ANYTHING, BOB, CAROL, IDS, Ids, LAST_RESORT_CREATED, PQXDH_TERMS, Responder, X3DH_TERMS,
    alice_initiates_pqxdh, alice_initiates_x3dh, rng,
};

const BAD_SIGNED_PREKEY: Error = Error::InvalidSignature(Slot::SignedPrekey);
const BAD_ONE_TIME_KEM: Error = Error::InvalidSignature(Slot::OneTimeKemPrekey);
const BAD_LAST_RESORT: Error = Error::InvalidSignature(Slot::LastResortKemPrekey);

#[track_caller]
fn x3dh_refused(bundle: x3dh::Bundle, error: Error) {
    assert_eq!(bundle.verify(), Err(error));
    assert_eq!(Bundle::X3dh(bundle).verify(&ANYTHING), Err(error));
}

#[track_caller]
fn pqxdh_refused(bundle: pqxdh::Bundle, error: Error) {
    assert_eq!(bundle.clone().verify(), Err(error));
    assert_eq!(Bundle::Pqxdh(bundle).verify(&ANYTHING), Err(error));
}

#[test]
fn genuine_bundles_verify_and_keep_their_content() {
    let bob = Responder::new(BOB);
    for bundle in bob.x3dh_bundles() {
        assert_eq!(bundle.verify().unwrap().bundle(), &bundle);
        let either = Bundle::X3dh(bundle);
        assert_eq!(either.suite(), Suite::X3dh);
        let verified = either.verify(&ANYTHING).unwrap();
        assert_eq!(verified, VerifiedBundle::X3dh(bundle.verify().unwrap()));
        let keys = verified.curve();
        assert_eq!(&keys.identity, bob.identity.public());
        assert_eq!(keys.signed_prekey, bob.x3dh_signed_prekey.public());
        assert_eq!(keys.one_time_prekey, bundle.curve.one_time_prekey);
        assert_eq!(verified.kem_prekey(), None);
        let one_time_prekey = bundle.curve.one_time_prekey.map(|_| IDS.one_time);
        assert_eq!(verified.one_time_keys(), [one_time_prekey, None]);
    }
    let (curve, kem) = (Some(IDS.one_time), Some(IDS.one_time_kem));
    let one_time_keys = [[curve, kem], [None, kem], [curve, None], [None, None]];
    for (bundle, one_time_keys) in bob.pqxdh_bundles().into_iter().zip(one_time_keys) {
        assert_eq!(bundle.clone().verify().unwrap().bundle(), &bundle);
        let either = Bundle::Pqxdh(bundle.clone());
        assert_eq!(either.suite(), Suite::Pqxdh);
        let verified = either.verify(&ANYTHING).unwrap();
        let keys = verified.curve();
        assert_eq!(&keys.identity, bob.identity.public());
        assert_eq!(keys.signed_prekey, bob.pqxdh_signed_prekey.public());
        assert_eq!(keys.one_time_prekey, bundle.curve.one_time_prekey);
        assert_eq!(verified.kem_prekey(), Some(&bundle.kem_prekey));
        assert_eq!(verified, VerifiedBundle::Pqxdh(bundle.verify().unwrap()));
        assert_eq!(verified.one_time_keys(), one_time_keys);
    }
}

#[test]
fn a_bad_signature_on_the_signed_prekey_is_refused() {
    let bob = Responder::new(BOB);
    for mut bundle in bob.x3dh_bundles() {
        spoil(&mut bundle.curve.signed_prekey.signature);
        x3dh_refused(bundle, BAD_SIGNED_PREKEY);
    }
    for mut bundle in bob.pqxdh_bundles() {
        spoil(&mut bundle.curve.signed_prekey.signature);
        pqxdh_refused(bundle, BAD_SIGNED_PREKEY);
    }
}

#[test]
fn a_bad_signature_on_the_kem_prekey_is_refused() {
    let errors = [
        BAD_ONE_TIME_KEM,
        BAD_ONE_TIME_KEM,
        BAD_LAST_RESORT,
        BAD_LAST_RESORT,
    ];
    let bundles = Responder::new(BOB).pqxdh_bundles();
    for (mut bundle, error) in bundles.into_iter().zip(errors) {
        spoil(&mut bundle.kem_prekey.signature);
        pqxdh_refused(bundle, error);
    }
}

#[test]
fn a_one_time_kem_prekey_is_not_a_last_resort_prekey() {
    let bob = Responder::new(BOB);
    for created in [0, 1, u64::MAX] {
        let kem_prekey = KemPrekey {
            usage: KemPrekeyUse::LastResort { created },
            ..bob.one_time_kem_prekey.clone()
        };
        let bundle = pqxdh::Bundle {
            kem_prekey,
            ..bob.pqxdh_bundle()
        };
        pqxdh_refused(bundle, BAD_LAST_RESORT);
    }
}

#[test]
fn a_last_resort_kem_prekey_is_not_a_one_time_prekey() {
    let bob = Responder::new(BOB);
    let kem_prekey = KemPrekey {
        usage: KemPrekeyUse::OneTime,
        ..bob.last_resort.public()
    };
    let bundle = pqxdh::Bundle {
        kem_prekey,
        ..bob.pqxdh_bundle()
    };
    pqxdh_refused(bundle, BAD_ONE_TIME_KEM);
}

#[test]
fn a_signature_for_another_signed_prekey_is_refused() {
    let bob = Responder::new(BOB);
    let renew = |terms| SignedPrekeyPair::generate(terms, &bob.identity, &mut rng(7)).public();
    let exchanged = |signed_prekey: SignedPrekey, signature| SignedPrekey {
        signature,
        ..signed_prekey
    };
    for id in [IDS.x3dh_signed, 1] {
        let genuine = bob.x3dh_bundle();
        let other = renew(SignedPrekeyTerms { id, ..X3DH_TERMS });
        for (key, signature) in [
            (genuine.curve.signed_prekey, other.signature),
            (other, genuine.curve.signed_prekey.signature),
        ] {
            let mut bundle = genuine;
            bundle.curve.signed_prekey = exchanged(key, signature);
            x3dh_refused(bundle, BAD_SIGNED_PREKEY);
        }
    }
    for id in [IDS.pqxdh_signed, 1] {
        let genuine = bob.pqxdh_bundle();
        let other = renew(SignedPrekeyTerms { id, ..PQXDH_TERMS });
        for (key, signature) in [
            (genuine.curve.signed_prekey, other.signature),
            (other, genuine.curve.signed_prekey.signature),
        ] {
            let mut bundle = genuine.clone();
            bundle.curve.signed_prekey = exchanged(key, signature);
            pqxdh_refused(bundle, BAD_SIGNED_PREKEY);
        }
    }
}

#[test]
fn a_signature_for_another_kem_prekey_is_refused() {
    let bob = Responder::new(BOB);
    let genuine = bob.one_time_kem_prekey.clone();
    for id in [genuine.id, 1] {
        let (_, other) = KemPrekeyPair::generate_one_time(id, &bob.identity, &mut rng(7));
        for (key, signature) in [
            (&genuine, other.signature),
            (&other, genuine.signature),
            (&genuine, bob.last_resort.public().signature),
            (&genuine, bob.pqxdh_signed_prekey.public().signature),
        ] {
            let kem_prekey = KemPrekey {
                signature,
                ..key.clone()
            };
            let bundle = pqxdh::Bundle {
                kem_prekey,
                ..bob.pqxdh_bundle()
            };
            pqxdh_refused(bundle, BAD_ONE_TIME_KEM);
        }
    }
}

#[test]
fn a_signature_on_a_kem_prekey_is_none_on_a_signed_prekey() {
    let bob = Responder::new(BOB);
    for kem_prekey in [bob.one_time_kem_prekey.clone(), bob.last_resort.public()] {
        let mut bundle = bob.pqxdh_bundle();
        bundle.curve.signed_prekey.signature = kem_prekey.signature;
        bundle.curve.signed_prekey.terms.id = kem_prekey.id;
        pqxdh_refused(bundle, BAD_SIGNED_PREKEY);
    }
}

#[test]
fn a_curve_key_of_another_slot_is_no_signed_prekey() {
    let bob = Responder::new(BOB);
    let as_point = |key: &IdentityKey| PublicKey::from_bytes(key.as_bytes()).unwrap();
    for key in [
        bob.one_time_prekey.public().key,
        as_point(bob.identity.public()),
    ] {
        let mut bundle = bob.x3dh_bundle();
        bundle.curve.signed_prekey.key = key;
        x3dh_refused(bundle, BAD_SIGNED_PREKEY);
        let mut bundle = bob.pqxdh_bundle();
        bundle.curve.signed_prekey.key = key;
        pqxdh_refused(bundle, BAD_SIGNED_PREKEY);
    }
}

#[test]
fn a_prekey_is_no_identity_key() {
    let bob = Responder::new(BOB);
    let as_identity = |prekey: &SignedPrekey| IdentityKey::from_bytes(prekey.key.as_bytes());
    let mut bundle = bob.x3dh_bundle();
    bundle.curve.identity = as_identity(&bundle.curve.signed_prekey).unwrap();
    x3dh_refused(bundle, BAD_SIGNED_PREKEY);
    let mut bundle = bob.pqxdh_bundle();
    bundle.curve.identity = as_identity(&bundle.curve.signed_prekey).unwrap();
    pqxdh_refused(bundle, BAD_SIGNED_PREKEY);
}

#[test]
fn another_accounts_signed_prekey_is_refused() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let mut bundle = bob.x3dh_bundle();
    for signed_prekey in [
        carol.x3dh_signed_prekey.public(),
        carol.adopt(X3DH_TERMS, bundle.curve.signed_prekey.key),
    ] {
        bundle.curve.signed_prekey = signed_prekey;
        x3dh_refused(bundle, BAD_SIGNED_PREKEY);
    }
    let mut bundle = bob.pqxdh_bundle();
    for signed_prekey in [
        carol.pqxdh_signed_prekey.public(),
        carol.adopt(PQXDH_TERMS, bundle.curve.signed_prekey.key),
    ] {
        bundle.curve.signed_prekey = signed_prekey;
        pqxdh_refused(bundle.clone(), BAD_SIGNED_PREKEY);
    }
}

#[test]
fn another_accounts_kem_prekey_is_refused() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let signed_prekey = bob.pqxdh_signed_prekey.public();
    for (kem_prekey, error) in [
        (carol.one_time_kem_prekey.clone(), BAD_ONE_TIME_KEM),
        (
            carol.adopt_kem(&bob.one_time_kem_prekey, &signed_prekey),
            BAD_ONE_TIME_KEM,
        ),
        (carol.last_resort.public(), BAD_LAST_RESORT),
        (
            carol.adopt_kem(&bob.last_resort.public(), &signed_prekey),
            BAD_LAST_RESORT,
        ),
    ] {
        let bundle = pqxdh::Bundle {
            kem_prekey,
            ..bob.pqxdh_bundle()
        };
        pqxdh_refused(bundle, error);
    }
}

#[test]
fn a_bundle_under_another_accounts_identity_is_refused() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    for mut bundle in bob.x3dh_bundles() {
        bundle.curve.identity = *carol.identity.public();
        x3dh_refused(bundle, BAD_SIGNED_PREKEY);
    }
    for mut bundle in bob.pqxdh_bundles() {
        bundle.curve.identity = *carol.identity.public();
        pqxdh_refused(bundle, BAD_SIGNED_PREKEY);
    }
}

#[test]
fn another_accounts_one_time_prekey_leads_to_no_agreement() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let one_time_prekey = Some(carol.one_time_prekey.public());
    let mut bundle = bob.x3dh_bundle();
    bundle.curve.one_time_prekey = one_time_prekey;
    let message = alice_initiates_x3dh(bundle).message;
    assert_eq!(bob.respond_x3dh(&message), Err(Error::NotAuthentic));

    let mut bundle = bob.pqxdh_bundle();
    bundle.curve.one_time_prekey = one_time_prekey;
    let message = alice_initiates_pqxdh(&bundle).message;
    assert_eq!(bob.respond_pqxdh(&message), Err(Error::NotAuthentic));
}

#[test]
fn a_pqxdh_bundle_stripped_to_x3dh_is_refused() {
    let bob = Responder::new(BOB);
    for bundle in bob.pqxdh_bundles() {
        let curve = bundle.curve;
        let mut stripped = x3dh::Bundle { curve };
        x3dh_refused(stripped, Error::OtherUse(Slot::SignedPrekey));
        stripped.curve.signed_prekey.terms.suite = Suite::X3dh;
        x3dh_refused(stripped, BAD_SIGNED_PREKEY);
    }
}

#[test]
fn an_x3dh_signed_prekey_in_a_pqxdh_bundle_is_refused() {
    let bob = Responder::new(BOB);
    for mut bundle in bob.pqxdh_bundles() {
        bundle.curve.signed_prekey = bob.x3dh_signed_prekey.public();
        pqxdh_refused(bundle.clone(), Error::OtherUse(Slot::SignedPrekey));
        bundle.curve.signed_prekey.terms.suite = Suite::Pqxdh;
        pqxdh_refused(bundle, BAD_SIGNED_PREKEY);
    }
}

#[test]
fn two_prekeys_of_one_number_are_refused_in_every_pair_of_slots() {
    let duplicate = Error::DuplicateId(7);
    // The signed prekey and the curve one-time prekey.
    let bob = Responder::numbered(
        BOB,
        Ids {
            x3dh_signed: 7,
            pqxdh_signed: 7,
            one_time: 7,
            ..IDS
        },
    );
    let [x3dh, x3dh_without] = bob.x3dh_bundles();
    x3dh_refused(x3dh, duplicate);
    assert!(x3dh_without.verify().is_ok());
    let [both, kem_only, curve_only, reusable] = bob.pqxdh_bundles();
    pqxdh_refused(both, duplicate);
    assert!(kem_only.verify().is_ok());
    pqxdh_refused(curve_only, duplicate);
    assert!(reusable.verify().is_ok());

    // The signed prekey and the KEM prekey.
    let bob = Responder::numbered(
        BOB,
        Ids {
            pqxdh_signed: 7,
            one_time_kem: 7,
            last_resort: 7,
            ..IDS
        },
    );
    for bundle in bob.pqxdh_bundles() {
        pqxdh_refused(bundle, duplicate);
    }

    // The curve one-time prekey and the KEM prekey.
    let bob = Responder::numbered(
        BOB,
        Ids {
            one_time: 7,
            one_time_kem: 7,
            last_resort: 7,
            ..IDS
        },
    );
    let [both, kem_only, curve_only, reusable] = bob.pqxdh_bundles();
    pqxdh_refused(both, duplicate);
    assert!(kem_only.verify().is_ok());
    pqxdh_refused(curve_only, duplicate);
    assert!(reusable.verify().is_ok());
}

#[test]
fn a_last_resort_kem_prekey_made_to_look_younger_is_refused() {
    let bob = Responder::new(BOB);
    let genuine = bob.last_resort.public();
    for created in [LAST_RESORT_CREATED + 1, u64::MAX] {
        let kem_prekey = KemPrekey {
            usage: KemPrekeyUse::LastResort { created },
            ..genuine.clone()
        };
        let bundle = pqxdh::Bundle {
            kem_prekey,
            ..bob.pqxdh_bundle()
        };
        pqxdh_refused(bundle, BAD_LAST_RESORT);
    }
}

fn spoil(signature: &mut Signature) {
    let mut bytes = *signature.as_bytes();
    bytes[40] ^= 1;
    *signature = Signature::from_bytes(bytes);
}
