//! A chat of two people over TCP that loses and repeats no message, even if the programs crash.
//!
//! ```sh
//! cargo run -p sprag-store --example tcp_chat -- listen 127.0.0.1:7777 bob.redb
//! cargo run -p sprag-store --example tcp_chat -- connect 127.0.0.1:7777 alice.redb
//! ```
//!
//! Each person types lines, and ends with Ctrl-D. If a connection breaks or a program is killed, start both again.
//! Without arguments the example plays both people, one of whose programs crashes.
//!
//! A message stays in the sender's outbox until the receiver says that it is on the receiver's medium. There the
//! client holds it until it was shown. `party.rs` has all work on the files, and `frame.rs` the bytes on the wire.
#![expect(
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    reason = "a program with a terminal and all of std"
)]

mod demonstration;
mod frame;
mod party;

use core::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::{env, io, thread};

use frame::{Kind, read_frame, write_frame};
use party::Party;
use sprag_client::SecretBuffer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::{select, task};

type Result<T> = core::result::Result<T, Box<dyn Error + Send + Sync>>;

/// A party that several threads use, one after the other.
type Shared = Arc<Mutex<Party>>;

/// The longest line in bytes. Its message fits into a frame, with its padding and a handshake in front.
const MAX_LINE: usize = 32 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (mode, address, path) = match arguments.as_slice() {
        [] => return demonstration::run().await,
        [mode, address, path] => (mode.as_str(), address, path),
        _ => return Err("usage: tcp_chat [listen|connect ADDRESS FILE]".into()),
    };
    // Open the files, before anybody connects.
    let passphrase = rpassword::prompt_password("Passphrase: ")?;
    let party = open(path, passphrase.into_bytes().into()).await?;
    let stream = match mode {
        "listen" => TcpListener::bind(address).await?.accept().await?.0,
        _ => TcpStream::connect(address).await?,
    };
    // Read lines on a thread of their own, because the standard input has no other way to be waited for.
    let (sender, lines) = mpsc::channel(1);
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(io::Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    chat(&party, stream, lines).await?;
    Ok(())
}

/// Opens the party whose files are at `path`.
async fn open(path: impl AsRef<Path>, passphrase: SecretBuffer) -> Result<Shared> {
    let path = path.as_ref().to_owned();
    let party = task::spawn_blocking(move || Party::open(&path, &passphrase)).await??;
    Ok(Arc::new(Mutex::new(party)))
}

/// Runs `work` on a thread that may block. A commit waits for the medium, and the other tasks go on meanwhile.
async fn blocking<T: Send + 'static>(
    party: &Shared,
    work: impl FnOnce(&mut Party) -> Result<T> + Send + 'static,
) -> Result<T> {
    let party = Arc::clone(party);
    task::spawn_blocking(move || work(&mut *party.lock().map_err(|_| "a thread panicked")?)).await?
}

/// Sends `lines` and shows the peer's, until neither side has more. Returns the lines that were shown.
async fn chat(
    party: &Shared,
    mut stream: TcpStream,
    mut lines: mpsc::Receiver<String>,
) -> Result<Vec<String>> {
    // Show the messages that a run before this one read and did not show.
    let mut shown = blocking(party, Party::show).await?;
    greet(party, &mut stream).await?;
    // Receive in a task of its own, because `select!` gives up what it does not choose, and half a frame may be read.
    let (mut reader, mut writer) = stream.into_split();
    let (sender, mut frames) = mpsc::channel(1);
    task::spawn(async move { while sender.send(read_frame(&mut reader).await).await.is_ok() {} });

    let (mut under_way, mut ended, mut said_bye, mut heard_bye) = (false, false, false, false);
    loop {
        // Send the oldest message of the outbox. Only one is under way, so that each arrives in its turn.
        if !under_way && !said_bye {
            if let Some(message) = blocking(party, Party::oldest).await? {
                write_frame(&mut writer, Kind::Message, &message).await?;
                under_way = true;
            } else if ended {
                write_frame(&mut writer, Kind::Bye, &[]).await?;
                said_bye = true;
            }
        }
        if said_bye && heard_bye {
            return Ok(shown);
        }
        select! {
            frame = frames.recv() => match frame.ok_or("the receiving task is gone")?? {
                (Kind::Message, message) => {
                    // After `read` the message is on the medium, so the sender may forget it.
                    blocking(party, move |party| party.read(&message)).await?;
                    write_frame(&mut writer, Kind::Acknowledgement, &[]).await?;
                    shown.extend(blocking(party, Party::show).await?);
                }
                (Kind::Acknowledgement, _) if under_way => {
                    blocking(party, Party::delivered).await?;
                    under_way = false;
                }
                (Kind::Bye, _) => heard_bye = true,
                _ => return Err("frame out of place".into()),
            },
            line = lines.recv(), if !ended => match line {
                Some(line) if line.len() > MAX_LINE => println!("That line is too long."),
                Some(line) => blocking(party, move |party| party.write(&line)).await?,
                None => ended = true,
            },
        }
    }
}

/// Brings the parties together: each says whether it knows the other, and sends its bundle if it is not known.
async fn greet(party: &Shared, stream: &mut TcpStream) -> Result<()> {
    let known = blocking(party, Party::knows_peer).await?;
    write_frame(stream, Kind::Hello, &[known.into()]).await?;
    let (Kind::Hello, peer_knows) = read_frame(stream).await? else {
        return Err("frame out of place".into());
    };
    if peer_knows != [1] {
        let bundle = blocking(party, Party::publish).await?;
        write_frame(stream, Kind::Bundle, &bundle).await?;
    }
    if !known {
        let (Kind::Bundle, bundle) = read_frame(stream).await? else {
            return Err("frame out of place".into());
        };
        blocking(party, move |party| party.add_peer(&bundle)).await?;
    }
    Ok(())
}
