use alloc::string::ToString as _;

use super::{Client, Result};
use crate::error::ClientError;
use crate::records::Peer;
use crate::store::Store;

/// The rules of a client for what it sends. They are not stored.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Rules {
    /// Set to send nothing to peers that are not verified.
    pub verified_only: bool,
    /// The limit on the age of a peer's device list. A server that withholds a newer list can hide a revocation for that
    /// long. Those who run a service may take 35 days.
    pub max_list_age: Option<ListAge>,
    /// The circumstances in which a new session becomes [due](super::Client::owed) without the user's act.
    pub auto_repair: AutoRepair,
}

/// The circumstances in which a new session becomes due.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "parameters")]
pub enum AutoRepair {
    /// Only by the user's act.
    Never,
    /// If a header that the peer encrypted proves that the sessions of the two have parted. Nobody else can make one.
    #[default]
    OnEvidence,
    /// Also if nothing opens a message that is said to be from a peer. Anybody can send one, so this is for those whose relay
    /// authenticates senders. Others can at worst force one new session for each answer of the peer.
    Always,
}

/// A limit on the age of device lists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct ListAge {
    /// The time in seconds since 1970-01-01 UTC.
    pub now: u64,
    /// The most seconds since a list was made. One that does not state when it was made is too old.
    pub seconds: u64,
}

impl<S: Store> Client<S> {
    /// Sends from then on what `rules` allow. A new client sends to everybody by lists of any age.
    pub const fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// Refuses to send to a peer against the rules, or while there is evidence against the peer.
    pub(super) fn may_send_to(&self, peer: &Peer) -> Result<(), S> {
        let name = || peer.name.to_string();
        if peer.equivocated {
            return Err(ClientError::Equivocation(name()));
        }
        if self.rules.verified_only && !peer.verification.is_verified() {
            return Err(ClientError::NotVerified(name()));
        }
        let Some(ListAge { now, seconds }) = self.rules.max_list_age else {
            return Ok(());
        };
        let age = peer.list().and_then(|list| list.list().age(now));
        match age {
            Some(age) if age <= seconds => Ok(()),
            _ => Err(ClientError::StaleDeviceList(name())),
        }
    }
}
