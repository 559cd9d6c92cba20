//! The `sprag` command, for people who want encrypted conversations over any channel or want to see how
//! such conversations work. Programs use the `sprag` library instead.

#![forbid(unsafe_code)]

extern crate alloc;

mod armor;
mod commands;
mod counter;
mod damage;
mod demo;
mod durable;
mod failure;
mod fingerprint;
mod home;
mod input;
mod interrupt;
mod memory;
mod new_file;
mod opened;
mod output;
mod passphrase;
mod place;
mod progress;
mod prompt;
mod refusal;
mod small_file;
mod stream;
mod usage;
mod visible;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{add, bundle, decrypt, encrypt, forget, id, init, passwd, restored, rotate, status};
use failure::Failure;

/// Encrypted conversations over any channel
///
/// sprag encrypts and decrypts bytes, and does not use the network. Send its output by mail, by chat or
/// on a memory stick.
#[derive(Debug, Parser)]
#[command(name = "sprag", version, after_help = EXAMPLE)]
struct Cli {
    #[command(flatten)]
    account: home::Arguments,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Id(id::Arguments),
    Bundle(bundle::Arguments),
    Add(add::Arguments),
    Encrypt(encrypt::Arguments),
    Decrypt(decrypt::Arguments),
    Status(status::Arguments),
    Rotate(rotate::Arguments),
    Forget(forget::Arguments),
    Passwd(passwd::Arguments),
    Restored(restored::Arguments),
    Demo(demo::Arguments),
}

const EXAMPLE: &str = "\
To begin:
  sprag init                               an account of your own
  sprag bundle -o for-bob                  send this to Bob; he sends you one
  sprag add bob from-bob                   remember Bob by his bundle
  sprag encrypt bob -i plan.pdf -o plan.sprag
  sprag decrypt -i answer.sprag -o answer.pdf";

fn main() -> ExitCode {
    memory::keep_private();
    let Cli { account, command } = usage::parse();
    let outcome = match command {
        Command::Init(arguments) => init::run(&arguments, &account),
        Command::Id(arguments) => id::run(&arguments, &account),
        Command::Bundle(arguments) => bundle::run(&arguments, &account),
        Command::Add(arguments) => add::run(&arguments, &account),
        Command::Encrypt(arguments) => encrypt::run(&arguments, &account),
        Command::Decrypt(arguments) => decrypt::run(&arguments, &account),
        Command::Status(arguments) => status::run(&arguments, &account),
        Command::Rotate(arguments) => rotate::run(&arguments, &account),
        Command::Forget(arguments) => forget::run(&arguments, &account),
        Command::Passwd(arguments) => passwd::run(&arguments, &account),
        Command::Restored(arguments) => restored::run(&arguments, &account),
        Command::Demo(arguments) => demo::run(&arguments),
    };
    match outcome {
        Ok(()) | Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Err(Failure::Refused(line)) => {
            // Keep the refusal on one line, because a file or a peer in it may have any name.
            let line = line.replace(char::is_control, "?");
            // If standard error is closed too, the exit code alone reports the failure.
            drop(writeln!(std::io::stderr(), "sprag: {line}"));
            ExitCode::FAILURE
        }
    }
}
