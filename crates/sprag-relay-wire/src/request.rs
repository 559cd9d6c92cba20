use crate::limits::{
    MAX_ADDRESSES_LENGTH, MAX_BUNDLE_LENGTH, MAX_MESSAGE_LENGTH, MAX_PREKEYS_LENGTH,
    MAX_RECEIVE_LENGTH, MAX_RECEIVED_REPLY_LENGTH, MAX_REGISTRATION_LENGTH, MAX_RELAY_INFO_LENGTH,
    MAX_STOCK_LENGTH,
};
use crate::secrets::SECRET_LENGTH;

/// A request to a relay, without its content: where it goes, which right it needs, and how long it may be.
///
/// No path has an identifier, so that the log of a proxy in front of a relay shows these words and nothing else.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Request {
    /// Asks the relay for what it offers. The reply is a [`RelayInfo`](crate::RelayInfo).
    Relay,
    /// Makes a mailbox, or finds it there: 201, or 200. The body is an optional [`Invitation`](crate::Invitation).
    Register,
    /// Deletes the mailbox and all in it: 204.
    Unregister,
    /// Adds and removes addresses, all or none: 204. The body is a list of [`AddressChange`](crate::AddressChange).
    Addresses,
    /// Puts and withdraws prekeys of an address. The body is a [`PrekeyUpload`](crate::PrekeyUpload), the reply a
    /// [`Stock`](crate::Stock).
    Prekeys,
    /// Asks which prekeys an address has. The body is its capability, the reply a [`Stock`](crate::Stock).
    Stock,
    /// Fetches prekeys of an address. The reply is a [`SealedBundle`](crate::SealedBundle).
    Bundle,
    /// Stores a message: 204, once it is on disk. The body is the wrapped message.
    Send,
    /// Names messages that are safe, and waits for others. The body is a [`ReceiveRequest`](crate::ReceiveRequest), the reply
    /// a [`Received`](crate::Received).
    Receive,
}

/// The capability that a request needs in its header `Authorization`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a third right would be another protocol"
)]
pub enum Right {
    /// None.
    Anybody,
    /// The [`OwnerCapability`](crate::OwnerCapability) of a mailbox.
    Owner,
    /// The [`SendCapability`](crate::SendCapability) of an address.
    Send,
}

impl Request {
    /// All requests.
    pub const ALL: [Self; 9] = [
        Self::Relay,
        Self::Register,
        Self::Unregister,
        Self::Addresses,
        Self::Prekeys,
        Self::Stock,
        Self::Bundle,
        Self::Send,
        Self::Receive,
    ];

    /// The method of HTTP.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Relay => "GET",
            Self::Register => "PUT",
            Self::Unregister => "DELETE",
            Self::Addresses
            | Self::Prekeys
            | Self::Stock
            | Self::Bundle
            | Self::Send
            | Self::Receive => "POST",
        }
    }

    /// The path.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Relay => "/v1/relay",
            Self::Register | Self::Unregister => "/v1/mailbox",
            Self::Addresses => "/v1/addresses",
            Self::Prekeys => "/v1/prekeys",
            Self::Stock => "/v1/stock",
            Self::Bundle => "/v1/bundle",
            Self::Send => "/v1/send",
            Self::Receive => "/v1/receive",
        }
    }

    /// The capability that it needs.
    #[must_use]
    pub const fn right(self) -> Right {
        match self {
            Self::Relay => Right::Anybody,
            Self::Bundle | Self::Send => Right::Send,
            Self::Register
            | Self::Unregister
            | Self::Addresses
            | Self::Prekeys
            | Self::Stock
            | Self::Receive => Right::Owner,
        }
    }

    /// The most bytes that its body may have, which a relay reads at most. For a message, an operator may allow fewer.
    #[must_use]
    pub const fn max_body_length(self) -> usize {
        match self {
            Self::Relay | Self::Unregister | Self::Bundle => 0,
            Self::Register => MAX_REGISTRATION_LENGTH,
            Self::Addresses => MAX_ADDRESSES_LENGTH,
            Self::Prekeys => MAX_PREKEYS_LENGTH,
            Self::Stock => SECRET_LENGTH,
            Self::Send => MAX_MESSAGE_LENGTH,
            Self::Receive => MAX_RECEIVE_LENGTH,
        }
    }

    /// The most bytes that the body of the reply may have if the request was not refused, which a client reads at most.
    #[must_use]
    pub const fn max_reply_length(self) -> usize {
        match self {
            Self::Relay => MAX_RELAY_INFO_LENGTH,
            Self::Register | Self::Unregister | Self::Addresses | Self::Send => 0,
            Self::Prekeys | Self::Stock => MAX_STOCK_LENGTH,
            Self::Bundle => MAX_BUNDLE_LENGTH,
            Self::Receive => MAX_RECEIVED_REPLY_LENGTH,
        }
    }
}
