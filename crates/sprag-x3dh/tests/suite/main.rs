//! The test suite of the handshakes: their results, their refusals and the forms of their keys.

/// The parties of the tests.
mod support;

/// The agreement of PQXDH.
mod pqxdh;
/// The agreement of X3DH.
mod x3dh;

/// The validity and the encodings of public keys.
mod keys;
/// The coverage of the signatures in a bundle.
mod signatures;

/// The refusal of forged and mixed bundles.
mod hostile_bundles;
/// The acceptance of bundles by suite and age.
mod policy;
/// The uploads of a party to a directory.
mod upload;

/// The effect of damage to an initial message.
mod damage;
/// The refusal of one's own keys and of keys that a message does not name.
mod responder;
/// The id of a session.
mod session_id;

/// The output of `Debug` and `Display`.
mod printing;
/// The snapshots of keys and session ids.
mod snapshot;
/// The number of operations in each step.
mod work;
