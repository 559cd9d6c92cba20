use sprag::{Account, Error, RatchetError, Session};

use crate::backends::on_each_backend;
use crate::hook::{bytes_freed_by, watch};
use crate::watched_rng::{Watched, exhausted, nothing_was_found, watch_derived};

/// Two sessions, each of which has read a message of the other.
fn established(rng: &mut Watched) -> [Session; 2] {
    let [alice, mut bob] = [(); 2].map(|()| Account::generate(rng));
    let bundle = bob.publish(rng);
    let mut alices = alice.initiate(&bundle, rng).unwrap();
    let first = alices.encrypt(b"first", rng).unwrap();
    let (mut bobs, _) = bob.accept(&first).unwrap();
    let answer = bobs.encrypt(b"answer", rng).unwrap();
    alices.decrypt(&answer).unwrap();
    watch_derived([&alices, &bobs]);
    [alices, bobs]
}

#[test]
fn sessions_leave_no_key_when_they_turn_skip_and_refuse() {
    on_each_backend(|| {
        let mut rng = Watched::new(4);
        let [mut alice, mut bob] = established(&mut rng);
        for _ in 0..12 {
            for (from, to) in [(0, 1), (1, 0)] {
                let ends = [&mut alice, &mut bob];
                let messages = [(); 7].map(|()| ends[from].encrypt(b"message", &mut rng).unwrap());
                for index in [6, 2, 4] {
                    let mut forged = messages[index].clone();
                    *forged.last_mut().unwrap() ^= 1;
                    ends[to].decrypt(&forged).unwrap_err();
                    ends[to].decrypt(&messages[index]).unwrap();
                    ends[to].decrypt(&messages[index]).unwrap_err();
                }
            }
            watch_derived([&alice, &bob]);
        }
        drop((alice, bob));
        nothing_was_found(&rng);
    });
}

#[test]
fn sessions_leave_no_key_when_they_are_moved_and_stored() {
    on_each_backend(|| {
        let mut rng = Watched::new(5);
        let mut sessions = Vec::new();
        for _ in 0..9 {
            sessions.extend(established(&mut rng));
        }
        sessions.reverse();
        drop(sessions.swap_remove(3));
        for session in &sessions {
            let snapshot = session.snapshot();
            drop(Session::from_snapshot(snapshot.expose()).unwrap());
            for length in (0..snapshot.expose().len()).step_by(7) {
                Session::from_snapshot(&snapshot.expose()[..length]).unwrap_err();
            }
        }
        drop(sessions);
        nothing_was_found(&rng);
    });
}

#[test]
fn a_plaintext_that_cannot_be_sent_is_wiped() {
    on_each_backend(|| {
        let mut rng = Watched::new(11);
        let [mut alice, _bob] = established(&mut rng);
        alice.encrypt(b"begins a chain", &mut rng).unwrap();
        let mut exhausted = exhausted(&alice);
        let plaintext: [u8; 40] = core::array::from_fn(|place| 0x40 | place as u8);
        watch(&plaintext);
        let refused = exhausted.encrypt(&plaintext, &mut rng);
        let expected = Error::Ratchet(RatchetError::CounterExhausted);
        assert_eq!(refused, Err(expected));
        nothing_was_found(&rng);
    });
}

/// A program can wipe what it was given, and not what lies behind it in the same block.
#[test]
fn nothing_of_a_text_lies_behind_it_in_the_block_that_a_program_gets() {
    on_each_backend(|| {
        let mut rng = Watched::new(9);
        let [mut alice, mut bob] = established(&mut rng);
        for length in [0, 1, 28, 29, 1_000] {
            let message = alice.encrypt(&vec![0xff; length], &mut rng).unwrap();
            let mut plaintext = bob.decrypt(&message).unwrap().plaintext;
            assert_eq!(plaintext, vec![0xff; length]);
            plaintext.fill(0);
            assert_eq!(bytes_freed_by(|| drop(plaintext)), 0, "{length} bytes");
        }
    });
}
