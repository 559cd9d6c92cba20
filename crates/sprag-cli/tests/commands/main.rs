//! The commands on an account, run as people run them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

// Means of the tests

/// The linking of a device, step by step.
mod link;
/// Accounts that were stored as test data, of each format that is read.
mod stored;
/// Homes, and commands that run in them.
mod support;
/// A terminal for a command.
mod terminal;

// Use

/// Accounts of earlier versions, which are carried over.
mod accounts_before;
/// Accounts as they are stored by now, which every later version reads.
mod accounts_of_format_2;
/// Outputs that are named beside their file.
mod beside;
/// Users with several devices.
mod devices;
/// Outputs that are on the disk before anything is acknowledged.
mod durability;
/// Device lists that contradict each other.
mod evidence;
/// Files of every length, in binary and in armored form.
mod files;
/// Two users with two devices each, of which one is removed, one is recovered and one is put back.
mod four_homes;
/// The help, the manual, completions and colours.
mod help;
/// Homes: the identity in clear, a home that may not be written, and one that others can use.
mod homes;
/// JSON objects for scripts.
mod json;
/// The linking of a device, from the invitation to the welcome.
mod linking;
/// The linking of a device at a terminal, and what each stream gets.
mod linking_streams;
/// Files of many chunks, on one core and on several.
mod long_files;
/// Names and passphrases that look the same, and passphrases from files and standard input.
mod look_alikes;
/// Outputs that are open before, and links.
mod outputs;
/// Peers: their names, bundles and status.
mod peers;
/// Questions to a user at a terminal.
mod questions;
/// Recovery files, and homes that do not know which device list is the newest.
mod recovery;
/// Renewals of a session, old sessions, and bundles that are dated wrongly.
mod renewal;
/// Sessions that are repaired, and messages that hold no text.
mod repair;
/// Devices that are removed, and the key that signs, which goes to another device.
mod revocation;
/// The rotation of prekeys, and bundles from before.
mod rotation;
/// Commands at a terminal: the prompt for a passphrase, and text that is shown.
mod terminals;
/// Accounts that are unlocked for a while.
#[cfg(all(target_os = "linux", feature = "keyring"))]
mod unlocked;
/// Safety numbers and codes.
mod verification;

// Failures

/// Inputs that programs on the way changed.
mod changed_inputs;
/// Damaged and interrupted copies, which never spoil the genuine message.
mod damaged_messages;
/// Exit codes, by which scripts tell failures apart.
mod exit_codes;
/// Outputs that cannot be written: each is a failure.
mod failing_outputs;
/// Processes that are killed, which leave nothing readable behind.
mod killed_processes;
/// Homes on a file system that locks no files.
#[cfg(target_os = "linux")]
mod no_locks;
/// Processes that use one home at the same time.
mod parallel_processes;
/// Accounts that were put back to an older state.
mod put_back;
/// Commands that are refused before they change anything.
mod refusals;
/// Messages that cannot be read, and the reason that is given for each.
mod unreadable_messages;
