use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sprag_client::store::{Batch, Committed, Records};
use sprag_client::{Client, ClientError, Store};
use sprag_store::{Error, RedbStore};

use crate::stored::{Stored, done, key, of, store, with_passphrase};
use crate::support::{Account, Two, assert_refused};

const FORMAT_1: Stored = Stored("format-1");

const CARRIED_OVER: &str = "sprag: this account was carried over from an earlier version: ";

#[test]
fn an_account_of_the_first_format_is_carried_over_once_and_reads_what_is_on_its_way() {
    let two = Two::new();
    let [alice, bob] = ["alice", "bob"].map(|name| FORMAT_1.home(&two, name));
    let first = String::from_utf8(of(&bob, &["status"], b"").stderr).unwrap();
    assert!(
        first.starts_with(CARRIED_OVER) && first.lines().count() == 1,
        "{first}"
    );
    assert!(of(&bob, &["status"], b"").stderr.is_empty());
    let file = |name: &str| FORMAT_1.file(name);
    assert_eq!(
        done(&bob, &["decrypt"], &file("to-bob.sprag")),
        b"to Bob, on its way\n"
    );
    assert_eq!(
        done(&bob, &["decrypt"], &file("held.sprag")),
        b"its key is held\n"
    );
    assert_eq!(
        done(&alice, &["decrypt"], &file("to-alice.sprag")),
        b"to Alice, on its way\n"
    );
    // The identity is as before.
    let object: serde_json::Value =
        serde_json::from_slice(&done(&alice, &["id", "--json"], b"")).unwrap();
    let identity = fs::read_to_string(FORMAT_1.path("alice").join("identity")).unwrap();
    assert_eq!(object["identity"], identity.trim_end());
    // What begins a session and what has no list is refused.
    let early = of(&alice, &["decrypt"], &file("from-carol.sprag"));
    assert_refused(
        &early,
        "by an earlier version of sprag and begins a session",
    );
    refuses_an_early_bundle(&alice, &file("bob.bundle"));
    // Nothing is sent before new bundles.
    assert_refused(
        &of(&alice, &["encrypt", "bob"], b"x"),
        "there is no session with bob to send in",
    );
    let bundle = done(&bob, &["bundle"], b"");
    done(&alice, &["add", "bob", "-"], &bundle);
    let message = done(&alice, &["encrypt", "bob"], b"anew");
    assert_eq!(done(&bob, &["decrypt"], &message), b"anew");
    let answer = done(&bob, &["encrypt", "alice"], b"answer");
    assert_eq!(done(&alice, &["decrypt"], &answer), b"answer");
}

/// Has an account be given a bundle of an earlier version, in binary and in armored form.
fn refuses_an_early_bundle(account: &Account, bundle: &[u8]) {
    let lines: Vec<String> = BASE64_STANDARD
        .encode(bundle)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8(line.to_vec()).unwrap())
        .collect();
    let armored = format!(
        "-----BEGIN SPRAG BUNDLE-----\n{}\n-----END SPRAG BUNDLE-----\n",
        lines.join("\n")
    );
    for bundle in [bundle, armored.as_bytes()] {
        let refused = of(account, &["add", "bob", "-"], bundle);
        assert_refused(&refused, "is of an earlier version of sprag");
        assert_refused(&refused, "ask the peer for a new bundle");
        assert_eq!(refused.status.code(), Some(3));
    }
    // One that was damaged is said to be.
    let mut damaged = bundle.to_vec();
    damaged[100] ^= 1;
    let refused = of(account, &["add", "bob", "-"], &damaged);
    assert_refused(&refused, "input was damaged on the way");
}

#[test]
fn an_account_of_the_first_format_that_may_not_be_written_is_left_as_it_is() {
    let two = Two::new();
    let alice = FORMAT_1.home(&two, "alice");
    let before = fs::read(alice.home.join("store")).unwrap();
    let user = two.ordinary_user();
    fs::set_permissions(alice.home.join("store"), fs::Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(&alice.home, fs::Permissions::from_mode(0o500)).unwrap();
    let output = with_passphrase(user.command(&alice, &["status"]), b"");
    fs::set_permissions(&alice.home, fs::Permissions::from_mode(0o700)).unwrap();
    assert_refused(
        &output,
        "of an earlier version, and its folder may not be written",
    );
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(fs::read(alice.home.join("store")).unwrap(), before);
}

/// A store whose commits fail, after which everything or nothing was written.
struct Failing {
    store: RedbStore,
    writes: bool,
}

impl Store for Failing {
    type Error = Error;

    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.store.get(name)
    }

    fn scan(&self, prefix: &[u8]) -> Result<Records, Error> {
        self.store.scan(prefix)
    }

    fn commit(&mut self, batch: &Batch) -> Result<Committed, Error> {
        if self.writes {
            assert_eq!(self.store.commit(batch)?, Committed::Done);
        }
        Err(Error::Interrupted)
    }
}

#[test]
fn an_account_that_is_carried_over_is_so_wholly_or_not_at_all() {
    let two = Two::new();
    for (name, writes) in [("alice", false), ("bob", true)] {
        let account = FORMAT_1.home(&two, name);
        let (store, key) = (store(&account), key(&account));
        let store = Failing { store, writes };
        let mut rng = StdRng::seed_from_u64(70);
        let carried = Client::carry_over(store, &key, 0, &mut rng);
        assert!(matches!(
            carried,
            Err(ClientError::Store(Error::Interrupted))
        ));
        // The next command finds the account of one format or the other, and goes on.
        let status = of(&account, &["status"], b"");
        assert!(status.status.success(), "{status:?}");
        let told = String::from_utf8(status.stderr).unwrap();
        assert_eq!(told.starts_with(CARRIED_OVER), !writes, "{told}");
        let file = FORMAT_1.file(&format!("to-{name}.sprag"));
        assert!(done(&account, &["decrypt"], &file).ends_with(b", on its way\n"));
    }
}
