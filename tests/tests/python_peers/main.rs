//! Our crates against peers that others wrote: the Python packages behind `tests/python/peer.py`,
//! which run as a process of their own and share no line and no value with the crates.
//!
//! `SPRAG_PYTHON` names the Python to run; `cargo xtask interop` makes one and sets it. Without it
//! every test here says so and passes, except where `CI` is set.

mod peer;

mod xeddsa; // XEdDSA §3

mod handshake;
mod x3dh; // X3DH §3

mod pqxdh; // PQXDH §3
mod pqxdh_handshake;
mod wire; // docs/protocol.md

mod channel;
mod party;
mod ratchet; // Double Ratchet §3
