use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use crate::support::{Account, Two, assert_refused, end_soon, make_pipe, names, run};

#[test]
fn accounts_are_created_once() {
    let two = Two::new();
    let identity = two.bob.text(&["id"]);
    two.bob.refused(&["init"], "has an account");
    assert_eq!(two.bob.text(&["id"]), identity);
    let nobody = Account::new(two.folder.path().join("nobody"));
    for command in [
        &["id"][..],
        &["bundle"],
        &["status"],
        &["passwd"],
        &["decrypt"],
    ] {
        nobody.refused(command, "sprag init");
    }
    assert!(!nobody.home.exists());
}

#[test]
fn passphrases_are_wanted() {
    let two = Two::new();
    let carol = Account::new(two.folder.path().join("carol"));
    let mut init = carol.command(&["init"]);
    assert_refused(&run(init.env("SPRAG_PASSPHRASE", ""), b""), "empty");
    let empty = two.file("empty", b"\n");
    carol.refused(&["init", "--passphrase-file", &empty], "empty");
    two.bob
        .refused(&["passwd", "--new-passphrase-file", &empty], "empty");
    let long = two.file("long", &[b'x'; 5000]);
    carol.refused(&["init", "--passphrase-file", &long], "4096");
    carol.refused(
        &["init", "--passphrase-file", &two.path("")],
        "cannot be read",
    );
    assert!(!carol.home.exists());
    let mut id = two.bob.command(&["status"]);
    assert_refused(&run(id.env("SPRAG_PASSPHRASE", "wrong"), b""), "passphrase");
}

#[test]
fn whatever_interrupts_init_it_can_be_run_again() {
    let two = Two::new();
    let from = &two.bob.home;
    let whole = ["key", "store"].map(|name| fs::read(from.join(name)).unwrap());
    let [key, store] = whole.each_ref().map(Vec::as_slice);
    for (number, left) in [
        &[][..],
        &[("key.init", &b""[..])],
        &[("key.init", &key[..50]), ("store.init", &[])],
        &[("key.init", key), ("store.init", &store[..5000])],
        &[("key.init", key), ("store.init", store)],
        &[("key.init", key), ("store", store)],
    ]
    .into_iter()
    .enumerate()
    {
        let account = Account::new(two.folder.path().join(format!("{number}")));
        fs::create_dir(&account.home).unwrap();
        for (name, bytes) in left {
            fs::write(account.home.join(name), bytes).unwrap();
        }
        account.refused(&["id"], "sprag init");
        account.done(&["init"]);
        account.done(&["bundle"]);
        assert_eq!(names(&account.home), ["identity", "key", "store", "user"]);
    }
}

#[test]
fn an_interrupted_init_is_completed_with_its_own_passphrase_only() {
    let two = Two::new();
    let home = &two.bob.home;
    fs::rename(home.join("key"), home.join("key.init")).unwrap();
    let mut init = two.bob.command(&["init"]);
    let refused = run(init.env("SPRAG_PASSPHRASE", "another"), b"");
    assert_refused(&refused, "the same passphrase");
    two.bob.done(&["init"]);
    fs::remove_file(home.join("key")).unwrap();
    for arguments in [&["init"][..], &["id"], &["status"], &["bundle"]] {
        let output = two.bob.run(arguments, b"");
        assert_refused(&output, "key is missing");
        assert_eq!(output.status.code(), Some(7), "{arguments:?}");
    }
    assert_eq!(names(home), ["identity", "store", "user"]);
}

#[test]
fn stores_are_of_their_account() {
    let two = Two::talking();
    let (own, other) = (two.alice.home.join("store"), two.bob.home.join("store"));
    let whole = fs::read(&own).unwrap();
    fs::copy(other, &own).unwrap();
    for command in [
        &["status"][..],
        &["id", "--check"],
        &["encrypt", "bob"],
        &["bundle"],
    ] {
        two.alice.refused(command, "backup");
    }
    for bytes in [&whole[..whole.len() / 2], &[], b"text"] {
        fs::write(&own, bytes).unwrap();
        two.alice.refused(&["status"], "backup");
    }
    fs::remove_file(&own).unwrap();
    two.alice.refused(&["status"], "missing");
    fs::write(&own, &whole).unwrap();
    fs::set_permissions(&own, PermissionsExt::from_mode(0o600)).unwrap();
    two.alice.done(&["status", "bob"]);
    let key = two.alice.home.join("key");
    let wrapped = fs::read(&key).unwrap();
    for bytes in [&wrapped[..90], &[], b"-----BEGIN"] {
        fs::write(&key, bytes).unwrap();
        two.alice.refused(&["status"], "backup");
    }
}

#[test]
fn a_pipe_in_the_place_of_an_account_is_refused_at_once() {
    let two = Two::talking();
    for name in ["key", "store"] {
        let path = two.alice.home.join(name);
        let away = two.path("away");
        fs::rename(&path, &away).unwrap();
        make_pipe(&path);
        let child = two.alice.command(&["status"]).spawn().unwrap();
        assert_refused(&end_soon(child), "it is no file");
        fs::rename(&away, &path).unwrap();
    }
}

#[test]
fn a_passphrase_comes_from_a_pipe_too() {
    let two = Two::new();
    let pipe = two.path("pipe");
    make_pipe(Path::new(&pipe));
    let mut command = two.bob.command(&["status", "--passphrase-file", &pipe]);
    let child = command.env("SPRAG_PASSPHRASE", "wrong").spawn().unwrap();
    fs::write(&pipe, crate::support::PASSPHRASE).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn changed_records_are_found() {
    let two = Two::talking();
    let path = two.alice.home.join("store");
    let whole = fs::read(&path).unwrap();
    let step = whole.len() / 40;
    for at in (0..whole.len()).step_by(step) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&path, &changed).unwrap();
        let output = two.alice.run(&["status", "bob"], b"");
        if !output.status.success() {
            assert_refused(&output, "");
        }
        assert!(output.status.code().is_some(), "a signal, or a panic");
        assert_ne!(output.status.code(), Some(101), "a panic");
    }
}

#[test]
fn files_that_cannot_be_are_refused_before_anything_is_done() {
    let two = Two::talking();
    let file = two.file("file", b"hello");
    let folder = two.path("");
    let sent = two.alice.status("bob")["sent"].clone();
    two.alice
        .refused(&["encrypt", "bob", "-i", &folder], "is a folder");
    two.alice.refused(
        &["encrypt", "bob", "-i", &file, "-o", &folder],
        "is a folder",
    );
    let no_folder = format!("{}/", two.path("none"));
    two.alice
        .refused(&["bundle", "-o", &no_folder], "is the name of a folder");
    two.alice.refused(
        &["encrypt", "bob", "-i", &two.path("none")],
        "check the name",
    );
    let nowhere = two.path("none/none");
    two.alice.refused(
        &["encrypt", "bob", "-i", &file, "-o", &nowhere],
        "check the name",
    );
    two.alice
        .refused(&["bundle", "-o", &nowhere], "check the name");
    two.alice
        .refused(&["decrypt", "-i", &folder], "is a folder");
    two.alice.refused(&["add", "carol", &folder], "is a folder");
    assert_eq!(two.alice.status("bob")["sent"], sent);
}

#[test]
fn the_input_is_never_the_output() {
    let two = Two::talking();
    let file = two.file("file", b"hello");
    let (link, hard) = (two.path("link"), two.path("hard"));
    std::os::unix::fs::symlink(&file, &link).unwrap();
    fs::hard_link(&file, &hard).unwrap();
    let dotted = two.path("alice/../file");
    for output in [&file, &link, &hard, &dotted] {
        let arguments = ["encrypt", "bob", "-i", &file, "-o", output];
        two.alice.refused(&arguments, "is the input");
        let arguments = ["decrypt", "-i", &file, "-o", output];
        two.alice.refused(&arguments, "is the input");
    }
    let open = || fs::File::options().read(true).append(true).open(&file);
    let mut command = two.alice.command(&["encrypt", "bob", "-i", &file]);
    let output = command.stdout(open().unwrap()).output().unwrap();
    assert_refused(&output, "is the input");
    let mut command = two.alice.command(&["encrypt", "bob", "-o", &file]);
    let output = command.stdin(open().unwrap()).output().unwrap();
    assert_refused(&output, "is the input");
    assert_eq!(fs::read(&file).unwrap(), b"hello");
}

#[test]
fn the_output_is_never_the_account() {
    let two = Two::talking();
    let file = two.file("file", b"hello");
    let armored = b"-----BEGIN SPRAG MESSAGE-----\nAQM=\n-----END SPRAG MESSAGE-----\n";
    let message = two.file("message", armored);
    let link = two.path("link-to-key");
    std::os::unix::fs::symlink(two.path("alice/key"), &link).unwrap();
    for output in
        ["alice/key", "alice/store", "alice/new", "link-to-key"].map(|name| two.path(name))
    {
        for arguments in [
            &["encrypt", "bob", "-i", &file, "-o", &output][..],
            &["decrypt", "-i", &file, "-o", &output],
            &["bundle", "-o", &output],
            &["device", "invite", "-o", &output],
            &["device", "list", "-o", &output],
            &["device", "grant", "1", "-o", &output],
            &["device", "revoke", "1", "-o", &output],
            &["device", "revoke", "1", "--recovery", &output],
            &["device", "add", &message, "-o", &output],
            &["recovery", "export", "-o", &output],
            &["repair", "bob", "-o", &output],
            &["owed", "-o", &output],
        ] {
            two.alice.refused(arguments, "folder of the account");
        }
    }
    two.alice.done(&["id"]);
}

#[test]
fn nothing_is_lost_where_nobody_reads() {
    let two = Two::talking();
    let message = two.file("message", &two.bob.pipe(&["encrypt", "alice"], b"hello"));
    let full = || Stdio::from(fs::File::options().write(true).open("/dev/full").unwrap());
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    for arguments in [
        &["decrypt", "-i", &message][..],
        &["encrypt", "bob"],
        &["bundle"],
    ] {
        let mut command = two.alice.command(arguments);
        assert_refused(&run(command.stdout(full()), b""), "make room");
        assert_refused(&run(command.stdout(closed()), b""), "closed");
    }
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "exec \"$0\" decrypt -i \"$1\" >&-"]);
    shell.args([env!("CARGO_BIN_EXE_sprag"), &message]);
    shell.env("SPRAG_HOME", &two.alice.home);
    shell.env("SPRAG_PASSPHRASE", crate::support::PASSPHRASE);
    if cfg!(target_os = "linux") {
        assert_refused(&shell.output().unwrap(), "closed");
    }
    let mut status = two.alice.command(&["status"]);
    assert!(run(status.stdout(closed()), b"").status.success());
    assert_eq!(two.alice.done(&["decrypt", "-i", &message]), b"hello");
}

#[test]
fn what_is_something_else_is_named() {
    let two = Two::talking();
    let text = two.file("text", b"Dear Alice,\nhow are you?\n");
    let bundle = two.file("bundle", &two.bob.done(&["bundle", "--armor"]));
    let bytes = two.file("bytes", &two.bob.done(&["bundle"]));
    let message = two.file("armored", &two.bob.pipe(&["encrypt", "alice", "-a"], b"x"));
    let empty = two.file("empty", b"");
    two.alice.refused(&["decrypt", "-i", &text], "neither");
    two.alice.refused(&["decrypt", "-i", &empty], "empty");
    two.alice
        .refused(&["decrypt", "-i", &bundle], "is a bundle");
    two.alice.refused(&["decrypt", "-i", &bytes], "is a bundle");
    two.alice
        .refused(&["add", "carol", &message], "is an encrypted file");
    two.alice.refused(&["add", "carol", &text], "neither");
    two.alice.refused(&["add", "bob\n", &bundle], "U+000A");
    two.alice.refused(&["encrypt", "a\nb\u{1b}"], "U+000A");
    let own = two.file("own", &two.alice.done(&["bundle"]));
    two.alice.refused(&["add", "me", &own], "one's own");
    let mut forged = two.bob.done(&["bundle"]);
    let last = forged.len() - 10;
    forged[last] ^= 1;
    let forged = two.file("forged", &forged);
    two.alice.refused(&["add", "carol", &forged], "");
}
