//! A home of the `sprag` command, in a folder that is removed with it.

use core::sync::atomic::{AtomicU32, Ordering};
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// The binary under test. Without one this returns `None` and says so, because a test that runs nothing must
/// not pass in silence.
pub(crate) fn binary() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(binary) = set("SPRAG_BINARY") {
        return Some(binary.into());
    }
    let reason = "SPRAG_BINARY is not set: run `cargo xtask end-to-end`";
    assert!(set("CI").is_none(), "{reason}");
    let _written = writeln!(std::io::stderr(), "!! SKIPPED: {reason}");
    None
}

pub(crate) struct Home {
    binary: PathBuf,
    folder: PathBuf,
}

impl Home {
    /// A home in a new folder, with an account.
    pub(crate) fn create(binary: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sprag-homes-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let home = Self {
            binary: binary.to_owned(),
            folder,
        };
        home.done(&["init"]);
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .env("SPRAG_HOME", self.folder.join("home"))
            .env("XDG_STATE_HOME", self.folder.join("state"))
            .env("SPRAG_PASSPHRASE", "correct horse battery staple")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&self, arguments: &[impl AsRef<OsStr>]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    pub(crate) fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed, and returns its output.
    pub(crate) fn done(&self, arguments: &[impl AsRef<OsStr>]) -> Vec<u8> {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        output.stdout
    }

    /// Runs a command that must be refused with one line, and returns the line. What was stored before is told in lines
    /// before it.
    pub(crate) fn refused(&self, arguments: &[impl AsRef<OsStr>]) -> String {
        let output = self.run(arguments);
        assert!(
            matches!(output.status.code(), Some(1 | 3..=8)),
            "{output:?}"
        );
        let said = String::from_utf8(output.stderr).unwrap();
        for line in said.lines() {
            assert!(line.starts_with("sprag: "), "{said}");
        }
        let last = said.lines().last();
        last.expect("a refusal is told").to_owned()
    }

    /// Makes a bundle of this home known to `other` as `name`.
    pub(crate) fn introduce_to(&self, other: &Self, name: &str) {
        let bundle = self.path("bundle");
        self.done(&["bundle".as_ref(), "-o".as_ref(), bundle.as_os_str()]);
        other.done(&["add".as_ref(), name.as_ref(), bundle.as_os_str()]);
        fs::remove_file(bundle).unwrap();
    }

    /// Encrypts `content` to `peer`, and returns the bytes to send.
    pub(crate) fn encrypt(&self, peer: &str, content: &[u8]) -> Vec<u8> {
        let (plain, sealed) = (self.path("plain"), self.path("sealed"));
        fs::write(&plain, content).unwrap();
        self.done(&[
            "encrypt".as_ref(),
            peer.as_ref(),
            "-i".as_ref(),
            plain.as_os_str(),
            "-o".as_ref(),
            sealed.as_os_str(),
        ]);
        let bytes = fs::read(&sealed).unwrap();
        fs::remove_file(sealed).unwrap();
        bytes
    }

    pub(crate) fn decrypt(&self, from: &str, bytes: &[u8]) -> Vec<u8> {
        let (sealed, opened) = (self.path("received"), self.path("opened"));
        fs::write(&sealed, bytes).unwrap();
        self.done(&decryption(from, &sealed, &opened));
        let content = fs::read(&opened).unwrap();
        fs::remove_file(opened).unwrap();
        content
    }

    /// Demands that `bytes` are refused and that no output appears, and returns the refusal.
    pub(crate) fn does_not_decrypt(&self, from: &str, bytes: &[u8]) -> String {
        let (sealed, opened) = (self.path("received"), self.path("opened"));
        fs::write(&sealed, bytes).unwrap();
        let said = self.refused(&decryption(from, &sealed, &opened));
        assert!(!opened.exists(), "{said}");
        said
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _removed = fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn decryption<'a>(from: &'a str, sealed: &'a Path, opened: &'a Path) -> [&'a OsStr; 7] {
    [
        "decrypt".as_ref(),
        "--from".as_ref(),
        from.as_ref(),
        "-i".as_ref(),
        sealed.as_os_str(),
        "-o".as_ref(),
        opened.as_os_str(),
    ]
}
