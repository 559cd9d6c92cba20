//! Nothing: this package is for its tests, which cross the crates of the workspace.
