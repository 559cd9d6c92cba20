use core::mem::MaybeUninit;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};
use rustix::io::Errno;

use crate::support::{Two, assert_refused, run};

/// A name in /proc stands for a disk that fails: it is a regular file to which anything can be written, and which
/// cannot be synced.
#[cfg(target_os = "linux")]
const NOT_SYNCED: &str = "/proc/self/comm";

#[test]
#[cfg(target_os = "linux")]
fn what_cannot_be_synced_is_not_acknowledged() {
    let two = Two::talking();
    let file = two.file("file", &two.bob.pipe(&["encrypt", "alice"], b"hello"));
    let redirected = format!("exec \"$0\" \"$@\" > {NOT_SYNCED}");
    for output in [&[][..], &["-o", "/dev/stdout"]] {
        for command in [
            &["decrypt", "-i", &file][..],
            &["encrypt", "bob"],
            &["bundle"],
        ] {
            let arguments = [command, output].concat();
            let refused = run(&mut two.alice.script(&redirected, &arguments), b"");
            assert_refused(&refused, "cannot be written: Invalid argument");
        }
    }
    assert_eq!(two.alice.done(&["decrypt", "-i", &file]), b"hello");
}

#[test]
#[cfg(target_os = "linux")]
fn the_folder_of_standard_output_is_synced_before_a_message_is_acknowledged() {
    let two = Two::talking();
    let file = two.file("file", &two.bob.pipe(&["encrypt", "alice"], b"hello"));
    let folder = two.path("folder");
    fs::create_dir(&folder).unwrap();
    let output = fs::File::create(two.path("folder/text")).unwrap();
    // Watch the folder be opened, as it is to be synced, and the store be written, as it is by an acknowledgement.
    let watch = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
    let folder = add_watch(&watch, &folder, WatchFlags::OPEN).unwrap();
    let store = two.alice.home.join("store");
    let store = add_watch(&watch, &store, WatchFlags::MODIFY | WatchFlags::CLOSE).unwrap();
    let mut command = two.alice.command(&["decrypt", "-i", &file]);
    assert!(run(command.stdout(output), b"").status.success());
    let mut buffer = [MaybeUninit::uninit(); 64 * 1024];
    let mut reader = Reader::new(&watch, &mut buffer);
    let mut seen = Vec::new();
    loop {
        match reader.next() {
            Ok(event) if event.wd() == folder && event.events().contains(ReadFlags::ISDIR) => {
                seen.push("folder");
            }
            Ok(event) if event.wd() == store && event.events().contains(ReadFlags::MODIFY) => {
                seen.push("write");
            }
            Ok(event) if event.wd() == store => seen.push("close"),
            Ok(_) => {}
            Err(Errno::AGAIN) => break,
            Err(error) => panic!("{error}"),
        }
    }
    seen.dedup();
    // The message is decrypted, and only behind the folder is it acknowledged.
    assert_eq!(seen, ["write", "close", "folder", "write", "close"]);
}

#[test]
fn a_drop_box_takes_outputs_and_what_is_in_it_is_acknowledged() {
    let two = Two::talking();
    let drop_box = two.path("box");
    fs::create_dir(&drop_box).unwrap();
    let texts: Vec<String> = (0..3)
        .map(|number| {
            let message = two.bob.pipe(&["encrypt", "alice"], b"hello");
            two.file(&format!("message-{number}"), &message)
        })
        .collect();
    let redirected = fs::File::create(two.path("box/redirected")).unwrap();
    let user = two.ordinary_user();
    fs::set_permissions(&drop_box, fs::Permissions::from_mode(0o300)).unwrap();
    let new = two.path("box/new");
    for message in &texts[..2] {
        // The first makes a file, and the second replaces it.
        let arguments = ["decrypt", "-i", message, "-o", &new];
        let output = run(&mut user.command(&two.alice, &arguments), b"");
        assert!(output.status.success(), "{output:?}");
    }
    let mut command = user.command(&two.alice, &["decrypt", "-i", &texts[2]]);
    let output = run(command.stdout(redirected), b"");
    assert!(output.status.success(), "{output:?}");
    fs::set_permissions(&drop_box, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(
        crate::support::names(drop_box.as_ref()),
        ["new", "redirected"]
    );
    for name in ["box/new", "box/redirected"] {
        assert_eq!(fs::read(two.path(name)).unwrap(), b"hello");
    }
    for message in &texts {
        let again = run(
            &mut user.command(&two.alice, &["decrypt", "-i", message]),
            b"",
        );
        assert_refused(&again, "");
    }
}
