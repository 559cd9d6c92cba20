//! The Double Ratchet over the handshake: long conversations over a bad channel, and forgeries.

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::channel::{Channel, Forgery};
use crate::party::{Envelope, Initiator, Parties, Party};
use crate::peer::{Peer, Refusal};

const MESSAGES: usize = 1_000;

#[test]
fn a_bad_channel_is_survived_when_ours_begins() {
    survive_a_bad_channel(Initiator::Ours, Initiator::begin, 0xb0b);
}

#[test]
fn a_bad_channel_is_survived_when_theirs_begins() {
    survive_a_bad_channel(Initiator::Theirs, Initiator::begin, 0xa11ce);
}

/// The header's count of the previous chain matters most here: nothing but the associated data
/// authenticates it, since no key depends on it.
#[test]
fn every_altered_byte_is_refused_and_the_genuine_message_still_opens() {
    for initiator in Initiator::EACH {
        let Some(peer) = Peer::start() else {
            return;
        };
        let mut parties = initiator.begin(peer, StdRng::seed_from_u64(3));
        // The initiator's first message, at the responder's first receipt.
        let first = parties[0].seal(b"first");
        withstand_forgeries(parties[1].as_mut(), &first, b"first");
        for receiver in [0, 1] {
            withstand_forgeries_in_each_place(&mut parties, receiver);
        }
    }
}

/// Neither end may put itself first: the initiator is first on both.
#[test]
fn associated_data_of_exchanged_roles_is_refused() {
    for initiator in Initiator::EACH {
        let Some(peer) = Peer::start() else {
            return;
        };
        let mut parties = initiator.begin(peer, StdRng::seed_from_u64(4));
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

#[test]
fn a_bad_channel_over_pqxdh_is_survived_when_ours_begins() {
    survive_a_bad_channel(Initiator::Ours, Initiator::begin_pqxdh, 0xca11);
}

#[test]
fn a_bad_channel_over_pqxdh_is_survived_when_theirs_begins() {
    survive_a_bad_channel(Initiator::Theirs, Initiator::begin_pqxdh, 0xbe11);
}

fn survive_a_bad_channel(
    initiator: Initiator,
    begin: fn(Initiator, Peer, StdRng) -> Parties,
    seed: u64,
) {
    let Some(peer) = Peer::start() else {
        return;
    };
    eprintln!("{initiator:?} begins; the seed of the channel and of our keys is {seed:#x}");
    let mut rng = StdRng::seed_from_u64(seed);
    let parties = begin(initiator, peer, rng.fork());
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

/// In a chain that the message begins, in the chain of the moment, under a key that was skipped
/// there, and under one that was skipped in an older chain.
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
