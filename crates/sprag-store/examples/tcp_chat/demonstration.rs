//! Both people in one program, without a terminal. The program of one crashes at the worst moment.

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::{task, try_join};

use crate::frame::{Kind, read_frame};
use crate::party::Party;
use crate::{Result, blocking, chat, greet, open};

pub(crate) async fn run() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let file = |name: &str| open(directory.path().join(name), b"passphrase".to_vec().into());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;

    // Alice writes, and has not finished.
    let (alice, stream) = (
        file("alice.redb").await?,
        TcpStream::connect(address).await?,
    );
    let (typing, lines) = script(&["Are you there?"]);
    let alices = task::spawn(async move { chat(&alice, stream, lines).await });

    // Bob's program reads the message. Then it crashes: before it shows the message, and before it acknowledges it.
    let (bob, (mut stream, _)) = (file("bob.redb").await?, listener.accept().await?);
    greet(&bob, &mut stream).await?;
    let (Kind::Message, message) = read_frame(&mut stream).await? else {
        return Err("Alice sends something else".into());
    };
    blocking(&bob, move |bob| bob.read(&message)).await?;
    drop((bob, stream));
    println!("bob crashes");
    // Alice's program finds the connection broken, and ends.
    assert!(alices.await?.is_err());
    drop(typing);

    // Both start again. Alice sends the message once more, because it is still in her outbox.
    let (alice, bob) = (file("alice.redb").await?, file("bob.redb").await?);
    assert!(blocking(&alice, Party::oldest).await?.is_some());
    let streams = try_join!(TcpStream::connect(address), listener.accept())?;
    let ((_, urgent), (_, answer)) = (script(&["It is urgent."]), script(&["I am."]));
    let (alice_read, bob_read) = try_join!(
        chat(&alice, streams.0, urgent),
        chat(&bob, streams.1.0, answer)
    )?;

    // Bob has read each message once and in order, and nothing is left behind.
    assert_eq!(bob_read, ["Are you there?", "It is urgent."]);
    assert_eq!(alice_read, ["I am."]);
    for party in [&alice, &bob] {
        assert_eq!(blocking(party, Party::oldest).await?, None);
        assert!(blocking(party, Party::show).await?.is_empty());
    }
    Ok(())
}

/// The lines of a person, who goes on typing until the sender is dropped.
fn script(lines: &[&str]) -> (mpsc::Sender<String>, mpsc::Receiver<String>) {
    let (sender, receiver) = mpsc::channel(lines.len());
    for line in lines {
        sender.try_send((*line).to_owned()).expect("there is room");
    }
    (sender, receiver)
}
