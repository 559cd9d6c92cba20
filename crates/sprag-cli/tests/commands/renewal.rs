use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sprag::Account as LibraryAccount;

use crate::support::{Two, made_at};

#[test]
fn a_session_that_works_goes_on_unless_a_renewal_is_asked_for() {
    let two = Two::talking();
    let root = || two.alice.status("bob")["root_fingerprint"].clone();
    let before = root();
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    let said = two.alice.text(&["add", "bob", &bundle]);
    assert!(
        said.contains("no new session begins by this bundle"),
        "{said}"
    );
    assert_eq!(root(), before);
    let said = two.alice.text(&["add", "--renew", "bob", &bundle]);
    assert!(
        said.contains("your next message begins a new session"),
        "{said}"
    );
    let message = two.file("message", &two.alice.pipe(&["encrypt", "bob"], b"anew"));
    let output = two.bob.run(&["decrypt", "-i", &message], b"");
    let told = String::from_utf8(output.stderr).unwrap();
    let warning = "sprag: alice began a new session, although there was one that works; if you gave alice no new bundle, \
                   ask alice over another channel\n";
    assert_eq!(told, warning);
    assert_eq!(output.stdout, b"anew");
}

#[test]
fn who_encrypts_in_an_old_session_is_told_of() {
    let two = Two::talking();
    let late = two.file("late", &two.alice.pipe(&["encrypt", "bob"], b"late"));
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    two.alice.done(&["add", "--renew", "bob", &bundle]);
    // Alice begins a new session, and Bob knows that she has received in it.
    for _ in 0..2 {
        let message = two.alice.pipe(&["encrypt", "bob"], b"");
        two.bob.pipe(&["decrypt"], &message);
        let answer = two.bob.pipe(&["encrypt", "alice"], b"");
        two.alice.pipe(&["decrypt"], &answer);
    }
    let output = two
        .bob
        .run(&["decrypt", "--from", "alice", "-i", &late], b"");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("alice encrypted this in an old session"),
        "{told}"
    );
    assert_eq!(output.stdout, b"late");
    let message = two.file("new", &two.alice.pipe(&["encrypt", "bob"], b""));
    let output = two.bob.run(&["decrypt", "-i", &message], b"");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!told.contains("old session"), "{told}");
}

#[test]
fn a_bundle_from_the_future_is_refused() {
    let two = Two::talking();
    let mut rng = StdRng::seed_from_u64(3);
    let year_2200 = 7_258_118_400;
    let bundle = LibraryAccount::generate_at(year_2200, &mut rng).publish(&mut rng);
    let bundle = two.file("future", &bundle);
    for renew in [&[][..], &["--renew"]] {
        let add = [&["add", "carol", &bundle], renew].concat();
        two.alice.refused(
            &add,
            "signed prekey is dated in the future: compare the clocks",
        );
    }
    two.alice.refused(&["status", "carol"], "no peer is named");
}

#[test]
fn an_older_bundle_is_refused_unless_a_renewal_is_asked_for() {
    let two = Two::talking();
    let mut rng = StdRng::seed_from_u64(4);
    let year_2020 = 1_577_836_800;
    let mut carol = made_at(year_2020);
    let old = two.file("old", &carol.publish(&mut rng).unwrap());
    carol.rotate(year_2020 + 1, 0, &mut rng).unwrap();
    let new = two.file("new", &carol.publish(&mut rng).unwrap());
    two.alice.done(&["add", "carol", &new]);
    two.alice
        .refused(&["add", "carol", &old], "add this one with --renew");
    two.alice.done(&["add", "--renew", "carol", &old]);
}

/// The lines that Bob is told when he decrypts a message of Alice's.
fn told_to_bob(two: &Two, message: &[u8]) -> String {
    let output = two.bob.run(&["decrypt"], message);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_new_session_is_warned_of_where_it_should_surprise() {
    // Both have added each other, and both begin at once.
    let two = Two::introduced();
    let bundle = two.file("bundle", &two.alice.done(&["bundle"]));
    two.bob.done(&["add", "alice", &bundle]);
    let of_alice = two.alice.pipe(&["encrypt", "bob"], b"");
    let of_bob = two.bob.pipe(&["encrypt", "alice"], b"");
    assert_eq!(told_to_bob(&two, &of_alice), "sprag: from alice\n");
    let output = two.alice.run(&["decrypt"], &of_bob);
    assert_eq!(output.stderr, b"sprag: from bob\n");
}

#[test]
fn an_added_bundle_says_what_happens_next() {
    let two = Two::introduced();
    let add = |options: &[&str], bundle: &str| {
        let arguments = [&["add", "bob", bundle], options].concat();
        let said = two.alice.text(&arguments);
        said.lines().next().unwrap().to_owned()
    };
    let begun = two.path("bob.bundle");
    let pending =
        "bob was known already; your first message begins a session by this bundle; fingerprint:";
    assert_eq!(add(&[], &begun), pending);
    let message = two.alice.pipe(&["encrypt", "bob"], b"hello");
    two.bob.pipe(&["decrypt", "--from", "alice"], &message);
    let answer = two.bob.pipe(&["encrypt", "alice"], b"hi");
    two.alice.pipe(&["decrypt"], &answer);
    for options in [&[][..], &["--renew"]] {
        let said = add(options, &begun);
        assert_eq!(
            said,
            "bob was known already; this bundle began a session before and begins no other: for a new one, ask bob for a \
             new bundle; fingerprint:"
        );
    }
    let second = two.file("second", &two.bob.done(&["bundle"]));
    let said = add(&[], &second);
    assert!(said.contains("the session goes on"), "{said}");
    let said = add(&["--renew"], &second);
    assert!(
        said.contains("your next message begins a new session"),
        "{said}"
    );
}
