//! No library: the tests of this package need an allocator of their own.
