use core::time::Duration;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use sprag_client::{Client, MemoryStore, StoreKey};
use sprag_store::RedbStore;
use tempfile::TempDir;

pub(crate) const PASSPHRASE: &str = "correct horse";

/// Two accounts and a folder for files.
pub(crate) struct Two {
    pub(crate) folder: TempDir,
    pub(crate) alice: Account,
    pub(crate) bob: Account,
}

impl Two {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let account = |name: &str| {
            let account = Account::new(folder.path().join(name));
            account.done(&["init"]);
            account
        };
        Self {
            alice: account("alice"),
            bob: account("bob"),
            folder,
        }
    }

    /// Alice knows Bob, who has not heard of her.
    pub(crate) fn introduced() -> Self {
        let two = Self::new();
        let bundle = two.file("bob.bundle", &two.bob.done(&["bundle"]));
        two.alice.done(&["add", "bob", &bundle]);
        two
    }

    /// Each has read a message of the other.
    pub(crate) fn talking() -> Self {
        let two = Self::introduced();
        let first = two.alice.pipe(&["encrypt", "bob"], b"hello");
        two.bob.pipe(&["decrypt", "--from", "alice"], &first);
        let second = two.bob.pipe(&["encrypt", "alice"], b"hi");
        two.alice.pipe(&["decrypt"], &second);
        two
    }

    pub(crate) fn path(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Gives the folder to a user whom permissions bind. Tests may run as the superuser, whom they do not bind.
    pub(crate) fn ordinary_user(&self) -> OrdinaryUser {
        let folder = self.folder.path();
        let installed = Path::new(env!("CARGO_BIN_EXE_sprag"));
        if !rustix::process::geteuid().is_root() {
            return OrdinaryUser {
                id: None,
                binary: installed.to_owned(),
            };
        }
        // The user may not be able to reach the folder that the binary was built in.
        let binary = folder.join("sprag");
        fs::copy(installed, &binary).unwrap();
        give(folder, NOBODY);
        OrdinaryUser {
            id: Some(NOBODY),
            binary,
        }
    }

    /// The names in the folder, for tests that nothing was left there.
    pub(crate) fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }
}

/// The user who is called nobody.
const NOBODY: u32 = 65534;

fn give(path: &Path, user: u32) {
    std::os::unix::fs::chown(path, Some(user), Some(user)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), user);
        }
    }
}

/// A user whom permissions bind.
pub(crate) struct OrdinaryUser {
    id: Option<u32>,
    binary: PathBuf,
}

impl OrdinaryUser {
    /// A program that this user runs.
    pub(crate) fn program(&self, program: &str) -> Command {
        self.with_rights(Command::new(program))
    }

    /// A command of sprag that this user runs on `account`.
    pub(crate) fn command(&self, account: &Account, arguments: &[&str]) -> Command {
        self.with_rights(account.command_of(&self.binary, arguments))
    }

    fn with_rights(&self, mut command: Command) -> Command {
        if let Some(id) = self.id {
            command.uid(id).gid(id);
        }
        command
    }
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
    names.retain(|name| name != STATE);
    names.sort();
    names
}

/// The folder in which the tests have an account's commits counted, which else is outside the home.
const STATE: &str = "state of the user";

pub(crate) struct Account {
    pub(crate) home: PathBuf,
}

impl Account {
    pub(crate) const fn new(home: PathBuf) -> Self {
        Self { home }
    }

    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        self.command_of(Path::new(env!("CARGO_BIN_EXE_sprag")), arguments)
    }

    /// A command that signals end, also if the tests run where some are ignored, as in the background of a script.
    #[cfg(target_os = "linux")]
    pub(crate) fn heeding_signals(&self, arguments: &[&str]) -> Command {
        let env = ["--default-signal", env!("CARGO_BIN_EXE_sprag")];
        self.command_of(Path::new("env"), &[&env, arguments].concat())
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn heeding_signals(&self, arguments: &[&str]) -> Command {
        self.command(arguments)
    }

    /// A script that runs `sprag`, which is `$0` there, with arguments from `$1` on.
    pub(crate) fn script(&self, script: &str, arguments: &[&str]) -> Command {
        let arguments = [&["-c", script, env!("CARGO_BIN_EXE_sprag")], arguments].concat();
        self.command_of(Path::new("sh"), &arguments)
    }

    fn command_of<A: AsRef<OsStr>>(&self, program: &Path, arguments: &[A]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("SPRAG_HOME", &self.home)
            .env("SPRAG_PASSPHRASE", PASSPHRASE)
            .env("XDG_STATE_HOME", self.state())
            .env_remove("SPRAG_NEW_PASSPHRASE")
            .env_remove("SPRAG_RECOVERY_PASSPHRASE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str], input: &[u8]) -> Output {
        run(&mut self.command(arguments), input)
    }

    /// Runs what must succeed; returns standard output.
    pub(crate) fn pipe(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let output = self.run(arguments, input);
        let line = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {line}");
        output.stdout
    }

    pub(crate) fn done(&self, arguments: &[&str]) -> Vec<u8> {
        self.pipe(arguments, b"")
    }

    pub(crate) fn text(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.done(arguments)).unwrap()
    }

    /// Runs what must be refused for the reason that `because` is part of.
    pub(crate) fn refused(&self, arguments: &[&str], because: &str) {
        assert_refused(&self.run(arguments, b""), because);
    }

    /// Runs what must be refused with this input.
    pub(crate) fn refused_input(&self, arguments: &[&str], input: &[u8]) {
        assert_refused(&self.run(arguments, input), "");
    }

    /// The folder that stands for the user's folder for state.
    pub(crate) fn state(&self) -> PathBuf {
        self.home.join(STATE)
    }

    /// Runs what prints a JSON object on standard output.
    pub(crate) fn json(&self, arguments: &[&str], input: &[u8]) -> serde_json::Value {
        serde_json::from_slice(&self.pipe(arguments, input)).unwrap()
    }

    /// Runs what must be refused with this exit code.
    #[track_caller]
    pub(crate) fn exits(&self, arguments: &[&str], input: &[u8], code: i32) {
        let output = self.run(arguments, input);
        assert_refused(&output, "");
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {output:?}"
        );
    }

    /// The account as the library has it, for tests that need another clock than that of the machine.
    pub(crate) fn client(&self) -> Client<RedbStore> {
        let wrapped = fs::read(self.home.join("key")).unwrap();
        let key = StoreKey::unwrap(&wrapped, PASSPHRASE.as_bytes()).unwrap();
        let store = RedbStore::open(self.home.join("store"), Duration::ZERO).unwrap();
        Client::open(store, &key).unwrap()
    }

    pub(crate) fn status(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&self.done(&["status", name, "--json"])).unwrap()
    }
}

pub(crate) fn run(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A command that refuses does not read.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// Waits for a command that must not wait for anything, and ends it if it does.
pub(crate) fn end_soon(mut child: Child) -> Output {
    let late = Instant::now() + Duration::from_secs(30);
    while child.try_wait().unwrap().is_none() && Instant::now() < late {
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(child.kill());
    child.wait_with_output().unwrap()
}

pub(crate) fn make_pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

/// The exit codes of refusals, of whatever kind.
const REFUSALS: [i32; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// The exit code of a refusal, and one line.
pub(crate) fn assert_refused(output: &Output, because: &str) {
    let line = String::from_utf8(output.stderr.clone()).unwrap();
    let code = output.status.code();
    assert!(
        code.is_some_and(|code| REFUSALS.contains(&code)),
        "{code:?}: {line}"
    );
    assert!(
        line.starts_with("sprag: ") && line.ends_with('\n'),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.contains(because), "{line} does not say {because}");
    // What, why and what to do.
    assert!(line.matches(": ").count() >= 2, "{line}");
}

impl Account {
    /// Makes the home of a second device of the user of `first`, which signs it, without a session between the two and without
    /// peers.
    pub(crate) fn linked_to(first: &Self, home: PathBuf) -> Self {
        let mut rng = UnwrapErr(SysRng);
        fs::create_dir(&home).unwrap();
        fs::set_permissions(&home, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let key = StoreKey::generate(&mut rng);
        let store = RedbStore::create(home.join("store")).unwrap();
        let mut second = Client::create_device(store, &key, 0, &mut rng).unwrap();
        let mut client = first.client();
        let list = client.device_list().unwrap();
        let device = second
            .sign_device(list.user(), list.next_number(), &mut rng)
            .unwrap();
        let list = client.admit_device(device, 0, &mut rng).unwrap();
        second.join(list, &mut rng).unwrap();
        let wrapped = key.wrap(PASSPHRASE.as_bytes(), &mut rng).unwrap();
        fs::write(home.join("key"), wrapped).unwrap();
        for name in ["key", "store"] {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(home.join(name), mode).unwrap();
        }
        Self { home }
    }
}

/// An account of the library that was made at this time, in seconds since 1970-01-01 UTC.
pub(crate) fn made_at(time: u64) -> Client<MemoryStore> {
    let mut rng = UnwrapErr(SysRng);
    let key = StoreKey::generate(&mut rng);
    Client::create_at(MemoryStore::default(), &key, time, &mut rng).unwrap()
}
