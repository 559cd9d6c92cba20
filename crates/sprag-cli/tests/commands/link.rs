//! The linking of a device, step by step.

use crate::support::{Account, Two};

/// Alice's second device, which is being linked.
pub(crate) struct Link<'a> {
    pub(crate) two: &'a Two,
    pub(crate) new: Account,
}

impl<'a> Link<'a> {
    pub(crate) fn new(two: &'a Two) -> Self {
        Self::named(two, "alice 2")
    }

    /// The same with a home of this name.
    pub(crate) fn named(two: &'a Two, name: &str) -> Self {
        Self {
            two,
            new: Account::new(two.folder.path().join(name)),
        }
    }

    /// The path of a file of the linking.
    pub(crate) fn path(&self, name: &str) -> String {
        self.two.path(name)
    }

    /// Alice invites a device: the files `invitation` and `code`.
    pub(crate) fn invite(&self, by: &Account) {
        let invitation = self.path("invitation");
        let code = by.done(&["device", "invite", "-o", &invitation]);
        self.two.file("code", &code);
    }

    /// The arguments by which the new device answers: the file `acceptance`.
    pub(crate) fn join(&self) -> [String; 8] {
        let [invitation, acceptance, code] =
            ["invitation", "acceptance", "code"].map(|name| self.path(name));
        let fixed = ["device", "join", "-o", "--code-file", "--name", "phone"];
        let [device, join, output, code_file, name, phone] = fixed.map(str::to_owned);
        // The name goes last, as in `--name=phone`.
        let name = format!("{name}={phone}");
        [
            device, join, invitation, output, acceptance, code_file, code, name,
        ]
    }

    /// The new device answers; returns its six digits.
    pub(crate) fn answer(&self) -> String {
        let arguments = self.join();
        let digits = self.new.text(&arguments.each_ref().map(String::as_str));
        digits.trim_end().to_owned()
    }

    /// Has `by` admit the device that shows these digits: the file `welcome`.
    pub(crate) fn add(&self, by: &Account, digits: &str) -> Vec<u8> {
        let [acceptance, welcome] = ["acceptance", "welcome"].map(|name| self.path(name));
        by.done(&[
            "device",
            "add",
            &acceptance,
            "-o",
            &welcome,
            "--digits",
            digits,
        ])
    }

    /// The new device reads its welcome.
    pub(crate) fn welcome(&self) -> String {
        self.new.text(&["device", "join", &self.path("welcome")])
    }

    /// All steps, on the device that invites and on the new one.
    pub(crate) fn whole(two: &'a Two, by: &Account, name: &str) -> Account {
        let link = Self::named(two, name);
        link.invite(by);
        let digits = link.answer();
        link.add(by, &digits);
        link.welcome();
        link.new
    }
}

/// Digits that differ from these.
pub(crate) fn other_than(digits: &str) -> String {
    let (first, rest) = digits.split_at(1);
    let first = if first == "0" { "1" } else { "0" };
    format!("{first}{rest}")
}
