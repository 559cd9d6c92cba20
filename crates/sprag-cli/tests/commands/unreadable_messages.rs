use std::fs;

use crate::support::{Account, Two};

/// Encrypts for Bob into a file.
fn for_bob(two: &Two, name: &str) -> String {
    two.file(name, &two.alice.pipe(&["encrypt", "bob"], name.as_bytes()))
}

/// Demands that Bob can decrypt a file neither for Alice nor for anybody, for this reason.
fn bob_refuses(two: &Two, file: &str, because: &str) {
    for from in [&["--from", "alice"][..], &[]] {
        let decrypt = [&["decrypt", "-i", file], from].concat();
        two.bob.refused(&decrypt, because);
    }
}

#[test]
fn a_copy_of_a_message_that_was_read_is_said_to_be_one() {
    let two = Two::introduced();
    let first = for_bob(&two, "first");
    let second = for_bob(&two, "second");
    for file in [&first, &second] {
        two.bob.done(&["decrypt", "--from", "alice", "-i", file]);
    }
    // Each party takes two turns, so that the keys of the first messages are gone.
    for _ in 0..2 {
        let answer = two.bob.pipe(&["encrypt", "alice"], b"answer");
        two.alice.pipe(&["decrypt"], &answer);
        let later = two.alice.pipe(&["encrypt", "bob"], b"later");
        two.bob.pipe(&["decrypt"], &later);
    }
    let later = for_bob(&two, "later");
    two.bob.done(&["decrypt", "-i", &later]);
    for file in [first, second, later] {
        bob_refuses(
            &two,
            &file,
            "sprag: this message from alice was decrypted before: each can be decrypted once: if its text is lost, ask \
             alice to encrypt it again",
        );
    }
}

#[test]
fn an_own_message_is_said_to_be_one() {
    let two = Two::introduced();
    let first = for_bob(&two, "first");
    two.bob.done(&["decrypt", "--from", "alice", "-i", &first]);
    let answer = two.file("answer", &two.bob.pipe(&["encrypt", "alice"], b"answer"));
    two.alice.done(&["decrypt", "-i", &answer]);
    let later = for_bob(&two, "later");
    for file in [first, later] {
        two.alice.refused(
            &["decrypt", "-i", &file],
            "sprag: this message is your own, to bob: bob can decrypt it, and your other devices, but not this one: give the \
             file that was encrypted",
        );
    }
    bob_refuses(&two, &answer, "this message is your own, to alice");
}

#[test]
fn a_message_of_a_peer_that_was_forgotten_is_said_to_begin_no_session() {
    let two = Two::introduced();
    let first = for_bob(&two, "first");
    two.bob.done(&["decrypt", "--from", "alice", "-i", &first]);
    let second = for_bob(&two, "second");
    two.bob.done(&["forget", "alice"]);
    for file in [first, second] {
        bob_refuses(
            &two,
            &file,
            "sprag: this message begins a session that was accepted before and ended, or whose sender was forgotten: if \
             you have not read the message, `sprag repair NAME -o FILE` writes what begins a new session with the \
             sender, and have it sent again",
        );
    }
}

#[test]
fn a_message_to_an_account_that_one_had_before_is_said_to_be_for_another() {
    let two = Two::introduced();
    let file = for_bob(&two, "file");
    fs::remove_dir_all(&two.bob.home).unwrap();
    two.bob.done(&["init"]);
    bob_refuses(&two, &file, "sprag: signed prekey ");
    bob_refuses(
        &two,
        &file,
        " is not of this account: the message is for another account, for example one that you had before, or was \
         altered on its way: send its sender a new bundle, to be added with --renew",
    );
}

#[test]
fn a_bundle_that_two_people_used_is_said_to_be_one() {
    let two = Two::introduced();
    let carol = Account::new(two.folder.path().join("carol"));
    carol.done(&["init"]);
    carol.done(&["add", "bob", &two.path("bob.bundle")]);
    let of_carol = carol.pipe(&["encrypt", "bob"], b"carol");
    two.bob.pipe(&["decrypt", "--from", "carol"], &of_carol);
    let file = for_bob(&two, "file");
    bob_refuses(&two, &file, "sprag: one-time prekey ");
    bob_refuses(
        &two,
        &file,
        " was used before: two people used one bundle, or this is a damaged copy of a message: send its sender a new \
         bundle, to be added with --renew",
    );
}

/// A copy of Alice's account, which is left as it is now.
fn backup_of_alice(two: &Two) -> Account {
    let backup = two.folder.path().join("backup");
    fs::create_dir(&backup).unwrap();
    for name in ["key", "store"] {
        fs::copy(two.alice.home.join(name), backup.join(name)).unwrap();
    }
    Account::new(backup)
}

#[test]
fn a_sender_that_was_put_back_to_before_its_turn_is_said_to_be() {
    let two = Two::talking();
    let restored = backup_of_alice(&two);
    let before = for_bob(&two, "before");
    two.bob.done(&["decrypt", "-i", &before]);
    let again = restored.pipe(&["encrypt", "bob"], b"again");
    let again = two.file("again", &again);
    bob_refuses(
        &two,
        &again,
        "sprag: a party was put back to an older state: the session must be renewed: `sprag repair NAME -o FILE` \
         writes what begins a new session with the sender",
    );
}

#[test]
fn a_number_that_was_received_before_is_said_to_be_one() {
    let two = Two::talking();
    let turn = for_bob(&two, "turn");
    two.bob.done(&["decrypt", "-i", &turn]);
    let restored = backup_of_alice(&two);
    let before = for_bob(&two, "before");
    two.bob.done(&["decrypt", "-i", &before]);
    let again = restored.pipe(&["encrypt", "bob"], b"again");
    let again = two.file("again", &again);
    bob_refuses(
        &two,
        &again,
        "sprag: message has the number of one that was received before: it was decrypted long ago, or the sender was put \
         back to an older state, for example from a backup, or this is a damaged copy: if you have not read this one, \
         `sprag repair NAME -o FILE` writes what begins a new session with the sender",
    );
}

#[test]
fn a_message_that_no_session_knows_says_what_may_be_wrong() {
    let two = Two::talking();
    let mut file = two.alice.pipe(&["encrypt", "bob"], b"file");
    // In the encrypted header.
    file[60] ^= 1;
    let file = two.file("file", &file);
    bob_refuses(
        &two,
        &file,
        "sprag: no session knows this message: it is damaged, was decrypted long ago or is not for this account: get it \
         again from its sender; if others of this sender cannot be read either, `sprag repair NAME -o FILE` writes what \
         begins a new session with the sender",
    );
}
