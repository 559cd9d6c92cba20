//! Tests of the Double Ratchet over the handshake, with clear headers and with encrypted ones: long
//! conversations over a bad channel, forgeries, and parties that were put back to an older state.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag_ratchet::limits::{MAX_SKIP, MAX_SKIPPED_KEY_AGE, MAX_SKIPPED_KEYS};

use crate::channel::Channel;
use crate::forgery::Forgery;
use crate::party::{Envelope, Handshake, Headers, Initiator, Kind, Parties, Party};
use crate::peer::{Peer, Refusal};

const MESSAGES: usize = 1_000;

#[test]
fn a_bad_channel_is_survived_when_ours_begins() {
    survive_a_bad_channel(Kind::over_x3dh(Initiator::Ours, Headers::Encrypted), 0xb0b);
}

#[test]
fn a_bad_channel_is_survived_when_theirs_begins() {
    let kind = Kind::over_x3dh(Initiator::Theirs, Headers::Encrypted);
    survive_a_bad_channel(kind, 0xa11ce);
}

#[test]
fn a_bad_channel_over_pqxdh_is_survived_when_ours_begins() {
    survive_a_bad_channel(over_pqxdh(Initiator::Ours), 0xca11);
}

#[test]
fn a_bad_channel_over_pqxdh_is_survived_when_theirs_begins() {
    survive_a_bad_channel(over_pqxdh(Initiator::Theirs), 0xbe11);
}

#[test]
fn a_bad_channel_with_clear_headers_is_survived_when_ours_begins() {
    survive_a_bad_channel(Kind::over_x3dh(Initiator::Ours, Headers::Clear), 0xc1ea);
}

#[test]
fn a_bad_channel_with_clear_headers_is_survived_when_theirs_begins() {
    survive_a_bad_channel(Kind::over_x3dh(Initiator::Theirs, Headers::Clear), 0xc1eb);
}

/// The count of the previous chain in a clear header matters most here, because no key depends on it: the
/// associated data alone authenticates it.
#[test]
fn every_altered_byte_is_refused_and_the_genuine_message_still_opens() {
    for kind in Kind::EACH_OVER_X3DH {
        let Some(peer) = Peer::start() else {
            return;
        };
        let mut parties = kind.begin(peer, StdRng::seed_from_u64(3));
        // The initiator's first message is also the first that the responder receives.
        let first = parties[0].seal(b"first");
        withstand_forgeries(parties[1].as_mut(), &first, b"first");
        for receiver in [0, 1] {
            withstand_forgeries_in_each_place(&mut parties, receiver);
        }
    }
}

/// Neither end may put itself first, because the initiator is first on both.
#[test]
fn associated_data_of_exchanged_roles_is_refused() {
    for kind in Kind::EACH_OVER_X3DH {
        let Some(peer) = Peer::start() else {
            return;
        };
        let mut parties = kind.begin(peer, StdRng::seed_from_u64(4));
        for (sender, receiver) in [(0, 1), (1, 0)] {
            let envelope = parties[sender].seal(b"in order");
            let party = parties[receiver].as_mut();
            exchange_roles(party);
            assert_eq!(party.open(&envelope), Err(Refusal::NotAuthentic));
            exchange_roles(party);
            assert_eq!(party.open(&envelope), Ok(b"in order".to_vec()));
        }
    }
}

/// The header's nonce is random, and the message's nonce is a part of it.
#[test]
fn a_repeated_message_key_comes_with_other_bytes() {
    for_each_end(5, |parties, sender| {
        cross(parties, sender);
        parties[sender].keep();
        let one = parties[sender].seal(b"the same");
        parties[sender].exchange_with_kept();
        let other = parties[sender].seal(b"the same");
        assert_ne!(one.header[..24], other.header[..24]);
        assert_ne!(one.ciphertext, other.ciphertext);
        let receiver = parties[1 - sender].as_mut();
        assert_eq!(receiver.open(&one), Ok(b"the same".to_vec()));
        assert_eq!(receiver.open(&other), Err(Refusal::Duplicate));
    });
}

#[test]
fn a_chain_with_two_ratchet_keys_shows_that_its_sender_was_put_back() {
    for_each_end(6, |parties, sender| {
        cross(parties, 1 - sender);
        parties[sender].keep();
        cross(parties, sender);
        parties[sender].exchange_with_kept();
        let forked = parties[sender].seal(b"under another ratchet key");
        assert_eq!(parties[1 - sender].open(&forked), Err(Refusal::Forked));
        parties[sender].exchange_with_kept();
    });
}

#[test]
fn a_finished_chain_that_goes_on_shows_that_its_sender_was_put_back() {
    for_each_end(7, |parties, sender| {
        cross(parties, sender);
        let late = parties[sender].seal(b"late");
        parties[sender].keep();
        cross(parties, 1 - sender);
        cross(parties, sender);
        parties[sender].exchange_with_kept();
        let forked = parties[sender].seal(b"in the old chain");
        parties[sender].exchange_with_kept();
        let receiver = parties[1 - sender].as_mut();
        assert_eq!(receiver.open(&forked), Err(Refusal::Forked));
        assert_eq!(receiver.open(&late), Ok(b"late".to_vec()));
    });
}

#[test]
fn an_answer_to_what_was_not_sent_shows_that_its_receiver_was_put_back() {
    for_each_end(8, |parties, sender| {
        let receiver = 1 - sender;
        cross(parties, sender);
        parties[receiver].keep();
        cross(parties, receiver);
        let answer = parties[sender].seal(b"answer");
        parties[receiver].exchange_with_kept();
        assert_eq!(parties[receiver].open(&answer), Err(Refusal::Forked));
        parties[receiver].exchange_with_kept();
        assert_eq!(parties[receiver].open(&answer), Ok(b"answer".to_vec()));
    });
}

#[test]
fn a_message_held_back_over_31_turns_opens_and_over_32_no_more() {
    for_each_end(9, |parties, sender| {
        let receiver = 1 - sender;
        for (turns, opens) in [(31, true), (32, false)] {
            cross(parties, sender);
            let held_back = parties[sender].seal(b"held back");
            // The next chain finishes that of the message, and each turn after it begins one more.
            for _ in 0..=turns {
                cross(parties, receiver);
                cross(parties, sender);
            }
            let opened = parties[receiver].open(&held_back);
            if opens {
                assert_eq!(opened, Ok(b"held back".to_vec()));
            } else {
                assert_eq!(opened, Err(Refusal::NotAuthentic));
            }
        }
    });
}

#[test]
fn a_tail_of_25_001_lost_messages_does_not_end_a_session() {
    for_both_ends(Initiator::Ours, 10, |parties, sender| {
        let receiver = 1 - sender;
        for (tail, derived) in [(MAX_SKIP, true), (MAX_SKIP + 1, false)] {
            cross(parties, sender);
            let skipped = parties[sender].seal(b"skipped");
            cross(parties, sender);
            let lost: Vec<_> = (0..tail).map(|_| parties[sender].seal(b"lost")).collect();
            cross(parties, receiver);
            cross(parties, sender);
            // The newest 2,000 of the tail are kept, or what was kept before it.
            let first_kept = lost.len() - MAX_SKIPPED_KEYS;
            let [first, given_up, kept, last] =
                [0, first_kept - 1, first_kept, lost.len() - 1].map(|number| &lost[number]);
            let receiver = parties[receiver].as_mut();
            assert_lost(receiver, &[first, given_up]);
            if derived {
                assert_lost(receiver, &[&skipped]);
                assert_eq!(receiver.open(last), Ok(b"lost".to_vec()));
                assert_eq!(receiver.open(kept), Ok(b"lost".to_vec()));
            } else {
                assert_lost(receiver, &[last, kept]);
                assert_eq!(receiver.open(&skipped), Ok(b"skipped".to_vec()));
            }
        }
    });
}

#[test]
fn a_gap_of_25_001_lost_messages_is_refused_until_the_next_turn() {
    for_both_ends(Initiator::Theirs, 11, |parties, sender| {
        let receiver = 1 - sender;
        cross(parties, sender);
        for _ in 0..=MAX_SKIP {
            parties[sender].seal(b"lost");
        }
        let beyond = parties[sender].seal(b"beyond");
        let refused = parties[receiver].open(&beyond);
        assert_eq!(refused, Err(Refusal::TooManySkipped));
        cross(parties, receiver);
        cross(parties, sender);
        // No key of the finished chain was derived, so its header key is not kept either.
        let refused = parties[receiver].open(&beyond);
        assert_eq!(refused, Err(Refusal::NotAuthentic));
    });
}

/// Once a chain is finished, its keys grow no older.
#[test]
fn the_key_of_a_skipped_message_is_given_up_after_25_000_later_ones_of_its_chain() {
    for_both_ends(Initiator::Ours, 12, |parties, sender| {
        cross(parties, sender);
        let [older, newer] = [(); 2].map(|()| parties[sender].seal(b"skipped"));
        for _ in 0..MAX_SKIPPED_KEY_AGE - 2 {
            cross(parties, sender);
        }
        let receiver = parties[1 - sender].as_mut();
        receiver.keep();
        assert_eq!(receiver.open(&older), Ok(b"skipped".to_vec()));
        receiver.exchange_with_kept();

        cross(parties, sender);
        assert_lost(parties[1 - sender].as_mut(), &[&older]);
        cross(parties, 1 - sender);
        cross(parties, sender);
        let opened = parties[1 - sender].open(&newer);
        assert_eq!(opened, Ok(b"skipped".to_vec()));
    });
}

const fn over_pqxdh(initiator: Initiator) -> Kind {
    Kind {
        initiator,
        handshake: Handshake::Pqxdh,
        headers: Headers::Encrypted,
    }
}

fn survive_a_bad_channel(kind: Kind, seed: u64) {
    let Some(peer) = Peer::start() else {
        return;
    };
    eprintln!("{kind:?}; the seed of the channel and of our keys is {seed:#x}");
    let mut rng = StdRng::seed_from_u64(seed);
    let parties = kind.begin(peer, rng.fork());
    let mut channel = Channel::between(parties, rng);
    let tallies = channel.converse(MESSAGES);
    channel.assert_in_step();
    for tally in tallies {
        eprintln!("{tally:?}");
        assert_eq!(tally.sent, MESSAGES);
        assert_eq!(tally.opened, tally.sent - tally.lost);
        // The channel was as bad as it is meant to be.
        assert!((50..=150).contains(&tally.lost));
        assert!(tally.overtaken >= 100);
        assert!(tally.from_old_chains >= 20);
        assert!(tally.repeats_refused >= 50);
        assert!((20..tally.repeats_refused).contains(&tally.old_repeats_refused));
        assert!(tally.forgeries_refused >= 30);
        assert!(tally.chains >= 30);
    }
}

/// Runs `work` on sessions with encrypted headers in which both have sent: for each end, ours and theirs, in
/// each role.
fn for_each_end(seed: u64, work: impl Fn(&mut Parties, usize)) {
    for initiator in [Initiator::Ours, Initiator::Theirs] {
        for_both_ends(initiator, seed, &work);
    }
}

/// Runs `work` on sessions with encrypted headers in which both have sent: for each end, in one role.
fn for_both_ends(initiator: Initiator, seed: u64, work: impl Fn(&mut Parties, usize)) {
    for end in [0, 1] {
        let Some(peer) = Peer::start() else {
            return;
        };
        let kind = Kind::over_x3dh(initiator, Headers::Encrypted);
        let mut parties = kind.begin(peer, StdRng::seed_from_u64(seed));
        for sender in [0, 1, 0, 1] {
            cross(&mut parties, sender);
        }
        work(&mut parties, end);
        cross(&mut parties, end);
    }
}

/// Sends one message, which arrives.
fn cross(parties: &mut Parties, sender: usize) {
    let envelope = parties[sender].seal(b"in step");
    let opened = parties[1 - sender].open(&envelope);
    assert_eq!(opened, Ok(b"in step".to_vec()));
}

/// Demands that the keys of these messages are not kept, although their chain is known.
fn assert_lost(party: &mut dyn Party, envelopes: &[&Envelope]) {
    for envelope in envelopes {
        let refusal = party.open(envelope).expect_err("the key is not kept");
        // The Python party does not tell what it gave up from what it used.
        let expected = matches!(refusal, Refusal::KeyGivenUp | Refusal::Duplicate);
        assert!(expected, "{refusal:?}");
    }
}

/// Forges messages in each place: in a chain that the message begins, in the current chain, under a key that
/// was skipped there, and under one that was skipped in an older chain.
fn withstand_forgeries_in_each_place(parties: &mut Parties, receiver: usize) {
    let sender = 1 - receiver;
    let mut send = |from: usize, text: &[u8]| parties[from].seal(text);
    let answered = send(receiver, b"answered");
    assert!(parties[sender].open(&answered).is_ok());
    let [skipped, beginning, next, lost] =
        [&b"skipped"[..], b"beginning", b"next", b"lost"].map(|text| parties[sender].seal(text));
    let party = parties[receiver].as_mut();
    withstand_forgeries(party, &beginning, b"beginning");
    withstand_forgeries(party, &skipped, b"skipped");
    withstand_forgeries(party, &next, b"next");

    let answer = party.seal(b"answer");
    assert!(parties[sender].open(&answer).is_ok());
    let newer = parties[sender].seal(b"newer");
    let party = parties[receiver].as_mut();
    withstand_forgeries(party, &newer, b"newer");
    withstand_forgeries(party, &lost, b"lost");
}

fn withstand_forgeries(party: &mut dyn Party, envelope: &Envelope, plaintext: &[u8]) {
    let data = party.associated_data().to_vec();
    for forgery in Forgery::of_each_byte(envelope, &data) {
        forgery.assert_refused(party, envelope);
    }
    assert_eq!(party.open(envelope), Ok(plaintext.to_vec()));
    assert!(party.open(envelope).is_err(), "a message opens once");
}

/// Puts the second identity before the first.
fn exchange_roles(party: &mut dyn Party) {
    let data = party.associated_data();
    data.rotate_left(data.len() / 2);
}
