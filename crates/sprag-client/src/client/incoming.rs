use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use sprag::{Error, IdentityKey, Opened};
use sprag_devices::{DeviceList, Evidence, UserId};
use sprag_primitives::rand_core::CryptoRng;
use sprag_wire::{ContentKind, decode_copy};

use super::bundles::KeptBundles;
use super::contents::{Header, cut_front, is_control};
use super::decryption::{Arrived, Decrypted, SessionChange};
use super::lists::{ListChange, Taking};
use super::progress::Progress;
use super::received::{Digest, SentBy, Unreleased};
use super::sender::Sender;
use super::signing::expect_newest;
use super::users::{Owner, Party};
use super::{Client, Receipt, Received, Result};
use crate::error::ClientError;
use crate::name::Name;
use crate::store::Store;
use crate::transaction::Transaction;

/// A message to be decrypted.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Incoming<'a> {
    /// The bytes that arrived.
    pub message: &'a [u8],
    /// The associated data that the sender gave with the plaintext.
    pub associated_data: &'a [u8],
}

impl<'a> Incoming<'a> {
    /// A message without associated data.
    #[must_use]
    pub const fn new(message: &'a [u8]) -> Self {
        Self {
            message,
            associated_data: &[],
        }
    }
}

/// A message that was opened and is not committed yet.
pub(super) struct OpenedMessage {
    received: Unreleased,
    effect: Effect,
}

/// The effect of a message that was opened.
pub(super) enum Effect {
    /// The message was decrypted before and is still held.
    Held,
    /// It is read, and brings these changes.
    Read(Box<Progress>),
    /// It is refused and leaves a mark: its content is of this kind, which is not known.
    Unknown(Box<Party>, u8),
    /// It brings a list of the own user that does not have this device.
    Removes(Box<DeviceList>),
    /// It is refused and leaves evidence.
    Contradicts(Box<Party>, Box<Evidence>),
}

impl OpenedMessage {
    pub(super) fn into_parts(self) -> (Unreleased, Effect) {
        (self.received, self.effect)
    }

    /// The plaintext, to be looked at, if the message is read.
    pub(super) fn plaintext(&self) -> Option<&[u8]> {
        matches!(self.effect, Effect::Held | Effect::Read(_))
            .then_some(self.received.0.opened.plaintext.as_slice())
    }
}

impl<S: Store> Client<S> {
    /// Decrypts a message, and keeps the plaintext until it is [acknowledged](Self::acknowledge): until
    /// then the same message can be decrypted again. Session and plaintext are committed together, with the device list that comes
    /// in the message.
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`]; [`ClientError::UnknownPeer`] if the name is nobody's and the message
    /// begins no session; [`ClientError::UnknownSender`] if no name is given and the sending user has none;
    /// [`ClientError::OtherIdentity`], [`ClientError::KnownAs`] and [`ClientError::OwnDevice`] if the sender is another than
    /// `sender` says; [`ClientError::NotListed`], [`ClientError::LostDevice`] and [`ClientError::RetiredDevice`] if the newest
    /// list does not let the device say this; [`ClientError::List`], [`ClientError::ListMismatch`] and
    /// [`ClientError::OldList`] if the list is refused; [`ClientError::Equivocation`] if it contradicts one that is known, of
    /// which evidence is kept; [`ClientError::UnknownContent`] if the content is of a later version, which can still read it;
    /// [`ClientError::LinkContent`] if it is an acceptance or a welcome, which [`admit`](Self::admit) and
    /// [`accept_welcome`](Self::accept_welcome) read; [`ClientError::NotAFile`] if it is the key of a file;
    /// [`ClientError::MisplacedRenewal`] if a renewal begins no session; [`ClientError::ForeignBundle`],
    /// [`ClientError::OldBundle`] and [`ClientError::UsedBundle`] if the bundle in a request is refused;
    /// [`ClientError::Removed`] if the list in the message does not have this device, of which nothing is left then;
    /// [`ClientError::NoUser`] if this device waits for its welcome; [`ClientError::ForeignCopy`];
    /// [`ClientError::AlreadyRead`] and [`ClientError::OwnMessage`] if the message is remembered;
    /// [`ClientError::SessionEnded`] if it begins a session that is not kept any more; [`ClientError::NoSession`] if no
    /// session knows the message; [`ClientError::Downgrade`]; [`ClientError::Protocol`]; [`ClientError::Damaged`];
    /// [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn decrypt(
        &mut self,
        sender: Sender<'_>,
        incoming: Incoming<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Received, S> {
        let message = self.open_or_note((sender, ContentKind::Text), &[incoming], rng)?;
        self.keep(message, 0, rng)
    }

    /// [`open_message`](Self::open_message), which notes it if none of the messages can be read.
    pub(super) fn open_or_note(
        &mut self,
        (sender, kind): (Sender<'_>, ContentKind),
        all: &[Incoming<'_>],
        rng: &mut impl CryptoRng,
    ) -> Result<OpenedMessage, S> {
        let expected = sender.name()?;
        let opened = self.open_message(expected.as_ref(), all, kind);
        match opened {
            Err(refusal) => Err(self.note_unread((all, expected.as_ref()), refusal, rng)?),
            opened => opened,
        }
    }

    /// Opens the one of some messages that is for this device, and changes nothing yet. The `kind` is that of a file's key,
    /// which is in the header of a file, or else of a text. A message in a session from a store of format 1 does not say it.
    pub(super) fn open_message(
        &self,
        expected: Option<&Name>,
        all: &[Incoming<'_>],
        kind: ContentKind,
    ) -> Result<OpenedMessage, S> {
        // A message that was decrypted before and not acknowledged is read again.
        let mut arrived = Vec::new();
        let mut fault = None;
        for incoming in all {
            let receipt = Receipt::of(incoming);
            if let Some(mut received) = self.held(&receipt)?
                && received.0.digest == Digest::of(incoming)
            {
                received.0.peer = self.name_of_held(&received.0, expected)?;
                return Ok(OpenedMessage {
                    received,
                    effect: Effect::Held,
                });
            }
            match Arrived::new(*incoming, receipt) {
                Ok(message) => arrived.push(message),
                Err(refusal) => fault = Some(refusal),
            }
        }
        if let Some(fault) = fault.filter(|_| arrived.is_empty()) {
            return Err(fault.into());
        }
        // Decrypt it. Only an authentic message says who sent it, so the caller's name is compared afterwards.
        let (index, decrypted) = self.decrypt_arrived(&arrived, expected)?;
        let arrived = arrived.get(index).ok_or(ClientError::NoSession)?;
        self.read_content((arrived, expected), decrypted, kind)
    }

    /// Reads the content of a message that was decrypted, and finds what it changes.
    fn read_content(
        &self,
        (arrived, expected): (&Arrived<'_>, Option<&Name>),
        decrypted: Decrypted,
        kind: ContentKind,
    ) -> Result<OpenedMessage, S> {
        let Decrypted {
            opened,
            change,
            party,
            sessions,
            bare,
            answers,
        } = decrypted;
        let identity = opened.sender;
        let mut received = unread(arrived, opened, kind);
        received.0.new_session = matches!(change, SessionChange::Accepted { .. });
        // Read the header. A content of a later version is left to it, and counted.
        let mut header = match Header::read(&received.0.opened.plaintext) {
            _ if bare => None,
            Err(ClientError::UnknownContent(unknown)) => {
                return self.unknown_content(received, unknown, expected);
            }
            header => Some(expect_kind(header?, kind)?),
        };
        // Find the sender. Its record comes before the sessions and must stay as it was read, because another writer that
        // begins a session changes it.
        let (party, unnamed) = match party {
            Some(party) => (party, None),
            None => self.sender(expected, &identity, header.as_ref())?,
        };
        received.0.new_peer = party.is_new();
        // Take the list that came with the message. The sender must be one of its devices.
        let attached = header.as_ref().and_then(|header| header.list.as_ref());
        let (mut party, mut list) =
            match self.take_attached(party, attached, (&identity, unnamed.as_ref()))? {
                Ok(taken) => taken,
                Err(effect) => return Ok(OpenedMessage { received, effect }),
            };
        // See that the newest list lists the sender, and note what the header says of lists.
        (received.0.device, received.0.retired_device) = party.standing(&identity)?;
        if header.is_some() && received.0.device.is_none() {
            return Err(ClientError::NotListed(identity));
        }
        self.count_late((&mut party, &identity), &mut list)?;
        let mut bundles = KeptBundles::default();
        if let Some(header) = &mut header {
            let session = (&change, sessions.as_ref());
            Self::without_old_knowledge((&party, &identity), header, session)?;
            self.apply_header(&mut received.0, (&mut party, header), &mut bundles)?;
        }
        self.tell_party(&mut received.0, (&party, &list))?;
        // Load the other sessions with the device, if they are not known yet, and find the place of the session among them.
        let sessions = sessions.map_or_else(|| self.sessions(&identity), Ok)?;
        let mut progress = Box::new(Progress {
            party,
            list,
            bundles,
            drops_bundle: false,
            change,
            sessions,
        });
        self.find_place(&mut received.0, &mut progress)?;
        if let Some(header) = &header {
            progress.note_claim::<S::Error>((&identity, answers), header.claim)?;
        }
        Ok(OpenedMessage {
            received,
            effect: Effect::Read(progress),
        })
    }

    /// The effect of a content of a kind that is not known: it is counted, if the sender is known.
    fn unknown_content(
        &self,
        received: Unreleased,
        kind: u8,
        expected: Option<&Name>,
    ) -> Result<OpenedMessage, S> {
        let owner = self.owner_of(&received.0.opened.sender)?;
        let owner = owner.ok_or(ClientError::UnknownContent(kind))?;
        let party = Box::new(self.party_of(&owner, expected)?);
        let effect = Effect::Unknown(party, kind);
        Ok(OpenedMessage { received, effect })
    }

    /// Takes the list that came with a message, if there is one, or says what it brings in its place. It must list the sender.
    fn take_attached(
        &self,
        mut party: Party,
        attached: Option<&DeviceList>,
        (sender, unnamed): (&IdentityKey, Option<&IdentityKey>),
    ) -> Result<core::result::Result<(Party, ListChange), Effect>, S> {
        let Some(attached) = attached else {
            return Ok(Ok((party, ListChange::default())));
        };
        if attached.identify(sender).is_none() {
            return Err(ClientError::NotListed(*sender));
        }
        Ok(match self.take_list(&mut party, attached, unnamed)? {
            Taking::Contradicts(evidence) => Err(Effect::Contradicts(Box::new(party), evidence)),
            Taking::Taken(_) if party.has_removed_this() => {
                Err(Effect::Removes(Box::new(attached.clone())))
            }
            Taking::Taken(change) => Ok((party, *change)),
        })
    }

    /// Says who a message is from, or whom it was sent to, and how the list of devices changed.
    fn tell_party(
        &self,
        received: &mut Received,
        (party, list): (&Party, &ListChange),
    ) -> Result<(), S> {
        received.new_devices.clone_from(&list.new_devices);
        received.gone_devices.clone_from(&list.gone_devices);
        match party {
            // The user is the one that the copy names.
            Party::Own(_) => received.sent_by = SentBy::OwnDevice,
            Party::Peer(_) => received.user = party.user_id(),
        }
        received.peer = match party.name() {
            Some(name) => name.to_string(),
            None => self.name_of_user(received.user.as_ref())?,
        };
        Ok(())
    }

    /// The party that a message is from. A sender that is not known must come with a list that lists it.
    /// An identity that is not known is returned, so that nobody looks for its name again.
    fn sender(
        &self,
        expected: Option<&Name>,
        identity: &IdentityKey,
        header: Option<&Header>,
    ) -> Result<(Party, Option<IdentityKey>), S> {
        if let Some(owner) = self.owner_of(identity)? {
            return Ok((self.party_of(&owner, expected)?, None));
        }
        // A device that waits for its welcome would take its own user for a peer.
        if self.pending_link()?.is_some() {
            return Err(ClientError::NoUser);
        }
        let list = header.and_then(|header| header.list.as_ref());
        let list = list.filter(|list| list.identify(identity).is_some());
        let list = list.ok_or(ClientError::NotListed(*identity))?;
        let party = self.party_of_list(expected, list, identity)?;
        Ok((party, Some(*identity)))
    }

    /// Notes what a header says of lists, and cuts the content down to what the caller gets.
    fn apply_header(
        &self,
        received: &mut Received,
        (party, header): (&mut Party, &Header),
        bundles: &mut KeptBundles,
    ) -> Result<(), S> {
        let identity = received.opened.sender;
        if received.retired_device && is_control(header.kind) {
            return Err(ClientError::RetiredDevice(identity));
        }
        if header.kind == ContentKind::Copy
            && let Some(name) = party.name()
        {
            return Err(ClientError::ForeignCopy(name.to_string()));
        }
        if header.kind == ContentKind::LinkWelcome {
            expect_newest(header, party)?;
        }
        // The key of a file comes in the header of a file and nowhere else, and nothing else comes there.
        let is_of_file = received.content == ContentKind::FileKey;
        if is_of_file != (header.kind == ContentKind::FileKey) {
            return Err(ClientError::NotAFile);
        }
        received.content = header.kind;
        cut_front(&mut received.opened.plaintext, header.payload);
        let asks = header.asks_for_list(&received.opened.plaintext);
        let device = party.device::<S::Error>(&identity)?;
        device.knows = if asks { 0 } else { header.known };
        if !is_control(header.kind) {
            // It shows that the sender's session works.
            device.repair.requests = 0;
        }
        match header.kind {
            ContentKind::Copy | ContentKind::FileKey => {
                let plaintext = &mut received.opened.plaintext;
                let copied = decode_copy(plaintext).map_err(Error::from)?;
                let (user, length) = (copied.user, copied.payload.len());
                let start = plaintext.len() - length;
                cut_front(plaintext, start);
                let user = UserId::from_bytes(user);
                // What a peer sends is for this user, and what another own device sent for whom it says.
                if party.name().is_some() && user != self.user_id()? {
                    return Err(ClientError::NotAFile);
                }
                received.user = Some(user);
            }
            ContentKind::List => {
                *bundles = self.bundles_of((party, &identity), &received.opened.plaintext)?;
                received.opened.plaintext.clear();
            }
            ContentKind::Renew | ContentKind::Nothing => received.read_repair()?,
            _ => {}
        }
        Ok(())
    }

    /// The name of the peer of a message that is held, which must be the one that the caller expects.
    fn name_of_held(&self, received: &Received, expected: Option<&Name>) -> Result<String, S> {
        match (received.sent_by, expected) {
            (SentBy::OwnDevice, Some(_)) => Err(ClientError::OwnDevice),
            (SentBy::OwnDevice, None) => self.name_of_user(received.user.as_ref()),
            (SentBy::Peer, _) => match self.owner_of(&received.opened.sender)? {
                Some(Owner::Peer(name)) => {
                    self.expect_name(&name, expected)?;
                    Ok(name.into())
                }
                _ => Err(ClientError::Conflict),
            },
        }
    }

    /// Commits what a message that was opened brings, and gives it out. The key of a file comes with the time, in seconds
    /// since 1970-01-01 UTC, other messages with 0.
    pub(super) fn keep(
        &mut self,
        message: OpenedMessage,
        key_since: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Received, S> {
        let OpenedMessage { received, effect } = message;
        match effect {
            Effect::Held => {}
            Effect::Read(progress) => {
                // A list has been taken once it is committed, so only the rest is held.
                let room = if is_control(received.0.content) {
                    None
                } else {
                    Some(self.room()?)
                };
                let mut transaction = Transaction::new(&self.vault, rng);
                progress.stage(&received.0, &mut transaction);
                if let Some(room) = room {
                    // The plaintext is kept until it is acknowledged.
                    let length = received.0.opened.plaintext.len() as u64;
                    let totals = room.totals.with(length, key_since);
                    room.stage(totals, &mut transaction);
                    transaction.add_unacknowledged(&received.0, totals.latest, key_since);
                }
                let batch = transaction.finish();
                self.commit(&batch)?;
            }
            effect => return Err(self.refuse(effect, rng)?),
        }
        Ok(received.release())
    }

    /// Commits what a message that is refused leaves, and returns the refusal.
    pub(super) fn refuse(
        &mut self,
        effect: Effect,
        rng: &mut impl CryptoRng,
    ) -> Result<ClientError<S::Error>, S> {
        match effect {
            Effect::Held | Effect::Read(_) => Ok(ClientError::NoWelcome),
            Effect::Unknown(mut party, kind) => {
                if let Party::Peer(loaded) = &mut *party {
                    let count = &mut loaded.peer.unknown_contents;
                    *count = count.saturating_add(1);
                }
                let mut transaction = Transaction::new(&self.vault, rng);
                party.stage(&mut transaction);
                let batch = transaction.finish();
                self.commit(&batch)?;
                Ok(ClientError::UnknownContent(kind))
            }
            Effect::Contradicts(mut party, evidence) => {
                self.keep_evidence(&mut party, &evidence, rng)
            }
            Effect::Removes(list) => self.remove_all(&list, rng),
        }
    }
}

/// Refuses a content by which a device is linked, unless it is the welcome that the caller asks for.
fn expect_kind<E>(
    header: Header,
    asked: ContentKind,
) -> core::result::Result<Header, ClientError<E>> {
    match (header.kind, asked) {
        (ContentKind::LinkWelcome, ContentKind::LinkWelcome) => Ok(header),
        (_, ContentKind::LinkWelcome) => Err(ClientError::NoWelcome),
        (kind @ (ContentKind::LinkAcceptance | ContentKind::LinkWelcome), _) => {
            Err(ClientError::LinkContent(kind))
        }
        _ => Ok(header),
    }
}

/// A message whose content was not read yet.
fn unread(arrived: &Arrived<'_>, opened: Opened, content: ContentKind) -> Unreleased {
    Unreleased(Received {
        peer: String::new(),
        user: None,
        opened,
        content,
        sent_by: SentBy::Peer,
        device: None,
        retired_device: false,
        new_peer: false,
        new_session: false,
        unexpected_session: false,
        old_session: false,
        new_devices: Vec::new(),
        gone_devices: Vec::new(),
        answer_due: false,
        renewed: None,
        requested: None,
        unread: Vec::new(),
        receipt: arrived.receipt,
        digest: Digest::of(&arrived.incoming),
    })
}
