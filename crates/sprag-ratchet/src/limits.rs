//! The bounds on memory and work. They are constants of the protocol and not settings, because parties that
//! differ in them can be told apart (Double Ratchet §8.7).

/// The most chain steps that one skip may take (Double Ratchet §3.1, `MAX_SKIP`).
///
/// A message causes two skips at most: to the end of the old chain and to its own place in the new
/// one. 25,000 steps take about 10 ms. A larger gap before a message in its own chain is refused. The peer's next turn
/// ends it, if a message of the chain was read before; otherwise the parties need a new session. Of a larger tail of the old chain no key is derived, and the new chain goes on.
pub const MAX_SKIP: u32 = 25_000;

/// The most skipped message keys that a session keeps (Double Ratchet §8.4), about 70 kB. The oldest leave
/// for the newest.
pub const MAX_SKIPPED_KEYS: usize = 2_000;

/// The most finished chains that may still have skipped keys. A chain is forgotten with its keys at the
/// 32nd receiving DH step after the one that finished it.
///
/// Mail can be days late while turns take seconds, so a few chains would not be enough. Each costs one opening of a header more,
/// if a message is forged: 34 at most with the two header keys that come first.
pub const MAX_FINISHED_CHAINS: usize = 32;

/// The number of later messages of the current chain after which a skipped key of it is given up. A chain may never
/// end, because a peer that only sends takes no turn.
pub const MAX_SKIPPED_KEY_AGE: u32 = 25_000;
