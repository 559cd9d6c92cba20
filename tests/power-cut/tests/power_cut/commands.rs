//! The scenes: each command that changes something, with what must hold after a cut.

use std::path::Path;

use crate::check::{self, Found, OLD, Output, text};
use crate::remote::{self, Remote, rng};
use crate::scene::{Check, Scene, Stage};

/// A function that prepares a scene for the binary under test.
pub(crate) type Prepare = fn(&Path) -> Scene;

/// All scenes.
pub(crate) const ALL: [Prepare; 19] = [
    encrypt_to_a_new_file,
    encrypt_over_a_file,
    encrypt_redirected,
    encrypt_a_first_message,
    encrypt_with_a_rewrite,
    decrypt_to_a_new_file,
    decrypt_over_a_file,
    decrypt_redirected,
    decrypt_redirected_over_a_file,
    decrypt_a_first_message,
    decrypt_with_a_rewrite,
    acknowledge_with_a_rewrite,
    rotate,
    bundle,
    add,
    rename,
    forget,
    passwd,
    init,
];

const ENCRYPT_TO_FILE: [&str; 6] = ["encrypt", "peer", "-i", "in", "-o", "out"];
const DECRYPT_TO_FILE: [&str; 7] = ["decrypt", "--from", "peer", "-i", "in", "-o", "out"];

pub(crate) fn encrypt_to_a_new_file(binary: &Path) -> Scene {
    encrypt(Stage::talking(binary), "encrypt -o new", Output::File)
}

pub(crate) fn encrypt_over_a_file(binary: &Path) -> Scene {
    let stage = Stage::talking(binary);
    stage.file("out", OLD);
    encrypt(stage, "encrypt -o old", Output::File)
}

pub(crate) fn encrypt_redirected(binary: &Path) -> Scene {
    encrypt(Stage::talking(binary), "encrypt >", Output::Redirected)
}

/// A message that takes a bundle out of the store and begins a session.
pub(crate) fn encrypt_a_first_message(binary: &Path) -> Scene {
    let mut stage = Stage::talking(binary);
    stage.peer = Remote::new();
    let bundle = stage.peer.account().publish(&mut rng()).unwrap();
    let mut me = stage.account();
    me.forget("peer", &mut rng()).unwrap();
    me.add("peer", &bundle, &mut rng()).unwrap();
    drop(me);
    encrypt(stage, "encrypt first", Output::File)
}

pub(crate) fn encrypt_with_a_rewrite(binary: &Path) -> Scene {
    let stage = Stage::talking(binary);
    stage.bring_near_a_rewrite(0);
    rewriting(encrypt(stage, "encrypt, rewrite", Output::File))
}

fn encrypt(stage: Stage, name: &'static str, output: Output) -> Scene {
    stage.file("in", &text());
    let peer = stage.peer.clone();
    let check: Check = Box::new(move |found| check::encrypt(found, peer.clone(), output));
    written(stage.scene(name, &ENCRYPT_TO_FILE, check), output)
}

pub(crate) fn decrypt_to_a_new_file(binary: &Path) -> Scene {
    decrypt(Stage::talking(binary), "decrypt -o new", Output::File)
}

pub(crate) fn decrypt_over_a_file(binary: &Path) -> Scene {
    let stage = Stage::talking(binary);
    stage.file("out", OLD);
    decrypt(stage, "decrypt -o old", Output::File)
}

pub(crate) fn decrypt_redirected(binary: &Path) -> Scene {
    decrypt(Stage::talking(binary), "decrypt >", Output::Redirected)
}

/// The output has its name for long, so that only its content can be lost.
pub(crate) fn decrypt_redirected_over_a_file(binary: &Path) -> Scene {
    let stage = Stage::talking(binary);
    stage.file("out", OLD);
    decrypt(stage, "decrypt > old", Output::Redirected)
}

/// A message of a party that was not known before.
pub(crate) fn decrypt_a_first_message(binary: &Path) -> Scene {
    let mut stage = Stage::talking(binary);
    let mut me = stage.account();
    me.forget("peer", &mut rng()).unwrap();
    let bundle = me.publish(&mut rng()).unwrap();
    drop(me);
    let mut peer = Remote::new();
    peer.account().add("me", &bundle, &mut rng()).unwrap();
    stage.peer = peer;
    decrypt(stage, "decrypt first", Output::File)
}

pub(crate) fn decrypt_with_a_rewrite(binary: &Path) -> Scene {
    let stage = Stage::talking(binary);
    stage.bring_near_a_rewrite(0);
    rewriting(decrypt(stage, "decrypt, rewrite", Output::File))
}

/// The commit that deletes the key of a file is the one that rewrites the store.
pub(crate) fn acknowledge_with_a_rewrite(binary: &Path) -> Scene {
    let stage = Stage::talking(binary);
    stage.bring_near_a_rewrite(1);
    rewriting(decrypt(stage, "acknowledge, rewrite", Output::Redirected))
}

fn decrypt(mut stage: Stage, name: &'static str, output: Output) -> Scene {
    let sealed = remote::seal(&mut stage.peer.account(), "me", &text()).unwrap();
    stage.file("in", &sealed);
    let peer = stage.peer.clone();
    let check: Check = Box::new(move |found| check::decrypt(found, ("peer", peer.clone()), output));
    written(stage.scene(name, &DECRYPT_TO_FILE, check), output)
}

pub(crate) fn rotate(binary: &Path) -> Scene {
    let stage = Stage::talking(binary);
    let mut me = stage.account();
    let bundle = me.publish(&mut rng()).unwrap();
    let before = me.publish_reusable().unwrap();
    drop(me);
    let (old, first) = Remote::introduced_by(&bundle, &text()).unwrap();
    let check: Check = Box::new(move |found| check::rotate(found, (old.clone(), &first), &before));
    stage.scene("rotate", &["rotate"], check)
}

pub(crate) fn bundle(binary: &Path) -> Scene {
    let stage = Stage::talking(binary);
    stage.scene(
        "bundle -o",
        &["bundle", "-o", "out"],
        Box::new(check::bundle),
    )
}

pub(crate) fn add(binary: &Path) -> Scene {
    let stage = Stage::talking(binary);
    let mut new = Remote::new();
    stage.file("in", &new.account().publish(&mut rng()).unwrap());
    let check: Check = Box::new(move |found| check::add(found, new.clone()));
    stage.scene("add", &["add", "new", "in"], check)
}

pub(crate) fn rename(binary: &Path) -> Scene {
    let stage = Stage::talking(binary);
    let peer = stage.peer.clone();
    let check: Check = Box::new(move |found| check::rename(found, peer.clone()));
    stage.scene("rename", &["rename", "peer", "other"], check)
}

pub(crate) fn forget(binary: &Path) -> Scene {
    let stage = Stage::talking(binary);
    let peer = stage.peer.clone();
    let check: Check = Box::new(move |found| check::forget(found, peer.clone()));
    stage.scene("forget", &["forget", "peer"], check)
}

pub(crate) fn passwd(binary: &Path) -> Scene {
    let stage = Stage::talking(binary);
    let peer = stage.peer.clone();
    let check: Check = Box::new(move |found| check::passwd(found, peer.clone()));
    stage.scene("passwd", &["passwd"], check)
}

/// The command creates the folder of the account too.
pub(crate) fn init(binary: &Path) -> Scene {
    let stage = Stage::empty(binary);
    let program = stage.program(&["init"]);
    let check: Check = Box::new(move |found: Found<'_>| {
        let again = || {
            let status = program.on(found.disk).status().unwrap();
            status
                .success()
                .then_some(())
                .ok_or_else(|| "init cannot be repeated".to_owned())
        };
        check::init(found, again)
    });
    let mut scene = stage.scene("init", &["init"], check);
    // With the key there is an account. What it states in clear is written by any command that opens it.
    scene.may_refuse_again = true;
    scene
}

/// Sends the output of the scene's command to where it belongs.
fn written(mut scene: Scene, output: Output) -> Scene {
    if output == Output::Redirected {
        scene
            .program
            .arguments
            .truncate(scene.program.arguments.len() - 2);
        scene.program.output = Some("out");
    }
    scene
}

fn rewriting(mut scene: Scene) -> Scene {
    scene.rewrites = true;
    scene
}
