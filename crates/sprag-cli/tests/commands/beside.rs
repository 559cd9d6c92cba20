use std::fs;
use std::os::unix::fs::symlink;

use crate::support::{Two, assert_refused};

#[test]
fn a_file_is_encrypted_and_decrypted_beside_itself() {
    let two = Two::talking();
    for armor in [&[][..], &["--armor"]] {
        let plan = two.file("plan.pdf", b"a plan");
        let sealed = two.path("plan.pdf.sprag");
        let output = two
            .alice
            .done(&[&["encrypt", "bob", &plan], armor].concat());
        assert_eq!(output, b"");
        assert_eq!(fs::read(&plan).unwrap(), b"a plan");
        fs::remove_file(&plan).unwrap();
        assert_eq!(two.bob.done(&["decrypt", &sealed]), b"");
        assert_eq!(fs::read(&plan).unwrap(), b"a plan");
        fs::remove_file(&sealed).unwrap();
    }
}

#[test]
fn what_is_there_is_replaced_only_by_force() {
    let two = Two::talking();
    let plan = two.file("plan", b"a plan");
    let sealed = two.file("plan.sprag", b"before");
    let sent = two.alice.status("bob")["sent"].clone();
    two.alice
        .refused(&["encrypt", "bob", &plan], "is there already");
    assert_eq!(fs::read(&sealed).unwrap(), b"before");
    assert_eq!(two.alice.status("bob")["sent"], sent);
    two.alice.done(&["encrypt", "bob", &plan, "--force"]);
    two.bob.refused(&["decrypt", &sealed], "is there already");
    assert_eq!(fs::read(&plan).unwrap(), b"a plan");
    // A link is there, too, wherever it leads.
    fs::remove_file(&plan).unwrap();
    symlink("nowhere", &plan).unwrap();
    two.bob.refused(&["decrypt", &sealed], "is there already");
    fs::remove_file(&plan).unwrap();
    fs::write(&plan, "another plan").unwrap();
    two.bob.done(&["decrypt", "--force", &sealed]);
    assert_eq!(fs::read(&plan).unwrap(), b"a plan");
}

#[test]
fn a_file_that_appears_meanwhile_is_not_replaced() {
    let two = Two::talking();
    let plan = two.path("plan");
    let sealed = two.alice.pipe(&["encrypt", "bob"], b"a plan");
    // The command has prepared its output when it waits for the pipe.
    let pipe = two.path("plan.sprag");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let child = two.bob.command(&["decrypt", &pipe]).spawn().unwrap();
    let mut writer = fs::File::options().write(true).open(&pipe).unwrap();
    std::io::Write::write_all(&mut writer, &sealed[..10]).unwrap();
    // The command reads once its output is prepared, so what it has not read yet has to be left.
    std::thread::sleep(core::time::Duration::from_millis(500));
    fs::write(&plan, "another plan").unwrap();
    std::io::Write::write_all(&mut writer, &sealed[10..]).unwrap();
    drop(writer);
    assert_refused(&child.wait_with_output().unwrap(), "--force");
    assert_eq!(fs::read(&plan).unwrap(), b"another plan");
    assert_eq!(two.bob.pipe(&["decrypt"], &sealed), b"a plan");
}

#[test]
fn an_output_that_is_named_and_standard_input_go_before() {
    let two = Two::talking();
    let plan = two.file("plan", b"a plan");
    let other = two.file("other", b"before");
    two.alice.done(&["encrypt", "bob", &plan, "-o", &other]);
    assert!(!fs::exists(two.path("plan.sprag")).unwrap());
    assert_eq!(two.bob.done(&["decrypt", "-i", &other]), b"a plan");
    let sealed = two.alice.pipe(&["encrypt", "bob", "-"], b"by pipe");
    assert_eq!(two.bob.pipe(&["decrypt", "-"], &sealed), b"by pipe");
    let sealed = two.alice.done(&["encrypt", "bob", &plan, "-o", "-"]);
    assert_eq!(two.bob.pipe(&["decrypt"], &sealed), b"a plan");
}

#[test]
fn a_file_whose_output_has_no_name_is_refused() {
    let two = Two::talking();
    let sealed = two.alice.pipe(&["encrypt", "bob"], b"a plan");
    let file = two.file("plan.txt", &sealed);
    two.bob
        .refused(&["decrypt", &file], "does not end in .sprag");
    assert_eq!(two.bob.done(&["decrypt", &file, "-o", "-"]), b"a plan");
    let output = two.bob.run(&["decrypt", &file, "-i", &file], b"");
    assert_eq!(output.status.code(), Some(2));
    let output = two.bob.run(&["decrypt", "--force"], b"");
    assert_eq!(output.status.code(), Some(2));
    // Neither is the account's own folder a place for an output.
    let inside = two.bob.home.join("x.sprag");
    fs::write(&inside, &sealed).unwrap();
    two.bob.refused(
        &["decrypt", inside.to_str().unwrap()],
        "folder of the account",
    );
}
