//! A terminal for a command: its standard input, output and error, or some of them.

use core::time::Duration;
use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Child, ExitStatus, Output};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use pty_process::blocking::{Command, Pty, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};

use crate::support::Account;

/// A command that runs at a terminal of its own.
pub(crate) struct AtTerminal {
    terminal: Pty,
    child: Child,
    /// The output on the terminal, piece by piece.
    shown: Receiver<Vec<u8>>,
    screen: String,
}

impl AtTerminal {
    /// Runs a command of sprag that is not given the passphrase.
    pub(crate) fn new(account: &Account, arguments: &[&str]) -> Self {
        let mut command = account.heeding_signals(arguments);
        command.env_remove("SPRAG_PASSPHRASE");
        Self::spawn(command)
    }

    /// Runs a command whose standard input, output and error are the terminal.
    pub(crate) fn spawn(command: std::process::Command) -> Self {
        Self::spawn_beside(command, |command| command)
    }

    /// Runs a command that has the terminal where `redirect` does not give it something else.
    pub(crate) fn spawn_beside(
        command: std::process::Command,
        redirect: impl FnOnce(Command) -> Command,
    ) -> Self {
        let (terminal, ours) = open().unwrap();
        let child = redirect(Command::from(command)).spawn(ours).unwrap();
        let (sender, shown) = channel();
        let fd = rustix::io::dup(&terminal).unwrap();
        let mut reader = fs::File::from(fd);
        // Read in a thread, because a test must not wait for ever.
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // At the end of the command, reading fails.
            while let Ok(length) = reader.read(&mut buffer) {
                if length == 0 || sender.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            terminal,
            child,
            shown,
            screen: String::new(),
        }
    }

    /// Waits until the terminal shows this.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + LONG;
        while !self.screen.contains(text) {
            let left = end.saturating_duration_since(Instant::now());
            let bytes = self.shown.recv_timeout(left);
            let screen = &self.screen;
            assert!(
                bytes.is_ok(),
                "the terminal does not show {text:?}: {screen:?}"
            );
            self.screen
                .push_str(&String::from_utf8_lossy(&bytes.unwrap()));
        }
    }

    /// Waits for the prompt, which shows nothing that is typed.
    #[track_caller]
    pub(crate) fn wait_for_prompt(&mut self) {
        self.wait_for("Passphrase: ");
        let end = Instant::now() + LONG;
        while self.echoes() {
            assert!(Instant::now() < end, "the terminal echoes at the prompt");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn echoes(&self) -> bool {
        let modes = tcgetattr(&self.terminal).unwrap().local_modes;
        modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
    }

    pub(crate) fn types(&mut self, text: &str) {
        self.terminal.write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = Pid::from_child(&self.child);
        kill_process(id, signal).unwrap();
    }

    /// Waits for the end of the command. Returns its status and what the terminal shows.
    #[track_caller]
    pub(crate) fn end(self) -> (ExitStatus, String) {
        let (output, screen) = self.end_with_output();
        (output.status, screen)
    }

    /// Waits for the end of the command. Returns its output beside the terminal, which must be short, and what the terminal
    /// shows.
    #[track_caller]
    pub(crate) fn end_with_output(mut self) -> (Output, String) {
        let end = Instant::now() + LONG;
        while self.child.try_wait().unwrap().is_none() {
            assert!(
                Instant::now() < end,
                "the command does not end: {:?}",
                self.screen
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(self.echoes(), "the terminal is left without echo");
        while let Ok(bytes) = self.shown.recv_timeout(Duration::from_millis(500)) {
            self.screen.push_str(&String::from_utf8_lossy(&bytes));
        }
        (self.child.wait_with_output().unwrap(), self.screen)
    }
}

/// The time after which a test fails.
const LONG: Duration = Duration::from_secs(60);
