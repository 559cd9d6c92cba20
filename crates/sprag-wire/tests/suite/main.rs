//! The test suite of the wire format: the bytes of each value, and the input that decoders refuse.

// Means of the tests

/// The bytes of the samples.
mod layouts;
/// The keys, numbers and samples of the tests.
mod support;
/// The values of the samples.
mod values;

// Values and their bytes

/// The encoding of bundles.
mod bundle;
/// The contents of the messages of a client.
mod content;
/// The first bytes of every value, and the limits on its length.
mod envelope;
/// The beginning of files.
mod file;
/// The invitation of a new device, its acceptance and its welcome.
mod linking;
/// The device list in bundles and uploads.
mod list;
/// The encoding of messages and prekey messages.
mod message;
/// The payload of a content that renews a session.
mod renew;
/// The encoding of uploads.
mod upload;

// Input that is refused

/// The refusal of every encoding but the canonical one.
mod canonical;
/// The refusal of bundles and uploads that were damaged on the way.
mod damage;
/// The refusal of invalid keys.
mod invalid_keys;
/// The decoders under random input.
mod properties;

// Meaning after travel

/// The output of `Display` and `Debug`.
mod printing;
/// The signatures of keys after travel.
mod signatures;
