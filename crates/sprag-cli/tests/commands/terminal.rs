//! A terminal for a command: its standard input and standard error, or also its standard output.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command};
use std::thread::JoinHandle;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// The side of a terminal at which the user sits.
pub(crate) struct Terminal {
    user: File,
    command: File,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&user).unwrap();
        unlockpt(&user).unwrap();
        let name = ptsname(&user, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        let command = rustix::fs::open(name, flags, Mode::empty()).unwrap();
        Self {
            user: user.into(),
            command: command.into(),
        }
    }

    /// The side of the command.
    pub(crate) fn side(&self) -> File {
        self.command.try_clone().unwrap()
    }

    /// Has the user type text before it is asked for.
    pub(crate) fn type_ahead(&self, text: &str) {
        (&self.user).write_all(text.as_bytes()).unwrap();
    }

    /// Starts a command, and has the user type `answer` when it has asked what ends in `question`. What the terminal shows is
    /// returned by the thread, once the command has ended.
    pub(crate) fn start(
        self,
        command: &mut Command,
        question: &'static str,
        answer: &'static str,
    ) -> (Child, JoinHandle<String>) {
        let child = command.spawn().unwrap();
        // The reading ends when no process has the command's side open, so the command must not keep a copy in here.
        command
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        drop(self.command);
        let mut user = self.user;
        let shown = std::thread::spawn(move || {
            let (mut shown, mut bytes, mut is_answered) = (String::new(), [0; 4096], false);
            while let Ok(length @ 1..) = user.read(&mut bytes) {
                shown.push_str(&String::from_utf8_lossy(&bytes[..length]));
                if !is_answered && shown.ends_with(question) {
                    user.write_all(answer.as_bytes()).unwrap();
                    is_answered = true;
                }
            }
            shown
        });
        (child, shown)
    }
}
