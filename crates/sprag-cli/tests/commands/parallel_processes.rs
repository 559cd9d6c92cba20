use core::time::Duration;

use sprag_store::RedbStore;

use crate::support::{Account, Two, assert_refused};

#[test]
fn processes_on_one_home_take_turns() {
    let two = Two::talking();
    let children: Vec<_> = (0..8)
        .map(|_| {
            let mut command = two.bob.command(&["encrypt", "alice"]);
            let mut child = command.spawn().unwrap();
            drop(child.stdin.take());
            child
        })
        .collect();
    let mut messages = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            messages.push(output.stdout);
        } else {
            assert_refused(&output, "another sprag");
        }
    }
    assert!(!messages.is_empty());
    for message in &messages {
        assert_eq!(two.alice.pipe(&["decrypt"], message), b"");
    }
    let sent = two.bob.status("alice")["sent"].as_u64().unwrap();
    assert_eq!(sent, 1 + messages.len() as u64);
}

#[test]
fn who_waits_in_vain_is_told() {
    let two = Two::new();
    let store = RedbStore::open(two.bob.home.join("store"), Duration::ZERO).unwrap();
    two.bob.refused(&["status"], "another sprag is at work");
    drop(store);
    two.bob.done(&["status"]);
}

#[test]
fn a_long_stream_keeps_nobody_waiting() {
    let two = Two::talking();
    let mut child = two.bob.command(&["encrypt", "alice"]).spawn().unwrap();
    two.bob.done(&["status"]);
    let file = two.bob.pipe(&["encrypt", "alice"], b"meanwhile");
    assert_eq!(two.alice.pipe(&["decrypt"], &file), b"meanwhile");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn of_two_inits_one_creates_the_account() {
    let folder = tempfile::tempdir().unwrap();
    let account = Account::new(folder.path().join("home"));
    let children = [(); 4].map(|()| account.command(&["init"]).spawn().unwrap());
    let outputs = children.map(|child| child.wait_with_output().unwrap());
    let done = outputs.iter().filter(|output| output.status.success());
    let identities: Vec<&[u8]> = done.map(|output| output.stdout.as_slice()).collect();
    assert_eq!(identities, [account.done(&["id"])]);
    for output in outputs.iter().filter(|output| !output.status.success()) {
        assert_refused(output, "account");
    }
}
