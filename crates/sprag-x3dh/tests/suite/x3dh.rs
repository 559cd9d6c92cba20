//! X3DH: what both roles agree on, and what enters it.

use sprag_primitives::x25519::KeyPair;
use sprag_x3dh::x3dh::{Bundle, InitialMessage, ResponderKeys, initiate, respond};
use sprag_x3dh::{Error, Initiated, Slot};

use crate::support::{
    ALICE, BOB, CAROL, Metered, Responder, X3DH_TERMS, alice_initiates_x3dh, all_differ, identity,
    kdf, key_pair, one_time_key_pair, public_key, rng,
};

#[test]
fn both_sides_agree_with_and_without_a_one_time_prekey() {
    let bob = Responder::new(BOB);
    for bundle in bob.x3dh_bundles() {
        let Initiated { message, agreement } = alice_initiates_x3dh(bundle);
        assert_eq!(&message.identity, identity(ALICE).public());
        assert_eq!(message.ordinal, 1);
        assert_eq!(message.signed_prekey, bundle.signed_prekey.terms.id);
        let one_time_prekey = bundle.one_time_prekey.map(|prekey| prekey.id);
        assert_eq!(message.one_time_prekey, one_time_prekey);

        let bobs = respond(&bob.x3dh_keys(&message), &message).unwrap();
        assert_eq!(bobs, agreement);
        assert_eq!(
            bobs.shared_secret.into_keys(),
            agreement.shared_secret.into_keys()
        );
    }
}

#[test]
fn the_secret_is_derived_from_the_agreements_in_their_order() {
    let bob = Responder::new(BOB);
    let signed_prekey = bob.x3dh_signed_prekey.key_pair();
    for bundle in bob.x3dh_bundles() {
        let Initiated { message, agreement } = alice_initiates_x3dh(bundle);
        let mut agreements = vec![
            signed_prekey.diffie_hellman(&public_key(ALICE)).unwrap(),
            key_pair(BOB).diffie_hellman(&message.ephemeral).unwrap(),
            signed_prekey.diffie_hellman(&message.ephemeral).unwrap(),
        ];
        if message.one_time_prekey.is_some() {
            let one_time_prekey = one_time_key_pair(&bob.one_time_prekey);
            agreements.push(one_time_prekey.diffie_hellman(&message.ephemeral).unwrap());
        }
        let expected = kdf(&agreements, "sprag-v1_CURVE25519_SHA-256");
        assert_eq!(agreement.shared_secret.as_secret(), &expected);
    }
}

#[test]
fn the_root_is_not_the_shared_secret() {
    let agreement = alice_initiates_x3dh(Responder::new(BOB).x3dh_bundle()).agreement;
    let copy = agreement.shared_secret.as_secret().duplicate();
    assert_ne!(agreement.shared_secret.into_keys().root, copy);
}

#[test]
fn there_is_no_kem_prekey_to_hash() {
    let bob = Responder::new(BOB);
    for bundle in bob.x3dh_bundles() {
        let Initiated { message, agreement } = alice_initiates_x3dh(bundle);
        assert_eq!(agreement.kem_prekey_hash, None);
        let bobs = respond(&bob.x3dh_keys(&message), &message).unwrap();
        assert_eq!(bobs.kem_prekey_hash, None);
    }
}

#[test]
fn the_initiator_draws_the_ephemeral_key_and_nothing_else() {
    for bundle in Responder::new(BOB).x3dh_bundles() {
        let mut metered = Metered::new(7);
        let initiated = initiate(&identity(ALICE), &bundle.verify().unwrap(), &mut metered);
        assert_eq!(metered.drawn, 32);
        let ephemeral = KeyPair::generate(&mut rng(7));
        assert_eq!(&initiated.unwrap().message.ephemeral, ephemeral.public());
    }
}

#[test]
fn each_session_has_an_ephemeral_key_of_its_own() {
    let (alice, mut rng) = (identity(ALICE), rng(1));
    let bundle = Responder::new(BOB).x3dh_bundle().verify().unwrap();
    let [first, second] = [(); 2].map(|()| initiate(&alice, &bundle, &mut rng).unwrap());
    assert_ne!(first.message.ephemeral, second.message.ephemeral);
    all_differ([first, second].map(|initiated| initiated.agreement.shared_secret));
}

#[test]
fn every_key_of_the_bundle_enters_the_secret() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let [bundle, reusable] = bob.x3dh_bundles();
    let bundles = [
        bundle,
        reusable,
        Bundle {
            identity: *carol.identity.public(),
            signed_prekey: carol.adopt(X3DH_TERMS, bundle.signed_prekey.key),
            ..bundle
        },
        Bundle {
            signed_prekey: bob.adopt(X3DH_TERMS, carol.x3dh_signed_prekey.public().key),
            ..bundle
        },
        Bundle {
            one_time_prekey: Some(carol.one_time_prekey.public()),
            ..bundle
        },
    ];
    let initiated = bundles.map(alice_initiates_x3dh);
    for run in &initiated {
        let ephemeral = initiated[0].message.ephemeral;
        assert_eq!(run.message.ephemeral, ephemeral, "only the bundle differs");
    }
    all_differ(initiated.map(|initiated| initiated.agreement.shared_secret));
}

#[test]
fn every_key_of_the_message_enters_the_secret() {
    let bob = Responder::new(BOB);
    let message = alice_initiates_x3dh(bob.x3dh_bundle()).message;
    let messages = [
        message,
        InitialMessage {
            one_time_prekey: None,
            ..message
        },
        InitialMessage {
            identity: *identity(CAROL).public(),
            ..message
        },
        InitialMessage {
            ephemeral: public_key(CAROL),
            ..message
        },
    ];
    all_differ(messages.map(|message| {
        let responded = respond(&bob.x3dh_keys(&message), &message);
        responded.unwrap().shared_secret
    }));
}

#[test]
fn every_key_of_the_responder_enters_the_secret() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let message = alice_initiates_x3dh(bob.x3dh_bundle()).message;
    let keys = bob.x3dh_keys(&message);
    let keys = [
        keys,
        ResponderKeys {
            identity: &carol.identity,
            ..keys
        },
        ResponderKeys {
            signed_prekey: &carol.x3dh_signed_prekey,
            ..keys
        },
        ResponderKeys {
            one_time_prekey: Some(&carol.one_time_prekey),
            ..keys
        },
    ];
    all_differ(keys.map(|keys| respond(&keys, &message).unwrap().shared_secret));
}

#[test]
fn the_initiator_is_first_in_the_associated_data_of_both() {
    let encode = |secret| [&[1], public_key(secret).as_bytes().as_slice()].concat();
    for (initiator, responder) in [(ALICE, BOB), (BOB, ALICE)] {
        let peer = Responder::new(responder);
        let bundle = peer.x3dh_bundle().verify().unwrap();
        let initiated = initiate(&identity(initiator), &bundle, &mut rng(1)).unwrap();
        let message = initiated.message;
        let responded = respond(&peer.x3dh_keys(&message), &message).unwrap();

        let expected = [encode(initiator), encode(responder)].concat();
        assert_eq!(initiated.agreement.associated_data[..], expected);
        assert_eq!(responded.associated_data[..], expected);
    }
}

#[test]
fn the_responder_takes_its_own_identity_from_its_own_keys() {
    let (bob, mallory) = (Responder::new(BOB), Responder::new(CAROL));
    let misbound = Bundle {
        identity: *mallory.identity.public(),
        ..bob.x3dh_bundle()
    };
    assert_eq!(
        misbound.verify(),
        Err(Error::InvalidSignature(Slot::SignedPrekey))
    );

    let signed_again = Bundle {
        signed_prekey: mallory.adopt(X3DH_TERMS, misbound.signed_prekey.key),
        ..misbound
    };
    let Initiated { message, agreement } = alice_initiates_x3dh(signed_again);
    let bobs = respond(&bob.x3dh_keys(&message), &message).unwrap();
    assert_ne!(bobs.shared_secret, agreement.shared_secret);
    assert_ne!(bobs.associated_data, agreement.associated_data);
}

#[test]
fn a_forged_message_costs_the_responder_no_key() {
    let bob = Responder::new(BOB);
    let Initiated { message, agreement } = alice_initiates_x3dh(bob.x3dh_bundle());
    let forged = InitialMessage {
        ephemeral: public_key(CAROL),
        ..message
    };
    let forgery = respond(&bob.x3dh_keys(&forged), &forged).unwrap();
    assert_ne!(forgery.shared_secret, agreement.shared_secret);
    assert_eq!(respond(&bob.x3dh_keys(&message), &message), Ok(agreement));
}
