use sprag_primitives::SecretBytes;
use sprag_primitives::hkdf::Hkdf;
use sprag_x3dh::hazmat::{
    HandshakeView, SecretView, initiate_pqxdh, initiate_x3dh, respond_pqxdh, respond_x3dh,
};
use sprag_x3dh::{SharedSecret, Suite};

use crate::support::{
    ALICE, BOB, ORDINAL, Responder, alice_initiates_pqxdh, alice_initiates_x3dh, identity, kdf,
    key_pair, rng,
};

/// The shown part of each secret: its name, the names of what it comes from, and its fingerprint.
fn shown(secrets: &[SecretView]) -> Vec<(String, [u8; 8])> {
    let secrets = secrets.iter();
    secrets
        .map(|secret| {
            let made = format!("{} of {}", secret.name, secret.of.join(" "));
            (made, secret.key.fingerprint())
        })
        .collect()
}

fn assert_agree(initiator: &HandshakeView, responder: &HandshakeView) {
    assert_eq!(initiator.suite, responder.suite);
    assert_eq!(shown(&initiator.agreements), shown(&responder.agreements));
    assert_eq!(shown(&initiator.derived), shown(&responder.derived));
}

/// The fingerprint of a secret by the definition.
fn fingerprint(secret: &SecretBytes<32>, label: &str) -> [u8; 8] {
    let key = Hkdf::from_pseudorandom_key(secret);
    *key.expand::<8>(label.as_bytes()).expose()
}

/// Compares what is shown of `SK` and of the keys that come of it with the secret that the handshake yields.
fn assert_derived(view: &HandshakeView, secret: SharedSecret) {
    let of = |name: &str| {
        let mut derived = view.derived.iter();
        let secret = derived
            .find(|secret| secret.name == name)
            .expect("it is derived");
        secret.key.fingerprint()
    };
    let label = "sprag-v1 key fingerprint";
    assert_eq!(of("SK"), fingerprint(secret.as_secret(), label));
    let keys = secret.into_keys(view.suite);
    assert_eq!(
        of("RK"),
        fingerprint(&keys.root, "sprag-v1 root fingerprint")
    );
    assert_eq!(of("HKA"), fingerprint(&keys.shared_hka, label));
    assert_eq!(of("NHKB"), fingerprint(&keys.shared_nhkb, label));
}

#[test]
fn both_sides_of_x3dh_see_the_same_secrets() {
    let (alice, bob) = (identity(ALICE), Responder::new(BOB));
    for (bundle, dh4) in bob.x3dh_bundles().into_iter().zip([true, false]) {
        let verified = bundle.verify().expect("the bundle is genuine");
        let initiated = initiate_x3dh(&alice, &verified, ORDINAL, &mut rng(2));
        let (initiated, own) = initiated.expect("the bundle is another's");
        let message = &initiated.message;
        let responded = respond_x3dh(&bob.x3dh_keys(message), message);
        let (responded, peers) = responded.expect("the message is genuine");
        assert_agree(&own, &peers);
        // The view changes nothing about the result.
        assert_eq!(responded.agreement, initiated.agreement);
        let unseen = alice_initiates_x3dh(bundle);
        assert_eq!(unseen.message, initiated.message);
        assert_eq!(unseen.agreement, initiated.agreement);
        // It names what there is.
        assert_eq!(own.suite, Suite::X3dh);
        let names: Vec<String> = shown(&own.agreements)
            .into_iter()
            .map(|(made, _)| made)
            .collect();
        let expected = [
            "DH1 of IK_A SPK_B",
            "DH2 of EK_A IK_B",
            "DH3 of EK_A SPK_B",
            "DH4 of EK_A OPK_B",
        ];
        assert_eq!(names, expected[..names.len()]);
        assert_eq!(names.len(), if dh4 { 4 } else { 3 });
        let made = &shown(&own.derived)[0].0;
        let expected = if dh4 {
            "SK of DH1 DH2 DH3 DH4"
        } else {
            "SK of DH1 DH2 DH3"
        };
        assert_eq!(made, expected);
        assert_derived(&own, initiated.agreement.shared_secret);
    }
}

#[test]
fn both_sides_of_pqxdh_see_the_same_secrets() {
    let (alice, bob) = (identity(ALICE), Responder::new(BOB));
    for bundle in bob.pqxdh_bundles() {
        let dh4 = bundle.curve.one_time_prekey.is_some();
        let verified = bundle.clone().verify().expect("the bundle is genuine");
        let initiated = initiate_pqxdh(&alice, &verified, ORDINAL, &mut rng(2));
        let (initiated, own) = initiated.expect("the bundle is another's");
        let message = &initiated.message;
        let kem_pair = bob.kem_pair(message);
        let responded = respond_pqxdh(&bob.pqxdh_keys(message), kem_pair, message);
        let (responded, peers) = responded.expect("the message is genuine");
        assert_agree(&own, &peers);
        assert_eq!(responded.agreement, initiated.agreement);
        let unseen = alice_initiates_pqxdh(&bundle);
        assert_eq!(unseen.message, initiated.message);
        assert_eq!(unseen.agreement, initiated.agreement);
        assert_eq!(own.suite, Suite::Pqxdh);
        let names: Vec<&str> = own.agreements.iter().map(|secret| secret.name).collect();
        let expected: &[&str] = if dh4 {
            &["DH1", "DH2", "DH3", "DH4", "SS"]
        } else {
            &["DH1", "DH2", "DH3", "SS"]
        };
        assert_eq!(names, expected);
        let [sk, .., seal_key] = own.derived.as_slice() else {
            panic!("there are several");
        };
        assert_eq!(sk.of, expected);
        // The seal opens before `DH1` can be computed.
        assert_eq!(
            (seal_key.name, seal_key.of.as_slice()),
            ("KS", &expected[1..])
        );
        assert_derived(&own, initiated.agreement.shared_secret);
    }
}

#[test]
fn the_agreements_are_those_of_the_specification() {
    let bob = Responder::new(BOB);
    let bundle = bob.x3dh_bundle();
    let verified = bundle.verify().expect("the bundle is genuine");
    let initiated = initiate_x3dh(&identity(ALICE), &verified, ORDINAL, &mut rng(2));
    let (initiated, view) = initiated.expect("the bundle is another's");
    // Compute the first three from the other side's private keys.
    let signed_prekey = bob.x3dh_signed_prekey.key_pair();
    let ephemeral = &initiated.message.curve().ephemeral;
    let agreed = [
        signed_prekey.diffie_hellman(key_pair(ALICE).public()),
        key_pair(BOB).diffie_hellman(ephemeral),
        signed_prekey.diffie_hellman(ephemeral),
    ]
    .map(|agreed| agreed.expect("the keys contribute"));
    for (secret, agreed) in view.agreements.iter().zip(&agreed) {
        let expected = fingerprint(agreed, "sprag-v1 key fingerprint");
        assert_eq!(secret.key.fingerprint(), expected, "{}", secret.name);
        #[cfg(feature = "show-keys")]
        assert_eq!(secret.key.key(), agreed.expose());
    }
    // Without a one-time prekey they are all that `SK` is made of.
    let [_, without] = bob.x3dh_bundles();
    let verified = without.verify().expect("the bundle is genuine");
    let initiated = initiate_x3dh(&identity(ALICE), &verified, ORDINAL, &mut rng(2));
    let (_, view) = initiated.expect("the bundle is another's");
    let sk = kdf(&agreed, "sprag-v1_CURVE25519_SHA-256");
    let expected = fingerprint(&sk, "sprag-v1 key fingerprint");
    assert_eq!(view.derived[0].key.fingerprint(), expected);
}

#[test]
fn debug_shows_no_secret() {
    let bob = Responder::new(BOB);
    let verified = bob.x3dh_bundle().verify().expect("the bundle is genuine");
    let initiated = initiate_x3dh(&identity(ALICE), &verified, ORDINAL, &mut rng(2));
    let (initiated, view) = initiated.expect("the bundle is another's");
    let shown = format!("{view:?}");
    assert!(shown.contains("DH1"));
    let secret = initiated.agreement.shared_secret;
    assert!(!shown.contains(&format!("{:?}", secret.as_secret().expose())));
}
