//! Commands that are killed from outside at any moment. What they wrote by then stays, as the system has it.

use core::time::Duration;
use std::io::Write as _;
use std::thread;
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tempfile::TempDir;

use crate::check::{Finding, Found};
use crate::commands;
use crate::cuts::Thoroughness;
use crate::disk::Disk;
use crate::scene::{self, Scene, scratch};
use crate::survival::{checked, thoroughness};

/// The number of kills of all commands together.
const KILLS: usize = 1_000;
const KILLS_OF_A_SAMPLE: usize = 34;

#[test]
fn killed_commands_keep_their_promises() {
    let Some(binary) = scene::binary() else {
        return;
    };
    let kills = match thoroughness() {
        Thoroughness::Full => KILLS,
        Thoroughness::Sample(_) => KILLS_OF_A_SAMPLE,
    };
    let mut rng = StdRng::seed_from_u64(1);
    let (mut tries, mut killed, mut failures) = (0, 0, Vec::new());
    let mut scenes = commands::ALL.map(|prepare| Victim::new(prepare(&binary)));
    while killed < kills {
        tries += 1;
        assert!(
            tries < 100 * kills,
            "the commands end before they are killed"
        );
        let place = tries % scenes.len();
        let victim = &mut scenes[place];
        let (running, finding) = victim.run_and_kill(&mut rng);
        killed += usize::from(running);
        if let Err(error) = finding {
            failures.push(format!("{}: {error}", victim.scene.name));
        }
    }
    let figures = format!(
        "{killed} of {tries} commands killed, {} failures",
        failures.len()
    );
    let _written = writeln!(std::io::stderr(), "power cut: {figures}");
    assert!(
        failures.is_empty(),
        "{figures}\n  {}",
        failures.join("\n  ")
    );
}

/// A scene whose command is killed again and again, each time on a disk of its own.
struct Victim {
    scene: Scene,
    disk: Disk,
    folder: TempDir,
    /// About the time that the command takes if nobody kills it.
    usual: Duration,
}

impl Victim {
    fn new(scene: Scene) -> Self {
        let (disk, _) = Disk::read(&scene.disk()).unwrap();
        let folder = scratch();
        let usual = checked(&disk, folder.path(), |disk| {
            let begun = Instant::now();
            let status = scene.program.on(disk).status().unwrap();
            assert!(status.success(), "{}: the command fails", scene.name);
            Ok(begun.elapsed())
        });
        Self {
            scene,
            disk,
            folder,
            usual: usual.unwrap(),
        }
    }

    /// Starts the command and kills it at some moment. Tells whether it was still running, and what was found.
    fn run_and_kill(&mut self, rng: &mut StdRng) -> (bool, Finding<()>) {
        let mut running = false;
        let finding = checked(&self.disk, self.folder.path(), |disk| {
            let mut child = self.scene.program.on(disk).spawn().unwrap();
            thread::sleep(self.usual.mul_f64(rng.random_range(0.0..1.1)));
            running = child.try_wait().unwrap().is_none();
            child.kill().unwrap();
            let told = child.wait().unwrap().success();
            (self.scene.check)(Found { disk, told })
        });
        // The machine may be faster or slower than it was.
        self.usual = self.usual.mul_f64(if running { 1.02 } else { 0.9 });
        (running, finding)
    }
}
