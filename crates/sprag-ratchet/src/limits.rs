//! The bounds on memory and work, in one place. They are constants of the protocol, not settings:
//! parties who differ in them can be told apart (Double Ratchet §8.7).

/// The most chain steps that one skip may take (Double Ratchet §3.1, `MAX_SKIP`).
///
/// A message causes two skips at most: to the end of the old chain and to its own place in the new
/// one. 25,000 steps take about 10 ms; whoever loses more messages in a row needs a new session.
pub const MAX_SKIP: u32 = 25_000;

/// The most skipped message keys that a session keeps (Double Ratchet §8.4); the oldest leave for
/// the newest. About 70 kB.
pub const MAX_SKIPPED_KEYS: usize = 2_000;

/// The most finished chains that may still have skipped keys: at the fifth DH step after the one that
/// finished it, a chain is forgotten with what it holds.
pub const MAX_FINISHED_CHAINS: usize = 5;
