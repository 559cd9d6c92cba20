//! The promises of each command, checked on a disk after a power cut or a kill.
//!
//! A checker opens the account from outside and goes on with it as its user would: it reads what came, writes on,
//! and lets the other party read everything that could have left the machine.

use std::fs;
use std::path::Path;

use crate::account::{self, Account, HOME, NEW_PASSPHRASE, PASSPHRASE};
use crate::remote::{self, Remote, rng};

/// The result of a check. The error says what is lost.
pub(crate) type Finding<T> = Result<T, String>;

/// The text of the file that a command encrypts or decrypts: a few chunks.
pub(crate) fn text() -> Vec<u8> {
    (0..=250).cycle().take(TEXT_LENGTH).collect()
}

const TEXT_LENGTH: usize = 100_000;

/// The file that is in the place of an output before the command.
pub(crate) const OLD: &[u8] = b"an older file\n";

/// A disk after a cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) disk: &'a Path,
    /// Set if the command had reported success.
    pub(crate) told: bool,
}

impl Found<'_> {
    /// The file `out`, if there is one.
    fn output(&self) -> Option<Vec<u8>> {
        fs::read(self.disk.join("out")).ok()
    }

    /// Demands what the command reported: that its effect is there.
    fn expect(&self, effect: bool, what: &str) -> Finding<()> {
        if self.told && !effect {
            return Err(format!("success was reported, but {what}"));
        }
        Ok(())
    }
}

/// A kind of output: its promises differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Output {
    /// A file that appears whole or not at all.
    File,
    /// Standard output, which leads to a file.
    Redirected,
}

/// `encrypt`: no message key is used twice, and the output is whole.
pub(crate) fn encrypt(found: Found<'_>, mut peer: Remote, output: Output) -> Finding<()> {
    let mut me = account::open(found.disk)?;
    // The peer reads what is in the output. A part of a redirected output can have left the machine too.
    let written = found.output().filter(|bytes| bytes != OLD);
    let mut whole = false;
    if let Some(bytes) = written {
        let read = remote::expect(&mut peer.account(), "me", (&bytes, &text()));
        whole = read.is_ok();
        if output == Output::File {
            read.map_err(|error| format!("the output is torn ({} bytes): {error}", bytes.len()))?;
        }
    }
    found.expect(whole, "the output is not whole")?;
    // The next message must have another key, or the peer takes it for a repetition.
    goes_on(&mut me, "peer", &mut peer)
}

/// `decrypt`: the text is in the output, or can be had again.
pub(crate) fn decrypt(
    found: Found<'_>,
    (name, mut peer): (&str, Remote),
    output: Output,
) -> Finding<()> {
    let mut me = account::open(found.disk)?;
    let written = found.output().filter(|bytes| bytes != OLD);
    let whole = written.as_ref().is_some_and(|bytes| *bytes == text());
    if let Some(bytes) = written.filter(|_| output == Output::File && !whole) {
        return Err(format!("the output is torn ({} bytes)", bytes.len()));
    }
    let sealed = fs::read(found.disk.join("in")).map_err(|error| error.to_string())?;
    match remote::expect(&mut me, name, (&sealed, &text())) {
        Ok(()) => found.expect(false, "the key is still there")?,
        Err(error) if !whole => return Err(format!("the text is lost: {error}")),
        Err(_) => {}
    }
    goes_on(&mut me, name, &mut peer)
}

/// `rotate`: what was encrypted with the keys before can be read, and so can what comes with the new ones.
pub(crate) fn rotate(
    found: Found<'_>,
    (mut old_peer, first): (Remote, &[u8]),
    before: &[u8],
) -> Finding<()> {
    let mut me = account::open(found.disk)?;
    let bundle = me.publish_reusable().map_err(|error| error.to_string())?;
    found.expect(bundle != before, "the keys are the old ones")?;
    remote::expect(&mut me, "old", (first, &text()))?;
    goes_on(&mut me, "old", &mut old_peer)?;
    accepts(&mut me, "new", &bundle)
}

/// `bundle`: the keys of a bundle are in the store, and are in no other bundle.
pub(crate) fn bundle(found: Found<'_>) -> Finding<()> {
    let mut me = account::open(found.disk)?;
    let written = found.output();
    found.expect(written.is_some(), "the bundle is missing")?;
    let next = me.publish(&mut rng()).map_err(|error| error.to_string())?;
    if let Some(bundle) = written {
        accepts(&mut me, "one", &bundle)?;
    }
    accepts(&mut me, "two", &next)
}

/// `add`: the peer is there, or can be added.
pub(crate) fn add(found: Found<'_>, mut peer: Remote) -> Finding<()> {
    let mut me = account::open(found.disk)?;
    let there = me.status("new").is_ok();
    found.expect(there, "the peer is missing")?;
    if !there {
        let bundle = fs::read(found.disk.join("in")).map_err(|error| error.to_string())?;
        me.add("new", &bundle, &mut rng())
            .map_err(|error| format!("the bundle: {error}"))?;
    }
    goes_on(&mut me, "new", &mut peer)
}

/// `forget`: the peer is whole, or gone and can come back.
pub(crate) fn forget(found: Found<'_>, mut peer: Remote) -> Finding<()> {
    let mut me = account::open(found.disk)?;
    let gone = me.status("peer").is_err();
    found.expect(gone, "the peer is still there")?;
    if gone {
        let bundle = peer
            .account()
            .publish(&mut rng())
            .map_err(|error| error.to_string())?;
        me.add("peer", &bundle, &mut rng())
            .map_err(|error| format!("the bundle: {error}"))?;
    }
    goes_on(&mut me, "peer", &mut peer)
}

/// `rename`: the peer has one of the two names, with its session.
pub(crate) fn rename(found: Found<'_>, mut peer: Remote) -> Finding<()> {
    let mut me = account::open(found.disk)?;
    let is_renamed = me.status("other").is_ok();
    found.expect(is_renamed, "the peer has its old name")?;
    if is_renamed == me.status("peer").is_ok() {
        return Err("the peer has both names or none".to_owned());
    }
    goes_on(
        &mut me,
        if is_renamed { "other" } else { "peer" },
        &mut peer,
    )
}

/// `passwd`: one of the two passphrases opens the account.
pub(crate) fn passwd(found: Found<'_>, mut peer: Remote) -> Finding<()> {
    let keys = [PASSPHRASE, NEW_PASSPHRASE].map(|passphrase| account::key(found.disk, passphrase));
    let [old, new] = keys;
    found.expect(new.is_ok(), "the new passphrase does not open the account")?;
    let key = match (old, new) {
        (Ok(_), Ok(_)) => return Err("both passphrases open the account".to_owned()),
        (Err(_), Err(error)) => return Err(format!("no passphrase opens the account: {error}")),
        (Ok(key), _) | (_, Ok(key)) => key,
    };
    goes_on(
        &mut account::open_with(found.disk, &key)?,
        "peer",
        &mut peer,
    )
}

/// `init`: there is an account, or `again` creates one.
pub(crate) fn init(found: Found<'_>, again: impl Fn() -> Finding<()>) -> Finding<()> {
    let there = found.disk.join(HOME).join("key").exists();
    found.expect(there, "the account is missing")?;
    if !there {
        again()?;
    }
    let mut me = account::open(found.disk)?;
    // What is in clear, the identity of the device and that of the user, is missing or whole.
    let identity = me.identity().map_err(|error| error.to_string())?;
    let user = me.user_id().map_err(|error| error.to_string())?;
    for (name, expected) in [
        ("identity", format!("{identity}\n")),
        ("user", format!("{user}\n")),
    ] {
        let stated = fs::read_to_string(found.disk.join(HOME).join(name));
        found.expect(stated.is_ok(), &format!("`{name}` is missing"))?;
        if stated.is_ok_and(|stated| stated != expected) {
            return Err(format!("`{name}` states another"));
        }
    }
    let bundle = me.publish(&mut rng()).map_err(|error| error.to_string())?;
    accepts(&mut me, "peer", &bundle)
}

/// Demands that a party can begin to talk to this account with `bundle`.
fn accepts(me: &mut Account, name: &str, bundle: &[u8]) -> Finding<()> {
    let (mut remote, first) = Remote::introduced_by(bundle, &text())?;
    remote::expect(me, name, (&first, &text()))
        .map_err(|error| format!("a message by the bundle: {error}"))?;
    goes_on(me, name, &mut remote)
}

/// Demands that both parties can read what the other writes next.
fn goes_on(me: &mut Account, name: &str, peer: &mut Remote) -> Finding<()> {
    let mut peer = peer.account();
    let question = remote::seal(me, name, b"the next message")?;
    remote::expect(&mut peer, "me", (&question, b"the next message"))
        .map_err(|error| format!("the next message to {name}: {error}"))?;
    let answer = remote::seal(&mut peer, "me", b"an answer")?;
    remote::expect(me, name, (&answer, b"an answer"))
        .map_err(|error| format!("the answer of {name}: {error}"))
}
