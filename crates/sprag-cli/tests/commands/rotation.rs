use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sprag::Account as LibraryAccount;

use crate::support::Two;

#[test]
fn bundles_from_before_a_rotation_work_as_long_as_its_keys_are_kept() {
    let two = Two::new();
    let bundles = [(); 2].map(|()| two.bob.done(&["bundle", "--reusable"]));
    let said = two.bob.text(&["rotate"]);
    assert!(said.contains("kept for 30 days"), "{said}");
    assert_ne!(two.bob.done(&["bundle", "--reusable"]), bundles[0]);

    let bundle = two.file("bundle", &bundles[0]);
    two.alice.done(&["add", "bob", &bundle]);
    let first = two.alice.pipe(&["encrypt", "bob"], b"one");
    assert_eq!(
        two.bob.pipe(&["decrypt", "--from", "alice"], &first),
        b"one"
    );
    let answer = two.bob.pipe(&["encrypt", "alice"], b"two");
    assert_eq!(two.alice.pipe(&["decrypt"], &answer), b"two");
}

#[test]
fn bundles_from_before_a_rotation_are_useless_once_its_keys_are_gone() {
    let two = Two::new();
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    let said = two.bob.text(&["rotate", "--keep", "0"]);
    assert!(said.contains("are gone"), "{said}");
    two.alice.done(&["add", "bob", &bundle]);
    let late = two.file("late", &two.alice.pipe(&["encrypt", "bob"], b"late"));
    let decrypt = ["decrypt", "--from", "alice", "-i", &late];
    two.bob.refused(&decrypt, "sprag: signed prekey ");
    two.bob.refused(
        &decrypt,
        " was replaced, and its time is up: the bundle that the message was encrypted with is too old: send its sender a \
         new one, to be added with --renew",
    );
}

#[test]
fn sessions_go_on_through_a_rotation() {
    let two = Two::talking();
    let on_its_way = two.alice.pipe(&["encrypt", "bob"], b"on its way");
    two.bob.done(&["rotate", "--keep", "0"]);
    two.alice.done(&["rotate", "--keep", "0"]);
    assert_eq!(two.bob.pipe(&["decrypt"], &on_its_way), b"on its way");
    let answer = two.bob.pipe(&["encrypt", "alice"], b"answer");
    assert_eq!(two.alice.pipe(&["decrypt"], &answer), b"answer");
}

#[test]
fn a_bundle_older_than_allowed_is_refused() {
    let two = Two::new();
    let mut rng = StdRng::seed_from_u64(1);
    let year_2020 = 1_577_836_800;
    let old = LibraryAccount::generate_at(year_2020, &mut rng).publish(&mut rng);
    let unstated = LibraryAccount::generate(&mut rng).publish(&mut rng);
    for (name, bundle) in [("old", old), ("unstated", unstated)] {
        let bundle = two.file(name, &bundle);
        two.alice.refused(
            &["add", name, &bundle, "--max-age", "365"],
            "signed prekey was not made as recently as demanded",
        );
        two.alice.done(&["add", name, &bundle]);
    }
    let fresh = two.file("fresh", &two.bob.done(&["bundle"]));
    two.alice.done(&["add", "bob", &fresh, "--max-age", "1"]);
}

#[test]
fn a_bundle_without_post_quantum_keys_is_refused() {
    let two = Two::new();
    let mut rng = StdRng::seed_from_u64(2);
    let classical = LibraryAccount::generate(&mut rng)
        .publish_x3dh(&mut rng)
        .unwrap();
    let bundle = two.file("classical", &classical);
    two.alice
        .refused(&["add", "bob", &bundle], "X3DH is not accepted");
    two.alice.refused(&["status", "bob"], "no peer is named");
}
