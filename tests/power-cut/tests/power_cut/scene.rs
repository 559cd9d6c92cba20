//! A scene: an account on a disk, and a command that is about to run.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::account::{self, Account, HOME, NEW_PASSPHRASE, PASSPHRASE};
use crate::check::{Finding, Found};
use crate::log::Log;
use crate::recorder::Recording;
use crate::remote::{self, Remote, rng};

/// The binary under test. Without one this returns `None` and says so, because a test that runs nothing must
/// not pass in silence.
pub(crate) fn binary() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(binary) = set("SPRAG_BINARY") {
        return Some(binary.into());
    }
    let reason = "SPRAG_BINARY is not set: run `cargo xtask power-cut`";
    assert!(set("CI").is_none(), "{reason}");
    let _written = writeln!(std::io::stderr(), "!! SKIPPED: {reason}");
    None
}

/// A folder that is removed with its last user. It is in memory where that is possible, because the tests write
/// thousands of disks and no power fails meanwhile.
pub(crate) fn scratch() -> TempDir {
    let builder = || {
        tempfile::Builder::new()
            .prefix("sprag-power-cut-")
            .to_owned()
    };
    let memory = builder().tempdir_in("/dev/shm");
    memory.or_else(|_| builder().tempdir()).unwrap()
}

/// The checker of a scene.
pub(crate) type Check = Box<dyn Fn(Found<'_>) -> Finding<()> + Send + Sync>;

/// An account on a disk, and a command that is about to run there.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) program: Program,
    pub(crate) check: Check,
    /// Set if the command's commit must be the one that rewrites the store.
    pub(crate) rewrites: bool,
    /// Set if the command may refuse to run again before all of its effect is there, because another command brings
    /// the rest. Such a refusal is no report of success.
    pub(crate) may_refuse_again: bool,
    folder: TempDir,
}

/// The command of a scene. Its paths are relative to the disk.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) binary: PathBuf,
    pub(crate) arguments: Vec<&'static str>,
    /// The file that gets standard output, as after a shell's `>`.
    pub(crate) output: Option<&'static str>,
}

impl Program {
    /// Prepares to run the command on `disk`.
    pub(crate) fn on(&self, disk: &Path) -> Command {
        let output = self.output.map_or_else(Stdio::null, |name| {
            File::create(disk.join(name)).unwrap().into()
        });
        let mut command = Command::new(&self.binary);
        command
            .args(&self.arguments)
            .envs(variables(disk))
            .current_dir(disk)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(Stdio::null());
        command
    }
}

/// The variables of a command. Everything that it keeps is on the disk.
fn variables(disk: &Path) -> Vec<(&'static str, PathBuf)> {
    vec![
        ("SPRAG_HOME", HOME.into()),
        ("SPRAG_PASSPHRASE", PASSPHRASE.into()),
        ("SPRAG_NEW_PASSPHRASE", NEW_PASSPHRASE.into()),
        ("XDG_STATE_HOME", disk.join("state")),
    ]
}

impl Scene {
    pub(crate) fn disk(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Runs the command and records it.
    pub(crate) fn record(&self) -> Log {
        let disk = self.disk();
        let recording = Recording {
            program: &self.program.binary,
            arguments: &self.program.arguments,
            variables: variables(&disk),
            disk: &disk,
            output: self.program.output,
        };
        recording.record()
    }
}

/// A disk that is being prepared for a scene.
pub(crate) struct Stage {
    binary: PathBuf,
    folder: TempDir,
    /// A party that has talked to the account, and knows it as `me`. The account knows it as `peer`.
    pub(crate) peer: Remote,
}

impl Stage {
    /// A disk without an account.
    pub(crate) fn empty(binary: &Path) -> Self {
        let folder = scratch();
        fs::create_dir(folder.path().join("disk")).unwrap();
        Self {
            binary: binary.to_owned(),
            folder,
            peer: Remote::new(),
        }
    }

    /// A disk with an account, whose owner and `peer` have read a file of the other.
    pub(crate) fn talking(binary: &Path) -> Self {
        let mut stage = Self::empty(binary);
        let init = stage.program(&["init"]).on(&stage.disk()).status().unwrap();
        assert!(init.success());
        let bundle = stage.peer.account().publish(&mut rng()).unwrap();
        let mut me = stage.account();
        me.add("peer", &bundle, &mut rng()).unwrap();
        let question = remote::seal(&mut me, "peer", b"hello").unwrap();
        let mut peer = stage.peer.account();
        remote::expect(&mut peer, "me", (&question, b"hello")).unwrap();
        let answer = remote::seal(&mut peer, "me", b"hi").unwrap();
        remote::expect(&mut me, "peer", (&answer, b"hi")).unwrap();
        drop(peer);
        drop(me);
        stage
    }

    fn disk(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    pub(crate) fn account(&self) -> Account {
        account::open(&self.disk()).unwrap()
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) {
        fs::write(self.disk().join(name), bytes).unwrap();
    }

    /// Makes commits until the store is rewritten by the commit after `left` more.
    pub(crate) fn bring_near_a_rewrite(&self, left: u64) {
        let mut me = self.account();
        let store = self.disk().join(HOME).join("store");
        let number = || fs::metadata(&store).unwrap().ino();
        let mut publish = || drop(me.publish(&mut rng()).unwrap());
        let before = number();
        while number() == before {
            publish();
        }
        for _ in left..sprag_store::COMMITS_BETWEEN_REWRITES - 1 {
            publish();
        }
    }

    pub(crate) fn program(&self, arguments: &[&'static str]) -> Program {
        Program {
            binary: self.binary.clone(),
            arguments: arguments.to_vec(),
            output: None,
        }
    }

    /// The scene in which the command runs with these arguments.
    pub(crate) fn scene(
        self,
        name: &'static str,
        arguments: &[&'static str],
        check: Check,
    ) -> Scene {
        Scene {
            name,
            program: self.program(arguments),
            check,
            rewrites: false,
            may_refuse_again: false,
            folder: self.folder,
        }
    }
}
