//! Tests of our crates against a peer that others wrote: the Python packages behind
//! `tests/interop/python/peer.py`. For parts without a package, the peer has code that was written from the
//! specifications alone. It runs as a process of its own and shares no line and no value with the crates.
//!
//! `SPRAG_PYTHON` names the Python to run; `cargo xtask interop` makes one and sets the variable. Without it
//! every test here says so and passes, or fails if `CI` is set.

// The process

/// A Python process, and the requests to it.
mod peer;

// Handshakes

/// Both sides of PQXDH come to the same results, or refuse the same bundles.
mod pqxdh; // PQXDH §3
/// One run of PQXDH in either role.
mod pqxdh_handshake;
/// Both sides of X3DH come to the same results, or refuse the same bundles.
mod x3dh; // X3DH §3
/// One run of X3DH in either role.
mod x3dh_handshake;
/// Both sides make and judge the same signatures.
mod xeddsa; // XEdDSA §3

// The ratchet

/// A bad channel between two parties.
mod channel;
/// Alterations of the bytes of a message.
mod forgery;
/// Our end of a session.
mod our_party;
/// The two ends of a session behind one trait.
mod party;
/// Conversations over the bad channel, forgeries, and parties that were put back to an older state.
mod ratchet; // Double Ratchet §3 and §4
/// The Python party's end of a session.
mod their_party;

// Users

/// Device lists, safety numbers and codes.
mod devices; // docs/protocol.md §§12, 13
/// The Python party's users.
mod their_user;

// The bytes that travel

/// Clients of ours and a user of several devices.
mod clients; // docs/protocol.md §§12 to 14
/// Contents outside and inside of messages.
mod contents; // docs/protocol.md §14

/// Files in chunks.
mod files; // docs/protocol.md §9
/// A device of ours that a Python user links, and the reverse.
mod linking; // docs/protocol.md §15
/// A client of ours and a Python user that link a device.
mod linking_parties;
/// The padding of texts.
mod padding; // docs/protocol.md §8
/// Keys under a passphrase.
mod passphrases; // docs/protocol.md §§11, 16
/// Invitations, link codes, and the payloads of linking and renewal.
mod payloads; // docs/protocol.md §§15, 17
/// The choice among several sessions.
mod sessions; // docs/protocol.md §5.5
/// Devices that sign for a user, and devices that are removed.
mod signing; // docs/protocol.md §15
/// Bundles, uploads and messages.
mod wire; // docs/protocol.md

// Sessions that part

/// Renewal of sessions.
mod renewals; // docs/protocol.md §17
