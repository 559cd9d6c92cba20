//! The store operations of each client call, the records that it opens, and the bytes in them.
//!
//! Every number here is a promise: a call that reads more than it needs fails the test.
#![expect(clippy::cast_possible_truncation, clippy::panic, reason = "tests")]

#[path = "suite/records_by_hand.rs"]
mod records_by_hand;

use core::cell::Cell;
use core::convert::Infallible;

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag::decode_file_header;
use sprag::limits::MAX_REUSABLE_SESSIONS;
use sprag_client::limits::MAX_FILE_KEY_AGE;
use sprag_client::store::{Batch, Committed, Records};
use sprag_client::{
    Acceptance, Admission, Client, Incoming, IncomingFile, MemoryStore, Outgoing, Received, Sender,
    Stock, Store, StoreKey,
};
use sprag_primitives::SecretBytes;
use sprag_primitives::operations::{counted, hashes};

/// The operations of one call.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Operations {
    /// Single records asked for, and those of them that were there.
    gets: u32,
    found: u32,
    /// Scans by prefix, and the records that they yielded.
    scans: u32,
    scanned: u32,
    /// Bytes of the contents of all records that were read, without nonces and tags.
    bytes: usize,
    commits: u32,
    puts: u32,
    deletes: u32,
}

/// A store in memory that counts.
#[derive(Default)]
struct CountingStore {
    records: MemoryStore,
    operations: Cell<Operations>,
}

/// Bytes that a sealed record has more than its content: a nonce and a tag.
const OVERHEAD: usize = 24 + 16;

impl CountingStore {
    fn count(&self, change: impl FnOnce(&mut Operations)) {
        let mut operations = self.operations.get();
        change(&mut operations);
        self.operations.set(operations);
    }
}

impl Store for CountingStore {
    type Error = Infallible;

    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        let value = self.records.get(name)?;
        self.count(|operations| {
            operations.gets += 1;
            if let Some(value) = &value {
                operations.found += 1;
                operations.bytes += value.len() - OVERHEAD;
            }
        });
        Ok(value)
    }

    fn scan(&self, prefix: &[u8]) -> Result<Records, Infallible> {
        let records = self.records.scan(prefix)?;
        self.count(|operations| {
            operations.scans += 1;
            operations.scanned += records.len() as u32;
            for (_, value) in &records {
                operations.bytes += value.len() - OVERHEAD;
            }
        });
        Ok(records)
    }

    fn commit(&mut self, batch: &Batch) -> Result<Committed, Infallible> {
        self.count(|operations| {
            operations.commits += 1;
            for (_, value) in batch.changes() {
                operations.puts += u32::from(value.is_some());
                operations.deletes += u32::from(value.is_none());
            }
        });
        self.records.commit(batch)
    }
}

type Counted = Client<CountingStore>;

fn client(rng: &mut StdRng) -> Counted {
    let key = StoreKey::generate(rng);
    Client::create(CountingStore::default(), &key, rng).expect("the store is empty")
}

/// Alice, who knows Bob by his bundle, and Bob.
struct Two {
    rng: StdRng,
    alice: Counted,
    bob: Counted,
}

impl Two {
    fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(1);
        let mut alice = client(&mut rng);
        let mut bob = client(&mut rng);
        let bundle = bob.publish(&mut rng).expect("the store is intact");
        alice.add("bob", &bundle, &mut rng).expect("it is genuine");
        Self { rng, alice, bob }
    }

    /// Both after Alice's first message and Bob's answer, nothing unacknowledged.
    fn established() -> Self {
        let mut two = Self::new();
        let first = two.alice_sends(b"first");
        let received = two.bob_receives(&first);
        two.bob.acknowledge(&received.receipt).expect("it is held");
        let answer = two.bob_sends(b"answer");
        let received = two.alice_receives(Sender::Named("bob"), &answer);
        two.alice
            .acknowledge(&received.receipt)
            .expect("it is held");
        two
    }

    fn alice_sends(&mut self, text: &[u8]) -> Vec<u8> {
        let message = self
            .alice
            .encrypt("bob", Outgoing::new(text), &mut self.rng);
        message.expect("she knows Bob")
    }

    fn bob_sends(&mut self, text: &[u8]) -> Vec<u8> {
        let message = self
            .bob
            .encrypt("alice", Outgoing::new(text), &mut self.rng);
        message.expect("he knows Alice")
    }

    fn bob_receives(&mut self, message: &[u8]) -> Received {
        let sender = Sender::Named("alice");
        let received = self
            .bob
            .decrypt(sender, Incoming::new(message), &mut self.rng);
        received.expect("the message is genuine")
    }

    fn alice_receives(&mut self, sender: Sender<'_>, message: &[u8]) -> Received {
        let received = self
            .alice
            .decrypt(sender, Incoming::new(message), &mut self.rng);
        received.expect("the message is genuine")
    }
}

/// Runs a call and demands exactly these operations. Each record that is read is opened once; `openings` are
/// those of headers and bodies of messages.
#[track_caller]
fn costs<T>(
    client: &mut Counted,
    (expected, openings): (Operations, u64),
    call: impl FnOnce(&mut Counted) -> T,
) -> T {
    client.store().operations.set(Operations::default());
    let (result, counts) = counted(|| call(client));
    let operations = client.store().operations.get();
    assert_eq!(operations, expected);
    let records = u64::from(operations.found + operations.scanned);
    assert_eq!(counts.open, records + openings, "openings");
    result
}

#[test]
fn what_is_published_reads_the_account_and_writes_it() {
    let mut two = Two::new();
    let (client, rng) = (&mut two.bob, &mut two.rng);
    let read = Operations {
        gets: 1,
        found: 1,
        bytes: ACCOUNT,
        ..Operations::default()
    };
    let written = Operations {
        commits: 1,
        puts: 1,
        ..read
    };
    costs(client, (read, 0), |bob| bob.identity().expect("intact"));
    costs(client, (read, 0), |bob| {
        bob.one_time_prekeys().expect("intact")
    });
    // The list of the own user goes into a bundle.
    let with_list = |operations: Operations| Operations {
        gets: operations.gets + 1,
        found: operations.found + 1,
        bytes: operations.bytes + OWN_USER,
        ..operations
    };
    costs(client, (with_list(read), 0), |bob| {
        bob.publish_reusable().expect("intact")
    });
    // Nothing was replaced, so that nothing expires. The totals would tell of keys of files that are held.
    let with_totals = |operations: Operations| Operations {
        gets: 2,
        ..operations
    };
    let expired = costs(client, (with_totals(read), 0), |bob| bob.expire(9, rng));
    assert!(!expired.expect("intact"));
    // Two one-time prekeys and their places are written, too.
    let published = Operations { puts: 5, ..written };
    costs(client, (with_list(published), 0), |bob| {
        bob.publish(rng).expect("intact")
    });
    // A rotation looks for readings of the clock.
    let rotated = Operations { gets: 2, ..written };
    costs(client, (rotated, 0), |bob| {
        bob.rotate(5, 5, rng).expect("intact");
    });
    // The sessions that are remembered with keys whose time is up are looked for. There are none.
    let written = Operations {
        bytes: ACCOUNT + 8 + GENERATION,
        scans: 1,
        ..written
    };
    let expired = costs(client, (with_totals(written), 0), |bob| bob.expire(50, rng));
    assert!(expired.expect("intact"));
}

#[test]
fn prekeys_and_keys_of_files_whose_time_is_up_leave_in_one_commit() {
    let mut two = Two::established();
    let file = two.alice.encrypt_file("bob", &mut two.rng);
    let header = file.expect("she knows Bob").header;
    let (header, _) = decode_file_header(&header).expect("it is whole");
    let file = IncomingFile {
        commitment: &header.commitment,
        messages: &header.messages,
        now: 1,
    };
    let received = two.bob.decrypt_file(Sender::AnyPeer, file, &mut two.rng);
    received.expect("the message is genuine");
    two.bob.rotate(1, 5, &mut two.rng).expect("intact");
    // Both are due.
    two.bob.store().operations.set(Operations::default());
    let expired = two.bob.expire(1 + MAX_FILE_KEY_AGE, &mut two.rng);
    assert!(expired.expect("intact"));
    assert_eq!(two.bob.store().operations.get().commits, 1);
    assert!(two.bob.unacknowledged().expect("intact").is_empty());
    assert_eq!(two.bob.expire(u64::MAX, &mut two.rng), Ok(false));
}

/// The length of an account: frame, identity, next number, generation, number of those before it, counts of one-time
/// prekeys and of sessions.
const ACCOUNT: usize = 7 + 32 + 2 * 4 + GENERATION + 4 + 2 * 16 + 4;

/// The length of the own user: most of it is the list of one device, 233 bytes, with its digests.
const OWN_USER: usize = 346;

/// The length of a generation: signed and last-resort prekey, none for X3DH, and a number of sessions.
const GENERATION: usize = 110 + 172 + 1 + 4;

/// The length of a one-time prekey of each kind: place, number, and key or seed with hash.
const ONE_TIME_PREKEYS: usize = (5 + 4 + 32) + (5 + 4 + 64 + 32);

/// Bob after many uploads, and after 10,000 first messages by a reusable bundle if it is crowded.
struct Laden {
    rng: StdRng,
    bob: Counted,
}

impl Laden {
    fn new(uploads: usize, crowded: bool) -> Self {
        let mut rng = StdRng::seed_from_u64(3);
        let secret = SecretBytes::random(&mut rng);
        let key = records_by_hand::key_of(&secret);
        let mut bob = Client::create(MemoryStore::new(), &key, &mut rng).expect("it is empty");
        for _ in 0..uploads {
            let none_left = Stock::default();
            bob.replenish_from(none_left, &mut rng).expect("intact");
        }
        // Somebody has begun a session in each case, so that the totals are there.
        let bundle = bob.publish_reusable().expect("intact");
        let first = first_with(&bundle, &mut rng);
        let sender = Sender::Named("carol");
        bob.decrypt(sender, Incoming::new(&first), &mut rng)
            .expect("it is genuine");
        let mut store = bob.into_store();
        if crowded {
            let number = MAX_REUSABLE_SESSIONS - 1;
            records_by_hand::fill_generation(&mut store, &secret, number);
        }
        let store = CountingStore {
            records: store,
            ..CountingStore::default()
        };
        let bob = Client::open(store, &key).expect("it has an account");
        Self { rng, bob }
    }

    /// The operations of a call.
    fn costs<T>(&mut self, call: impl FnOnce(&mut Counted, &mut StdRng) -> T) -> (T, Operations) {
        self.bob.store().operations.set(Operations::default());
        let result = call(&mut self.bob, &mut self.rng);
        (result, self.bob.store().operations.get())
    }
}

/// A first message of somebody whom nobody knows.
fn first_with(bundle: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let mut sender = client(rng);
    sender.add("bob", bundle, rng).expect("it is genuine");
    let first = sender.encrypt("bob", Outgoing::new(b"1"), rng);
    first.expect("she knows Bob")
}

/// With 0, 500 and 5,000 one-time prekeys of each kind, and with 1 and with 9,999 sessions that are remembered.
#[test]
fn the_cost_of_a_call_does_not_depend_on_how_many_prekeys_and_sessions_there_are() {
    let mut all = Vec::new();
    for (uploads, crowded) in [(0, false), (5, false), (50, false), (0, true), (50, true)] {
        let mut laden = Laden::new(uploads, crowded);
        let (bundle, publishing) = laden.costs(|bob, rng| bob.publish(rng).expect("intact"));
        let (_, x3dh) = laden.costs(|bob, rng| bob.publish_x3dh(rng).expect("intact"));
        let (reusable, publishing_reusable) =
            laden.costs(|bob, _| bob.publish_reusable().expect("intact"));
        let (left, counting) = laden.costs(|bob, _| bob.one_time_prekeys().expect("intact"));
        assert_eq!(
            (left.uploaded_ec, left.uploaded_kem),
            (100 * uploads, 100 * uploads)
        );
        let mut costs = vec![publishing, x3dh, publishing_reusable, counting];
        for (name, bundle) in [("dave", bundle), ("erin", reusable)] {
            let first = first_with(&bundle, &mut laden.rng);
            let mut forged = first.clone();
            *forged.last_mut().expect("it is long") ^= 1;
            let receive = |message: &[u8], laden: &mut Laden| {
                let (message, sender) = (Incoming::new(message), Sender::Named(name));
                laden.costs(|bob, rng| bob.decrypt(sender, message, rng).is_ok())
            };
            for (message, genuine) in [(&forged, false), (&first, true)] {
                let (accepted, operations) = receive(message, &mut laden);
                assert_eq!(accepted, genuine);
                costs.push(operations);
            }
            // A repeat after the session is gone.
            laden.bob.forget(name, &mut laden.rng).expect("intact");
            let (accepted, operations) = receive(&first, &mut laden);
            assert!(!accepted);
            costs.push(operations);
        }
        let (_, rotation) = laden.costs(|bob, rng| bob.rotate(1, 9, rng).expect("intact"));
        costs.push(rotation);
        all.push(costs);
    }
    for costs in &all[1..] {
        assert_eq!(*costs, all[0]);
    }
}

/// An upload writes what it uploads, and at the limit it looks at the places that it takes.
#[test]
fn an_upload_costs_what_it_uploads() {
    let upload = |laden: &mut Laden| {
        let (_, operations) = laden.costs(|bob, rng| {
            let none_left = Stock::default();
            bob.replenish_from(none_left, rng).expect("intact")
        });
        operations
    };
    let written = Operations {
        gets: 2,
        found: 2,
        bytes: ACCOUNT + OWN_USER,
        commits: 1,
        puts: 1 + 2 * 200,
        ..Operations::default()
    };
    for (uploads, crowded) in [(0, false), (5, true), (49, false)] {
        assert_eq!(upload(&mut Laden::new(uploads, crowded)), written);
    }
    let replaced = Operations {
        gets: 2 + 200,
        found: 2 + 200,
        bytes: ACCOUNT + OWN_USER + 200 * 4,
        // The number of a key is read at its place, and that place is put anew.
        deletes: 200,
        ..written
    };
    assert_eq!(upload(&mut Laden::new(50, true)), replaced);
}

/// The invitation that a device may have accepted, whose user is no peer, is looked for as well.
#[test]
fn a_peer_is_added_after_its_three_names_and_what_remained_of_user_and_device_were_read() {
    let mut rng = StdRng::seed_from_u64(1);
    let (mut alice, mut bob) = (client(&mut rng), client(&mut rng));
    let bundle = bob.publish(&mut rng).expect("intact");
    let expected = Operations {
        gets: 6,
        scans: 1,
        commits: 1,
        puts: 4,
        ..Operations::default()
    };
    costs(&mut alice, (expected, 0), |alice| {
        alice.add("bob", &bundle, &mut rng)
    })
    .expect("genuine");
}

#[test]
fn a_first_message_to_a_peer_reads_the_account_once() {
    let mut two = Two::new();
    let expected = Operations {
        gets: 5,
        found: 4,
        scans: 1,
        bytes: 3177,
        commits: 1,
        puts: 3,
        deletes: 1,
        ..Operations::default()
    };
    let rng = &mut two.rng;
    costs(&mut two.alice, (expected, 0), |alice| {
        alice.encrypt("bob", Outgoing::new(b"1"), rng)
    })
    .expect("she knows Bob");
}

#[test]
fn a_later_message_to_a_peer_reads_the_peer_and_its_sessions() {
    let expected = Operations {
        gets: 2,
        found: 2,
        scans: 1,
        scanned: 1,
        bytes: 1307,
        commits: 1,
        puts: 1,
        ..Operations::default()
    };
    let Two {
        mut rng, mut alice, ..
    } = Two::established();
    costs(&mut alice, (expected, 0), |alice| {
        alice.encrypt("bob", Outgoing::new(b"2"), &mut rng)
    })
    .expect("she knows Bob");

    let Two {
        mut rng, mut alice, ..
    } = Two::established();
    costs(&mut alice, (expected, 0), |alice| {
        alice.encrypt_file("bob", &mut rng)
    })
    .expect("she knows Bob");
}

/// The receipt, the id of the session, the account, the two one-time prekeys, and the invitation that the device may have
/// accepted: each is computed or read once. The
/// prekeys leave with their places, and the session is remembered under its id and in its slot.
#[test]
fn a_first_message_from_a_stranger_is_one_straight_walk() {
    let mut two = Two::new();
    let (first, second) = (two.alice_sends(b"1"), two.alice_sends(b"2"));
    let expected = Operations {
        gets: 13,
        found: 3,
        scans: 2,
        bytes: ACCOUNT + ONE_TIME_PREKEYS,
        commits: 1,
        puts: 11,
        deletes: 4,
        ..Operations::default()
    };
    let rng = &mut two.rng;
    let receive = |bob: &mut Counted, message: &[u8], rng: &mut StdRng| {
        let sender = Sender::Named("alice");
        let received = bob.decrypt(sender, Incoming::new(message), rng);
        received.expect("the message is genuine")
    };
    let (_, digests) =
        hashes(|| costs(&mut two.bob, (expected, 3), |bob| receive(bob, &first, rng)));
    let of = "of the receipt, the session id, the message, the list that came and its user";
    assert_eq!(digests, 5, "{of}");

    // A repeat of the handshake is of the session that it began, whose id leads to the peer.
    let expected = Operations {
        gets: 5,
        found: 4,
        scans: 1,
        scanned: 1,
        bytes: 948,
        commits: 1,
        puts: 4,
        ..Operations::default()
    };
    let (_, digests) = hashes(|| {
        costs(&mut two.bob, (expected, 2), |bob| {
            receive(bob, &second, rng)
        })
    });
    let of = "of the receipt, the session id, the message, the list that came again and its user";
    assert_eq!(digests, 5, "{of}");

    // A message that is held is read, and its sender compared.
    let expected = Operations {
        gets: 2,
        found: 2,
        bytes: 312,
        ..Operations::default()
    };
    costs(&mut two.bob, (expected, 0), |bob| receive(bob, &first, rng));
}

#[test]
fn a_later_message_reads_the_peer_its_sessions_and_the_totals_however_many_are_held() {
    let mut two = Two::established();
    let by_name = |bytes| Operations {
        gets: 3,
        found: 2,
        scans: 1,
        scanned: 1,
        bytes,
        commits: 1,
        puts: 4,
        ..Operations::default()
    };
    // The session remembers the messages before by 8 bytes each.
    let bytes = |before: usize| 993 + 8 * before;
    for before in 0..25 {
        let message = two.bob_sends(b"more");
        let rng = &mut two.rng;
        let (_, digests) = hashes(|| {
            costs(&mut two.alice, (by_name(bytes(before)), 2), |alice| {
                let sender = Sender::Named("bob");
                let received = alice.decrypt(sender, Incoming::new(&message), rng);
                received.expect("the message is genuine")
            })
        });
        assert_eq!(digests, 2, "of the receipt and the message");
    }
    // From any peer, the name of the sender is looked up as well.
    let message = two.bob_sends(b"more");
    let expected = Operations {
        gets: 4,
        found: 3,
        bytes: 3 + bytes(25),
        ..by_name(0)
    };
    let rng = &mut two.rng;
    costs(&mut two.alice, (expected, 2), |alice| {
        alice.decrypt(Sender::AnyPeer, Incoming::new(&message), rng)
    })
    .expect("the message is genuine");
}

/// Acknowledging does not lower the totals, so after as many messages as may be held they are counted anew.
#[test]
fn the_messages_held_are_counted_anew_when_their_totals_reach_the_limit() {
    let mut two = Two::established();
    let mut scans = Vec::new();
    for number in 0..600 {
        let message = two.bob_sends(b"more");
        two.alice.store().operations.set(Operations::default());
        let received = two.alice_receives(Sender::Named("bob"), &message);
        let operations = two.alice.store().operations.get();
        if operations.scans > 1 {
            scans.push((number, operations.scanned));
        }
        two.alice
            .acknowledge(&received.receipt)
            .expect("it is held");
    }
    // The first answer was counted, too; a scan finds the session and nothing that is held.
    assert_eq!(scans, [(255, 1), (511, 1)]);
}

#[test]
fn acknowledging_reads_nothing() {
    let mut two = Two::new();
    let first = two.alice_sends(b"1");
    let received = two.bob_receives(&first);
    let expected = Operations {
        commits: 1,
        deletes: 2,
        ..Operations::default()
    };
    costs(&mut two.bob, (expected, 0), |bob| {
        bob.acknowledge(&received.receipt)
    })
    .expect("held");
}

#[test]
fn the_state_of_a_peer_is_its_record_and_its_sessions() {
    let mut two = Two::established();
    let by_name = Operations {
        gets: 1,
        found: 1,
        scans: 1,
        scanned: 1,
        bytes: 961,
        ..Operations::default()
    };
    costs(&mut two.alice, (by_name, 0), |alice| alice.status("bob")).expect("intact");
    let all = Operations {
        scans: 2,
        scanned: 2,
        bytes: 961,
        ..Operations::default()
    };
    costs(&mut two.alice, (all, 0), |alice| alice.peers()).expect("intact");
}

#[test]
fn what_is_owed_to_one_peer_reads_the_sessions_of_that_peer_alone() {
    let mut two = Two::established();
    for name in ["carol", "dave", "eve"] {
        let bundle = client(&mut two.rng).publish(&mut two.rng).expect("intact");
        { two.alice.add(name, &bundle, &mut two.rng) }.expect("it is genuine");
        let message = Outgoing::new(b"first");
        { two.alice.encrypt(name, message, &mut two.rng) }.expect("she knows the name");
    }
    // The own user and all peers.
    let parties = Operations {
        gets: 1,
        found: 1,
        scans: 1,
        scanned: 4,
        bytes: 1945,
        ..Operations::default()
    };
    let of_one = Operations {
        scans: parties.scans + 1,
        scanned: parties.scanned + 1,
        bytes: 2507,
        ..parties
    };
    costs(&mut two.alice, (of_one, 0), |alice| {
        alice.owed_to(|name| name == Some("bob"))
    })
    .expect("intact");
    costs(&mut two.alice, (parties, 0), |alice| {
        alice.owed_to(|_| false)
    })
    .expect("intact");
}

/// Another device of Bob's, linked by him.
fn linked(two: &mut Two) -> Counted {
    let rng = &mut two.rng;
    let invitation = two.bob.invite(0, 1, rng).expect("he has the user key");
    let acceptance = Acceptance {
        invitation: &invitation.bytes,
        code: &invitation.code,
        name: "laptop",
        now: 0,
    };
    let (store, key) = (CountingStore::default(), StoreKey::generate(rng));
    let accepted = Client::accept_invitation(store, &key, acceptance, rng);
    let (mut laptop, accepted) = accepted.expect("the invitation is genuine");
    let admission = Admission {
        acceptance: &accepted.message,
        digits: &accepted.digits,
        now: 0,
    };
    let linked = two.bob.admit(admission, rng).expect("all is genuine");
    let welcomed = laptop.accept_welcome(&linked.welcome, 0, rng);
    welcomed.expect("it waits for this");
    laptop
}

#[test]
fn a_device_reads_its_account_and_one_record_for_each_device_that_it_may_have_to_tell() {
    let mut two = Two::established();
    let mut laptop = linked(&mut two);
    let is_own = |name: Option<&str>| name.is_none();
    // The own user, the account, what Bob was told, and the peers and the sessions with Bob, of which there is one.
    let owed = Operations {
        gets: 3,
        found: 3,
        scans: 2,
        scanned: 2,
        bytes: 1839,
        ..Operations::default()
    };
    let nothing = costs(&mut laptop, (owed, 0), |laptop| laptop.owed_to(is_own));
    assert_eq!(nothing, Ok(Vec::new()));
    // Bob was there before and tells nobody of prekeys. His list is due, so that he looks for what remained of the device.
    let of_bob = Operations {
        gets: 2,
        found: 1,
        bytes: 1493,
        ..owed
    };
    costs(&mut two.bob, (of_bob, 0), |bob| bob.owed_to(is_own)).expect("intact");
    // The message brings no more than the session with it, and the record of what Bob was told. The bundle is made of the
    // account and the list, and bundles of others are looked for.
    laptop.rotate(0, 0, &mut two.rng).expect("intact");
    let written = Operations {
        gets: 6,
        found: 5,
        scans: 4,
        scanned: 3,
        bytes: 3281,
        commits: 1,
        puts: 2,
        ..owed
    };
    let rng = &mut two.rng;
    let message = costs(&mut laptop, (written, 0), |laptop| {
        laptop.write_owed_to(is_own, rng)
    });
    let message = &message.expect("intact")[0].message.message;
    // Bob tries the message in his two sessions. He reads the record of the device that he hands on, and writes it.
    let read = Operations {
        gets: 4,
        found: 3,
        scans: 2,
        scanned: 3,
        bytes: 4096,
        commits: 1,
        puts: 3,
        deletes: 1,
    };
    let received = costs(&mut two.bob, (read, 5), |bob| {
        bob.decrypt(Sender::AnyPeer, Incoming::new(message), rng)
    });
    received.expect("it is genuine");
}

#[test]
fn forgetting_reads_what_it_deletes() {
    let mut two = Two::established();
    for _ in 0..3 {
        let message = two.bob_sends(b"more");
        two.alice_receives(Sender::Named("bob"), &message);
    }
    let expected = Operations {
        gets: 3,
        found: 2,
        scans: 2,
        scanned: 4,
        bytes: 1284,
        commits: 1,
        puts: 3,
        deletes: 12,
    };
    let rng = &mut two.rng;
    costs(&mut two.alice, (expected, 0), |alice| {
        alice.forget("bob", rng)
    })
    .expect("intact");
}
