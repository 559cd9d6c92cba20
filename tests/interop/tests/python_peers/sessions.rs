//! Several sessions of two parties: a client of ours and a Python party come to the same one.

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sprag_client::{Added, Client, Incoming, MemoryStore, Outgoing, Sender, StoreKey};

use crate::peer::Peer;
use crate::their_user::TheirUser;

/// Each run has other session ids, on which the choice depends.
const RUNS: u64 = 8;

/// The Python party's names for the sessions: the one that our client began, and the one that it began itself.
const OURS: &str = "ours";
const THEIRS: &str = "theirs";

/// Both sessions win in some of the runs.
#[test]
fn both_send_in_the_same_session_when_both_begin_at_once() {
    let mut winners = Vec::new();
    for seed in 0..RUNS {
        let Some(peer) = Peer::start() else {
            return;
        };
        let mut sessions = Sessions::begin_at_once(peer, 1, seed);
        let winner = sessions.preferred();
        sessions.assert_both_send_in(&winner);
        winners.push(winner);
    }
    for name in [OURS, THEIRS] {
        assert!(winners.iter().any(|winner| winner == name), "{name}");
    }
}

#[test]
fn both_send_in_the_session_with_the_higher_ordinal() {
    for seed in 0..RUNS {
        let Some(peer) = Peer::start() else {
            return;
        };
        // A client that knows no session begins with ordinal 1.
        let mut sessions = Sessions::begin_at_once(peer, 2, seed);
        sessions.assert_both_send_in(THEIRS);
    }
}

/// The client takes the next ordinal after that of the session which the Python party began.
#[test]
fn both_go_over_to_the_session_that_ours_begins_anew() {
    let Some(peer) = Peer::start() else {
        return;
    };
    // The client ranks a session at most 1,000 above what it knows, so up to there the next ordinal is the next rank.
    let mut sessions = Sessions::begin_at_once(peer, 1_001, 1);
    sessions.assert_both_send_in(THEIRS);
    let bundle = sessions.theirs_publishes(20);
    let renewed = sessions
        .client
        .renew("peer", &bundle, &mut sessions.rng)
        .expect("the bundle is valid");
    assert_eq!(renewed.added, Added::Renewed);
    let first = sessions.ours_encrypts();
    let ordinal = sessions.theirs_accepts("anew", &first);
    assert_eq!(ordinal, 1_002);
    sessions.assert_both_send_in("anew");
}

/// A client of ours and a Python party.
struct Sessions {
    client: Client<MemoryStore>,
    peer: Peer,
    user: TheirUser,
    /// The Python party's names for the sessions, in the order in which they began.
    names: Vec<&'static str>,
    rng: StdRng,
}

impl Sessions {
    /// Lets both begin a session before either has a message of the other. The client begins with ordinal 1, the
    /// Python party with `ordinal`.
    fn begin_at_once(mut peer: Peer, ordinal: u32, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let key = StoreKey::generate(&mut rng);
        let client = Client::create(MemoryStore::new(), &key, &mut rng);
        let mut sessions = Self {
            client: client.expect("the store is empty"),
            user: TheirUser::new(&mut peer, 1, &[""]),
            peer,
            names: vec![THEIRS],
            rng,
        };
        // Both have a bundle of the other, and begin.
        let bundle = sessions.theirs_publishes(1);
        let added = sessions.client.add("peer", &bundle, &mut sessions.rng);
        assert_eq!(added.expect("the bundle is valid").added, Added::New);
        let bundle = sessions.client.publish(&mut sessions.rng);
        let bundle = bundle.expect("the store works");
        let ours = sessions.ours_encrypts();
        let theirs = sessions.theirs_begins(&bundle, ordinal);
        // The first messages arrive.
        assert_eq!(sessions.theirs_accepts(OURS, &ours), 1);
        sessions.ours_reads(&theirs);
        sessions
    }

    /// A new bundle of the Python party, whose prekeys have the numbers from `first` on.
    fn theirs_publishes(&mut self, first: u32) -> Vec<u8> {
        self.user.publish(&mut self.peer, "", first)
    }

    fn theirs_begins(&mut self, bundle: &[u8], ordinal: u32) -> Vec<u8> {
        let mut fields = self.text_fields(THEIRS);
        fields["bundle"] = hex::encode(bundle).into();
        fields["ordinal"] = ordinal.into();
        self.peer.answer("content_begin", fields).bytes("message")
    }

    /// Lets the Python party accept a session under a new name, and returns the ordinal.
    fn theirs_accepts(&mut self, name: &'static str, first: &[u8]) -> u32 {
        self.names.push(name);
        let fields = message_fields(name, first);
        self.peer.answer("content_accept", fields).number("ordinal")
    }

    fn ours_encrypts(&mut self) -> Vec<u8> {
        let outgoing = Outgoing::new(b"text");
        let sent = self.client.encrypt("peer", outgoing, &mut self.rng);
        sent.expect("the client can send")
    }

    fn ours_reads(&mut self, message: &[u8]) {
        let sender = Sender::Named("peer");
        let received = self
            .client
            .decrypt(sender, Incoming::new(message), &mut self.rng);
        let received = received.expect("the message is authentic");
        assert_eq!(received.opened.plaintext, b"text");
        let acknowledged = self.client.acknowledge(&received.receipt);
        acknowledged.expect("the store works");
    }

    fn text_fields(&self, name: &str) -> Value {
        let mut fields = self.user.content(0, b"text");
        fields["session"] = name.into();
        fields["account"] = "".into();
        fields
    }

    /// The session that the Python party sends in.
    fn preferred(&mut self) -> String {
        let fields = json!({ "sessions": self.names });
        let chosen = self.peer.answer("wire_prefer", fields).into_value();
        let name = chosen["session"].as_str();
        name.expect("the field is text").to_owned()
    }

    /// Demands that both send in the session `name`, and that they go on so.
    fn assert_both_send_in(&mut self, name: &str) {
        for _ in 0..3 {
            let sent = self.ours_encrypts();
            for other in self.names.clone() {
                let opened = self
                    .peer
                    .ask("content_decrypt", message_fields(other, &sent));
                assert_eq!(opened.is_ok(), other == name, "{other}, not {name}");
            }
            assert_eq!(self.preferred(), name);
            let fields = self.text_fields(name);
            let sent = self.peer.answer("content_encrypt", fields);
            self.ours_reads(&sent.bytes("message"));
        }
    }
}

/// The fields of a request with the session `name` of the Python party's one account.
fn message_fields(name: &str, message: &[u8]) -> Value {
    json!({
        "session": name,
        "account": "",
        "message": hex::encode(message),
        "associated_data": "",
    })
}
