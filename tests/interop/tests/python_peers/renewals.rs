//! Renewal of sessions between a client of ours and a device of a Python user: either side asks for a new session or begins
//! one, and ours ignores or refuses what the other side must not ask for.

use core::convert::Infallible;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sprag_client::{
    Client, ClientError, ContentKind, Incoming, MemoryStore, Outgoing, Owed, OwedKind, Received,
    RenewReason, RepairOutcome, Sender, StoreKey,
};

use crate::peer::{Peer, bytes};
use crate::their_user::TheirUser;

const TEXT: u8 = 0;
const RENEW: u8 = 3;
const NOTHING: u8 = 10;

const REQUEST: u8 = 0;
const RENEWAL: u8 = 1;

const GAP: u8 = 1;
const FORK: u8 = 2;

/// The device of the Python user, and the peer's name for it.
const PHONE: &str = "phone";

/// The most messages of a chain that a receiver steps over.
const MAX_SKIP: u32 = 25_000;

/// The most requests of a device that are granted without a text between them.
const MAX_REQUESTS: u32 = 8;

#[test]
fn a_request_of_theirs_is_granted_by_a_renewal() {
    let Some(mut parties) = Parties::in_session(1) else {
        return;
    };
    let received = parties.theirs_requests(json!({})).unwrap();
    assert_eq!(
        (received.content, received.requested),
        (ContentKind::Renew, Some(RenewReason::Fork))
    );
    assert_eq!(received.unread, [[7; 32]]);
    assert_eq!(parties.owed(), [OwedKind::Renewal]);
    let message = parties.writes_owed();
    let renewed = parties
        .theirs_accepts_renewal("second", (&["first"], &[]), &message)
        .unwrap();
    let renew = parties.peer.answer("renewal_read", renewed).into_value();
    assert_eq!(
        (&renew["role"], &renew["reason"]),
        (&json!(RENEWAL), &json!(FORK))
    );
    // Theirs answers with nothing, and then both send in the new session.
    let answer = parties.user.content(NOTHING, b"");
    let received = parties.theirs_sends("second", answer).unwrap();
    assert_eq!(received.content, ContentKind::Nothing);
    assert_eq!(parties.owed(), []);
    parties.both_read_in("second");
}

/// The text is the first message of the new session, so that nothing else needs to be sent.
#[test]
fn a_request_of_theirs_is_granted_by_a_text() {
    let Some(mut parties) = Parties::in_session(2) else {
        return;
    };
    parties.theirs_requests(json!({})).unwrap();
    let text = parties.ours_sends(b"text");
    assert_eq!(parties.owed(), []);
    let fields = message_fields("second", &text);
    let accepted = parties.peer.answer("content_accept", fields).into_value();
    assert_eq!(
        (&accepted["kind"], bytes(&accepted, "payload")),
        (&json!(TEXT), b"text".to_vec())
    );
    assert_eq!(accepted["ordinal"], 2);
    parties
        .theirs_sends("second", parties.user.content(TEXT, b"answer"))
        .unwrap();
    parties.both_read_in("second");
}

#[test]
fn ours_asks_for_a_new_session_after_a_gap_and_gets_it() {
    let Some(mut parties) = Parties::in_session(3) else {
        return;
    };
    let fields = json!({ "session": "first", "count": MAX_SKIP + 1 });
    parties.peer.answer("wire_skip", fields);
    let lost = parties.theirs_encrypts("first", parties.user.content(TEXT, b"lost"));
    let refused = parties.ours_reads(&lost);
    assert_refusal(refused, "Protocol(Ratchet(TooManySkipped))", "a gap");
    parties.ours_is_renewed_for(GAP, &[lost]);
}

/// The session may be lost on the other side, so that ours asks for nothing in it, but begins another one.
#[test]
fn ours_begins_a_new_session_after_a_fork() {
    let Some(mut parties) = Parties::in_session(4) else {
        return;
    };
    // Theirs is put back to the state before a chain that it has sent a message of, and begins another one.
    let text = parties.ours_sends(b"text");
    parties.theirs_decrypts("first", &text);
    parties
        .peer
        .answer("wire_copy", json!({ "session": "first", "copy": "old" }));
    parties
        .theirs_sends("first", parties.user.content(TEXT, b"one"))
        .unwrap();
    let forked = parties.theirs_encrypts("old", parties.user.content(TEXT, b"other"));
    let refused = parties.ours_reads(&forked);
    assert_refusal(refused, "Protocol(Ratchet(Forked))", "a fork");
    assert_eq!(parties.owed(), [OwedKind::Offer]);
    let bundle = parties.bundle(json!({ "created": 6 }));
    parties
        .client
        .add("theirs", &bundle, &mut parties.rng)
        .unwrap();
    assert_eq!(parties.owed(), [OwedKind::Renewal]);
    let renewal = parties.writes_owed();
    let content = parties
        .theirs_accepts_renewal("second", (&["first"], &[]), &renewal)
        .unwrap();
    parties.assert_renews(&content, (RENEWAL, FORK), &[forked]);
    parties
        .theirs_sends("second", parties.user.content(NOTHING, b""))
        .unwrap();
    parties.both_read_in("second");
}

/// Nothing shows that the messages are of theirs, so that nothing is sent for them.
#[test]
fn ours_asks_for_nothing_after_a_message_that_anybody_can_send() {
    let Some(mut parties) = Parties::in_session(5) else {
        return;
    };
    let mut altered = parties.theirs_encrypts("first", parties.user.content(TEXT, b"text"));
    altered[10] ^= 1;
    for _ in 0..5 {
        assert!(parties.ours_reads(&altered).is_err());
    }
    assert_eq!(parties.owed(), []);
    // Anybody can put another body behind the header of a message that was read.
    let mut altered = parties.theirs_encrypts("first", parties.user.content(TEXT, b"text"));
    parties.ours_reads(&altered).unwrap();
    *altered.last_mut().unwrap() ^= 1;
    assert!(parties.ours_reads(&altered).is_err());
    assert_eq!(parties.owed(), []);
}

/// The ordinal is that of the first session, so that only the renewal gives the new one its rank.
#[test]
fn a_renewal_of_theirs_ranks_above_all_and_is_answered() {
    for answered_by_text in [false, true] {
        let Some(mut parties) = Parties::in_session(6) else {
            return;
        };
        let (older, renewal) = (parties.older.clone(), parties.renewal());
        let received = parties.theirs_begins_by(&older, 1, renewal).unwrap();
        assert_eq!(received.renewed, Some(RenewReason::Fork));
        assert!(received.new_session);
        let message = if answered_by_text {
            parties.ours_sends(b"answer")
        } else {
            assert_eq!(parties.owed(), [OwedKind::Answer]);
            parties.writes_owed()
        };
        assert_eq!(parties.owed(), []);
        let kind = if answered_by_text { TEXT } else { NOTHING };
        assert_eq!(parties.theirs_decrypts("second", &message)["kind"], kind);
        parties.both_read_in("second");
    }
}

/// Each request is authentic. After all of them the session goes on, and a right one is granted.
#[test]
fn ours_grants_no_request_with_another_bundle() {
    let Some(mut parties) = Parties::in_session(7) else {
        return;
    };
    let other = TheirUser::new(&mut parties.peer, 99, &["stranger", PHONE]);
    let strangers = other.publish(&mut parties.peer, "stranger", 50);
    let mut damaged = parties.bundle(json!({}));
    damaged[100] ^= 1;
    let of_another_user = hex::encode(&other.list);
    for (what, reason, bundle) in [
        ("of another device", "ForeignBundle", strangers),
        (
            "with a list of another user",
            "List(OtherUser)",
            parties.bundle(json!({ "list": of_another_user })),
        ),
        (
            "without a list",
            "NoDeviceList",
            parties.bundle(json!({ "list": "" })),
        ),
        (
            "older than one that is known",
            "OldBundle",
            parties.bundle(json!({ "created": 4 })),
        ),
        (
            "with prekeys that were used",
            "UsedBundle",
            parties.first.clone(),
        ),
        ("that is damaged", "Protocol(Wire(Damaged))", damaged),
        ("that is missing", "Protocol(Wire(Truncated))", Vec::new()),
    ] {
        let received = parties.theirs_requests(json!({ "bundle": hex::encode(bundle) }));
        assert_refusal(received, reason, what);
        assert_eq!(parties.owed(), [], "{what}");
    }
    parties.both_read_in("first");
    parties.theirs_requests(json!({})).unwrap();
    assert_eq!(parties.owed(), [OwedKind::Renewal]);
}

#[test]
fn ours_refuses_contents_that_renew_nothing() {
    let Some(mut parties) = Parties::in_session(8) else {
        return;
    };
    let renew = |payload: &[u8], parties: &Parties| parties.user.content(RENEW, payload);
    for (what, reason, content) in [
        (
            "a renewal in a session that goes on",
            "MisplacedRenewal",
            renew(&[RENEWAL, FORK, 0, 0], &parties),
        ),
        (
            "another role",
            "Protocol(Wire(Malformed))",
            renew(&[2, FORK, 0, 0], &parties),
        ),
        (
            "no reason",
            "Protocol(Wire(Malformed))",
            renew(&[RENEWAL, 0, 0, 0], &parties),
        ),
        (
            "another reason",
            "Protocol(Wire(Malformed))",
            renew(&[RENEWAL, 5, 0, 0], &parties),
        ),
        (
            "a renewal with a bundle",
            "Protocol(Wire(Malformed))",
            renew(&[RENEWAL, FORK, 0, 1, 7], &parties),
        ),
        (
            "nothing with a payload",
            "Protocol(Wire(Trailing))",
            parties.user.content(NOTHING, b"x"),
        ),
    ] {
        let refused = parties.theirs_sends("first", content);
        assert_refusal(refused, reason, what);
        assert_eq!(parties.owed(), [], "{what}");
    }
    let many = [&[RENEWAL, FORK, 33][..], &[7; 32 * 33], &[0]].concat();
    let content = renew(&many, &parties);
    let refused = parties.theirs_begins(2, content);
    assert_refusal(refused, "Protocol(Wire(Oversized))", "33 messages");
    parties.both_read_in("first");
}

/// Theirs sends the requests in the session that was there before, for example a thief of that session.
#[test]
fn ours_ignores_requests_in_an_old_session() {
    let Some(mut parties) = Parties::in_session(9) else {
        return;
    };
    parties
        .theirs_begins(2, parties.user.content_with_list(TEXT, b"new"))
        .unwrap();
    parties.both_read_in("second");
    parties.session = "first";
    let received = parties.theirs_requests(json!({})).unwrap();
    assert_eq!((received.old_session, received.requested), (true, None));
    assert_eq!(parties.owed(), []);
    parties.session = "second";
    let received = parties.theirs_requests(json!({})).unwrap();
    assert_eq!(received.requested, Some(RenewReason::Fork));
    assert_eq!(parties.owed(), [OwedKind::Renewal]);
}

#[test]
fn ours_ignores_a_request_while_its_own_renewal_is_unanswered() {
    let Some(mut parties) = Parties::in_session(10) else {
        return;
    };
    parties.theirs_requests(json!({})).unwrap();
    let renewal = parties.writes_owed();
    // Theirs has not read it, and asks again.
    let received = parties.theirs_requests(json!({})).unwrap();
    assert_eq!(received.requested, None);
    assert_eq!(parties.owed(), []);
    parties
        .theirs_accepts_renewal("second", (&["first"], &[]), &renewal)
        .unwrap();
    parties
        .theirs_sends("second", parties.user.content(NOTHING, b""))
        .unwrap();
    parties.session = "second";
    let received = parties.theirs_requests(json!({})).unwrap();
    assert_eq!(received.requested, Some(RenewReason::Fork));
}

/// Each of the two begins a session in the place of the first before it reads that of the other. A renewal of one's own that
/// is unanswered is none of the sessions that the other one ranks above, so that the ids decide.
#[test]
fn two_renewals_at_once_come_to_one_session() {
    for seed in 20..28 {
        let Some(mut parties) = Parties::in_session(seed) else {
            return;
        };
        let bundle = parties.bundle(json!({ "created": 6 }));
        parties
            .client
            .add("theirs", &bundle, &mut parties.rng)
            .unwrap();
        let repairs = parties.client.repair("theirs", 9, &mut parties.rng);
        let [repair] = &repairs.unwrap()[..] else {
            panic!("theirs has one device");
        };
        let RepairOutcome::Renewal(renewal) = repair.outcome.clone() else {
            panic!("{repair:?}");
        };
        let (older, renewal_of_theirs) = (parties.older.clone(), parties.renewal());
        let received = parties
            .theirs_begins_by(&older, 2, renewal_of_theirs)
            .unwrap();
        assert_eq!(received.renewed, Some(RenewReason::Fork));
        parties
            .theirs_accepts_renewal("third", (&["first", "second"], &["second"]), &renewal)
            .unwrap();
        // Two texts each way, and then both send in the same session.
        for _ in 0..2 {
            let session = parties.theirs_prefers(&["first", "second", "third"]);
            parties
                .theirs_sends(&session, parties.user.content(TEXT, b"text"))
                .unwrap();
            parties.theirs_finds(&["second", "third"]);
        }
        let session = parties.theirs_prefers(&["first", "second", "third"]);
        assert_eq!(
            parties.theirs_finds(&["second", "third"]),
            session,
            "{seed}"
        );
    }
}

/// A renewal answers each request, and no text comes between them until the last one.
#[test]
fn ours_grants_eight_requests_without_a_text() {
    let Some(mut parties) = Parties::in_session(11) else {
        return;
    };
    let names = ["first", "1", "2", "3", "4", "5", "6", "7", "8"];
    for pair in names.windows(2) {
        parties.session = pair[0];
        let received = parties.theirs_requests(json!({})).unwrap();
        assert_eq!(received.requested, Some(RenewReason::Fork), "{}", pair[0]);
        let renewal = parties.writes_owed();
        parties
            .theirs_accepts_renewal(pair[1], (&[pair[0]], &[]), &renewal)
            .unwrap();
        parties
            .theirs_sends(pair[1], parties.user.content(NOTHING, b""))
            .unwrap();
    }
    assert_eq!(names.len() - 1, MAX_REQUESTS as usize);
    parties.session = "8";
    let received = parties.theirs_requests(json!({})).unwrap();
    assert_eq!((received.requested, parties.owed()), (None, vec![]));
    parties
        .theirs_sends("8", parties.user.content(TEXT, b"text"))
        .unwrap();
    let received = parties.theirs_requests(json!({})).unwrap();
    assert_eq!(received.requested, Some(RenewReason::Fork));
}

/// Our client has a bundle of theirs, and is told by its user to begin anew.
#[test]
fn ours_renews_by_hand_with_a_bundle_and_by_an_offer_without_one() {
    let Some(mut parties) = Parties::in_session(12) else {
        return;
    };
    let repairs = parties
        .client
        .repair("theirs", 9, &mut parties.rng)
        .unwrap();
    let RepairOutcome::Offer(offer) = &repairs[0].outcome else {
        panic!("{repairs:?}");
    };
    // Theirs begins by the offer, as by any bundle.
    let content = parties.user.content_with_list(TEXT, b"by the offer");
    let received = parties.theirs_begins_by(offer, 2, content).unwrap();
    assert_eq!(received.opened.plaintext, b"by the offer");
    parties.both_read_in("second");
    let bundle = parties.bundle(json!({ "created": 6 }));
    parties
        .client
        .add("theirs", &bundle, &mut parties.rng)
        .unwrap();
    let repairs = parties
        .client
        .repair("theirs", 9, &mut parties.rng)
        .unwrap();
    let RepairOutcome::Renewal(renewal) = &repairs[0].outcome else {
        panic!("{repairs:?}");
    };
    parties
        .theirs_accepts_renewal("third", (&["first", "second"], &[]), renewal)
        .unwrap();
    parties
        .theirs_sends("third", parties.user.content(NOTHING, b""))
        .unwrap();
    parties.both_read_in("third");
}

/// A client of ours, which knows the Python user as "theirs", and that user's phone, which keeps its sessions under names.
struct Parties {
    client: Client<MemoryStore>,
    peer: Peer,
    user: TheirUser,
    rng: StdRng,
    /// The session that theirs sends requests in.
    session: &'static str,
    /// The bundle by which ours began the first session.
    first: Vec<u8>,
    /// A bundle of ours that is older than the first session, so that its prekeys tell nothing of the order of sessions.
    older: Vec<u8>,
    /// The number of the next prekey of theirs.
    next_prekey: u32,
}

impl Parties {
    /// The two have the session "first", which ours began and in which both have sent. Its prekeys have the numbers from 1 on,
    /// and were made at 5.
    fn in_session(seed: u64) -> Option<Self> {
        let mut peer = Peer::start()?;
        let mut rng = StdRng::seed_from_u64(seed);
        let key = StoreKey::generate(&mut rng);
        let client = Client::create(MemoryStore::new(), &key, &mut rng);
        let user = TheirUser::new(&mut peer, 1, &[PHONE]);
        let mut parties = Self {
            client: client.expect("the store is empty"),
            peer,
            user,
            rng,
            session: "first",
            first: Vec::new(),
            older: Vec::new(),
            next_prekey: 1,
        };
        let older = parties.client.publish(&mut parties.rng);
        parties.older = older.expect("the account works");
        parties.first = parties.bundle(json!({}));
        let added = parties
            .client
            .add("theirs", &parties.first, &mut parties.rng);
        added.expect("the bundle is valid");
        let first = parties.ours_sends(b"first");
        parties
            .peer
            .answer("content_accept", message_fields("first", &first));
        let answered = parties.theirs_sends("first", parties.user.content(TEXT, b"answer"));
        answered.expect("the message is authentic");
        Some(parties)
    }

    /// A bundle of theirs for one reader, with the newest list, and with these fields in the place of its own.
    fn bundle(&mut self, fields: Value) -> Vec<u8> {
        let first = self.next_prekey;
        self.next_prekey += 3;
        let usual = json!({
            "suite": 2,
            "signed_prekey_id": first,
            "created": 5,
            "one_time_prekey_id": first + 1,
            "kem_prekey_id": first + 2,
            "account": PHONE,
            "list": hex::encode(&self.user.list),
        });
        self.peer
            .answer("wire_publish", with(usual, fields))
            .bytes("bundle")
    }

    /// A renewal of theirs, for the reason of a fork.
    fn renewal(&self) -> Value {
        let payload = [&[RENEWAL, FORK, 1][..], &[7; 32], &[0]].concat();
        self.user.content_with_list(RENEW, &payload)
    }

    /// Lets theirs ask for a new session, with these fields in the place of its own.
    fn theirs_requests(&mut self, fields: Value) -> Result<Received, ClientError<Infallible>> {
        let bundle = self.bundle(json!({}));
        let usual = json!({
            "role": REQUEST,
            "reason": FORK,
            "unread": [hex::encode([7; 32])],
            "bundle": hex::encode(bundle),
        });
        let payload = self
            .peer
            .answer("renewal_write", with(usual, fields))
            .bytes("payload");
        self.theirs_sends(self.session, self.user.content(RENEW, &payload))
    }

    /// Lets theirs begin the session "second" with this content, by a fresh bundle of ours.
    fn theirs_begins(
        &mut self,
        ordinal: u32,
        content: Value,
    ) -> Result<Received, ClientError<Infallible>> {
        let bundle = self.client.publish(&mut self.rng);
        let bundle = bundle.expect("the account works");
        self.theirs_begins_by(&bundle, ordinal, content)
    }

    fn theirs_begins_by(
        &mut self,
        bundle: &[u8],
        ordinal: u32,
        content: Value,
    ) -> Result<Received, ClientError<Infallible>> {
        let begun = json!({
            "session": "second",
            "account": PHONE,
            "ordinal": ordinal,
            "bundle": hex::encode(bundle),
            "known": 1,
        });
        let begun = self.peer.answer("content_begin", with(content, begun));
        self.ours_reads(&begun.bytes("message"))
    }

    /// Lets theirs accept a renewal beside these sessions, of which it has begun some as renewals.
    fn theirs_accepts_renewal(
        &mut self,
        name: &str,
        (sessions, renewals): (&[&str], &[&str]),
        message: &[u8],
    ) -> Option<Value> {
        let known = json!({ "sessions": sessions, "renewals": renewals });
        let fields = with(message_fields(name, message), known);
        Some(self.peer.ask("renewal_accept", fields).ok()?.into_value())
    }

    fn theirs_encrypts(&mut self, session: &str, mut content: Value) -> Vec<u8> {
        content["session"] = session.into();
        content["known"] = 1.into();
        self.peer
            .answer("content_encrypt", content)
            .bytes("message")
    }

    fn theirs_decrypts(&mut self, session: &str, message: &[u8]) -> Value {
        let opened = self
            .peer
            .answer("content_decrypt", message_fields(session, message));
        opened.into_value()
    }

    fn theirs_sends(
        &mut self,
        session: &str,
        content: Value,
    ) -> Result<Received, ClientError<Infallible>> {
        let message = self.theirs_encrypts(session, content);
        self.ours_reads(&message)
    }

    /// Reads a message with our client, and acknowledges it.
    fn ours_reads(&mut self, message: &[u8]) -> Result<Received, ClientError<Infallible>> {
        let sender = Sender::Named("theirs");
        let received = self
            .client
            .decrypt(sender, Incoming::new(message), &mut self.rng)?;
        if received.content == ContentKind::Text {
            self.client.acknowledge(&received.receipt)?;
        }
        Ok(received)
    }

    fn ours_sends(&mut self, text: &[u8]) -> Vec<u8> {
        let sent = self
            .client
            .encrypt_to_user("theirs", Outgoing::new(text), &mut self.rng);
        let mut messages = sent.expect("the device can be reached").messages;
        assert_eq!(messages.len(), 1);
        messages.remove(0).message
    }

    /// The session that theirs sends in, of several.
    fn theirs_prefers(&mut self, sessions: &[&str]) -> String {
        let fields = json!({ "sessions": sessions });
        let preferred = self.peer.answer("wire_prefer", fields).into_value();
        preferred["session"]
            .as_str()
            .expect("it is text")
            .to_owned()
    }

    /// Sends a text of ours, and returns the session of theirs in which it is read.
    fn theirs_finds(&mut self, sessions: &[&str]) -> String {
        let text = self.ours_sends(b"text");
        let found = sessions.iter().find(|session| {
            let fields = message_fields(session, &text);
            self.peer.ask("content_decrypt", fields).is_ok()
        });
        found.expect("theirs has the session").to_string()
    }

    /// The kinds of the messages that our client owes to theirs.
    fn owed(&self) -> Vec<OwedKind> {
        let owed = self.client.owed().expect("the store works");
        owed.iter().map(|owed: &Owed| owed.what).collect()
    }

    /// Writes the one message that our client owes.
    fn writes_owed(&mut self) -> Vec<u8> {
        let mut written = self
            .client
            .write_owed(&mut self.rng)
            .expect("the store works");
        assert_eq!(written.len(), 1);
        written.remove(0).message.message
    }

    /// Lets our client ask for a new session because it could not read these messages, and theirs grant it.
    fn ours_is_renewed_for(&mut self, reason: u8, unread: &[Vec<u8>]) {
        assert_eq!(self.owed(), [OwedKind::Request]);
        let request = self.writes_owed();
        assert_eq!(self.owed(), []);
        let content = self.theirs_decrypts("first", &request);
        let renew = self.assert_renews(&content, (REQUEST, reason), unread);
        // The rules say that theirs grants it.
        let known = json!({
            "session": "first",
            "sessions": ["first"],
            "granted": 0,
        });
        let judged = self
            .peer
            .answer("renewal_judge", with(content, known))
            .into_value();
        assert_eq!(judged["ignored"], "");
        let bundle = self.peer.answer("wire_read_bundle", renew.clone());
        let list = self.client.device_list().expect("the client has a user");
        assert_eq!(bundle.bytes("list"), list.as_bytes());
        let bundle = bytes(&renew, "bundle");
        let received = self
            .theirs_begins_by(&bundle, 2, self.renewal())
            .expect("the renewal is authentic");
        assert!(received.renewed.is_some());
        assert_eq!(self.owed(), [OwedKind::Answer]);
        let answer = self.writes_owed();
        assert_eq!(self.theirs_decrypts("second", &answer)["kind"], NOTHING);
        self.both_read_in("second");
    }

    /// Demands that a content is a renewal or a request for this reason, which names these messages. Returns its fields.
    fn assert_renews(&mut self, content: &Value, why: (u8, u8), unread: &[Vec<u8>]) -> Value {
        assert_eq!(content["kind"], RENEW);
        let renew = self
            .peer
            .answer("renewal_read", content.clone())
            .into_value();
        assert_eq!(
            (&renew["role"], &renew["reason"]),
            (&json!(why.0), &json!(why.1))
        );
        // Theirs names the messages by its own hashes.
        let mut hashes = Vec::new();
        for message in unread {
            let fields = json!({ "message": hex::encode(message) });
            let hash = self.peer.answer("renewal_unread", fields);
            hashes.push(hex::encode(hash.bytes("hash")));
        }
        assert_eq!(renew["unread"], json!(hashes));
        renew
    }

    /// Each sends a text, and reads that of the other in this session.
    fn both_read_in(&mut self, session: &str) {
        let text = self.ours_sends(b"from ours");
        let read = self.theirs_decrypts(session, &text);
        assert_eq!(bytes(&read, "payload"), b"from ours");
        let received = self.theirs_sends(session, self.user.content(TEXT, b"from theirs"));
        let received = received.expect("the session works");
        assert_eq!(received.opened.plaintext, b"from theirs");
        assert!(!received.old_session);
    }
}

/// Demands that ours refused with an error that begins like this.
fn assert_refusal<T>(result: Result<T, ClientError<Infallible>>, reason: &str, what: &str) {
    let refused = result.err().map(|error| format!("{error:?}"));
    let fits = refused
        .as_ref()
        .is_some_and(|error| error.starts_with(reason));
    assert!(fits, "{what}: {refused:?}");
}

fn message_fields(session: &str, message: &[u8]) -> Value {
    json!({
        "session": session,
        "account": PHONE,
        "message": hex::encode(message),
        "associated_data": "",
    })
}

/// These fields, with others in their place.
fn with(mut fields: Value, others: Value) -> Value {
    for (name, value) in others.as_object().expect("fields are an object") {
        fields[name] = value.clone();
    }
    fields
}
