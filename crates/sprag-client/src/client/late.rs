//! Messages that were on their way for long: in sessions from a state that is lost, and from devices that their user has
//! retired.

use alloc::vec::Vec;

use sprag::IdentityKey;
use sprag_devices::Status;
use sprag_wire::ContentKind;

use super::contents::Header;
use super::decryption::SessionChange;
use super::lists::ListChange;
use super::sessions::Sessions;
use super::users::Party;
use super::{Client, Result};
use crate::error::ClientError;
use crate::limits::MESSAGES_BEFORE_RETIRED_SESSIONS_END;
use crate::records::{Device, Peer};
use crate::store::Store;

/// The count of a device whose sessions have ended.
const ENDED: u16 = MESSAGES_BEFORE_RETIRED_SESSIONS_END + 1;

impl<S: Store> Client<S> {
    /// Leaves out what a header says of the own list if the message came in a session from before this party was put back to an
    /// older state. Anybody on the way can repeat such a message, which was read in the state that is lost.
    ///
    /// A user key in such a message is refused, because this device may have signed a list with it in that state.
    pub(super) fn without_old_knowledge(
        (party, sender): (&Party, &IdentityKey),
        header: &mut Header,
        (change, sessions): (&SessionChange, Option<&Sessions>),
    ) -> Result<(), S> {
        let Some(device) = party.devices().get(sender) else {
            return Ok(());
        };
        let SessionChange::Moved(index) = change else {
            return Ok(());
        };
        let session = sessions.and_then(|sessions| sessions.get(*index));
        if session.is_some_and(|(_, stored)| device.was_put_back_after(stored)) {
            if header.kind == ContentKind::LinkWelcome {
                return Err(ClientError::SigningUnsure);
            }
            header.known = device.knows;
        }
        Ok(())
    }

    /// Counts a message of a user for each device that the user has retired. After some, the sessions with the device end.
    pub(super) fn count_late(
        &self,
        (party, sender): (&mut Party, &IdentityKey),
        list: &mut ListChange,
    ) -> Result<(), S> {
        // Messages are counted for retired devices alone, which never return.
        let late = party.devices().get(sender).map_or(0, |device| device.late);
        if late >= MESSAGES_BEFORE_RETIRED_SESSIONS_END {
            return Err(ClientError::RetiredDevice(*sender));
        }
        for identity in retired(party) {
            let device = party.device::<S::Error>(&identity)?;
            let is_sender = identity == *sender;
            if device.late < MESSAGES_BEFORE_RETIRED_SESSIONS_END {
                device.late += 1;
            }
            // The session of this message goes on until the next message, which is of another device.
            if device.late == MESSAGES_BEFORE_RETIRED_SESSIONS_END && !is_sender {
                device.late = ENDED;
                list.end(self.sessions(&identity)?);
            }
        }
        Ok(())
    }
}

impl Device {
    /// Notes that the sessions with the device, which its user has retired, have ended.
    pub(super) const fn end_late(&mut self) {
        self.late = ENDED;
    }
}

impl Peer {
    /// Tells whether the user has retired the device with this identity.
    pub(super) fn has_retired(&self, identity: &IdentityKey) -> bool {
        let list = self.list();
        list.is_some_and(|list| list.status_of(identity) == Status::Retired)
    }
}

/// The devices with a state here that their user has retired and whose sessions may still read.
pub(super) fn retired(party: &Party) -> Vec<IdentityKey> {
    let Some(list) = party
        .list()
        .filter(|list| !list.list().revoked().is_empty())
    else {
        return Vec::new();
    };
    let late = party.devices().iter().filter(|device| device.late < ENDED);
    let late = late.map(|device| device.identity);
    late.filter(|identity| list.status_of(identity) == Status::Retired)
        .collect()
}
