//! The commands on an account, run as people run them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod damage;
mod files;
mod parallel;
mod peers;
mod refusals;
mod rotation;
mod support;
