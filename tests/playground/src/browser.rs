//! Chromium as a process, and the `Chrome DevTools Protocol` over its pipes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use std::{fs, thread};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The longest time that Chromium gets for any answer. Only a test that fails waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The shell's program that makes the pipes to this process the files 3 and 4, where Chromium looks for the protocol. The
/// standard library can connect no file above 2.
const ON_FILES_3_AND_4: &str = r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null"#;

/// The options: no window, nothing of a former run, and no host but this one, so that nothing leaves the machine.
const OPTIONS: [&str; 14] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars=false",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--lang=en-US",
];

/// A running Chromium. It is stopped when this value is dropped.
pub(crate) struct Browser {
    process: Child,
    input: ChildStdin,
    output: Receiver<Value>,
    last_call: u64,
    /// Its settings and caches, deleted with it.
    _profile: TempDir,
}

impl Browser {
    /// Starts the Chromium at `program`.
    pub(crate) fn start(program: &Path) -> Self {
        let profile = TempDir::new().expect("a temporary folder");
        let mut command = Command::new("sh");
        command.args(["-c", ON_FILES_3_AND_4, "sh"]).arg(program);
        command.args(OPTIONS);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        // Chromium's sandbox does not start for root, as whom containers run. It opens only our own pages.
        if fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            command.arg("--no-sandbox");
        }
        // Its log goes nowhere: it complains about each service of a desktop that is missing.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.stderr(Stdio::null()).spawn().expect("a shell");
        let input = process.stdin.take().expect("a pipe was asked for");
        let mut stdout = BufReader::new(process.stdout.take().expect("a pipe was asked for"));
        // A thread reads, so that the other side can wait for a limited time.
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            while stdout
                .read_until(0, &mut message)
                .is_ok_and(|read| read > 0)
            {
                let json = message.strip_suffix(&[0]).unwrap_or(&message);
                let Ok(value) = serde_json::from_slice(json) else {
                    break;
                };
                if sender.send(value).is_err() {
                    break;
                }
                message.clear();
            }
        });
        Self {
            process,
            input,
            output,
            last_call: 0,
            _profile: profile,
        }
    }

    /// Calls a method of the protocol, in a session with a tab if one is named, and returns its result. Everything that
    /// happens until then is handed to `event`.
    pub(crate) fn call(
        &mut self,
        session: Option<&str>,
        (method, parameters): (&str, Value),
        mut event: impl FnMut(Value),
    ) -> Result<Value, String> {
        self.last_call += 1;
        let id = self.last_call;
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.input
            .write_all(format!("{message}\0").as_bytes())
            .expect("Chromium runs");
        loop {
            let mut message = self.next(method);
            if message["id"] != id {
                event(message);
            } else if message["error"].is_null() {
                return Ok(message["result"].take());
            } else {
                return Err(format!("{method}: {}", message["error"]["message"]));
            }
        }
    }

    /// The next event.
    pub(crate) fn next(&mut self, awaited: &str) -> Value {
        let message = self.output.recv_timeout(PATIENCE);
        message.unwrap_or_else(|error| panic!("Chromium does not answer `{awaited}`: {error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The main process takes its children along when it is asked, which a kill would leave behind.
        let asked = self
            .input
            .write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let closed = asked.is_ok() && {
            // The reader ends with the pipe.
            while self.output.recv_timeout(PATIENCE).is_ok() {}
            true
        };
        if !closed {
            let _killed = self.process.kill();
        }
        let _status = self.process.wait();
    }
}
