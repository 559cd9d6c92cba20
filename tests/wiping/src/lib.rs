//! The means to look at the stack, for the example `stack` and the tests. The allocator is the tests' own.

/// The bytes that a call leaves on the stack.
pub mod stack;
