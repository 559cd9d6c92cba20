//! X3DH: the secret that both parties derive, and the keys that enter it.

use sprag_primitives::x25519::KeyPair;
use sprag_x3dh::x3dh::{Bundle, InitialMessage, initiate};
use sprag_x3dh::{Error, Initiated, Responded, Slot, Suite};

use crate::sealing::content;
use crate::support::{
    ALICE, BOB, CAROL, Metered, ORDINAL, Responder, X3DH_TERMS, alice_initiates_x3dh, all_differ,
    altered, identity, kdf, key_pair, one_time_key_pair, public_key, rng,
};

#[test]
fn both_sides_agree_with_and_without_a_one_time_prekey() {
    let bob = Responder::new(BOB);
    for bundle in bob.x3dh_bundles() {
        let Initiated { message, agreement } = alice_initiates_x3dh(bundle);
        let (curve, offered) = (message.curve(), &bundle.curve);
        assert_eq!(curve.signed_prekey, offered.signed_prekey.terms.id);
        let one_time_prekey = offered.one_time_prekey.map(|prekey| prekey.id);
        assert_eq!(curve.one_time_prekey, one_time_prekey);

        let Responded {
            initiator,
            agreement: bobs,
        } = bob.respond_x3dh(&message).unwrap();
        assert_eq!(&initiator.identity, identity(ALICE).public());
        assert_eq!(initiator.ordinal, ORDINAL);
        assert_eq!(bobs, agreement);
        let [alices, bobs] =
            [agreement, bobs].map(|agreement| agreement.shared_secret.into_keys(Suite::X3dh));
        assert_eq!(alices, bobs);
    }
}

#[test]
fn the_secret_is_derived_from_the_agreements_in_their_order() {
    let bob = Responder::new(BOB);
    let signed_prekey = bob.x3dh_signed_prekey.key_pair();
    for bundle in bob.x3dh_bundles() {
        let Initiated { message, agreement } = alice_initiates_x3dh(bundle);
        let ephemeral = &message.curve().ephemeral;
        let mut agreements = vec![
            signed_prekey.diffie_hellman(&public_key(ALICE)).unwrap(),
            key_pair(BOB).diffie_hellman(ephemeral).unwrap(),
            signed_prekey.diffie_hellman(ephemeral).unwrap(),
        ];
        if message.curve().one_time_prekey.is_some() {
            let one_time_prekey = one_time_key_pair(&bob.one_time_prekey);
            agreements.push(one_time_prekey.diffie_hellman(ephemeral).unwrap());
        }
        let expected = kdf(&agreements, "sprag-v1_CURVE25519_SHA-256");
        assert_eq!(agreement.shared_secret.as_secret(), &expected);
    }
}

#[test]
fn the_root_is_not_the_shared_secret() {
    let agreement = alice_initiates_x3dh(Responder::new(BOB).x3dh_bundle()).agreement;
    let copy = agreement.shared_secret.as_secret().duplicate();
    assert_ne!(agreement.shared_secret.into_keys(Suite::X3dh).root, copy);
}

#[test]
fn there_is_no_kem_prekey_to_hash() {
    let bob = Responder::new(BOB);
    for bundle in bob.x3dh_bundles() {
        let Initiated { message, agreement } = alice_initiates_x3dh(bundle);
        assert_eq!(agreement.kem_prekey_hash, None);
        let responded = bob.respond_x3dh(&message).unwrap();
        assert_eq!(responded.agreement.kem_prekey_hash, None);
    }
}

#[test]
fn the_initiator_draws_the_ephemeral_key_and_nothing_else() {
    for bundle in Responder::new(BOB).x3dh_bundles() {
        let mut metered = Metered::new(7);
        let bundle = bundle.verify().unwrap();
        let initiated = initiate(&identity(ALICE), &bundle, ORDINAL, &mut metered);
        assert_eq!(metered.drawn, 32);
        let ephemeral = KeyPair::generate(&mut rng(7));
        let message = initiated.unwrap().message;
        assert_eq!(&message.curve().ephemeral, ephemeral.public());
    }
}

#[test]
fn each_session_has_an_ephemeral_key_of_its_own() {
    let (alice, mut rng) = (identity(ALICE), rng(1));
    let bundle = Responder::new(BOB).x3dh_bundle().verify().unwrap();
    let [first, second] = [(); 2].map(|()| initiate(&alice, &bundle, ORDINAL, &mut rng).unwrap());
    assert_ne!(
        first.message.curve().ephemeral,
        second.message.curve().ephemeral
    );
    all_differ([first, second].map(|initiated| initiated.agreement.shared_secret));
}

#[test]
fn every_key_of_the_bundle_enters_the_secret() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let [bundle, reusable] = bob.x3dh_bundles();
    let bundles = [
        bundle,
        reusable,
        altered(&bundle, |Bundle { curve }| {
            curve.identity = *carol.identity.public();
            curve.signed_prekey = carol.adopt(X3DH_TERMS, curve.signed_prekey.key);
        }),
        altered(&bundle, |Bundle { curve }| {
            curve.signed_prekey = bob.adopt(X3DH_TERMS, carol.x3dh_signed_prekey.public().key);
        }),
        altered(&bundle, |Bundle { curve }| {
            curve.one_time_prekey = Some(carol.one_time_prekey.public());
        }),
    ];
    let initiated = bundles.map(alice_initiates_x3dh);
    for run in &initiated {
        let [ephemeral, first] = [run, &initiated[0]].map(|run| run.message.curve().ephemeral);
        assert_eq!(ephemeral, first, "only the bundle differs");
    }
    all_differ(initiated.map(|initiated| initiated.agreement.shared_secret));
}

#[test]
fn every_key_of_the_message_enters_the_secret() {
    let bob = Responder::new(BOB);
    let message = alice_initiates_x3dh(bob.x3dh_bundle()).message;
    let curve = *message.curve();
    let alice = content(ALICE, ORDINAL);
    let messages = [
        message,
        bob.sealed_x3dh(
            altered(&curve, |curve| curve.one_time_prekey = None),
            &alice,
        ),
        bob.sealed_x3dh(curve, &content(CAROL, ORDINAL)),
        bob.sealed_x3dh(
            altered(&curve, |curve| curve.ephemeral = public_key(CAROL)),
            &alice,
        ),
    ];
    all_differ(messages.map(|message| {
        let responded = bob.respond_x3dh(&message).unwrap();
        responded.agreement.shared_secret
    }));
}

#[test]
fn every_key_of_the_responder_enters_the_seal_and_the_secret() {
    let (bob, carol) = ([(); 4].map(|()| Responder::new(BOB)), || {
        Responder::new(CAROL)
    });
    let message = alice_initiates_x3dh(bob[0].x3dh_bundle()).message;
    let [genuine, identity, signed_prekey, one_time_prekey] = bob;
    let others = [
        Responder {
            identity: carol().identity,
            secret: CAROL,
            ..identity
        },
        Responder {
            x3dh_signed_prekey: carol().x3dh_signed_prekey,
            ..signed_prekey
        },
        Responder {
            one_time_prekey: carol().one_time_prekey,
            ..one_time_prekey
        },
    ];
    for other in &others {
        assert_eq!(other.respond_x3dh(&message), Err(Error::NotAuthentic));
    }
    let [identity, signed_prekey, one_time_prekey] = others;
    let responders = [genuine, identity, signed_prekey, one_time_prekey];
    all_differ(responders.map(|responder| {
        let message = responder.sealed_x3dh(*message.curve(), &content(ALICE, ORDINAL));
        let responded = responder.respond_x3dh(&message).unwrap();
        responded.agreement.shared_secret
    }));
}

#[test]
fn the_responder_takes_its_own_identity_from_its_own_keys() {
    let (bob, mallory) = (Responder::new(BOB), Responder::new(CAROL));
    let mut bundle = bob.x3dh_bundle();
    bundle.curve.identity = *mallory.identity.public();
    assert_eq!(
        bundle.verify(),
        Err(Error::InvalidSignature(Slot::SignedPrekey))
    );

    bundle.curve.signed_prekey = mallory.adopt(X3DH_TERMS, bundle.curve.signed_prekey.key);
    let message = alice_initiates_x3dh(bundle).message;
    assert_eq!(bob.respond_x3dh(&message), Err(Error::NotAuthentic));
}

#[test]
fn a_forged_message_costs_the_responder_no_key() {
    let bob = Responder::new(BOB);
    let Initiated { message, agreement } = alice_initiates_x3dh(bob.x3dh_bundle());
    let curve = altered(message.curve(), |curve| curve.ephemeral = public_key(CAROL));
    let forged = InitialMessage::from_parts(curve, *message.sealed_initiator());
    assert_eq!(bob.respond_x3dh(&forged), Err(Error::NotAuthentic));
    // A seal that anybody made opens, but leads to another secret.
    let forged = bob.sealed_x3dh(curve, &content(ALICE, ORDINAL));
    let forgery = bob.respond_x3dh(&forged).unwrap().agreement;
    assert_ne!(forgery.shared_secret, agreement.shared_secret);
    let responded = bob.respond_x3dh(&message).unwrap();
    assert_eq!(responded.agreement, agreement);
}
