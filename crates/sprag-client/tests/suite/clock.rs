use sprag_client::limits::{MAX_FILE_KEY_AGE, TIME_BETWEEN_READINGS};
use sprag_client::{Client, ClientError, IncomingFile, Sender};

use crate::two_clients::{Two, records};

const DAY: u64 = 24 * 60 * 60;
const NOW: u64 = 1_800_000_000;
const KEEP: u64 = 30 * DAY;

/// Reads the clock and deletes by the time that is vouched for, as a command does before its own work.
fn command(two: &mut Two, reading: u64) -> bool {
    let time = two.bob.vouched_time(reading, &mut two.rng).unwrap();
    assert!(time <= reading);
    two.bob.expire(time, &mut two.rng).unwrap()
}

/// Bob has rotated, and a message to his old prekeys is on its way.
fn rotated(seed: u64) -> (Two, Vec<u8>) {
    let mut two = Two::new(seed);
    let bundle = two.bob.publish_reusable().unwrap();
    two.alice.renew("bob", &bundle, &mut two.rng).unwrap();
    let late = two.alice_sends(b"late");
    command(&mut two, NOW);
    two.bob.rotate(NOW, KEEP, &mut two.rng).unwrap();
    (two, late)
}

#[test]
fn one_wrong_reading_deletes_nothing() {
    let (mut two, late) = rotated(1500);
    // A session at a machine whose clock is four years ahead.
    let wrong = NOW + 4 * 365 * DAY;
    for reading in [wrong, wrong + 1, wrong + TIME_BETWEEN_READINGS - 1] {
        assert!(!command(&mut two, reading));
    }
    two.bob.rotate(wrong, KEEP, &mut two.rng).unwrap();
    // The clock is put right, and goes on.
    for day in 1..20 {
        assert!(!command(&mut two, NOW + day * DAY));
    }
    two.bob_reads(&late).unwrap();
}

#[test]
fn two_readings_days_apart_vouch_for_the_earlier() {
    let (mut two, late) = rotated(1501);
    // Rarely used: the first command after the time is up is not believed alone.
    let up = NOW + KEEP;
    assert!(!command(&mut two, up + 7 * DAY));
    assert!(!command(&mut two, up + 7 * DAY + TIME_BETWEEN_READINGS - 1));
    two.bob = Client::open(two.bob.into_store(), &two.bob_key).unwrap();
    assert!(command(&mut two, up + 7 * DAY + TIME_BETWEEN_READINGS));
    let refusal = two.bob_reads(&late);
    assert!(
        matches!(refusal, Err(ClientError::Protocol(_))),
        "{refusal:?}"
    );
}

#[test]
fn daily_readings_vouch_for_the_time_a_few_days_ago() {
    let (mut two, _) = rotated(1502);
    let mut vouched = 0;
    for day in 1..40 {
        let reading = NOW + day * DAY;
        vouched = two.bob.vouched_time(reading, &mut two.rng).unwrap();
        let behind = reading - vouched;
        assert!(day < 2 || behind >= TIME_BETWEEN_READINGS, "day {day}");
        assert!(day < 2 || behind < 2 * TIME_BETWEEN_READINGS, "day {day}");
    }
    // No commit where nothing changes.
    let before = records(&two.bob);
    let again = two.bob.vouched_time(NOW + 39 * DAY, &mut two.rng);
    assert_eq!(again, Ok(vouched));
    assert_eq!(records(&two.bob), before);
}

#[test]
fn a_clock_that_goes_back_takes_back_what_it_vouched_for() {
    let mut two = Two::new(1503);
    let mut vouched = |reading| two.bob.vouched_time(reading, &mut two.rng).unwrap();
    assert_eq!(vouched(NOW), 0);
    assert_eq!(vouched(NOW + 3 * DAY), NOW);
    assert_eq!(vouched(NOW + 2 * DAY), NOW);
    assert_eq!(vouched(NOW + 3 * DAY), NOW);
    assert_eq!(vouched(NOW + 4 * DAY), NOW + 2 * DAY);
    assert_eq!(vouched(DAY), DAY);
    assert_eq!(vouched(u64::MAX), DAY);
    assert_eq!(vouched(0), 0);
}

#[test]
fn a_rotation_drops_nothing_by_one_wrong_reading() {
    let (mut two, late) = rotated(1504);
    two.bob
        .rotate(NOW + 10 * 365 * DAY, KEEP, &mut two.rng)
        .unwrap();
    two.bob_reads(&late).unwrap();
    // Without any reading, the time is the caller's to vouch for.
    let mut two = Two::new(1505);
    let bundle = two.bob.publish_reusable().unwrap();
    two.alice.renew("bob", &bundle, &mut two.rng).unwrap();
    let late = two.alice_sends(b"late");
    for now in [NOW, NOW + 365 * DAY] {
        two.bob.rotate(now, KEEP, &mut two.rng).unwrap();
    }
    two.bob_reads(&late).unwrap_err();
}

#[test]
fn the_key_of_a_file_is_not_forgotten_by_one_wrong_reading() {
    let mut two = Two::established(1506);
    two.bob.vouched_time(NOW, &mut two.rng).unwrap();
    let file = two.alice.encrypt_file("bob", &mut two.rng).unwrap();
    let (header, _) = sprag::decode_file_header(&file.header).unwrap();
    let message = header.messages[0];
    let receive = |two: &mut Two, now| {
        let incoming = IncomingFile {
            commitment: &header.commitment,
            messages: &[message],
            now,
        };
        let sender = Sender::Named("alice");
        let received = two.bob.decrypt_file(sender, incoming, &mut two.rng);
        received.map(|received| received.key.commitment())
    };
    let commitment = receive(&mut two, NOW).unwrap();
    // The copy was damaged. The next one comes while the clock is wrong.
    let wrong = NOW + 2 * MAX_FILE_KEY_AGE;
    assert!(!command(&mut two, wrong));
    assert_eq!(receive(&mut two, wrong), Ok(commitment));
    // Days later it is known that the time was right.
    assert!(command(&mut two, wrong + TIME_BETWEEN_READINGS));
    let gone = receive(&mut two, wrong + TIME_BETWEEN_READINGS);
    assert_eq!(gone, Err(ClientError::AlreadyRead("alice".into())));
}
