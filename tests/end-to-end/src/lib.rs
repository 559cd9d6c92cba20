//! This package exists for its tests, which span the crates of the workspace. Its library has nothing but the
//! program in the README of the workspace, as a doctest.

/// The README of the workspace.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
