use core::fmt;

/// The reason for which a relay refuses a request: a status of HTTP, and a word of ASCII that is the body of the reply.
///
/// Both must agree, so that the answer of a proxy, or of a server that is no relay, is not taken for that of the relay.
///
/// ```
/// use sprag_relay_wire::Refusal;
///
/// assert_eq!(Refusal::of_reply(507, b"full"), Some(Refusal::Full));
/// assert_eq!(Refusal::of_reply(404, b"<html>"), None);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// 400 `malformed`: the body or the capability is not made of the bytes that it should be.
    Malformed,
    /// 403 `invitation`: the relay makes mailboxes for invitations alone, and this is none, or is used up.
    Invitation,
    /// 404 `unknown`: there is no such mailbox or address, perhaps because it was removed; or nobody has put prekeys there.
    Unknown,
    /// 409 `taken`: the address is one of another mailbox.
    Taken,
    /// 413 `too-large`: a limit of size or number.
    TooLarge,
    /// 429 `slow-down`: a rate. The header `Retry-After` has the seconds to wait.
    SlowDown,
    /// 503 `busy`: the relay cannot write at the moment. The header `Retry-After` has the seconds to wait.
    Busy,
    /// 507 `full`: the mailbox, or the address's share of it. The sender keeps the message and tries again later.
    Full,
}

impl Refusal {
    /// All refusals, in the order of their statuses.
    pub const ALL: [Self; 8] = [
        Self::Malformed,
        Self::Invitation,
        Self::Unknown,
        Self::Taken,
        Self::TooLarge,
        Self::SlowDown,
        Self::Busy,
        Self::Full,
    ];

    /// The status of HTTP.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Invitation => 403,
            Self::Unknown => 404,
            Self::Taken => 409,
            Self::TooLarge => 413,
            Self::SlowDown => 429,
            Self::Busy => 503,
            Self::Full => 507,
        }
    }

    /// The body: at most [`MAX_REFUSAL_LENGTH`](crate::limits::MAX_REFUSAL_LENGTH) bytes of ASCII, without an end of line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Invitation => "invitation",
            Self::Unknown => "unknown",
            Self::Taken => "taken",
            Self::TooLarge => "too-large",
            Self::SlowDown => "slow-down",
            Self::Busy => "busy",
            Self::Full => "full",
        }
    }

    /// The refusal that a reply of this status with this body is. Returns `None` if it is not one of a relay, or one of a later
    /// version.
    #[must_use]
    pub fn of_reply(status: u16, body: &[u8]) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|refusal| refusal.status() == status && refusal.word().as_bytes() == body)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the relay could not read the request",
            Self::Invitation => "the relay wants an invitation that is not used up",
            Self::Unknown => "the relay knows no such mailbox or address",
            Self::Taken => "the address belongs to another mailbox",
            Self::TooLarge => "the request is larger than the relay allows",
            Self::SlowDown => "the relay wants fewer requests: try again later",
            Self::Busy => "the relay is busy: try again in a moment",
            Self::Full => "the mailbox is full: try again later",
        })
    }
}

impl core::error::Error for Refusal {}
