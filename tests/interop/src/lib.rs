//! An empty library: this package exists for its tests, which talk to peers in Python.
