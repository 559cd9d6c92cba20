//! The bounds on memory and work. They are constants of the protocol and not settings, because parties that
//! differ in them can be told apart (Double Ratchet §8.7).

/// The most chain steps that one skip may take (Double Ratchet §3.1, `MAX_SKIP`).
///
/// A message causes two skips at most: to the end of the old chain and to its own place in the new
/// one. 25,000 steps take about 10 ms. Parties that lose more messages in a row need a new session.
pub const MAX_SKIP: u32 = 25_000;

/// The most skipped message keys that a session keeps (Double Ratchet §8.4), about 70 kB. The oldest leave
/// for the newest.
pub const MAX_SKIPPED_KEYS: usize = 2_000;

/// The most finished chains that may still have skipped keys. A chain is forgotten with its keys at the
/// fifth receiving DH step after the one that finished it.
pub const MAX_FINISHED_CHAINS: usize = 5;
