//! PQXDH: the secret that both parties derive, the keys that enter it, and the KEM prekey hash.

use sprag_primitives::hash::sha256;
use sprag_primitives::x25519::KeyPair;
use sprag_x3dh::pqxdh::{Bundle, InitialMessage, initiate, respond};
use sprag_x3dh::{Error, Initiated, KemPrekey, KemPrekeyPair, Responded, Suite};

use crate::sealing::content;
use crate::support::{
    ALICE, BOB, CAROL, IDS, Metered, ORDINAL, PQXDH_TERMS, Responder, alice_initiates_pqxdh,
    all_differ, altered, decapsulation_key, identity, kdf, key_pair, one_time_key_pair, public_key,
    rng,
};

#[test]
fn both_sides_agree_with_and_without_each_kind_of_one_time_prekey() {
    let bob = Responder::new(BOB);
    for bundle in bob.pqxdh_bundles() {
        let Initiated { message, agreement } = alice_initiates_pqxdh(&bundle);
        let (curve, offered) = (message.curve(), &bundle.curve);
        assert_eq!(curve.signed_prekey, offered.signed_prekey.terms.id);
        let one_time_prekey = offered.one_time_prekey.map(|prekey| prekey.id);
        assert_eq!(curve.one_time_prekey, one_time_prekey);
        assert_eq!(message.kem().prekey, bundle.kem_prekey.id);

        let Responded {
            initiator,
            agreement: bobs,
        } = bob.respond_pqxdh(&message).unwrap();
        assert_eq!(&initiator.identity, identity(ALICE).public());
        assert_eq!(initiator.ordinal, ORDINAL);
        assert_eq!(bobs, agreement);
        let [alices, bobs] =
            [agreement, bobs].map(|agreement| agreement.shared_secret.into_keys(Suite::Pqxdh));
        assert_eq!(alices, bobs);
    }
}

#[test]
fn the_secret_is_derived_from_the_agreements_and_last_of_all_the_kem_secret() {
    let bob = Responder::new(BOB);
    let signed_prekey = bob.pqxdh_signed_prekey.key_pair();
    for bundle in bob.pqxdh_bundles() {
        let Initiated { message, agreement } = alice_initiates_pqxdh(&bundle);
        let ephemeral = &message.curve().ephemeral;
        let mut secrets = vec![
            signed_prekey.diffie_hellman(&public_key(ALICE)).unwrap(),
            key_pair(BOB).diffie_hellman(ephemeral).unwrap(),
            signed_prekey.diffie_hellman(ephemeral).unwrap(),
        ];
        if message.curve().one_time_prekey.is_some() {
            let one_time_prekey = one_time_key_pair(&bob.one_time_prekey);
            secrets.push(one_time_prekey.diffie_hellman(ephemeral).unwrap());
        }
        let kem_pair = if bundle.kem_prekey.id == IDS.last_resort {
            bob.last_resort.pair()
        } else {
            &bob.one_time_kem_pair
        };
        secrets.push(decapsulation_key(kem_pair).decapsulate(&message.kem().ciphertext));
        let expected = kdf(&secrets, "sprag-v1_CURVE25519_SHA-256_ML-KEM-1024");
        assert_eq!(agreement.shared_secret.as_secret(), &expected);
    }
}

#[test]
fn the_root_is_not_the_shared_secret() {
    let agreement = alice_initiates_pqxdh(&Responder::new(BOB).pqxdh_bundle()).agreement;
    let copy = agreement.shared_secret.as_secret().duplicate();
    assert_ne!(agreement.shared_secret.into_keys(Suite::Pqxdh).root, copy);
}

#[test]
fn the_initiator_draws_the_ephemeral_key_and_then_the_encapsulation() {
    for bundle in Responder::new(BOB).pqxdh_bundles() {
        let mut metered = Metered::new(7);
        let verified = bundle.clone().verify().unwrap();
        let message = initiate(&identity(ALICE), &verified, ORDINAL, &mut metered)
            .unwrap()
            .message;
        assert_eq!(metered.drawn, 64);

        let mut rng = rng(7);
        let ephemeral = KeyPair::generate(&mut rng);
        assert_eq!(&message.curve().ephemeral, ephemeral.public());
        let (ciphertext, _) = bundle.kem_prekey.key.encapsulate(&mut rng);
        assert_eq!(message.kem().ciphertext, ciphertext);
    }
}

#[test]
fn each_session_has_an_ephemeral_key_and_a_ciphertext_of_its_own() {
    let (alice, mut rng) = (identity(ALICE), rng(1));
    let bundle = Responder::new(BOB).pqxdh_bundle().verify().unwrap();
    let [first, second] = [(); 2].map(|()| initiate(&alice, &bundle, ORDINAL, &mut rng).unwrap());
    assert_ne!(
        first.message.curve().ephemeral,
        second.message.curve().ephemeral
    );
    assert_ne!(first.message.kem(), second.message.kem());
    all_differ([first, second].map(|initiated| initiated.agreement.shared_secret));
}

#[test]
fn every_key_of_the_bundle_enters_the_secret() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let [bundle, kem_only, curve_only, reusable] = bob.pqxdh_bundles();
    let bundles = [
        adopted(&bundle, &carol),
        altered(&bundle, |Bundle { curve, .. }| {
            curve.signed_prekey = bob.adopt(PQXDH_TERMS, carol.pqxdh_signed_prekey.public().key);
        }),
        altered(&bundle, |Bundle { curve, .. }| {
            curve.one_time_prekey = Some(carol.one_time_prekey.public());
        }),
        Bundle {
            kem_prekey: bob.adopt_kem(&carol.one_time_kem_prekey, &bundle.curve.signed_prekey),
            ..bundle.clone()
        },
        bundle,
        kem_only,
        curve_only,
        reusable,
    ];
    let initiated = bundles.map(|bundle| alice_initiates_pqxdh(&bundle));
    for run in &initiated {
        let [ephemeral, first] = [run, &initiated[0]].map(|run| run.message.curve().ephemeral);
        assert_eq!(ephemeral, first, "only the bundle differs");
    }
    all_differ(initiated.map(|initiated| initiated.agreement.shared_secret));
}

#[test]
fn every_key_of_the_message_and_the_ciphertext_enter_the_secret() {
    let bob = Responder::new(BOB);
    let message = alice_initiates_pqxdh(&bob.pqxdh_bundle()).message;
    let (curve, kem) = (*message.curve(), message.kem().clone());
    let (ciphertext, _) = bob.one_time_kem_prekey.key.encapsulate(&mut rng(3));
    let alice = content(ALICE, ORDINAL);
    let messages = [
        bob.sealed_pqxdh(
            altered(&curve, |curve| curve.one_time_prekey = None),
            kem.clone(),
            &alice,
        ),
        bob.sealed_pqxdh(curve, kem.clone(), &content(CAROL, ORDINAL)),
        bob.sealed_pqxdh(
            altered(&curve, |curve| curve.ephemeral = public_key(CAROL)),
            kem.clone(),
            &alice,
        ),
        bob.sealed_pqxdh(
            curve,
            altered(&kem, |kem| kem.prekey = IDS.last_resort),
            &alice,
        ),
        bob.sealed_pqxdh(
            curve,
            altered(&kem, |kem| kem.ciphertext = ciphertext),
            &alice,
        ),
        message,
    ];
    all_differ(messages.map(|message| {
        let responded = bob.respond_pqxdh(&message).unwrap();
        responded.agreement.shared_secret
    }));
}

#[test]
fn every_key_of_the_responder_enters_the_seal_and_the_secret() {
    let (bob, carol) = ([(); 5].map(|()| Responder::new(BOB)), || {
        Responder::new(CAROL)
    });
    let message = alice_initiates_pqxdh(&bob[0].pqxdh_bundle()).message;
    let [
        genuine,
        identity,
        signed_prekey,
        one_time_prekey,
        kem_prekey,
    ] = bob;
    let others = [
        Responder {
            identity: carol().identity,
            secret: CAROL,
            ..identity
        },
        Responder {
            pqxdh_signed_prekey: carol().pqxdh_signed_prekey,
            ..signed_prekey
        },
        Responder {
            one_time_prekey: carol().one_time_prekey,
            ..one_time_prekey
        },
        Responder {
            one_time_kem_pair: carol().one_time_kem_pair,
            ..kem_prekey
        },
    ];
    for other in &others {
        assert_eq!(other.respond_pqxdh(&message), Err(Error::NotAuthentic));
    }
    let [identity, signed_prekey, one_time_prekey, kem_prekey] = others;
    let all = [
        genuine,
        identity,
        signed_prekey,
        one_time_prekey,
        kem_prekey,
    ];
    all_differ(all.map(|responder| {
        let (curve, kem) = (*message.curve(), message.kem().clone());
        let message = responder.sealed_pqxdh(curve, kem, &content(ALICE, ORDINAL));
        let responded = responder.respond_pqxdh(&message).unwrap();
        responded.agreement.shared_secret
    }));
}

#[test]
fn each_side_hashes_the_kem_prekey_of_its_own_records() {
    let bob = Responder::new(BOB);
    for bundle in bob.pqxdh_bundles() {
        let Initiated { message, agreement } = alice_initiates_pqxdh(&bundle);
        let alices = sha256(&[&[2], bundle.kem_prekey.key.as_bytes()]);
        assert_eq!(agreement.kem_prekey_hash, Some(alices));

        let public = decapsulation_key(bob.kem_pair(&message)).encapsulation_key();
        let bobs = sha256(&[&[2], public.as_bytes()]);
        let responded = bob.respond_pqxdh(&message).unwrap();
        assert_eq!(responded.agreement.kem_prekey_hash, Some(bobs));
        assert_eq!(alices, bobs);
    }
}

/// A KEM secret that is encapsulated again to another prekey (PQXDH §4.12).
///
/// An attacker who knows the private half of one KEM prekey learns its secret, and may encapsulate
/// that to another prekey with the same number. The parties must notice even if the KEM does not
/// bind the key.
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
    assert_eq!(bob.respond_pqxdh(&message), Err(Error::NotAuthentic));
    let responded = respond(&bob.pqxdh_keys(&message), &other_pair, &message).unwrap();
    assert_eq!(responded.agreement, alices.agreement);

    // The attacker knows the secret, and with it seals what it likes.
    let (curve, kem) = (*message.curve(), message.kem().clone());
    let message = bob.sealed_pqxdh(curve, kem, &content(ALICE, ORDINAL));
    let responded = bob.respond_pqxdh(&message).unwrap();
    assert_ne!(
        responded.agreement.kem_prekey_hash,
        alices.agreement.kem_prekey_hash
    );
}

#[test]
fn the_hash_is_of_the_key_and_of_nothing_else() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let one_time = &bob.one_time_kem_prekey;
    let same_key = KemPrekey {
        id: one_time.id + 1,
        ..carol.adopt_kem(one_time, &bob.pqxdh_signed_prekey.public())
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
    let signed_again = adopted(&bob.pqxdh_bundle(), &mallory);
    let message = alice_initiates_pqxdh(&signed_again).message;
    assert_eq!(bob.respond_pqxdh(&message), Err(Error::NotAuthentic));
}

#[test]
fn a_forged_message_costs_the_responder_no_key() {
    let bob = Responder::new(BOB);
    let Initiated { message, agreement } = alice_initiates_pqxdh(&bob.pqxdh_bundle());
    let curve = altered(message.curve(), |curve| curve.ephemeral = public_key(CAROL));
    let kem = message.kem().clone();
    let forged = InitialMessage::from_parts(curve, kem.clone(), *message.sealed_initiator());
    assert_eq!(bob.respond_pqxdh(&forged), Err(Error::NotAuthentic));
    // A seal that anybody made opens, but leads to another secret.
    let forged = bob.sealed_pqxdh(curve, kem, &content(ALICE, ORDINAL));
    let forgery = bob.respond_pqxdh(&forged).unwrap().agreement;
    assert_ne!(forgery.shared_secret, agreement.shared_secret);
    let responded = bob.respond_pqxdh(&message).unwrap();
    assert_eq!(responded.agreement, agreement);
}

/// Returns a copy of `bundle` under the identity of `party`, which signs the prekeys again.
fn adopted(bundle: &Bundle, party: &Responder) -> Bundle {
    altered(bundle, |Bundle { curve, kem_prekey }| {
        curve.identity = *party.identity.public();
        curve.signed_prekey = party.adopt(PQXDH_TERMS, curve.signed_prekey.key);
        *kem_prekey = party.adopt_kem(kem_prekey, &curve.signed_prekey);
    })
}
