//! A party acts on its own history alone. So each history of a party is played once, and combined with every
//! history that the other party may have had in the meantime.

use std::collections::{BTreeSet, HashMap, HashSet};

use rand::Rng;
use sprag::{Account, SessionId};
use sprag_client::{Client, Incoming, MemoryStore, Outgoing, Sender, StoreKey};

use crate::support::{ordinal, rng};
use crate::two_clients::{MemoryClient, Two, records};

const NAMES: [&str; 2] = ["alice", "bob"];

/// An event in the history of a party.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Event {
    Send,
    /// The letter of this index arrives.
    Arrive(usize),
}

/// The state of a party after a history.
#[derive(Clone)]
struct Moment {
    store: MemoryStore,
    sends_left: usize,
    copies_left: usize,
    sent: Vec<usize>,
    received: BTreeSet<usize>,
}

struct Letter {
    bytes: Vec<u8>,
    plaintext: Vec<u8>,
    /// Ordinal and id of the session that it repeats the beginning of.
    begins: Option<(u32, SessionId)>,
}

struct Model {
    seed: u64,
    keys: [StoreKey; 2],
    /// The accounts at the start, which can read every first message.
    accounts: [Account; 2],
    /// Messages that were on their way to each party at the start.
    flying: [Vec<usize>; 2],
    letters: Vec<Letter>,
    moments: [Vec<Moment>; 2],
    next: [HashMap<(usize, Event), usize>; 2],
    /// The session that a party sends in at a moment.
    sending: [HashMap<usize, SessionId>; 2],
}

impl Model {
    /// A model in which each party sends `sends` letters, and `copies` letters arrive at it again.
    fn new(seed: u64, start: Start, (sends, copies): ([usize; 2], usize)) -> Self {
        let Start {
            stores,
            keys,
            accounts,
            ..
        } = start;
        let mut letters = Vec::new();
        let mut receivers = accounts.iter();
        let flying = start.flying.map(|flying| {
            let first = letters.len();
            let receiver = receivers.next().expect("there are two parties");
            let flying = flying.into_iter();
            letters.extend(flying.map(|letter| Letter::new(letter, receiver)));
            (first..letters.len()).collect()
        });
        let mut sends = sends.into_iter();
        let moments = stores.map(|store| {
            vec![Moment {
                store,
                sends_left: sends.next().unwrap_or(0),
                copies_left: copies,
                sent: Vec::new(),
                received: BTreeSet::new(),
            }]
        });
        Self {
            seed,
            keys,
            accounts,
            flying,
            letters,
            moments,
            next: [HashMap::new(), HashMap::new()],
            sending: [HashMap::new(), HashMap::new()],
        }
    }

    /// The events that can happen to `party` when the other party is at the moment `other`.
    fn events(&self, party: usize, (own, other): (usize, usize)) -> Vec<Event> {
        let moment = &self.moments[party][own];
        let mut events = Vec::new();
        if moment.sends_left > 0 {
            events.push(Event::Send);
        }
        let letters = self.flying[party]
            .iter()
            .chain(&self.moments[1 - party][other].sent);
        for letter in letters {
            if !moment.received.contains(letter) || moment.copies_left > 0 {
                events.push(Event::Arrive(*letter));
            }
        }
        events
    }

    /// The moment of `party` after `event`.
    fn step(&mut self, party: usize, own: usize, event: Event) -> usize {
        if let Some(next) = self.next[party].get(&(own, event)) {
            return *next;
        }
        let mut moment = self.moments[party][own].clone();
        match event {
            Event::Send => {
                let letter = self.send(party, &mut moment);
                moment.sends_left -= 1;
                moment.sent.push(letter);
            }
            Event::Arrive(letter) => {
                let id = self.deliver(party, &mut moment, letter);
                if moment.received.insert(letter) {
                    assert!(id.is_some(), "a message is lost");
                } else {
                    assert!(id.is_none(), "a message is read twice");
                    moment.copies_left -= 1;
                }
            }
        }
        let next = self.moments[party].len();
        self.moments[party].push(moment);
        self.next[party].insert((own, event), next);
        next
    }

    fn client(&self, party: usize, moment: &Moment) -> MemoryClient {
        Client::open(moment.store.clone(), &self.keys[party]).expect("the store has an account")
    }

    fn send(&mut self, party: usize, moment: &mut Moment) -> usize {
        let mut rng = rng(self.seed + (party + 2 * self.moments[party].len()) as u64);
        let mut plaintext = [0; 8];
        rng.fill_bytes(&mut plaintext);
        let mut client = self.client(party, moment);
        let sent = client.encrypt(NAMES[1 - party], Outgoing::new(&plaintext), &mut rng);
        moment.store = client.into_store();
        let sent = sent.expect("a session or a bundle is there");
        let letter = Letter::new((sent, plaintext.to_vec()), &self.accounts[1 - party]);
        self.letters.push(letter);
        self.letters.len() - 1
    }

    /// The session of a letter that `party` reads, or `None` if it is refused and nothing changes.
    fn deliver(&self, party: usize, moment: &mut Moment, letter: usize) -> Option<SessionId> {
        let mut rng = rng(self.seed ^ letter as u64);
        let letter = &self.letters[letter];
        let mut client = self.client(party, moment);
        let before = records(&client);
        let sender = Sender::Named(NAMES[1 - party]);
        let received = client.decrypt(sender, Incoming::new(&letter.bytes), &mut rng);
        let Ok(received) = received else {
            assert_eq!(records(&client), before);
            return None;
        };
        assert_eq!(received.opened.plaintext, letter.plaintext);
        let acknowledged = client.acknowledge(&received.receipt);
        acknowledged.expect("nobody else writes");
        moment.store = client.into_store();
        Some(received.opened.session_id)
    }

    /// The session that `party` sends in, as a peer sees that has received all messages.
    fn sends_in(&mut self, party: usize, (own, other): (usize, usize)) -> SessionId {
        if let Some(id) = self.sending[party].get(&own) {
            return *id;
        }
        let mut sender = self.moments[party][own].clone();
        let letter = self.send(party, &mut sender);
        let mut receiver = self.moments[1 - party][other].clone();
        let id = self.deliver(1 - party, &mut receiver, letter);
        let id = id.expect("the peer has every session");
        self.sending[party].insert(own, id);
        id
    }

    /// Plays all orders. At the end of each, every letter was read once and both send in the session of
    /// the highest ordinal and, of those, of the smallest id. Returns these sessions.
    fn explore(&mut self, before: Option<(u32, SessionId)>) -> Vec<Ending> {
        let mut seen = HashSet::new();
        let mut open = vec![(0, 0)];
        let mut endings = Vec::new();
        while let Some((alice, bob)) = open.pop() {
            if !seen.insert((alice, bob)) {
                continue;
            }
            for event in self.events(0, (alice, bob)) {
                open.push((self.step(0, alice, event), bob));
            }
            for event in self.events(1, (bob, alice)) {
                open.push((alice, self.step(1, bob, event)));
            }
            if self.is_at_rest(alice, bob) {
                endings.push(self.ending(before, (alice, bob)));
            }
        }
        endings
    }

    fn is_at_rest(&self, alice: usize, bob: usize) -> bool {
        [(0, alice, bob), (1, bob, alice)]
            .iter()
            .all(|(party, own, other)| {
                let own = &self.moments[*party][*own];
                let mut coming = self.flying[*party]
                    .iter()
                    .chain(&self.moments[1 - party][*other].sent);
                own.sends_left == 0 && coming.all(|letter| own.received.contains(letter))
            })
    }

    fn ending(&mut self, before: Option<(u32, SessionId)>, at: (usize, usize)) -> Ending {
        let (alice, bob) = at;
        let begun: BTreeSet<_> = [self.sessions(0, alice), self.sessions(1, bob)]
            .concat()
            .into_iter()
            .collect();
        let rank = |(ordinal, id): &(u32, SessionId)| (*ordinal, core::cmp::Reverse(*id));
        let best = begun.iter().copied().chain(before).max_by_key(rank);
        let (ordinal, best) = best.expect("there is a session");
        assert_eq!(self.sends_in(0, (alice, bob)), best);
        assert_eq!(self.sends_in(1, (bob, alice)), best);
        Ending {
            ordinal,
            rivals: begun.iter().filter(|(other, _)| *other == ordinal).count(),
            by_alice: self.sessions(0, alice).contains(&(ordinal, best)),
        }
    }

    /// The sessions that `party` began until that moment.
    fn sessions(&self, party: usize, own: usize) -> Vec<(u32, SessionId)> {
        let sent = self.moments[party][own].sent.iter();
        sent.filter_map(|letter| self.letters[*letter].begins)
            .collect()
    }
}

impl Letter {
    fn new((bytes, plaintext): (Vec<u8>, Vec<u8>), receiver: &Account) -> Self {
        let begins = sprag_wire::decode_prekey_message(&bytes)
            .ok()
            .map(|decoded| decoded.handshake)
            .map(|handshake| (ordinal(&bytes, receiver), handshake.session_id()));
        Self {
            bytes,
            plaintext,
            begins,
        }
    }
}

/// The session that both parties send in at the end.
struct Ending {
    ordinal: u32,
    /// The number of sessions of this ordinal.
    rivals: usize,
    /// Set if Alice began it.
    by_alice: bool,
}

/// Two clients at the start, and the messages on their way to each.
struct Start {
    stores: [MemoryStore; 2],
    keys: [StoreKey; 2],
    accounts: [Account; 2],
    flying: [Vec<(Vec<u8>, Vec<u8>)>; 2],
}

impl Start {
    fn new(two: Two, flying: [Vec<(Vec<u8>, Vec<u8>)>; 2]) -> Self {
        Self {
            accounts: two.accounts(),
            stores: [two.alice.into_store(), two.bob.into_store()],
            keys: [two.alice_key, two.bob_key],
            flying,
        }
    }
}

/// Explores both cases of the tie between two sessions, each in `least` orders or more.
fn explore_both_cases(
    start: impl Fn(u64) -> (Start, Option<(u32, SessionId)>),
    bounds: ([usize; 2], usize),
    least: usize,
) {
    let mut winners = BTreeSet::new();
    let mut seed = 500;
    while winners.len() < 2 {
        let (start, before) = start(seed);
        let mut model = Model::new(seed, start, bounds);
        let endings = model.explore(before);
        assert!(endings.len() >= least, "{}", endings.len());
        let ties = endings.iter().filter(|ending| ending.rivals == 2);
        winners.extend(ties.map(|ending| ending.by_alice));
        seed += 1_000;
    }
}

fn first_meeting(seed: u64) -> (Start, Option<(u32, SessionId)>) {
    let mut two = Two::new(seed);
    two.bob_adds();
    (Start::new(two, Default::default()), None)
}

#[test]
fn two_who_begin_at_once_come_to_one_session_in_every_order() {
    explore_both_cases(first_meeting, ([2, 2], 1), 100);
}

#[test]
fn two_who_begin_at_once_and_go_on_come_to_one_session_in_every_order() {
    explore_both_cases(first_meeting, ([3, 2], 0), 100);
}

/// The session that both are in.
fn current(two: &mut Two) -> (u32, SessionId) {
    let message = two.alice_sends(b"which session");
    let received = two.bob_reads(&message).expect("both are in one session");
    two.bob.acknowledge(&received.receipt).expect("it is held");
    (1, received.opened.session_id)
}

#[test]
fn two_who_renew_at_once_come_to_one_session_in_every_order() {
    let renewing = |seed| {
        let mut two = Two::established(seed);
        let before = current(&mut two);
        two.alice_renews();
        two.bob_renews();
        (Start::new(two, Default::default()), Some(before))
    };
    explore_both_cases(renewing, ([2, 2], 1), 100);
}

#[test]
fn a_renewal_wins_over_old_messages_on_their_way_in_every_order() {
    let mut two = Two::established(501);
    let before = current(&mut two);
    let letter = |bytes: Vec<u8>, plaintext: &[u8]| (bytes, plaintext.to_vec());
    let to_alice = vec![letter(two.bob_sends(b"old, to Alice"), b"old, to Alice")];
    let to_bob = vec![
        letter(two.alice_sends(b"old, to Bob"), b"old, to Bob"),
        letter(two.alice_sends(b"older"), b"older"),
    ];
    two.alice_renews();
    let start = Start::new(two, [to_alice, to_bob]);
    let mut model = Model::new(501, start, ([2, 1], 0));
    let endings = model.explore(Some(before));
    assert!(endings.len() > 100, "{}", endings.len());
    for ending in endings {
        assert_eq!((ending.ordinal, ending.rivals), (2, 1));
        assert!(ending.by_alice);
    }
}
