use sprag::hazmat::{KeyUse, KeyView, initiate, public_fingerprint, view_bundle};
use sprag::{Account, IdentityKeyPair, Initiation, Policy, Suite};
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::{DoubleRatchetHE, HeaderKey, RootKey, SharedSecrets};
use sprag_x3dh::hazmat::initiate_x3dh;
use sprag_x3dh::{encode_ec, encode_kem};

use crate::support::{Pair, account, decoded, decoded_x3dh, rng};

const ANY_SUITE: Initiation = Initiation {
    policy: Policy::post_quantum().allow_x3dh(),
    ordinal: 1,
};

/// A bundle for each suite, and one of each suite without a one-time prekey as far as there is one.
fn bundles(bob: &mut Account) -> [(Suite, Vec<u8>); 3] {
    let mut rng = rng(80);
    [
        (Suite::Pqxdh, bob.publish(&mut rng)),
        (Suite::Pqxdh, bob.publish_reusable()),
        (Suite::X3dh, bob.publish_x3dh(&mut rng).unwrap()),
    ]
}

#[test]
fn a_bundle_shows_its_keys() {
    let mut rng = rng(81);
    let mut bob = account(&mut rng);
    let bundle = bob.publish(&mut rng);
    let keys = view_bundle(&bundle).unwrap();
    let names: Vec<(&str, KeyUse)> = keys.iter().map(|key| (key.name, key.usage)).collect();
    assert_eq!(
        names,
        [
            ("IK_B", KeyUse::Identity),
            ("SPK_B", KeyUse::SignedPrekey),
            ("OPK_B", KeyUse::OneTimePrekey),
            ("PQPK_B", KeyUse::KemPrekey),
        ]
    );
    let bundle = decoded(&bundle);
    let one_time = bundle.curve.one_time_prekey.unwrap();
    let expected = [
        (None, bundle.curve.identity.encode().to_vec()),
        (
            Some(bundle.curve.signed_prekey.terms.id),
            encode_ec(&bundle.curve.signed_prekey.key).to_vec(),
        ),
        (Some(one_time.id), encode_ec(&one_time.key).to_vec()),
        (
            Some(bundle.kem_prekey.id),
            encode_kem(&bundle.kem_prekey.key).to_vec(),
        ),
    ];
    for (key, (id, encoded)) in keys.iter().zip(expected) {
        assert_eq!(key.id, id);
        assert_eq!(key.fingerprint, public_fingerprint(&encoded));
    }
    // X3DH has no KEM prekey, and a reusable bundle no curve one-time prekey.
    let x3dh = bob.publish_x3dh(&mut rng).unwrap();
    let keys = view_bundle(&x3dh).unwrap();
    assert_eq!(keys.len(), 3);
    let one_time = decoded_x3dh(&x3dh).curve.one_time_prekey.unwrap();
    assert_eq!(keys[2].id, Some(one_time.id));
    let keys = view_bundle(&bob.publish_reusable()).unwrap();
    let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
    assert_eq!(names, ["IK_B", "SPK_B", "PQPK_B"]);
    assert!(view_bundle(b"no bundle").is_err());
}

#[test]
fn a_handshake_that_is_looked_at_is_the_same_as_one_that_is_not() {
    let mut rng_of_accounts = rng(82);
    let alice = account(&mut rng_of_accounts);
    let mut bob = account(&mut rng_of_accounts);
    for (suite, bundle) in bundles(&mut bob) {
        let (seen, view) = initiate(&alice, &bundle, &ANY_SUITE, &mut rng(83)).unwrap();
        let unseen = alice
            .initiate_with(&bundle, &ANY_SUITE, &mut rng(83))
            .unwrap();
        assert_eq!(seen.snapshot().expose(), unseen.snapshot().expose());
        assert_eq!(view.suite, suite);
        let names: Vec<&str> = view.public.iter().map(|key| key.name).collect();
        assert_eq!(names, ["IK_A", "EK_A"]);
        let identity = public_fingerprint(&alice.identity().encode());
        assert_eq!(view.public[0].fingerprint, identity);
    }
    // Bundles that are refused are refused here, too.
    let (_, bundle) = &bundles(&mut bob)[2];
    let refused = initiate(&alice, bundle, &Initiation::default(), &mut rng(83));
    let unseen = alice.initiate(bundle, &mut rng(83));
    assert_eq!(refused.err(), unseen.err());
}

#[test]
fn the_first_header_keys_of_a_handshake_are_recognised_in_the_ratchets() {
    let mut rng_of_accounts = rng(84);
    let alice = account(&mut rng_of_accounts);
    let mut bob = account(&mut rng_of_accounts);
    for (_, bundle) in bundles(&mut bob) {
        let (mut session, view) = initiate(&alice, &bundle, &ANY_SUITE, &mut rng(85)).unwrap();
        let first = session.encrypt(b"first", &mut rng(86)).unwrap();
        let policy = ANY_SUITE.policy;
        let (bobs, _) = bob.accept_under(&policy, &first, b"").unwrap();
        // The header keys of the first chains are those of the handshake.
        let of = |name: &str| {
            let mut derived = view.derived.iter();
            derived.find(|secret| secret.name == name).unwrap()
        };
        let sending = session.ratchet_view().sending().unwrap();
        let receiving = bobs.ratchet_view().receiving().next().unwrap();
        let header_keys = [sending.header_key(), receiving.header_key()];
        for key in header_keys {
            assert_eq!(key.fingerprint(), of("HKA").key.fingerprint());
        }
        let next = [
            session.ratchet_view().next_receiving_header_key(),
            bobs.ratchet_view().next_sending_header_key(),
        ];
        for key in next {
            assert_eq!(key.fingerprint(), of("NHKB").key.fingerprint());
        }
        // Both authenticate the same data.
        for session in [&session, &bobs] {
            assert_eq!(session.associated_data_fingerprint(), view.associated_data);
        }
    }
}

#[test]
fn sessions_show_the_same_keys_on_both_sides() {
    let (mut alice, mut bob, mut rng) = Pair::new(87).established();
    for _ in 0..4 {
        let message = alice.encrypt(b"turn", &mut rng).unwrap();
        bob.decrypt(&message).unwrap();
        let roots = [&alice, &bob].map(|session| {
            let root = session.ratchet_view().root_key().fingerprint();
            assert_eq!(root, session.status().root_fingerprint);
            root
        });
        assert_eq!(roots[0], roots[1]);
        let sending = alice.ratchet_view().sending().unwrap().next_link();
        let receiving = bob.ratchet_view().receiving().next().unwrap();
        let receiving = receiving.next_link().unwrap();
        for (own, peers) in [
            (&sending.chain_key, &receiving.chain_key),
            (&sending.message_key, &receiving.message_key),
        ] {
            assert_eq!(KeyView::fingerprint(own), peers.fingerprint());
        }
        core::mem::swap(&mut alice, &mut bob);
    }
}

#[test]
fn the_first_root_key_of_a_handshake_is_recognised_in_the_ratchet() {
    let mut rng = rng(88);
    let mut bob = account(&mut rng);
    let bundle = decoded_x3dh(&bob.publish_x3dh(&mut rng).unwrap());
    let alice = IdentityKeyPair::generate(&mut rng);
    let initiated = initiate_x3dh(&alice, &bundle.verify().unwrap(), 1, &mut rng);
    let (initiated, view) = initiated.unwrap();
    // Begin a ratchet that has not received anything yet.
    let keys = initiated.agreement.shared_secret.into_keys(view.suite);
    let secrets = SharedSecrets {
        root: RootKey::new(keys.root),
        shared_hka: HeaderKey::new(keys.shared_hka),
        shared_nhkb: HeaderKey::new(keys.shared_nhkb),
    };
    let ratchet = DoubleRatchetHE::responder(secrets, &KeyPair::generate(&mut rng));
    let root = view.derived.iter().find(|secret| secret.name == "RK");
    assert_eq!(root.unwrap().key.fingerprint(), ratchet.root_fingerprint());
}
