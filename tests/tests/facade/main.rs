//! Tests of the facade, against itself over a bad channel and against its own parts composed by hand.

#![expect(clippy::std_instead_of_alloc, clippy::unwrap_used, reason = "tests")]

mod bad_channel;
mod by_hand;
mod work;
