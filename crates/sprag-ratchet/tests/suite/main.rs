//! Tests of the public behaviour of both variants of the Double Ratchet, under loss, disorder, forgery and
//! theft.

extern crate alloc;

#[path = "../support/cases.rs"]
mod cases;
#[path = "../support/hash_stream.rs"]
mod hash_stream;
#[path = "../support/image.rs"]
mod image;
#[path = "../support/party.rs"]
mod party;
mod situations;
#[path = "../support/variants.rs"]
mod variants;

mod conversation;
mod order;

mod damage;
mod duplicates;
mod forgery;
mod ratchet_keys;

mod counters;
mod gaps;
mod hostile_peer;
mod kept_keys;
mod work;

mod candidates;
mod checks;
mod forks;
mod header_keys;

mod deferred;
mod rollback;
mod secrecy;

mod snapshots;
mod snapshots_damaged;

mod model;
mod printing;
