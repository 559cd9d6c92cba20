//! The survival of a scene: the command is recorded once, and each cut of its log is checked.

use core::panic::AssertUnwindSafe;
use std::fs;
use std::io::Write as _;
use std::panic::catch_unwind;
use std::path::Path;
use std::time::Instant;

use crate::check::{Finding, Found};
use crate::commands;
use crate::cuts::{Cut, Loss, Thoroughness, Walk, cuts};
use crate::disk::Disk;
use crate::log::{Change, Event, Log};
use crate::scene::{self, Scene, scratch};

/// The number of cuts of each command that a sample has.
const SAMPLE: usize = 80;

/// One in this many states is one in which the command may run again.
const STATES_A_REPETITION: usize = 10;

/// The number of failures that are told.
const TOLD: usize = 8;

/// All cuts with `SPRAG_POWER_CUT_FULL`, else a sample.
pub(crate) fn thoroughness() -> Thoroughness {
    match std::env::var_os("SPRAG_POWER_CUT_FULL") {
        Some(_) => Thoroughness::Full,
        None => Thoroughness::Sample(SAMPLE),
    }
}

/// Demands that the scene's command keeps its promises after each cut.
pub(crate) fn survives(scene: &Scene) {
    let begun = Instant::now();
    let log = scene.record();
    assert!(
        log.succeeded,
        "{}: the command fails without a cut: {}",
        scene.name, log.said
    );
    is_whole(scene, &log);
    let (cuts, states) = cuts(&log, thoroughness());
    // Check each state in a folder of its own.
    let folder = scratch();
    let mut walk = Walk::new(&log);
    let mut failures = Vec::new();
    let mut repetitions = 0;
    for (number, cut) in cuts.iter().enumerate() {
        walk.go_to(cut.moment);
        let disk = walk.disk(&cut.loss);
        let told = cut.moment == log.events.len();
        let check = |told| {
            checked(&disk, folder.path(), |disk| {
                (scene.check)(Found { disk, told })
            })
        };
        let mut finding = check(told);
        // In some of the states that lack the effect of the command, let it run again.
        if number % STATES_A_REPETITION == 0 && finding.is_ok() && check(true).is_err() {
            repetitions += 1;
            finding = checked(&disk, folder.path(), |disk| {
                let status = scene.program.on(disk).status().unwrap();
                let told = status.success() || !scene.may_refuse_again;
                let repeated = (scene.check)(Found { disk, told });
                repeated.map_err(|error| format!("after a repetition: {error}"))
            });
        }
        if let Err(error) = finding {
            failures.push(format!("{}: {error}", describe(&log, cut)));
        }
    }
    // Tell the figures, because a simulation of nothing finds nothing.
    let told = failures
        .iter()
        .take(TOLD)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n  ");
    let figures = format!(
        "{}: {} of {states} states checked, {repetitions} repetitions, {} events, {:.1} s, {} failures",
        scene.name,
        cuts.len(),
        log.events.len(),
        begun.elapsed().as_secs_f64(),
        failures.len(),
    );
    let _written = writeln!(std::io::stderr(), "power cut: {figures}");
    assert!(failures.is_empty(), "{figures}\n  {told}");
}

/// Demands that the log has all that the command did: replayed without a cut, it gives the disk that is there.
fn is_whole(scene: &Scene, log: &Log) {
    let replayed = Walk::to_the_end(log).disk(&Loss::Nothing);
    let (there, _) = Disk::read(&scene.disk()).unwrap();
    let name = scene.name;
    assert_eq!(
        replayed.hash(),
        there.hash(),
        "{name}: the log lacks something"
    );
    let replaces_store = |event: &Event| matches!(event, Event::Change(Change::Rename { to, .. }) if to.name == "store");
    let rewritten = log.events.iter().any(replaces_store);
    assert!(
        !scene.rewrites || rewritten,
        "{name}: the store was not rewritten"
    );
}

/// Writes `disk` to a new folder in `folder`, and checks it there. A panic is a failure of the check.
pub(crate) fn checked<T>(
    disk: &Disk,
    folder: &Path,
    check: impl FnOnce(&Path) -> Finding<T>,
) -> Finding<T> {
    let path = folder.join("disk");
    fs::create_dir(&path).unwrap();
    disk.write(&path).unwrap();
    let finding = catch_unwind(AssertUnwindSafe(|| check(&path)));
    fs::remove_dir_all(&path).unwrap();
    finding.unwrap_or_else(|_| Err("a panic".to_owned()))
}

/// A line about a cut: the event before it, and the loss.
fn describe(log: &Log, cut: &Cut) -> String {
    let (moment, end) = (cut.moment, log.events.len());
    let before = moment.checked_sub(1).map(|last| &log.events[last]);
    let before = before.map_or_else(|| "the start".to_owned(), |event| told(log, event));
    format!("cut {moment} of {end}, after {before}, lost {:?}", cut.loss)
}

/// An event in words.
fn told(log: &Log, event: &Event) -> String {
    let disk = Walk::to_the_end(log).disk(&Loss::Nothing);
    let path = |node| {
        let path = disk.path_of(node).or_else(|| log.before.path_of(node));
        path.unwrap_or_else(|| format!("{node:?}"))
    };
    match event {
        Event::Change(Change::Write { file, offset, data }) => {
            format!("{} bytes at {offset} of {}", data.len(), path(*file))
        }
        Event::Change(Change::Resize { file, length }) => {
            format!("{} got the length {length}", path(*file))
        }
        Event::Change(Change::Link { entry, .. }) => format!("{} was created", entry.name),
        Event::Change(Change::Unlink { entry }) => format!("{} was removed", entry.name),
        Event::Change(Change::Rename { from, to, .. }) => {
            format!("{} was renamed to {}", from.name, to.name)
        }
        Event::Sync(node) => format!("a sync of {}", path(*node)),
        Event::SyncAll => "a sync of everything".to_owned(),
    }
}

/// A test for each scene, so that they run side by side.
macro_rules! survive {
    ($($scene:ident)*) => {$(
        #[test]
        fn $scene() {
            let Some(binary) = scene::binary() else { return };
            survives(&commands::$scene(&binary));
        }
    )*};
}

survive! {
    encrypt_to_a_new_file
    encrypt_over_a_file
    encrypt_redirected
    encrypt_a_first_message
    encrypt_with_a_rewrite
    decrypt_to_a_new_file
    decrypt_over_a_file
    decrypt_redirected
    decrypt_redirected_over_a_file
    decrypt_a_first_message
    decrypt_with_a_rewrite
    acknowledge_with_a_rewrite
    rotate
    bundle
    add
    rename
    forget
    passwd
    init
}
