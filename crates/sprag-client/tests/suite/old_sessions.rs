use sprag::SessionId;
use sprag_client::limits::{MAX_SESSIONS_PER_PEER, MESSAGES_BEFORE_OLD_SESSIONS_END};
use sprag_client::store::{Batch, Committed};
use sprag_client::{Client, ClientError, Incoming, Outgoing, Received, Sender, Store};

use crate::ranks::{converged, impostor_begins};
use crate::two_clients::{MemoryClient, Two};

/// A thief with a copy of all that Alice has.
fn thief_of_alice(two: &Two) -> MemoryClient {
    let copy = two.alice.store().clone();
    Client::open(copy, &two.alice_key).expect("the copy is whole")
}

fn thief_sends(thief: &mut MemoryClient, two: &mut Two) -> Vec<u8> {
    let outgoing = Outgoing::new(b"in the old session");
    let sent = thief.encrypt("bob", outgoing, &mut two.rng);
    sent.expect("the copy has a session")
}

/// Both renew, and have used the new session.
fn renewed(two: &mut Two) {
    two.alice_renews();
    converged(two);
    // Bob has received an answer to his own message.
    let answer = two.alice_sends(b"answer");
    two.bob_reads(&answer).expect("Bob has the session");
}

fn read(two: &mut Two, message: &[u8]) -> Received {
    let received = two.bob_reads(message).expect("the message opens");
    two.bob.acknowledge(&received.receipt).expect("it is held");
    received
}

#[test]
fn a_message_in_an_old_session_is_read_and_told_and_the_session_is_not_sent_in() {
    let mut two = Two::established(740);
    let before = two.alice_sends(b"in the only session");
    assert!(!read(&mut two, &before).old_session);
    let mut thief = thief_of_alice(&two);
    two.alice_renews();
    let first = two.alice_sends(b"anew");
    assert!(!read(&mut two, &first).old_session);
    let session = converged(&mut two);
    let answer = two.alice_sends(b"confirms the session");
    assert!(!read(&mut two, &answer).old_session);
    let message = thief_sends(&mut thief, &mut two);
    let received = read(&mut two, &message);
    assert!(received.old_session);
    assert!(!received.new_session);
    assert_ne!(received.opened.session_id, session);
    assert_eq!(converged(&mut two), session);
}

#[test]
fn a_session_is_old_only_once_a_later_one_is_confirmed() {
    let mut two = Two::established(741);
    let [one, other] = [(); 2].map(|()| two.alice_sends(b"late"));
    two.alice_renews();
    let first = two.alice_sends(b"anew");
    read(&mut two, &first);
    two.bob_sends(b"not answered yet");
    assert!(!read(&mut two, &one).old_session);
    let answer = two.bob_sends(b"answer");
    two.alice_reads(&answer).unwrap();
    let answer = two.alice_sends(b"answer");
    read(&mut two, &answer);
    assert!(read(&mut two, &other).old_session);
}

#[test]
fn the_thief_of_an_old_session_is_locked_out_after_the_last_message_before_old_sessions_end() {
    let mut two = Two::established(742);
    // A last chain of the old session, of which Bob has nothing yet.
    let late = [(); 3].map(|()| two.alice_sends(b"late"));
    let mut thief = thief_of_alice(&two);
    renewed(&mut two);
    // The answer confirmed the session, and was the first message in it.
    for accepted in 2..MESSAGES_BEFORE_OLD_SESSIONS_END {
        let message = two.alice_sends(b"in the new session");
        assert!(!read(&mut two, &message).old_session);
        if accepted == 500 {
            assert!(read(&mut two, &late[1]).old_session);
        }
    }
    assert!(read(&mut two, &late[0]).old_session);
    let stolen = [(); 2].map(|()| thief_sends(&mut thief, &mut two));
    assert!(read(&mut two, &stolen[0]).old_session);
    let last = two.alice_sends(b"in the new session");
    read(&mut two, &last);
    for message in [&late[2], &stolen[1]] {
        assert_eq!(two.bob_reads(message), Err(ClientError::NoSession));
    }
    let session = converged(&mut two);
    assert_eq!(converged(&mut two), session);
    assert_eq!(two.bob.store().scan(&[4]).unwrap().len(), 1);
}

#[test]
fn first_messages_that_come_late_are_read_in_an_old_session() {
    let mut two = Two::new(743);
    let [first, late] = [(); 2].map(|()| two.alice_sends(b"begins a session"));
    read(&mut two, &first);
    two.alice_renews();
    let lost = two.alice_sends(b"begins another");
    renewed(&mut two);
    let session = converged(&mut two);
    let received = read(&mut two, &late);
    assert!(received.old_session && !received.new_session);
    // A session may also begin old.
    let received = read(&mut two, &lost);
    assert!(received.old_session && received.new_session);
    // The session is told of by being old.
    assert!(!received.unexpected_session);
    assert_eq!(converged(&mut two), session);
}

#[test]
fn an_old_session_that_is_written_in_leaves_before_sessions_that_are_not() {
    let mut two = Two::established(744);
    let mut thief = thief_of_alice(&two);
    renewed(&mut two);
    // Three more that Bob does not answer in.
    let mut late = Vec::new();
    for _ in 0..3 {
        two.alice_renews();
        let first = two.alice_sends(b"anew");
        read(&mut two, &first);
        late.push(two.alice_sends(b"late"));
    }
    let message = thief_sends(&mut thief, &mut two);
    assert!(read(&mut two, &message).old_session);
    two.alice_renews();
    let first = two.alice_sends(b"anew");
    read(&mut two, &first);
    let message = thief_sends(&mut thief, &mut two);
    assert_eq!(two.bob_reads(&message), Err(ClientError::NoSession));
    for message in &late {
        assert!(!read(&mut two, message).old_session);
    }
}

#[test]
fn old_sessions_end_at_once_where_the_user_says_so() {
    let mut two = Two::established(745);
    let mut thief = thief_of_alice(&two);
    // There is nothing before the only session.
    two.bob.expire_sessions("alice", &mut two.rng).unwrap();
    let late = two.alice_sends(b"late");
    two.alice_renews();
    let first = two.alice_sends(b"anew");
    read(&mut two, &first);
    // The session before is needed until the new one is confirmed.
    two.bob.expire_sessions("alice", &mut two.rng).unwrap();
    assert!(!read(&mut two, &late).old_session);
    let session = converged(&mut two);
    let answer = two.alice_sends(b"answer");
    read(&mut two, &answer);
    // A session that follows and is not confirmed yet stays, too.
    two.alice_renews();
    let first = two.alice_sends(b"and anew");
    read(&mut two, &first);
    two.bob.expire_sessions("alice", &mut two.rng).unwrap();
    assert_eq!(two.bob.store().scan(&[4]).unwrap().len(), 2);
    let message = thief_sends(&mut thief, &mut two);
    assert_eq!(two.bob_reads(&message), Err(ClientError::NoSession));
    assert_ne!(converged(&mut two), session);
    let unknown = two.bob.expire_sessions("carol", &mut two.rng);
    assert_eq!(unknown, Err(ClientError::UnknownPeer("carol".into())));
}

/// The session that a message begins, or that it repeats the beginning of.
fn begun_by(message: &[u8]) -> Option<SessionId> {
    let decoded = sprag_wire::decode_prekey_message(message).ok()?;
    Some(decoded.handshake.session_id())
}

/// Two who have each begun a session at once, of which Alice's comes first if `alices_is_first`, and the first message
/// of each.
fn begun_at_once(seed: u64, alices_is_first: bool) -> (Two, [Vec<u8>; 2]) {
    let begun = (seed..).map(|seed| {
        let mut two = Two::new(seed);
        two.bob_adds();
        let first = [two.alice_sends(b"of Alice"), two.bob_sends(b"of Bob")];
        (two, first)
    });
    let mut found = begun.filter(|(_, first)| {
        let [alices, bobs] = first.each_ref().map(|first| begun_by(first));
        (alices < bobs) == alices_is_first
    });
    found.next().expect("ids are random")
}

/// The rank of both is the same, and the confirmed one is preferred because the peer has answered in it.
#[test]
fn a_session_of_the_same_rank_that_comes_after_the_peer_has_answered_in_ones_own_begins_old() {
    let (mut two, [alices, bobs]) = begun_at_once(746, true);
    let again = two.bob_sends(b"again, of Bob");
    two.bob_reads(&alices).unwrap();
    let answer = two.bob_sends(b"answer");
    assert_eq!(begun_by(&answer), None);
    assert!(!two.alice_reads(&answer).unwrap().old_session);
    for (message, new_session) in [(&bobs, true), (&again, false)] {
        let received = two.alice_reads(message).unwrap();
        assert_eq!(received.new_session, new_session);
        assert!(received.old_session);
    }
    converged(&mut two);
}

/// The peer began the confirmed one, too. The later one counts, because the peer lost the other.
#[test]
fn a_session_of_the_same_rank_that_the_peer_begins_after_its_own_does_not_begin_old() {
    let mut two = Two::established(747);
    let answer = two.alice_sends(b"confirms the session");
    read(&mut two, &answer);
    let [alice, _] = two.accounts();
    let bundle = two.bob.publish_reusable().unwrap();
    let (_, first) = impostor_begins(&alice, &bundle, 1, &mut two.rng);
    let received = read(&mut two, &first);
    assert!(received.new_session && !received.old_session);
}

/// Of three sessions of one rank, one is old, and would be the one to send in without the third.
#[test]
fn nothing_is_sent_in_an_old_session_whatever_the_peer_begins_with_the_same_rank() {
    let (mut two, [alices, bobs]) = begun_at_once(748, false);
    // Bob's session is confirmed, so Alice's is old.
    two.alice_reads(&bobs).unwrap();
    let to_bob = two.alice_sends(b"in Bob's session");
    two.bob_reads(&to_bob).unwrap();
    let answer = two.bob_sends(b"answer");
    two.alice_reads(&answer).unwrap();
    // Somebody with Bob's identity key begins others, until the id of one is above that of Alice's session.
    let [_, bob] = two.accounts();
    let before = two.alice.store().clone();
    loop {
        two.alice = Client::open(before.clone(), &two.alice_key).unwrap();
        let bundle = two.alice.publish_reusable().unwrap();
        let (_, first) = impostor_begins(&bob, &bundle, 1, &mut two.rng);
        two.alice_reads(&first).unwrap();
        if begun_by(&first) > begun_by(&alices) {
            break;
        }
    }
    let message = two.alice_sends(b"not in her own");
    assert_eq!(begun_by(&message), None);
    // Nor is the session to send in among those that go.
    two.alice.expire_sessions("bob", &mut two.rng).unwrap();
    assert_eq!(two.alice.store().scan(&[4]).unwrap().len(), 2);
    assert_eq!(begun_by(&two.alice_sends(b"nor later")), None);
}

/// Copies of what Bob has, each without one of his sessions, so that it sends in the other.
fn thieves_of_bob(two: &Two) -> Vec<MemoryClient> {
    let sessions = two.bob.store().scan(&[4]).unwrap();
    let without = |(name, _): &(Vec<u8>, Vec<u8>)| {
        let mut copy = two.bob.store().clone();
        let mut batch = Batch::new();
        batch.delete(name.clone());
        assert_eq!(copy.commit(&batch), Ok(Committed::Done));
        Client::open(copy, &two.bob_key).unwrap()
    };
    sessions.iter().map(without).collect()
}

/// Both begin at once. Bob's session is confirmed, and a thief answers in Alice's, which is of the same rank.
#[test]
fn an_answer_in_an_old_session_does_not_bring_it_back() {
    let mut tried = 0;
    for seed in 760..780 {
        let mut two = Two::new(seed);
        two.bob_adds();
        let (of_alice, of_bob) = (two.alice_sends(b"one"), two.bob_sends(b"other"));
        let [old, session] = [&of_alice, &of_bob].map(|first| begun_by(first).unwrap());
        two.bob_reads(&of_alice).unwrap();
        two.alice_reads(&of_bob).unwrap();
        let message = two.alice_sends(b"in the preferred one");
        if begun_by(&message).is_some() {
            // Here Alice's own is.
            continue;
        }
        two.bob_reads(&message).unwrap();
        let answer = two.bob_sends(b"confirms it");
        two.alice_reads(&answer).unwrap();
        for mut thief in thieves_of_bob(&two) {
            let outgoing = Outgoing::new(b"in the old session");
            let stolen = thief.encrypt("alice", outgoing, &mut two.rng).unwrap();
            let received = two.alice_reads(&stolen).unwrap();
            if received.opened.session_id != old {
                continue;
            }
            tried += 1;
            assert!(received.old_session);
            let message = two.alice_sends(b"to Bob");
            assert_eq!(two.bob_reads(&message).unwrap().opened.session_id, session);
            let incoming = Incoming::new(&message);
            let sender = Sender::Named("alice");
            thief.decrypt(sender, incoming, &mut two.rng).unwrap_err();
        }
    }
    assert!(tried > 3, "{tried} thieves");
}

#[test]
fn an_impostor_does_not_push_out_the_session_before_although_it_is_not_confirmed() {
    // Bob has answered, and does not know that Alice has it.
    let mut two = Two::established(780);
    let [thief, _] = two.accounts();
    for number in 1..=2 * MAX_SESSIONS_PER_PEER as u32 {
        let bundle = two.bob.publish_reusable().unwrap();
        let (_, first) = impostor_begins(&thief, &bundle, 1_000 * number, &mut two.rng);
        two.bob_reads(&first).unwrap();
        two.bob_sends(b"to the impostor");
    }
    let message = two.alice_sends(b"still here");
    two.bob_reads(&message).unwrap();
}
