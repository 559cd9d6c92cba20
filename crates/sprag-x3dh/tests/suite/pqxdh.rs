//! PQXDH: what both roles agree on, and what enters it.

use sprag_primitives::hash::sha256;
use sprag_primitives::x25519::KeyPair;
use sprag_x3dh::pqxdh::{Bundle, InitialMessage, ResponderKeys, initiate, respond};
use sprag_x3dh::{Initiated, KemPrekey, KemPrekeyPair};

use crate::support::{
    ALICE, BOB, CAROL, IDS, Metered, PQXDH_TERMS, Responder, alice_initiates_pqxdh, all_differ,
    decapsulation_key, identity, kdf, key_pair, one_time_key_pair, public_key, rng,
};

#[test]
fn both_sides_agree_with_and_without_each_kind_of_one_time_prekey() {
    let bob = Responder::new(BOB);
    for bundle in bob.pqxdh_bundles() {
        let Initiated { message, agreement } = alice_initiates_pqxdh(&bundle);
        assert_eq!(&message.identity, identity(ALICE).public());
        assert_eq!(message.ordinal, 1);
        assert_eq!(message.signed_prekey, bundle.signed_prekey.terms.id);
        let one_time_prekey = bundle.one_time_prekey.map(|prekey| prekey.id);
        assert_eq!(message.one_time_prekey, one_time_prekey);
        assert_eq!(message.kem_prekey, bundle.kem_prekey.id);

        let bobs = respond(&bob.pqxdh_keys(&message), &message).unwrap();
        assert_eq!(bobs, agreement);
        assert_eq!(
            bobs.shared_secret.into_keys(),
            agreement.shared_secret.into_keys()
        );
    }
}

#[test]
fn the_secret_is_derived_from_the_agreements_and_last_of_all_the_kem_secret() {
    let bob = Responder::new(BOB);
    let signed_prekey = bob.pqxdh_signed_prekey.key_pair();
    for bundle in bob.pqxdh_bundles() {
        let Initiated { message, agreement } = alice_initiates_pqxdh(&bundle);
        let mut secrets = vec![
            signed_prekey.diffie_hellman(&public_key(ALICE)).unwrap(),
            key_pair(BOB).diffie_hellman(&message.ephemeral).unwrap(),
            signed_prekey.diffie_hellman(&message.ephemeral).unwrap(),
        ];
        if message.one_time_prekey.is_some() {
            let one_time_prekey = one_time_key_pair(&bob.one_time_prekey);
            secrets.push(one_time_prekey.diffie_hellman(&message.ephemeral).unwrap());
        }
        let kem_pair = if bundle.kem_prekey.id == IDS.last_resort {
            bob.last_resort.pair()
        } else {
            &bob.one_time_kem_pair
        };
        secrets.push(decapsulation_key(kem_pair).decapsulate(&message.ciphertext));
        let expected = kdf(&secrets, "sprag-v1_CURVE25519_SHA-256_ML-KEM-1024");
        assert_eq!(agreement.shared_secret.as_secret(), &expected);
    }
}

#[test]
fn the_root_is_not_the_shared_secret() {
    let agreement = alice_initiates_pqxdh(&Responder::new(BOB).pqxdh_bundle()).agreement;
    let copy = agreement.shared_secret.as_secret().duplicate();
    assert_ne!(agreement.shared_secret.into_keys().root, copy);
}

#[test]
fn the_initiator_draws_the_ephemeral_key_and_then_the_encapsulation() {
    for bundle in Responder::new(BOB).pqxdh_bundles() {
        let mut metered = Metered::new(7);
        let verified = bundle.clone().verify().unwrap();
        let message = initiate(&identity(ALICE), &verified, &mut metered)
            .unwrap()
            .message;
        assert_eq!(metered.drawn, 64);

        let mut rng = rng(7);
        assert_eq!(&message.ephemeral, KeyPair::generate(&mut rng).public());
        let (ciphertext, _) = bundle.kem_prekey.key.encapsulate(&mut rng);
        assert_eq!(message.ciphertext, ciphertext);
    }
}

#[test]
fn each_session_has_an_ephemeral_key_and_a_ciphertext_of_its_own() {
    let (alice, mut rng) = (identity(ALICE), rng(1));
    let bundle = Responder::new(BOB).pqxdh_bundle().verify().unwrap();
    let [first, second] = [(); 2].map(|()| initiate(&alice, &bundle, &mut rng).unwrap());
    assert_ne!(first.message.ephemeral, second.message.ephemeral);
    assert_ne!(first.message.ciphertext, second.message.ciphertext);
    all_differ([first, second].map(|initiated| initiated.agreement.shared_secret));
}

#[test]
fn every_key_of_the_bundle_enters_the_secret() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let [bundle, kem_only, curve_only, reusable] = bob.pqxdh_bundles();
    let kem_prekey = carol.adopt_kem(&bundle.kem_prekey);
    let bundles = [
        Bundle {
            identity: *carol.identity.public(),
            signed_prekey: carol.adopt(PQXDH_TERMS, bundle.signed_prekey.key),
            kem_prekey,
            ..bundle
        },
        Bundle {
            signed_prekey: bob.adopt(PQXDH_TERMS, carol.pqxdh_signed_prekey.public().key),
            ..bundle.clone()
        },
        Bundle {
            one_time_prekey: Some(carol.one_time_prekey.public()),
            ..bundle.clone()
        },
        Bundle {
            kem_prekey: bob.adopt_kem(&carol.one_time_kem_prekey),
            ..bundle.clone()
        },
        bundle,
        kem_only,
        curve_only,
        reusable,
    ];
    let initiated = bundles.map(|bundle| alice_initiates_pqxdh(&bundle));
    for run in &initiated {
        let ephemeral = initiated[0].message.ephemeral;
        assert_eq!(run.message.ephemeral, ephemeral, "only the bundle differs");
    }
    all_differ(initiated.map(|initiated| initiated.agreement.shared_secret));
}

#[test]
fn every_key_of_the_message_and_the_ciphertext_enter_the_secret() {
    let bob = Responder::new(BOB);
    let message = alice_initiates_pqxdh(&bob.pqxdh_bundle()).message;
    let (ciphertext, _) = bob.one_time_kem_prekey.key.encapsulate(&mut rng(3));
    let messages = [
        InitialMessage {
            one_time_prekey: None,
            ..message.clone()
        },
        InitialMessage {
            identity: *identity(CAROL).public(),
            ..message.clone()
        },
        InitialMessage {
            ephemeral: public_key(CAROL),
            ..message.clone()
        },
        InitialMessage {
            kem_prekey: IDS.last_resort,
            ..message.clone()
        },
        InitialMessage {
            ciphertext,
            ..message.clone()
        },
        message,
    ];
    all_differ(messages.map(|message| {
        let responded = respond(&bob.pqxdh_keys(&message), &message);
        responded.unwrap().shared_secret
    }));
}

#[test]
fn every_key_of_the_responder_enters_the_secret() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let message = alice_initiates_pqxdh(&bob.pqxdh_bundle()).message;
    let keys = bob.pqxdh_keys(&message);
    let keys = [
        keys,
        ResponderKeys {
            identity: &carol.identity,
            ..keys
        },
        ResponderKeys {
            signed_prekey: &carol.pqxdh_signed_prekey,
            ..keys
        },
        ResponderKeys {
            one_time_prekey: Some(&carol.one_time_prekey),
            ..keys
        },
        ResponderKeys {
            kem_prekey: &carol.one_time_kem_pair,
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
        let bundle = peer.pqxdh_bundle().verify().unwrap();
        let initiated = initiate(&identity(initiator), &bundle, &mut rng(1)).unwrap();
        let message = initiated.message;
        let responded = respond(&peer.pqxdh_keys(&message), &message).unwrap();

        let expected = [encode(initiator), encode(responder)].concat();
        assert_eq!(initiated.agreement.associated_data[..], expected);
        assert_eq!(responded.associated_data[..], expected);
    }
}

#[test]
fn each_side_hashes_the_kem_prekey_of_its_own_records() {
    let bob = Responder::new(BOB);
    for bundle in bob.pqxdh_bundles() {
        let Initiated { message, agreement } = alice_initiates_pqxdh(&bundle);
        let alices = sha256(&[&[2], bundle.kem_prekey.key.as_bytes()]);
        assert_eq!(agreement.kem_prekey_hash, Some(alices));

        let keys = bob.pqxdh_keys(&message);
        let public = decapsulation_key(keys.kem_prekey).encapsulation_key();
        let bobs = sha256(&[&[2], public.as_bytes()]);
        let responded = respond(&keys, &message).unwrap();
        assert_eq!(responded.kem_prekey_hash, Some(bobs));
        assert_eq!(alices, bobs);
    }
}

/// PQXDH §4.12: whoever knows one KEM prekey may pass its secret on to another under the same
/// number, and the parties must notice even with a KEM that does not bind the key.
#[test]
fn a_kem_prekey_replaced_under_its_number_shows_in_the_hash() {
    let bob = Responder::new(BOB);
    let number = IDS.one_time_kem;
    let (other_pair, other) = KemPrekeyPair::generate_one_time(number, &bob.identity, &mut rng(3));
    let alices = alice_initiates_pqxdh(&Bundle {
        kem_prekey: other,
        ..bob.pqxdh_bundle()
    });
    let message = alices.message;
    let bobs = respond(&bob.pqxdh_keys(&message), &message).unwrap();
    assert_eq!(bobs.associated_data, alices.agreement.associated_data);
    assert_ne!(bobs.kem_prekey_hash, alices.agreement.kem_prekey_hash);

    let keys = ResponderKeys {
        kem_prekey: &other_pair,
        ..bob.pqxdh_keys(&message)
    };
    assert_eq!(respond(&keys, &message), Ok(alices.agreement));
}

#[test]
fn the_hash_is_of_the_key_and_of_nothing_else() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let one_time = &bob.one_time_kem_prekey;
    let same_key = KemPrekey {
        id: one_time.id + 1,
        ..carol.adopt_kem(one_time)
    };
    assert_eq!(same_key.hash(), one_time.hash());
    assert_eq!(bob.one_time_kem_pair.hash(), &one_time.hash());
    let last_resort = bob.last_resort.public();
    assert_eq!(bob.last_resort.pair().hash(), &last_resort.hash());
    assert_ne!(last_resort.hash(), one_time.hash());
    assert_ne!(carol.one_time_kem_prekey.hash(), one_time.hash());
}

#[test]
fn the_responder_takes_its_own_identity_from_its_own_keys() {
    let (bob, mallory) = (Responder::new(BOB), Responder::new(CAROL));
    let bundle = bob.pqxdh_bundle();
    let signed_again = Bundle {
        identity: *mallory.identity.public(),
        signed_prekey: mallory.adopt(PQXDH_TERMS, bundle.signed_prekey.key),
        kem_prekey: mallory.adopt_kem(&bundle.kem_prekey),
        ..bundle
    };
    let Initiated { message, agreement } = alice_initiates_pqxdh(&signed_again);
    let bobs = respond(&bob.pqxdh_keys(&message), &message).unwrap();
    assert_ne!(bobs.shared_secret, agreement.shared_secret);
    assert_ne!(bobs.associated_data, agreement.associated_data);
}

#[test]
fn a_forged_message_costs_the_responder_no_key() {
    let bob = Responder::new(BOB);
    let Initiated { message, agreement } = alice_initiates_pqxdh(&bob.pqxdh_bundle());
    let forged = InitialMessage {
        ephemeral: public_key(CAROL),
        ..message.clone()
    };
    let forgery = respond(&bob.pqxdh_keys(&forged), &forged).unwrap();
    assert_ne!(forgery.shared_secret, agreement.shared_secret);
    assert_eq!(respond(&bob.pqxdh_keys(&message), &message), Ok(agreement));
}
