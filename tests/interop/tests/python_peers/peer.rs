//! The Python process. Each request and each response is one line of JSON.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write, stderr};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/peer.py");

/// A running peer.
pub(crate) struct Peer {
    process: Child,
    requests: ChildStdin,
    responses: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts a peer. Without a Python to run it this returns `None`, and the test must pass without the
    /// peer.
    ///
    /// # Panics
    ///
    /// If there is no Python although `CI` is set, because there no test may be skipped in silence.
    pub(crate) fn start() -> Option<Self> {
        let Some(python) = variable("SPRAG_PYTHON") else {
            let why = "SPRAG_PYTHON is not set: our crates were NOT tested against Python";
            assert!(variable("CI").is_none(), "CI is set, but {why}");
            // Not by `eprintln!`, because the harness hides its output when a test passes.
            stderr()
                .write_all(format!("\n!! SKIPPED: {why}\n").as_bytes())
                .expect("standard error is open");
            return None;
        };
        let mut process = Command::new(&python)
            // Not `-I`, which would hide the modules beside the script. A forged count makes the
            // package warn, as it should.
            .args(["-E", "-s", "-W", "ignore::UserWarning", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("SPRAG_PYTHON is a Python that starts");
        let requests = process.stdin.take().expect("standard input is piped");
        let responses = process.stdout.take().expect("standard output is piped");
        Some(Self {
            process,
            requests,
            responses: BufReader::new(responses),
        })
    }

    /// Sends the request `op` with `fields`, an object, and waits for the response.
    pub(crate) fn ask(&mut self, op: &str, mut fields: Value) -> Result<Response, Refusal> {
        fields["op"] = op.into();
        writeln!(self.requests, "{fields}").expect("the peer reads requests");
        let mut line = String::new();
        let length = self.responses.read_line(&mut line);
        assert!(length.is_ok_and(|length| length > 0), "the peer died: {op}");
        let response: Value = serde_json::from_str(&line).expect("a response is JSON");
        match response.get("error") {
            Some(error) => Err(Refusal::from_text(
                error.as_str().expect("an error is text"),
            )),
            None => Ok(Response(response)),
        }
    }

    /// Sends a request that the peer must not refuse.
    pub(crate) fn answer(&mut self, op: &str, fields: Value) -> Response {
        self.ask(op, fields).expect("the peer does not refuse")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have died already, and then the test has failed already.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// A response that is no refusal.
pub(crate) struct Response(Value);

impl Response {
    /// The bytes of `field`.
    pub(crate) fn bytes(&self, field: &str) -> Vec<u8> {
        bytes(&self.0, field)
    }

    /// The `N` bytes of `field`.
    pub(crate) fn array<const N: usize>(&self, field: &str) -> [u8; N] {
        array(&self.0, field)
    }

    /// The number `field`, of 32 bits.
    pub(crate) fn number(&self, field: &str) -> u32 {
        let number = self.0[field].as_u64().expect("the field is a number");
        u32::try_from(number).expect("the number is of 32 bits")
    }

    /// The truth value `field`.
    pub(crate) fn flag(&self, field: &str) -> bool {
        self.0[field].as_bool().expect("the field is a boolean")
    }

    /// The whole object.
    pub(crate) fn into_value(self) -> Value {
        self.0
    }
}

/// The reason for which one of the two sides refused something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Refusal {
    NotAuthentic,
    Duplicate,
    /// The key was given up or used before. The Python party calls both a duplicate.
    KeyGivenUp,
    TooManySkipped,
    Forked,
    Other(String),
}

impl Refusal {
    fn from_text(text: &str) -> Self {
        match text {
            "not authentic" => Self::NotAuthentic,
            "duplicate" => Self::Duplicate,
            "too many skipped" => Self::TooManySkipped,
            "forked" => Self::Forked,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// The bytes of `field` of a request or response.
pub(crate) fn bytes(object: &Value, field: &str) -> Vec<u8> {
    let text = object[field].as_str().expect("the field is text");
    hex::decode(text).expect("the field is hexadecimal")
}

/// The `N` bytes of `field` of a request or response.
pub(crate) fn array<const N: usize>(object: &Value, field: &str) -> [u8; N] {
    let bytes = bytes(object, field);
    bytes.try_into().expect("the field is of this length")
}

/// The environment variable `name`, if it is set and not empty.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
