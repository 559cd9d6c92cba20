use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;

use crate::support::{Account, Two, end_soon, make_pipe, run};

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
    let answer = two.bob.pipe(&["encrypt", "alice"], b"answer");
    for command in [&["status"][..], &["rotate"], &["decrypt"]] {
        let told = two.alice.run(command, &answer).stderr;
        let told = String::from_utf8(told).unwrap();
        assert!(told.contains("run `sprag restored`"), "{told}");
    }
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
        let output = run(&mut command, b"text");
        assert!(output.status.success(), "{output:?}");
        assert_warned(&output, "/dev/null");
        assert_eq!(two.bob.pipe(&["decrypt"], &output.stdout), b"text");
    }
}

/// Demands one warning, in the first line: that nothing would be noticed, and why.
fn assert_warned(output: &Output, why: &str) {
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(told.starts_with("sprag: warning: "), "{told}");
    assert!(told.contains(why), "{told}");
    assert!(
        told.contains("would not be noticed if an older copy of this account was put back"),
        "{told}"
    );
    assert_eq!(told.matches("warning").count(), 1, "{told}");
}

#[test]
fn the_user_hears_of_a_count_that_cannot_be_kept() {
    let two = Two::talking();
    let count = count_of_alice(&two);
    let folder = count.parent().unwrap().to_owned();
    let bundle = || two.alice.run(&["bundle"], b"");
    let status = || two.alice.run(&["status"], b"");
    // Nothing is told as long as the count is kept.
    assert_eq!(bundle().stderr, b"");
    // A count that is no number is told once, and written anew.
    for junk in [&b""[..], b"many", b"-1", &[0xff; 8]] {
        fs::write(&count, junk).unwrap();
        assert_warned(&status(), "it holds no number");
        assert_eq!(status().stderr, b"");
    }
    // The count can be read and not replaced: a command that changes nothing has nothing to tell.
    let in_the_way = count.with_extension("new");
    fs::create_dir(&in_the_way).unwrap();
    assert_eq!(status().stderr, b"");
    let output = bundle();
    assert!(output.status.success());
    assert_warned(&output, "cannot be written");
    assert_warned(&two.alice.run(&["restored"], b""), "cannot be written");
    fs::remove_dir(&in_the_way).unwrap();
    // There is no folder, and none can be made.
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "").unwrap();
    assert_warned(&status(), "cannot be read");
    fs::remove_file(&folder).unwrap();
    assert_eq!(status().stderr, b"");
    assert!(count.exists());
    // The folder may not be written.
    fs::remove_file(&count).unwrap();
    fs::set_permissions(&folder, PermissionsExt::from_mode(0o500)).unwrap();
    let user = two.ordinary_user();
    let output = run(&mut user.command(&two.alice, &["bundle"]), b"");
    assert!(output.status.success(), "{output:?}");
    assert_warned(&output, "Permission denied");
}

/// The file in which the commits of Alice's account are counted.
fn count_of_alice(two: &Two) -> PathBuf {
    let folder = two.alice.state().join("sprag").join("commits");
    let mut counts = fs::read_dir(folder).unwrap();
    let count = counts.next().unwrap().unwrap();
    assert!(counts.next().is_none());
    count.path()
}

#[test]
fn restored_fails_as_long_as_the_account_would_still_count_as_put_back() {
    let two = Two::talking();
    let put_back = backup_of_alice(&two);
    // The change that the command makes itself must not make good for what was lost.
    for _ in 0..3 {
        two.alice.pipe(&["encrypt", "bob"], b"lost");
    }
    put_back();
    // The count cannot be replaced.
    let in_the_way = count_of_alice(&two).with_extension("new");
    fs::create_dir(&in_the_way).unwrap();
    two.alice.refused(
        &["restored"],
        "the account would still count as put back, because ",
    );
    two.alice.refused(&["bundle"], REFUSED);
    fs::remove_dir(&in_the_way).unwrap();
    two.alice.done(&["restored"]);
    two.alice.done(&["bundle"]);
    // Where nothing is counted, nothing can be ahead.
    let mut command = two.alice.command(&["restored"]);
    command.env("XDG_STATE_HOME", "/dev/null");
    assert!(run(&mut command, b"").status.success());
}

#[test]
fn a_peer_without_a_session_gets_one_by_the_bundle_that_is_added() {
    let two = Two::introduced();
    two.alice.done(&["restored"]);
    let bundle = new_bundle(&two.bob, &two);
    let said = two.alice.text(&["add", "bob", &bundle]);
    let expected = "bob was known already; your first message begins a session by this bundle";
    assert!(said.starts_with(expected), "{said}");
    let first = two.alice.pipe(&["encrypt", "bob"], b"first");
    assert_eq!(
        two.bob.pipe(&["decrypt", "--from", "alice"], &first),
        b"first"
    );
}

#[test]
fn a_pipe_in_the_place_of_the_count_is_not_waited_for() {
    let two = Two::new();
    let count = count_of_alice(&two);
    for pipe in [count.clone(), count.with_extension("new")] {
        drop(fs::remove_file(&pipe));
        make_pipe(&pipe);
        let command = two.alice.command(&["bundle"]).spawn().unwrap();
        let output = end_soon(command);
        assert!(output.status.success());
        // A pipe that is in the way of the new file alone is replaced.
        if pipe == count {
            assert_warned(&output, "it is no file");
        }
    }
    let counted = fs::read_to_string(count).unwrap();
    assert!(counted.trim().parse::<u64>().unwrap() > 0, "{counted}");
}
