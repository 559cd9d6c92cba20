//! An empty library: this package exists for its tests, which need an allocator of their own.
