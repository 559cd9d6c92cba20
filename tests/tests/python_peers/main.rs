//! Tests of our crates against a peer that others wrote: the Python packages behind `tests/python/peer.py`.
//! For parts without a package, the peer has code that was written from the specifications alone. It runs as
//! a process of its own and shares no line and no value with the crates.
//!
//! `SPRAG_PYTHON` names the Python to run; `cargo xtask interop` makes one and sets the variable. Without it
//! every test here says so and passes, or fails if `CI` is set.

mod peer;

mod xeddsa; // XEdDSA §3

mod handshake;
mod x3dh; // X3DH §3

mod pqxdh; // PQXDH §3
mod pqxdh_handshake;

mod files; // docs/protocol.md §9
mod padding; // docs/protocol.md §8
mod wire; // docs/protocol.md

mod channel;
mod forgery;
mod our_party;
mod party;
mod ratchet; // Double Ratchet §3 and §4
mod their_party;
