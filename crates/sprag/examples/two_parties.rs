//! A conversation of two parties, one of which is offline when it begins.
//!
//! ```sh
//! cargo run -p sprag --example two_parties
//! ```
//!
//! In a program of your own: `cargo add sprag`. All bytes that pass from one party to the other here go over
//! any channel, and whoever sees or changes them there learns and achieves nothing.
#![expect(clippy::print_stdout, reason = "a program with a terminal")]

use core::error::Error;

use sprag::{Account, OsRng, RatchetError, Session};

fn main() -> Result<(), Box<dyn Error>> {
    let mut rng = OsRng;

    // Bob publishes a bundle, which is for one reader, and goes offline. The private halves of the bundle's keys
    // are in his account, so he stores the account before the bundle leaves.
    let mut bob = Account::generate(&mut rng);
    let bundle = bob.publish(&mut rng);
    let bobs_account = bob.snapshot();
    drop(bob);

    // Alice begins a session with the bundle, whose signatures are verified here, and writes at once.
    let alice = Account::generate(&mut rng);
    let mut alices = alice.initiate(&bundle, &mut rng)?;
    let first = alices.encrypt(b"Are you there?", &mut rng)?;
    let second = alices.encrypt(b"It is urgent.", &mut rng)?;
    // The signatures say that all keys have one owner, but not that the owner is Bob. For that the two compare
    // this identity key with what Bob's own program shows, over the telephone for example.
    println!("Alice writes to {}", alices.peer());

    // Bob is back. The second message arrives first: until he answers, each has in front of it what he needs to
    // begin the session.
    let mut bob = Account::from_snapshot(bobs_account.expose())?;
    let (mut bobs, opened) = bob.accept(&second)?;
    assert_eq!(opened.plaintext, b"It is urgent.");
    assert_eq!(opened.sender, *alice.identity());
    // The session is there, so the first message is for the session and no more for the account, which names it.
    assert_eq!(
        bob.accept(&first).err(),
        Some(sprag::Error::RepeatOf(*bobs.id()))
    );
    assert_eq!(bobs.decrypt(&first)?.plaintext, b"Are you there?");

    // Bob answers. The answers arrive in another order, and one of them twice.
    let am = bobs.encrypt(b"I am.", &mut rng)?;
    let now = bobs.encrypt(b"Now?", &mut rng)?;
    assert_eq!(alices.decrypt(&now)?.plaintext, b"Now?");
    assert_eq!(alices.decrypt(&am)?.plaintext, b"I am.");
    let repeated = alices.decrypt(&am);
    assert_eq!(repeated.err(), Some(RatchetError::Duplicate.into()));

    // Both programs end, and start again with what they stored. A session is stored after each message: before an
    // encrypted one leaves, because its key must never be used again, and after one was decrypted. These bytes are
    // as secret as the conversation: `sprag-client` seals them and keeps them for you.
    let stored = alices.snapshot();
    let mut alices = Session::from_snapshot(stored.expose())?;
    let mut bobs = Session::from_snapshot(bobs.snapshot().expose())?;
    let message = alices.encrypt(b"Yes, now.", &mut rng)?;
    assert_eq!(bobs.decrypt(&message)?.plaintext, b"Yes, now.");

    println!("5 messages are read; the session is {}", bobs.id());
    Ok(())
}
