//! The test suite of users, their device lists and safety numbers.

// Means of the tests

/// The parties of the tests, and lists that are encoded field by field.
mod support;

// Known answers

/// The encodings, ids and numbers against values that another implementation computed.
mod known_answers;

// Device lists

/// The lists that a user makes.
mod changing;
/// The refusal of lists that are not valid.
mod decoding;
/// The rules for replacing a list, and evidence.
mod replacing;

// Linking

/// The codes by which devices are linked, and their digits.
mod linking;

// Verification

/// Safety numbers, codes to scan, and the state of a verification.
mod verifying;
