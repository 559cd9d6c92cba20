use sprag_client::limits::MESSAGES_BEFORE_OLD_SESSIONS_END;
use sprag_client::{Client, ClientError, Outgoing, Received, Store};

use crate::ranks::converged;
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
