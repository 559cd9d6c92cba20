//! The test suite of the handshakes: their results, their refusals and the forms of their keys.

// Means of the tests

/// Initial messages that anybody can seal for a responder.
mod sealing;
/// The parties of the tests.
mod support;

// Agreement

/// The agreement of PQXDH.
mod pqxdh; // PQXDH §3
/// The id of a session.
mod session_id;
/// The number of operations in each step.
mod work;
/// The agreement of X3DH.
mod x3dh; // X3DH §3

// Bundles and uploads

/// The binding of a last-resort prekey to the signed prekey of its generation.
mod generations;
/// The refusal of forged and mixed bundles.
mod hostile_bundles;
/// The acceptance of bundles by suite and age.
mod policy;
/// The coverage of the signatures in a bundle.
mod signatures;
/// The uploads of a party to a directory.
mod upload;

// Initial messages

/// The effect of damage to an initial message.
mod damaged_messages;
/// The refusal of one's own keys and of keys that a message does not name.
mod mismatched_keys;
/// The sealed initiator.
mod sealed_initiator;

// Keys and their forms

/// The signature by which a device says that it belongs to a user.
mod device_signature;
/// The validity and the encodings of public keys.
mod keys;
/// The output of `Debug` and `Display`.
mod printing;
/// The snapshots of keys and session ids.
mod snapshot;

// Views

/// The secrets of a handshake as a view shows them, on both sides.
#[cfg(feature = "hazmat")]
mod views;
