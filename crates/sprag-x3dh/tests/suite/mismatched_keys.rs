//! Refusals of both roles: one's own bundle or message, and keys that the message does not name.

use sprag_x3dh::{
    Error, KemPrekeyPair, OneTimePrekeyPair, ResponderKeys, SignedPrekeyPair, SignedPrekeyTerms,
    Slot, Suite, pqxdh, x3dh,
};

use crate::sealing::content;
use crate::support::{
    BOB, IDS, PQXDH_TERMS, Responder, X3DH_TERMS, alice_initiates_pqxdh, alice_initiates_x3dh, rng,
};

#[test]
fn ones_own_bundle_is_refused() {
    let bob = Responder::new(BOB);
    for bundle in bob.x3dh_bundles() {
        let result = x3dh::initiate(&bob.identity, &bundle.verify().unwrap(), 1, &mut rng(1));
        assert_eq!(result.unwrap_err(), Error::OwnBundle);
    }
    for bundle in bob.pqxdh_bundles() {
        let result = pqxdh::initiate(&bob.identity, &bundle.verify().unwrap(), 1, &mut rng(1));
        assert_eq!(result.unwrap_err(), Error::OwnBundle);
    }
}

#[test]
fn a_message_that_claims_to_be_from_the_responder_is_refused() {
    let bob = Responder::new(BOB);
    for bundle in bob.x3dh_bundles() {
        let genuine = alice_initiates_x3dh(bundle).message;
        let message = bob.sealed_x3dh(*genuine.curve(), &content(BOB, 1));
        assert_eq!(bob.respond_x3dh(&message), Err(Error::OwnMessage));
    }
    for bundle in bob.pqxdh_bundles() {
        let genuine = alice_initiates_pqxdh(&bundle).message;
        let (curve, kem) = (*genuine.curve(), genuine.kem().clone());
        let message = bob.sealed_pqxdh(curve, kem, &content(BOB, 1));
        assert_eq!(bob.respond_pqxdh(&message), Err(Error::OwnMessage));
    }
}

#[test]
fn another_signed_prekey_than_the_one_named_is_refused() {
    let bob = Responder::new(BOB);
    let renewed = |terms: SignedPrekeyTerms| {
        let id = terms.id + 1;
        SignedPrekeyPair::generate(
            SignedPrekeyTerms { id, ..terms },
            &bob.identity,
            &mut rng(1),
        )
    };
    let refused = Err(Error::OtherPrekey(Slot::SignedPrekey));

    let message = alice_initiates_x3dh(bob.x3dh_bundle()).message;
    let keys = ResponderKeys {
        signed_prekey: &renewed(X3DH_TERMS),
        ..bob.x3dh_keys(&message)
    };
    assert_eq!(x3dh::respond(&keys, &message), refused);

    let message = alice_initiates_pqxdh(&bob.pqxdh_bundle()).message;
    let keys = ResponderKeys {
        signed_prekey: &renewed(PQXDH_TERMS),
        ..bob.pqxdh_keys(&message)
    };
    let result = pqxdh::respond(&keys, bob.kem_pair(&message), &message);
    assert_eq!(result, refused);
}

#[test]
fn a_signed_prekey_of_the_other_suite_is_refused_even_under_the_number_named() {
    let bob = Responder::new(BOB);
    let of_suite = |suite, terms| {
        let terms = SignedPrekeyTerms { suite, ..terms };
        SignedPrekeyPair::generate(terms, &bob.identity, &mut rng(1))
    };
    let refused = Error::OtherUse(Slot::SignedPrekey);
    // Under the right suite the seal is tried, which this key does not open.
    let other_key = Error::NotAuthentic;

    let message = alice_initiates_x3dh(bob.x3dh_bundle()).message;
    for (suite, expected) in [(Suite::X3dh, other_key), (Suite::Pqxdh, refused)] {
        let keys = ResponderKeys {
            signed_prekey: &of_suite(suite, X3DH_TERMS),
            ..bob.x3dh_keys(&message)
        };
        let result = x3dh::respond(&keys, &message);
        assert_eq!(result, Err(expected), "{suite}");
    }

    let message = alice_initiates_pqxdh(&bob.pqxdh_bundle()).message;
    for (suite, expected) in [(Suite::Pqxdh, other_key), (Suite::X3dh, refused)] {
        let keys = ResponderKeys {
            signed_prekey: &of_suite(suite, PQXDH_TERMS),
            ..bob.pqxdh_keys(&message)
        };
        let result = pqxdh::respond(&keys, bob.kem_pair(&message), &message);
        assert_eq!(result, Err(expected), "{suite}");
    }
}

#[test]
fn another_one_time_prekey_than_the_one_named_is_refused_in_x3dh() {
    let bob = Responder::new(BOB);
    let [named, none] = bob
        .x3dh_bundles()
        .map(|bundle| alice_initiates_x3dh(bundle).message);
    let other = OneTimePrekeyPair::generate(IDS.one_time + 1, &mut rng(1));
    for (message, one_time_prekey) in [
        (named, Some(&other)),
        (named, None),
        (none, Some(&bob.one_time_prekey)),
    ] {
        let keys = ResponderKeys {
            one_time_prekey,
            ..bob.x3dh_keys(&message)
        };
        assert_eq!(
            x3dh::respond(&keys, &message),
            Err(Error::OtherPrekey(Slot::OneTimePrekey))
        );
    }
}

#[test]
fn another_one_time_prekey_than_the_one_named_is_refused_in_pqxdh() {
    let bob = Responder::new(BOB);
    let [named, none, ..] = bob
        .pqxdh_bundles()
        .map(|bundle| alice_initiates_pqxdh(&bundle).message);
    let other = OneTimePrekeyPair::generate(IDS.one_time + 1, &mut rng(1));
    for (message, one_time_prekey) in [
        (&named, Some(&other)),
        (&named, None),
        (&none, Some(&bob.one_time_prekey)),
    ] {
        let keys = ResponderKeys {
            one_time_prekey,
            ..bob.pqxdh_keys(message)
        };
        assert_eq!(
            pqxdh::respond(&keys, bob.kem_pair(message), message),
            Err(Error::OtherPrekey(Slot::OneTimePrekey))
        );
    }
}

#[test]
fn another_kem_prekey_than_the_one_named_is_refused() {
    let bob = Responder::new(BOB);
    let [one_time, _, last_resort, _] = bob
        .pqxdh_bundles()
        .map(|bundle| alice_initiates_pqxdh(&bundle).message);
    let (other, _) =
        KemPrekeyPair::generate_one_time(IDS.one_time_kem + 1, &bob.identity, &mut rng(1));
    for (message, kem_prekey) in [
        (&one_time, &other),
        (&one_time, bob.last_resort.pair()),
        (&last_resort, &bob.one_time_kem_pair),
    ] {
        assert_eq!(
            pqxdh::respond(&bob.pqxdh_keys(message), kem_prekey, message),
            Err(Error::OtherPrekey(Slot::KemPrekey))
        );
    }
}
