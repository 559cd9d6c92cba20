/// The outcome of adding a peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "all that can happen next")]
pub enum Added {
    /// The name is new. The next message begins a session with this bundle.
    New,
    /// The name was known, with the same identity and without a session. The next message begins one with this bundle.
    Pending,
    /// The name was known, with the same identity and a session that works. That session goes on, and the bundle is not
    /// kept.
    Known,
    /// The name was known, with the same identity, and a session began with this bundle before. It begins no other one, and
    /// nothing has changed.
    Used,
    /// The name was known, with the same identity, and the next message begins a new session.
    Renewed,
}
