//! The test suite of the wire format: the bytes of each value, and the input that decoders refuse.

/// The bytes of the samples.
mod layouts;
/// The keys, numbers and samples of the tests.
mod support;
/// The values of the samples.
mod values;

/// The first bytes of every value, and the limits on its length.
mod envelope;

/// The encoding of bundles.
mod bundle;
/// The beginning of files.
mod file;
/// The encoding of messages and prekey messages.
mod message;
/// The encoding of uploads.
mod upload;

/// The refusal of every encoding but the canonical one.
mod canonical;
/// The refusal of invalid keys.
mod keys;
/// The decoders under random input.
mod properties;

/// The output of `Display` and `Debug`.
mod printing;
/// The signatures of keys after travel.
mod signatures;
