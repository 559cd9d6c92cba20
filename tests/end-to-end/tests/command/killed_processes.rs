//! Processes that are killed at any moment. No message that was read is lost, and no message key is used
//! again, because the receiver would refuse the second message as a duplicate.

use core::time::Duration;
use std::fs;
use std::thread;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::home::{Home, binary, decryption};

const ROUNDS: u32 = 40;

#[test]
fn killed_processes_lose_nothing_and_repeat_nothing() {
    let Some(binary) = binary() else { return };
    let mut rng = StdRng::seed_from_u64(2);
    let homes = [Home::create(&binary), Home::create(&binary)];
    homes[1].introduce_to(&homes[0], "peer");
    let mut killed = 0;
    for round in 0..ROUNDS {
        // Bob cannot send before Alice has reached him.
        let sender = if round < 3 { 0 } else { rng.random_range(0..2) };
        let (from, to) = (&homes[sender], &homes[1 - sender]);
        let content = round.to_le_bytes().repeat(rng.random_range(1..40_000));
        let (plain, sealed) = (from.path("plain"), from.path(&format!("sealed-{round}")));
        fs::write(&plain, &content).unwrap();
        let encryption = [
            "encrypt".as_ref(),
            "peer".as_ref(),
            "-i".as_ref(),
            plain.as_os_str(),
            "-o".as_ref(),
            sealed.as_os_str(),
        ];
        killed += run_and_kill(from, &encryption, &mut rng);
        if !sealed.exists() {
            from.done(&encryption);
        }
        let opened = to.path(&format!("opened-{round}"));
        let decryption = decryption("peer", &sealed, &opened);
        for _ in 0..2 {
            if !opened.exists() {
                killed += run_and_kill(to, &decryption, &mut rng);
            }
        }
        if !opened.exists() {
            to.done(&decryption);
        }
        assert_eq!(fs::read(&opened).unwrap(), content, "round {round}");
    }
    assert!(killed > ROUNDS / 2, "{killed} processes were killed");
}

/// Starts the command and kills it at some moment; returns 1 if it was still running.
fn run_and_kill(home: &Home, arguments: &[&std::ffi::OsStr], rng: &mut StdRng) -> u32 {
    let mut child = home.start(arguments);
    thread::sleep(Duration::from_millis(rng.random_range(0..80)));
    let running = child.try_wait().unwrap().is_none();
    if running {
        child.kill().unwrap();
    }
    child.wait().unwrap();
    running.into()
}
