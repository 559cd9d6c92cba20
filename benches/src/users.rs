//! Measurements of a client with many users of three devices each.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag_client::{Client, Incoming, MemoryStore, Outgoing, Sender, StoreKey};

use crate::backend::Backend;
use crate::comparison::shown;
use crate::handshake::PLAINTEXT;
use crate::measure::{Subject, in_turns};

type MemoryClient = Client<MemoryStore>;

/// The numbers of users that one store has.
const USERS: [usize; 3] = [10, 200, 2_000];

const ROUNDS: u32 = 20;

/// The table of encrypting to a user, and of receiving from one, by the number of users that are known.
pub(crate) fn run() -> String {
    let rows = USERS.map(|users| {
        eprintln!("users {users} ..");
        let [encrypt, by_name, from_any] = measured(users);
        format!("| {users} | {encrypt} | {by_name} | {from_any} |\n")
    });
    let head = "| users of three devices | encrypt to one | receive by name | receive from any |\n|--:|--:|--:|--:|\n";
    head.to_owned() + &rows.concat()
}

/// Measures a client that has a session with each device of `users` users.
fn measured(users: usize) -> [String; 3] {
    let mut rng = StdRng::seed_from_u64(60);
    let mut client = created(&mut rng);
    let mut last = None;
    for number in 0..users {
        last = Some(acquainted(&mut client, &format!("user {number}"), &mut rng));
    }
    // The last user answers in the session.
    let name = format!("user {}", users - 1);
    let mut peer = last.expect("there are users");
    let mut answers = Vec::new();
    for _ in 0..=2 * ROUNDS {
        let sent = peer.encrypt_to_user("client", Outgoing::new(PLAINTEXT), &mut rng);
        let sent = sent.expect("the client is known");
        let message = sent.messages.into_iter().find(|message| !message.own);
        answers.push(message.expect("it is for the client").message);
    }
    // Each subject goes on with a copy of the store, which the others do not change.
    let store = client.store().clone();
    let copies = [(); 3].map(|()| Client::open(store.clone(), &key()).expect("intact"));
    let [mut encrypting, mut naming, mut asking] = copies;
    let (to, from) = (name.clone(), name);
    let mut own_rng = StdRng::seed_from_u64(61);
    let encrypt = Subject::new(Backend::Portable, move || {
        encrypting
            .encrypt_to_user(&to, Outgoing::new(PLAINTEXT), &mut own_rng)
            .expect("the user is known")
    });
    let (mut by_name, mut from_any) = (answers.clone().into_iter(), answers.into_iter());
    let mut own_rng = StdRng::seed_from_u64(62);
    let named = Subject::new(Backend::Portable, move || {
        let message = by_name.next().expect("there are enough");
        receive(&mut naming, Sender::Named(&from), &message, &mut own_rng);
    });
    let mut own_rng = StdRng::seed_from_u64(63);
    let any = Subject::new(Backend::Portable, move || {
        let message = from_any.next().expect("there are enough");
        receive(&mut asking, Sender::AnyPeer, &message, &mut own_rng);
    });
    let times = in_turns(&mut [encrypt, named, any], ROUNDS, 1);
    let mut shown = times.iter().map(|times| shown(times.median()));
    [(); 3].map(|()| shown.next().expect("three were measured"))
}

/// A client of a user with one device.
fn created(rng: &mut StdRng) -> MemoryClient {
    Client::create(MemoryStore::new(), &key(), rng).expect("the store is empty")
}

/// Makes a user with three devices, with each of which `client` begins a session. The first device has read its message.
fn acquainted(client: &mut MemoryClient, name: &str, rng: &mut StdRng) -> MemoryClient {
    let mut first = created(rng);
    let mut bundles = Vec::new();
    for _ in 1..3 {
        let device = Client::create_device(MemoryStore::new(), &key(), 0, rng);
        let mut device = device.expect("the store is empty");
        let list = first.device_list().expect("it has a user");
        let signed = device.sign_device(list.user(), list.next_number(), rng);
        let signed = signed.expect("it has no user");
        let list = first.admit_device(signed, 0, rng).expect("there is room");
        device.join(list, rng).expect("it is listed");
        bundles.push(device.publish_reusable().expect("intact"));
    }
    bundles.push(first.publish_reusable().expect("intact"));
    for bundle in &bundles {
        client.add(name, bundle, rng).expect("it is genuine");
    }
    let sent = client.encrypt_to_user(name, Outgoing::new(PLAINTEXT), rng);
    let sent = sent.expect("the user is known");
    let identity = first.identity().expect("intact");
    let mut messages = sent.messages.iter();
    let message = messages.find(|message| message.identity == identity);
    let message = &message.expect("all were reached").message;
    receive(&mut first, Sender::Named("client"), message, rng);
    first
}

fn receive(client: &mut MemoryClient, sender: Sender<'_>, message: &[u8], rng: &mut StdRng) {
    let received = client.decrypt(sender, Incoming::new(message), rng);
    assert_eq!(received.expect("it is genuine").opened.plaintext, PLAINTEXT);
}

/// The key of every store here, which holds no secret.
fn key() -> StoreKey {
    StoreKey::from_bytes(&[5; 32])
}
