use std::fs;

use crate::support::{Account, Two};

/// Copies Alice's account, and puts the copy back in her folder when it is called.
fn backup_of_alice(two: &Two) -> impl Fn() {
    let backup = ["key", "store"].map(|name| {
        let path = two.alice.home.join(name);
        let bytes = fs::read(&path).unwrap();
        (path, bytes)
    });
    move || {
        for (path, bytes) in &backup {
            fs::write(path, bytes).unwrap();
        }
    }
}

const REFUSED: &str = "sprag: this account was put back to an older state: what it sends would be refused: run `sprag \
                       restored`, and exchange new bundles with each peer";

fn new_bundle(from: &Account, two: &Two) -> String {
    two.file("new.bundle", &from.done(&["bundle"]))
}

#[test]
fn an_account_that_was_put_back_sends_nothing_until_it_is_told() {
    let two = Two::talking();
    let put_back = backup_of_alice(&two);
    let lost = two.alice.pipe(&["encrypt", "bob"], b"lost");
    two.bob.pipe(&["decrypt"], &lost);
    put_back();
    two.alice.refused(&["encrypt", "bob"], REFUSED);
    two.alice.refused(&["bundle"], REFUSED);
    // It stays so, however many commits it makes.
    for _ in 0..3 {
        let answer = two.bob.pipe(&["encrypt", "alice"], b"answer");
        let read = two.alice.run(&["decrypt"], &answer);
        drop(read);
        two.alice.done(&["rotate"]);
    }
    two.alice.refused(&["encrypt", "bob"], REFUSED);
    let status = two.alice.run(&["status"], b"");
    let told = String::from_utf8(status.stderr).unwrap();
    assert!(told.contains("run `sprag restored`"), "{told}");
    // Told of it, it sends in no old session.
    two.alice.done(&["restored"]);
    two.alice.refused(
        &["encrypt", "bob"],
        "there is no session with bob to send in",
    );
    let of_bob = new_bundle(&two.bob, &two);
    let said = two.alice.text(&["add", "bob", &of_bob]);
    assert!(said.contains("new session"), "{said}");
    let of_alice = new_bundle(&two.alice, &two);
    two.bob.done(&["add", "alice", &of_alice, "--renew"]);
    for _ in 0..2 {
        let message = two.alice.pipe(&["encrypt", "bob"], b"again");
        assert_eq!(two.bob.pipe(&["decrypt"], &message), b"again");
        let answer = two.bob.pipe(&["encrypt", "alice"], b"and back");
        assert_eq!(two.alice.pipe(&["decrypt"], &answer), b"and back");
    }
}

#[test]
fn a_peer_that_renews_is_enough_for_an_account_that_was_put_back() {
    let two = Two::talking();
    let put_back = backup_of_alice(&two);
    let lost = two.alice.pipe(&["encrypt", "bob"], b"lost");
    two.bob.pipe(&["decrypt"], &lost);
    put_back();
    two.alice.done(&["restored"]);
    let of_alice = new_bundle(&two.alice, &two);
    two.bob.done(&["add", "alice", &of_alice, "--renew"]);
    let message = two.bob.pipe(&["encrypt", "alice"], b"anew");
    assert_eq!(two.alice.pipe(&["decrypt"], &message), b"anew");
    let answer = two.alice.pipe(&["encrypt", "bob"], b"answer");
    assert_eq!(two.bob.pipe(&["decrypt"], &answer), b"answer");
}

#[test]
fn an_account_goes_on_where_its_commits_cannot_be_counted() {
    let two = Two::talking();
    for state in ["", "/dev/null", "relative"] {
        let mut command = two.alice.command(&["encrypt", "bob"]);
        command
            .env("XDG_STATE_HOME", state)
            .env("HOME", "/dev/null");
        let output = crate::support::run(&mut command, b"text");
        assert!(output.status.success(), "{output:?}");
        assert_eq!(two.bob.pipe(&["decrypt"], &output.stdout), b"text");
    }
}
