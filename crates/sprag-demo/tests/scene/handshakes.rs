use sprag_demo::scene::{BundleKey, SecretView, Step, SuiteName};

use crate::support::{Alice, Play};

fn key<'a>(keys: &'a [BundleKey], name: &str) -> &'a BundleKey {
    keys.iter().find(|key| key.name == name).unwrap()
}

#[test]
fn a_bundle_has_the_keys_of_its_suite() {
    for (suite, names) in [
        (SuiteName::X3dh, &["IK_B", "SPK_B", "OPK_B"][..]),
        (SuiteName::Pqxdh, &["IK_B", "SPK_B", "OPK_B", "PQPK_B"]),
    ] {
        let bundle = Play::begun(suite).view().bundle.unwrap();
        assert_eq!(bundle.suite, suite);
        let found: Vec<&str> = bundle.keys.iter().map(|key| key.name).collect();
        assert_eq!(found, names);
        assert_eq!(key(&bundle.keys, "IK_B").id, None);
        let kinds: Vec<(&str, bool)> = bundle
            .keys
            .iter()
            .map(|key| (key.kind, key.signed))
            .collect();
        let expected = [
            ("identity", false),
            ("signed", true),
            ("one-time", false),
            ("kem", true),
        ];
        assert_eq!(kinds, expected[..names.len()]);
    }
}

#[test]
fn a_handshake_shows_which_key_feeds_what() {
    let made = |secrets: &[SecretView]| -> Vec<String> {
        let secrets = secrets.iter();
        secrets
            .map(|secret| format!("{} of {}", secret.name, secret.of.join(" ")))
            .collect()
    };
    let dh = [
        "DH1 of IK_A SPK_B",
        "DH2 of EK_A IK_B",
        "DH3 of EK_A SPK_B",
        "DH4 of EK_A OPK_B",
    ];
    let x3dh = Play::begun(SuiteName::X3dh).view().handshake.unwrap();
    assert_eq!(made(&x3dh.inputs), dh);
    assert_eq!(made(&x3dh.derived)[0], "SK of DH1 DH2 DH3 DH4");
    let pqxdh = Play::begun(SuiteName::Pqxdh).view().handshake.unwrap();
    assert_eq!(made(&pqxdh.inputs)[..4], dh);
    assert_eq!(made(&pqxdh.inputs)[4], "SS of PQPK_B");
    assert_eq!(
        made(&pqxdh.derived),
        [
            "SK of DH1 DH2 DH3 DH4 SS",
            "RK of SK",
            "HKA of SK",
            "NHKB of SK",
            "KS of DH2 DH3 DH4 SS",
        ]
    );
    let public: Vec<&str> = pqxdh.public.iter().map(|key| key.name).collect();
    assert_eq!(public, ["IK_A", "EK_A"]);
}

#[test]
fn a_renewal_has_the_same_identities_and_nothing_else_in_common() {
    let mut play = Play::acquainted();
    let before = play.view();
    play.step(Step::Begin {
        suite: SuiteName::Pqxdh,
    });
    let after = play.view();
    let bundles = [&before, &after].map(|view| view.bundle.clone().unwrap().keys);
    for name in ["IK_B", "OPK_B", "PQPK_B"] {
        let [first, second] = [&bundles[0], &bundles[1]].map(|keys| key(keys, name).fingerprint);
        assert_eq!(first == second, name == "IK_B");
    }
    let [first, second] = [before, after].map(|view| view.handshake.unwrap());
    assert_eq!(first.public[0], second.public[0]);
    assert_ne!(first.public[1], second.public[1]);
    for (first, second) in first.inputs.iter().zip(&second.inputs) {
        let stays = first.name == "DH1";
        assert_eq!(first.fingerprint == second.fingerprint, stays);
    }
    for (first, second) in first.derived.iter().zip(&second.derived) {
        assert_ne!(first.fingerprint, second.fingerprint);
    }
    play.exchange(Alice);
}
