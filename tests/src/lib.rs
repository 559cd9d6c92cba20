//! An empty library: this package exists for its tests, which span the crates of the workspace.
