//! The record of a tab: its problems and its requests.

use serde_json::Value;

/// Everything that events of the protocol tell.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Set when the page has loaded.
    pub(super) loaded: bool,
    /// A line for each error and warning.
    pub(super) problems: Vec<String>,
    /// The addresses that were asked for.
    pub(super) requests: Vec<String>,
}

impl Record {
    /// Takes note of an event.
    pub(super) fn add(&mut self, event: &Value) {
        let about = &event["params"];
        match event["method"].as_str().unwrap_or_default() {
            "Page.loadEventFired" => self.loaded = true,
            "Runtime.consoleAPICalled" if is_problem(&about["type"]) => {
                let said = about["args"].as_array().into_iter().flatten();
                let said: Vec<String> = said
                    .map(|value| value["value"].to_string() + &word(&value["description"]))
                    .collect();
                self.problems.push(format!("console: {}", said.join(" ")));
            }
            "Runtime.exceptionThrown" => self.problems.push(exception(&about["exceptionDetails"])),
            "Log.entryAdded" if is_problem(&about["entry"]["level"]) => {
                let entry = &about["entry"];
                self.problems.push(format!(
                    "browser: {} {}",
                    word(&entry["text"]),
                    word(&entry["url"])
                ));
            }
            "Page.javascriptDialogOpening" => self
                .problems
                .push(format!("dialog: {}", word(&about["message"]))),
            "Inspector.targetCrashed" => self.problems.push("the tab crashed".to_owned()),
            "Network.requestWillBeSent" => self.requests.push(word(&about["request"]["url"])),
            "Network.webSocketCreated" | "Network.webTransportCreated" => {
                self.requests.push(word(&about["url"]));
            }
            _ => {}
        }
    }
}

/// Tells whether an entry of this kind or level is a problem.
fn is_problem(kind: &Value) -> bool {
    ["error", "warning", "assert"]
        .iter()
        .any(|problem| kind == problem)
}

/// An exception in one line.
pub(super) fn exception(details: &Value) -> String {
    format!(
        "exception: {} {}",
        word(&details["text"]),
        word(&details["exception"]["description"])
    )
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
