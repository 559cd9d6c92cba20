//! Both roles: what they agree on, what enters it, and whom they refuse.

use sprag_x3dh::{
    Bundle, Error, InitialMessage, Initiated, OneTimePrekeyPair, ResponderKeys, SharedSecret,
    SignedPrekeyPair, SignedPrekeyTerms, Slot, initiate, respond,
};

use crate::support::{ONE_TIME_ID, Responder, TERMS, identity, public_key, rng};

const ALICE: [u8; 32] = [0xa1; 32];
const BOB: [u8; 32] = [0xb0; 32];
const CAROL: [u8; 32] = [0xca; 32];

#[test]
fn both_sides_agree_with_and_without_a_one_time_prekey() {
    let bob = Responder::new(BOB);
    for bundle in [bob.bundle(), bob.reusable_bundle()] {
        let Initiated { message, agreement } = alice_initiates(&bundle);
        assert_eq!(message.suite, TERMS.suite);
        assert_eq!(&message.identity, identity(ALICE).public());
        assert_eq!(message.signed_prekey, TERMS.id);
        let one_time_prekey = bundle.one_time_prekey.map(|_| ONE_TIME_ID);
        assert_eq!(message.one_time_prekey, one_time_prekey);

        let bobs = respond(&bob.keys_for(&message), &message).unwrap();
        assert_eq!(bobs, agreement);
        assert_eq!(
            bobs.shared_secret.into_root(),
            agreement.shared_secret.into_root()
        );
    }
}

#[test]
fn the_root_is_not_the_shared_secret() {
    let secret = alice_initiates(&Responder::new(BOB).bundle())
        .agreement
        .shared_secret;
    let copy = secret.as_secret().duplicate();
    assert_ne!(secret.into_root(), copy);
}

#[test]
fn each_session_has_an_ephemeral_key_of_its_own() {
    let (alice, mut rng) = (identity(ALICE), rng(1));
    let bundle = Responder::new(BOB).bundle().verify().unwrap();
    let [first, second] = [(); 2].map(|()| initiate(&alice, &bundle, &mut rng).unwrap());
    assert_ne!(first.message.ephemeral, second.message.ephemeral);
    all_differ([first, second].map(|initiated| initiated.agreement.shared_secret));
}

#[test]
fn every_key_of_the_bundle_enters_the_secret() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let bundles = [
        bob.bundle(),
        bob.reusable_bundle(),
        Bundle {
            identity: *carol.identity.public(),
            signed_prekey: carol.adopt(TERMS, bob.signed_prekey.public().key),
            ..bob.bundle()
        },
        Bundle {
            signed_prekey: bob.adopt(TERMS, carol.signed_prekey.public().key),
            ..bob.bundle()
        },
        Bundle {
            one_time_prekey: Some(carol.one_time_prekey.public()),
            ..bob.bundle()
        },
    ];
    let initiated = bundles.map(|bundle| alice_initiates(&bundle));
    for run in &initiated {
        let ephemeral = initiated[0].message.ephemeral;
        assert_eq!(run.message.ephemeral, ephemeral, "only the bundle differs");
    }
    all_differ(initiated.map(|initiated| initiated.agreement.shared_secret));
}

#[test]
fn every_key_of_the_message_enters_the_secret() {
    let bob = Responder::new(BOB);
    let message = alice_initiates(&bob.bundle()).message;
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
    let respond = |message| respond(&bob.keys_for(&message), &message).unwrap();
    all_differ(messages.map(|message| respond(message).shared_secret));
}

#[test]
fn every_key_of_the_responder_enters_the_secret() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let message = alice_initiates(&bob.bundle()).message;
    let keys = bob.keys_for(&message);
    let keys = [
        keys,
        ResponderKeys {
            identity: &carol.identity,
            ..keys
        },
        ResponderKeys {
            signed_prekey: &carol.signed_prekey,
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
        let bundle = peer.bundle().verify().unwrap();
        let initiated = initiate(&identity(initiator), &bundle, &mut rng(1)).unwrap();
        let message = initiated.message;
        let responded = respond(&peer.keys_for(&message), &message).unwrap();

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
        ..bob.bundle()
    };
    assert_eq!(
        misbound.verify(),
        Err(Error::InvalidSignature(Slot::SignedPrekey))
    );

    let signed_again = Bundle {
        signed_prekey: mallory.adopt(TERMS, bob.signed_prekey.public().key),
        ..misbound
    };
    let Initiated { message, agreement } = alice_initiates(&signed_again);
    let bobs = respond(&bob.keys_for(&message), &message).unwrap();
    assert_ne!(bobs.shared_secret, agreement.shared_secret);
    assert_ne!(bobs.associated_data, agreement.associated_data);
}

#[test]
fn ones_own_bundle_is_refused() {
    let bob = Responder::new(BOB);
    for bundle in [bob.bundle(), bob.reusable_bundle()] {
        let result = initiate(&bob.identity, &bundle.verify().unwrap(), &mut rng(1));
        assert_eq!(result.unwrap_err(), Error::OwnBundle);
    }
}

#[test]
fn another_signed_prekey_than_the_one_named_is_refused() {
    let bob = Responder::new(BOB);
    let message = alice_initiates(&bob.bundle()).message;
    let other = SignedPrekeyTerms {
        id: TERMS.id + 1,
        ..TERMS
    };
    let keys = ResponderKeys {
        signed_prekey: &SignedPrekeyPair::generate(other, &bob.identity, &mut rng(1)),
        ..bob.keys_for(&message)
    };
    assert_eq!(
        respond(&keys, &message),
        Err(Error::OtherPrekey(Slot::SignedPrekey))
    );
}

#[test]
fn another_one_time_prekey_than_the_one_named_is_refused() {
    let bob = Responder::new(BOB);
    let named = alice_initiates(&bob.bundle()).message;
    let none = alice_initiates(&bob.reusable_bundle()).message;
    let other = OneTimePrekeyPair::generate(ONE_TIME_ID + 1, &mut rng(1));
    for (message, given) in [
        (named, Some(&other)),
        (named, None),
        (none, Some(&bob.one_time_prekey)),
    ] {
        let keys = ResponderKeys {
            one_time_prekey: given,
            ..bob.keys_for(&message)
        };
        assert_eq!(
            respond(&keys, &message),
            Err(Error::OtherPrekey(Slot::OneTimePrekey))
        );
    }
}

#[test]
fn a_forged_message_costs_the_responder_no_key() {
    let bob = Responder::new(BOB);
    let Initiated { message, agreement } = alice_initiates(&bob.bundle());
    for forged in [
        InitialMessage {
            ephemeral: public_key(CAROL),
            ..message
        },
        InitialMessage {
            signed_prekey: TERMS.id + 1,
            ..message
        },
    ] {
        let forgery = respond(&bob.keys_for(&forged), &forged);
        assert_ne!(forgery.as_ref(), Ok(&agreement));
    }
    assert_eq!(respond(&bob.keys_for(&message), &message), Ok(agreement));
}

/// Alice asks for a session, always with the same ephemeral key.
fn alice_initiates(bundle: &Bundle) -> Initiated {
    let bundle = bundle.verify().expect("the bundle is genuine");
    initiate(&identity(ALICE), &bundle, &mut rng(2)).expect("the bundle is another's")
}

fn all_differ<const COUNT: usize>(secrets: [SharedSecret; COUNT]) {
    for (index, secret) in secrets.iter().enumerate() {
        for (earlier, other) in secrets[..index].iter().enumerate() {
            assert_ne!(secret, other, "cases {earlier} and {index}");
        }
    }
}
