use core::cell::Cell;
use std::rc::Rc;

use rand::rngs::StdRng;
use sprag_client::{
    Admission, Client, ClientError, DeviceNumber, Incoming, MemoryStore, Outgoing, Reason,
    Recovery, Sender, SigningStatus, Store as _, StoreKey,
};
use sprag_devices::{DeviceList, Revoked};

use crate::devices::{second_device, user_key, with_other_list};
use crate::linking::accepts;
use crate::second_writers::SharedStore;
use crate::support::rng;
use crate::two_clients::{MemoryClient, Refusal, Two, client};

type Writer = Client<SharedStore>;
type Outcome = Result<(), Refusal>;

/// The store that two programs write to, with its key.
struct Shared {
    store: MemoryStore,
    key: Rc<StoreKey>,
}

impl Shared {
    fn new(client: MemoryClient, key: StoreKey) -> Self {
        Self {
            store: client.into_store(),
            key: Rc::new(key),
        }
    }

    fn opened(&self, store: SharedStore) -> Writer {
        Client::open(store, &self.key).expect("it has an account")
    }

    /// Lets `second` act before each of the calls of `first` to the store, in one run each. Before the last call, which is
    /// the commit, it must be in the way. Whenever `first` fails it must have changed nothing.
    #[track_caller]
    fn conflict(
        &self,
        first: impl Fn(&mut Writer, &mut StdRng) -> Outcome,
        second: impl Fn(&mut Writer, &mut StdRng) -> Outcome + 'static,
    ) {
        let second = Rc::new(second);
        // The records as the second program leaves them.
        let store = SharedStore::new(self.store.clone());
        let acts = second(&mut self.opened(store.clone()), &mut rng(2));
        assert_eq!(acts, Ok(()));
        let of_second = store.scan(&[]);
        let mut last = None;
        for call in 0.. {
            let store = SharedStore::new(self.store.clone());
            let mut writer = self.opened(store.clone());
            let mut other = self.opened(store.alone());
            let (act, acted) = (second.clone(), Rc::new(Cell::new(false)));
            let tells = acted.clone();
            let act = move || tells.set(act(&mut other, &mut rng(2)).is_ok());
            store.before_call(call, Box::new(act));
            let outcome = first(&mut writer, &mut rng(1));
            if !acted.get() {
                // Alone, the first one is done.
                assert_eq!(outcome, Ok(()));
                break;
            }
            if outcome.is_err() {
                let records = store.alone().scan(&[]);
                assert_eq!(records, of_second, "before call {call}: {outcome:?}");
            }
            last = Some(outcome);
        }
        assert_eq!(last, Some(Err(ClientError::Conflict)));
    }
}

fn adds(name: &'static str, bundle: &[u8]) -> impl Fn(&mut Writer, &mut StdRng) -> Outcome + use<> {
    let bundle = bundle.to_vec();
    move |client, rng| client.add(name, &bundle, rng).map(drop)
}

fn writes(client: &mut Writer, rng: &mut StdRng) -> Outcome {
    let text = Outgoing::new(b"for Bob");
    client.encrypt_to_user("bob", text, rng).map(drop)
}

fn verifies(client: &mut Writer, rng: &mut StdRng) -> Outcome {
    client.confirm_safety_number("bob", rng)
}

/// Bob's bundles with three lists of his: with one device, with his laptop as well, and with the laptop alone.
struct Bundles {
    two: Two,
    one: Vec<u8>,
    both: Vec<u8>,
    laptop: Vec<u8>,
    /// The bundle of the laptop when there were two devices.
    laptop_of_both: Vec<u8>,
}

impl Bundles {
    fn new(seed: u64) -> Self {
        let mut two = Two::established(seed);
        let one = two.bob.publish_reusable().unwrap();
        let first = two.bob.device_list().unwrap().devices()[0];
        let laptop = second_device(&mut two);
        let both = two.bob.publish_reusable().unwrap();
        let laptop_of_both = laptop.publish_reusable().unwrap();
        let retired = Revoked {
            number: first.number,
            reason: Reason::Retired,
        };
        let list = two.bob.device_list().unwrap();
        let list = list.without_device(&user_key(&two), retired, 0).unwrap();
        Self {
            laptop: with_other_list(&laptop_of_both, &list),
            two,
            one,
            both,
            laptop_of_both,
        }
    }

    /// A bundle with another list of the version of the first one.
    fn equivocating(&self) -> Vec<u8> {
        let [_, bob] = self.two.accounts();
        let snapshot = bob.snapshot();
        let pair = &snapshot.expose()[14..][..32];
        let pair = sprag_primitives::snapshot::Snapshot::from_snapshot(pair).unwrap();
        let list = DeviceList::first(&user_key(&self.two), &pair, 77, &mut rng(3));
        with_other_list(&self.one, &list)
    }

    /// The store of somebody who knows nobody.
    fn of_stranger(&mut self) -> Shared {
        let (client, key) = client(&mut self.two.rng);
        Shared::new(client, key)
    }

    /// The store of somebody who knows Bob by this bundle.
    fn of_peer(&mut self, bundle: &[u8]) -> Shared {
        let (mut client, key) = client(&mut self.two.rng);
        client.add("bob", bundle, &mut self.two.rng).unwrap();
        Shared::new(client, key)
    }
}

/// An account that is no user's device yet.
fn device_without_user(two: &mut Two) -> (MemoryClient, StoreKey) {
    let key = StoreKey::generate(&mut two.rng);
    let client = Client::create_device(MemoryStore::new(), &key, 0, &mut two.rng);
    (client.expect("the store is empty"), key)
}

#[test]
fn a_user_gets_one_name_of_two_writers_who_know_no_device_in_common() {
    let mut bundles = Bundles::new(950);
    let shared = bundles.of_stranger();
    let (one, laptop) = (bundles.one.clone(), bundles.laptop.clone());
    shared.conflict(adds("bob", &one), adds("robert", &laptop));
}

#[test]
fn an_older_list_does_not_come_back_when_the_user_is_forgotten_in_the_meantime() {
    let mut bundles = Bundles::new(951);
    let one = bundles.one.clone();
    // Nothing is left of the user at first, or an older remainder.
    let forgotten = {
        let (mut client, key) = client(&mut bundles.two.rng);
        client.add("bob", &one, &mut bundles.two.rng).unwrap();
        client.forget("bob", &mut bundles.two.rng).unwrap();
        Shared::new(client, key)
    };
    for shared in [bundles.of_stranger(), forgotten] {
        let add = adds("bob", &bundles.laptop);
        shared.conflict(adds("bob", &one), move |client, rng| {
            add(client, rng)?;
            client.forget("bob", rng)
        });
    }
}

#[test]
fn the_remainder_of_a_user_is_of_the_newest_list() {
    let mut bundles = Bundles::new(952);
    let (one, both) = (bundles.one.clone(), bundles.both.clone());
    let shared = bundles.of_peer(&one);
    shared.conflict(|client, rng| client.forget("bob", rng), adds("bob", &both));
}

#[test]
fn nothing_is_sent_by_a_list_that_was_replaced_in_the_meantime() {
    let mut bundles = Bundles::new(953);
    let (one, both) = (bundles.one.clone(), bundles.both.clone());
    let laptop = bundles.laptop_of_both.clone();
    let shared = bundles.of_peer(&one);
    shared.conflict(writes, adds("bob", &both));
    shared.conflict(writes, adds("bob", &laptop));
    shared.conflict(verifies, adds("bob", &both));
}

#[test]
fn nothing_is_sent_after_evidence_that_was_kept_in_the_meantime() {
    let mut bundles = Bundles::new(954);
    let one = bundles.one.clone();
    let shared = bundles.of_peer(&one);
    let add = adds("bob", &bundles.equivocating());
    let keeps = Rc::new(
        move |client: &mut Writer, rng: &mut StdRng| match add(client, rng) {
            Err(ClientError::Equivocation(_)) => Ok(()),
            other => other,
        },
    );
    let second = keeps.clone();
    shared.conflict(writes, move |client, rng| second(client, rng));
    let second = keeps.clone();
    shared.conflict(verifies, move |client, rng| second(client, rng));
    // Evidence is kept beside the state that it changes, or not at all.
    let first = keeps.clone();
    shared.conflict(|client, rng| first(client, rng), verifies);
    shared.conflict(
        |client, rng| first(client, rng),
        |client, rng| client.forget("bob", rng),
    );
    // It is dismissed as it was seen.
    let mut client = shared.opened(SharedStore::new(shared.store.clone()));
    keeps(&mut client, &mut rng(4)).unwrap();
    let store = client.into_store().records();
    let shared = Shared {
        store,
        key: shared.key,
    };
    let both = bundles.both.clone();
    shared.conflict(
        |client, rng| client.dismiss_evidence("bob", rng),
        adds("bob", &both),
    );
    shared.conflict(
        |client, rng| client.dismiss_evidence("bob", rng),
        |client, rng| client.forget("bob", rng),
    );
}

#[test]
fn a_session_does_not_begin_with_a_bundle_that_was_replaced_in_the_meantime() {
    let mut bundles = Bundles::new(955);
    let (one, another) = (
        bundles.two.bob.publish(&mut bundles.two.rng).unwrap(),
        bundles.two.bob.publish(&mut bundles.two.rng).unwrap(),
    );
    let shared = bundles.of_peer(&one);
    shared.conflict(writes, adds("bob", &another));
    shared.conflict(adds("bob", &another), writes);
    shared.conflict(writes, writes);
}

#[test]
fn the_own_user_is_changed_by_one_writer_at_a_time() {
    let mut two = Two::established(956);
    let (desk, _) = device_without_user(&mut two);
    let (tablet, _) = device_without_user(&mut two);
    let list = two.bob.device_list().unwrap();
    let mut signed = |device: &MemoryClient| {
        let device = device.sign_device(list.user(), list.next_number(), &mut two.rng);
        device.unwrap()
    };
    let (of_desk, of_tablet) = (signed(&desk), signed(&tablet));
    let shared = Shared::new(two.bob, two.bob_key);
    let admits = |device| {
        move |client: &mut Writer, rng: &mut StdRng| client.admit_device(device, 0, rng).map(drop)
    };
    shared.conflict(admits(of_desk), admits(of_tablet));
    // A message would not be copied to the new device, and a bundle would have the older list.
    let writes = |client: &mut Writer, rng: &mut StdRng| {
        let text = Outgoing::new(b"for Alice");
        client.encrypt_to_user("alice", text, rng).map(drop)
    };
    shared.conflict(writes, admits(of_tablet));
}

#[test]
fn an_account_joins_one_user() {
    let mut two = Two::established(957);
    let (desk, key) = device_without_user(&mut two);
    let mut lists = Vec::new();
    for client in [&mut two.alice, &mut two.bob] {
        let list = client.device_list().unwrap();
        let device = desk.sign_device(list.user(), list.next_number(), &mut two.rng);
        lists.push(
            client
                .admit_device(device.unwrap(), 0, &mut two.rng)
                .unwrap(),
        );
    }
    let joins = |list: DeviceList| {
        move |client: &mut Writer, rng: &mut StdRng| client.join(list.clone(), rng)
    };
    let shared = Shared::new(desk, key);
    shared.conflict(joins(lists[0].clone()), joins(lists[1].clone()));
}

/// A store that was put back signs by what peers have said, and by nothing that changes before the list is kept.
#[test]
fn nothing_is_signed_by_a_word_that_another_one_takes_back_in_the_meantime() {
    let mut two = Two::established(958);
    let (_, linked) = two.bob_links();
    let (mut carol, _) = client(&mut two.rng);
    // Bob is put back. Alice says that she knows the list that he has, and Carol that she knows a newer one.
    let backup = two.bob.store().clone();
    let (_, later) = two.bob_links();
    let newer = two.bob.publish_reusable().unwrap();
    let newer = sprag_wire::decode_bundle(&newer).unwrap().list.to_vec();
    two.bob = Client::open(backup, &two.bob_key).unwrap();
    two.bob.mark_restored(0, &mut two.rng).unwrap();
    let bundle = two.bob.publish_reusable().unwrap();
    two.alice.renew("bob", &bundle, &mut two.rng).unwrap();
    let sent = two
        .alice
        .encrypt_to_user("bob", Outgoing::new(b"hi"), &mut two.rng)
        .unwrap();
    two.bob_reads(&sent.messages[0].message).unwrap();
    assert_eq!(two.bob.signing(), Ok(SigningStatus::Signs));
    let newest = DeviceList::decode(&newer).unwrap();
    assert_eq!(newest.version(), later.list.version());
    carol
        .add("bob", &with_other_list(&bundle, &newest), &mut two.rng)
        .unwrap();
    let sent = carol
        .encrypt_to_user("bob", Outgoing::new(b"hi"), &mut two.rng)
        .unwrap();
    let message = sent.messages[0].message.clone();
    // Carol is known as a peer.
    let bundle = carol.publish(&mut two.rng).unwrap();
    two.bob.add("carol", &bundle, &mut two.rng).unwrap();
    let shared = Shared::new(two.bob, two.bob_key);
    let lost = Revoked {
        number: linked.device.number,
        reason: Reason::Lost,
    };
    shared.conflict(
        move |client, rng| client.revoke(lost, 0, rng).map(drop),
        move |client, rng| {
            let incoming = Incoming::new(&message);
            client
                .decrypt(Sender::Named("carol"), incoming, rng)
                .map(drop)
        },
    );
}

#[test]
fn the_list_is_signed_by_one_writer_at_a_time() {
    const TABLET: u32 = 2;
    let mut two = Two::established(959);
    two.bob_links();
    two.bob_links();
    let invitation = two.bob_invites();
    let (_, _, accepted) = accepts(&mut two, &invitation);
    let admits = move |client: &mut Writer, rng: &mut StdRng| {
        let admission = Admission {
            acceptance: &accepted.message,
            digits: &accepted.digits,
            now: 1_800_000_060,
        };
        client.admit(admission, rng).map(drop)
    };
    let admits = Rc::new(admits);
    let revokes = |number| {
        move |client: &mut Writer, rng: &mut StdRng| {
            let lost = Revoked {
                number: DeviceNumber::new(number),
                reason: Reason::Lost,
            };
            client.revoke(lost, 0, rng).map(drop)
        }
    };
    let grants = |number| {
        move |client: &mut Writer, rng: &mut StdRng| {
            client.grant(DeviceNumber::new(number), rng).map(drop)
        }
    };
    let invites = |client: &mut Writer, rng: &mut StdRng| client.invite(0, 600, rng).map(drop);
    let shared = Shared::new(two.bob, two.bob_key);
    let admit = admits.clone();
    shared.conflict(revokes(TABLET), move |client, rng| admit(client, rng));
    let admit = admits.clone();
    shared.conflict(move |client, rng| admit(client, rng), revokes(TABLET));
    let admit = admits.clone();
    shared.conflict(move |client, rng| admit(client, rng), invites);
    let admit = admits.clone();
    shared.conflict(move |client, rng| admit(client, rng), grants(1));
    shared.conflict(grants(1), grants(TABLET));
    shared.conflict(grants(1), grants(1));
    shared.conflict(revokes(TABLET), grants(1));
    shared.conflict(grants(1), revokes(TABLET));
    shared.conflict(invites, invites);
    shared.conflict(invites, restores);
    shared.conflict(restores, invites);
    shared.conflict(restores, revokes(TABLET));
    shared.conflict(revokes(TABLET), restores);
}

#[test]
fn the_user_key_is_taken_by_one_writer_at_a_time() {
    let mut two = Two::established(960);
    let invitation = two.bob_invites();
    let (mut laptop, key, accepted) = accepts(&mut two, &invitation);
    let linked = two.bob_admits(&accepted).unwrap();
    laptop
        .accept_welcome(&linked.welcome, 0, &mut two.rng)
        .unwrap();
    let file = two.bob.export_recovery(b"pass", &mut two.rng).unwrap();
    let recovery = Rc::new(Recovery::open(&file, b"pass").unwrap());
    let imports =
        move |client: &mut Writer, rng: &mut StdRng| client.import_user_key(&recovery, rng);
    let number = linked.device.number;
    let granted = two.bob.grant(number, &mut two.rng).unwrap();
    let takes = move |client: &mut Writer, rng: &mut StdRng| {
        client.accept_welcome(&granted.message, 0, rng).map(drop)
    };
    let (takes, imports) = (Rc::new(takes), Rc::new(imports));
    let shared = Shared::new(laptop, key);
    let take = takes.clone();
    shared.conflict(move |client, rng| take(client, rng), restores);
    let (take, import) = (takes.clone(), imports.clone());
    shared.conflict(
        move |client, rng| import(client, rng),
        move |client, rng| take(client, rng),
    );
    let import = imports.clone();
    shared.conflict(move |client, rng| import(client, rng), restores);
}

fn restores(client: &mut Writer, rng: &mut StdRng) -> Outcome {
    client.mark_restored(0, rng)
}
