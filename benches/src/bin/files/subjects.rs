//! The commands that are measured.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::Result;

/// Something that encrypts a file and decrypts it, as two commands.
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) encrypt: Command,
    pub(crate) decrypt: Command,
    /// Set if there is an output, which comes back as it was.
    pub(crate) writes: bool,
}

/// The files of a measurement.
pub(crate) struct Files {
    pub(crate) folder: PathBuf,
    pub(crate) plain: PathBuf,
    pub(crate) encrypted: PathBuf,
    pub(crate) decrypted: PathBuf,
}

impl Files {
    pub(crate) fn new() -> Result<Self> {
        let name = format!("sprag-bench-{}", std::process::id());
        let folder = env::temp_dir().join(name);
        fs::create_dir(&folder)?;
        Ok(Self {
            plain: folder.join("plain"),
            encrypted: folder.join("encrypted"),
            decrypted: folder.join("decrypted"),
            folder,
        })
    }

    fn arguments(&self, template: &str, encrypts: bool) -> Vec<OsString> {
        let (input, output) = if encrypts {
            (&self.plain, &self.encrypted)
        } else {
            (&self.encrypted, &self.decrypted)
        };
        let word = |word: &str| match word {
            "INPUT" => input.into(),
            "OUTPUT" => output.into(),
            "KEY" => self.folder.join("key").into(),
            word => word.into(),
        };
        template.split(' ').map(word).collect()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// All subjects, the floors first. A rival that is not installed is told loudly.
pub(crate) fn all(files: &Files) -> Result<Vec<Subject>> {
    let own = env::current_exe()?;
    let mut subjects = vec![
        subject("AEAD alone", &own, ["seal", "open"], files),
        subject(
            "copy to the disk",
            &own,
            ["copy INPUT OUTPUT", "copy INPUT OUTPUT"],
            files,
        ),
    ];
    subjects[0].writes = false;
    add_sprag(&mut subjects, files)?;
    add_rivals(&mut subjects, files)?;
    Ok(subjects)
}

fn subject(name: &str, program: &Path, templates: [&str; 2], files: &Files) -> Subject {
    let command = |encrypts: bool| {
        let template = templates[usize::from(!encrypts)];
        let mut command = Command::new(program);
        command.args(files.arguments(template, encrypts));
        command
    };
    Subject {
        name: name.to_owned(),
        encrypt: command(true),
        decrypt: command(false),
        writes: true,
    }
}

/// Adds `sprag` with two accounts that know each other, on all cores and on one.
fn add_sprag(subjects: &mut Vec<Subject>, files: &Files) -> Result<()> {
    let binary = env::var_os("SPRAG_BINARY").ok_or("SPRAG_BINARY is not set")?;
    let binary = PathBuf::from(binary);
    let at_home = |command: &mut Command, name: &str| {
        command
            .env("SPRAG_HOME", files.folder.join(name))
            .env("SPRAG_PASSPHRASE", "of a measurement")
            .env("XDG_STATE_HOME", files.folder.join("state"));
    };
    let sprag = |name: &str, arguments: &str| {
        let mut command = Command::new(&binary);
        at_home(&mut command, name);
        command
            .args(arguments.split(' '))
            .current_dir(&files.folder);
        succeed(&mut command)
    };
    // Each reads a message of the other, so that no handshake is measured.
    fs::write(&files.plain, "hello")?;
    sprag("alice", "init")?;
    sprag("bob", "init")?;
    sprag("bob", "bundle -o bundle")?;
    sprag("alice", "add bob bundle")?;
    sprag("alice", "encrypt bob -i plain -o first")?;
    sprag("bob", "decrypt --from alice -i first -o read")?;
    sprag("bob", "encrypt alice -i plain -o second")?;
    sprag("alice", "decrypt -i second -o read")?;
    let templates = [
        "encrypt bob -i INPUT -o OUTPUT",
        "decrypt -i INPUT -o OUTPUT",
    ];
    let mut all = subject("`sprag`", &binary, templates, files);
    at_home(&mut all.encrypt, "alice");
    at_home(&mut all.decrypt, "bob");
    subjects.push(all);
    if version("taskset", "--version").is_none() {
        eprintln!("!! SKIPPED one core: taskset is not installed");
        return Ok(());
    }
    let templates = templates.map(|template| format!("-c 0 {} {template}", binary.display()));
    let templates = templates.each_ref().map(String::as_str);
    let mut one = subject("`sprag` on one core", "taskset".as_ref(), templates, files);
    at_home(&mut one.encrypt, "alice");
    at_home(&mut one.decrypt, "bob");
    subjects.push(one);
    Ok(())
}

/// Adds `age` and `rage` as far as they are installed. They read the same keys.
fn add_rivals(subjects: &mut Vec<Subject>, files: &Files) -> Result<()> {
    let key = files.folder.join("key");
    for (rival, advice) in [
        ("age", "apt-get install age"),
        ("rage", "cargo install rage --locked"),
    ] {
        let Some(version) = version(rival, "--version") else {
            eprintln!("!! SKIPPED {rival}: it is not installed: {advice}");
            continue;
        };
        if !key.exists() {
            succeed(Command::new(format!("{rival}-keygen")).arg("-o").arg(&key))?;
        }
        let templates = ["-e -i KEY -o OUTPUT INPUT", "-d -i KEY -o OUTPUT INPUT"];
        let name = format!("`{rival}` {version}");
        subjects.push(subject(&name, rival.as_ref(), templates, files));
    }
    Ok(())
}

/// The last word of what a program says of its version, if it is installed.
fn version(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().next_back().map(str::to_owned)
}

fn succeed(command: &mut Command) -> Result<Output> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(output);
    }
    let line = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?} failed: {}", line.trim()).into())
}
