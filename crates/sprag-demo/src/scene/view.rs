//! The state of a scene as data.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Serialize, Serializer};
use sprag::hazmat::{FINGERPRINT_LENGTH, KeyView};

use super::step::{EnvelopeId, SuiteName};
use crate::event::{Loot, Name};

/// The version of the steps and of the view. A scenario of another version is not this one.
pub const VERSION: u32 = 1;

/// The whole state of a scene.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct View {
    /// [`VERSION`]
    pub version: u32,
    /// The progress of the acquaintance.
    pub phase: Phase,
    /// The number of steps taken.
    pub steps: u32,
    /// Alice and Bob.
    pub parties: Parties,
    /// All envelopes, in the order in which they were sent or copied.
    pub wire: Vec<EnvelopeView>,
    /// The latest bundle of Bob.
    pub bundle: Option<BundleView>,
    /// The latest handshake of Alice.
    pub handshake: Option<HandshakeView>,
    /// The thief.
    pub thief: Option<ThiefView>,
    /// Both hold the same root key; `None` while one has no session.
    pub same_root: Option<bool>,
    /// The number of envelopes on the wire.
    pub in_flight: u32,
}

/// The progress of the acquaintance.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "a page has a heading for each")]
pub enum Phase {
    /// Bob has published nothing.
    Strangers,
    /// There is a bundle, and no session.
    Published,
    /// Alice has a session.
    Agreed,
}

/// Both parties.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Parties {
    /// Alice.
    pub alice: PartyView,
    /// Bob.
    pub bob: PartyView,
}

/// One party.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PartyView {
    /// It has a session.
    pub session: bool,
    /// The state of the session.
    pub status: Option<StatusView>,
    /// The keys of the session and their descent.
    pub chains: Option<ChainsView>,
    /// The messages that the party wrote and read, in the order in which it did.
    pub talk: Vec<Line>,
}

/// The state of a session, as [`sprag::Status`] has it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StatusView {
    /// Messages encrypted.
    pub sent: u64,
    /// Messages decrypted.
    pub received: u64,
    /// DH ratchet steps taken.
    pub dh_steps: u64,
    /// The fingerprint of the root key.
    pub root_fingerprint: Fingerprint,
    /// Keys held for messages that have not arrived.
    pub skipped_keys: usize,
    /// The suite.
    pub suite: SuiteName,
}

/// A line of a conversation as one party sees it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Line {
    /// The sender.
    pub from: Name,
    /// The text.
    pub text: String,
    /// The envelope that carries it.
    pub envelope: EnvelopeId,
    /// A later line of the sender was read before.
    pub late: bool,
}

/// The keys of a session and their descent.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChainsView {
    /// The root keys, the oldest first. The last is the present one.
    pub root: Vec<RootLink>,
    /// The chains, in the order in which they began.
    pub chains: Vec<ChainView>,
}

/// A root key.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RootLink {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The party does not hold it any more.
    pub wiped: bool,
    /// The key in hexadecimal, if it is held and keys are to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A chain.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChainView {
    /// The party sends or receives in it.
    pub direction: Direction,
    /// The index of the root key that came of the same root step.
    pub root: usize,
    /// The party does not go on in it.
    pub ended: bool,
    /// The number of links in front that are left out.
    pub before: u32,
    /// The latest links.
    pub links: Vec<Link>,
    /// The chain key that is held.
    pub next: Option<NextLink>,
}

/// The direction of a chain, from the view of one party.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "messages go in two directions")]
pub enum Direction {
    /// The party sends in it.
    Sending,
    /// The party receives in it.
    Receiving,
}

/// A step of a chain, which belongs to one message.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Link {
    /// The number of the message in its chain.
    pub n: u32,
    /// The fingerprint of the chain key before the step.
    pub chain: Fingerprint,
    /// The fingerprint of the message key.
    pub message: Fingerprint,
    /// The fate of the message key.
    pub state: LinkState,
    /// The envelope of the message.
    pub envelope: Option<EnvelopeId>,
    /// The message key in hexadecimal, if it is held and keys are to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The fate of a message key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LinkState {
    /// It waits for a message that is late.
    Skipped,
    /// It was used, or given up.
    Wiped,
}

/// The chain key that a party holds for the next message.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NextLink {
    /// The number of the next message.
    pub n: u32,
    /// The fingerprint of the chain key.
    pub chain: Fingerprint,
    /// The chain key in hexadecimal, if keys are to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// An envelope.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EnvelopeView {
    /// Its number, from 1.
    pub id: EnvelopeId,
    /// The sender.
    pub from: Name,
    /// The receiver.
    pub to: Name,
    /// The text, which is encrypted on the wire.
    pub text: String,
    /// The handshake is in front, or is not.
    pub kind: EnvelopeKind,
    /// The length of the encrypted message in bytes.
    pub bytes: usize,
    /// The first bytes of the encrypted message in hexadecimal.
    pub hex: String,
    /// The whereabouts.
    pub state: EnvelopeState,
    /// The envelope that this is a copy of.
    pub copy_of: Option<EnvelopeId>,
    /// It was altered on its way.
    pub damaged: bool,
    /// The header, which is encrypted on the wire.
    pub header: HeaderView,
    /// The part that the present thief can read, and the reason.
    pub thief: Option<Judgement>,
    /// The number of messages that the envelope stands for, if they are many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub many: Option<u32>,
}

/// The kind of an envelope.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(
    clippy::exhaustive_enums,
    reason = "a message has a handshake or has none"
)]
pub enum EnvelopeKind {
    /// The handshake is in front of the message.
    First,
    /// The handshake was answered.
    Later,
}

/// The whereabouts of an envelope.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EnvelopeState {
    /// On the wire.
    InFlight,
    /// The receiver read it.
    Delivered,
    /// The receiver refused it.
    Refused,
    /// Lost.
    Dropped,
}

/// The header of a message (Double Ratchet §3.1, `HEADER`).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HeaderView {
    /// The fingerprint of the sender's ratchet public key.
    pub key: Fingerprint,
    /// The number of messages in the sender's previous chain.
    pub pn: u32,
    /// The number of the message in its chain.
    pub n: u32,
}

/// The part of an envelope that a thief can read, and the reason.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Judgement {
    /// The part that the stolen keys open.
    pub loot: Loot,
    /// The name of the reason, which does not change.
    pub reason: &'static str,
    /// The reason as a sentence.
    pub why: String,
}

/// A bundle.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BundleView {
    /// The suite that it is for.
    pub suite: SuiteName,
    /// Its length in bytes.
    pub bytes: usize,
    /// The keys in it.
    pub keys: Vec<BundleKey>,
}

/// A key of a bundle.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BundleKey {
    /// The name in the specification.
    pub name: &'static str,
    /// The use of the key: `identity`, `signed`, `one-time` or `kem`.
    pub kind: &'static str,
    /// The fingerprint of the key.
    pub fingerprint: Fingerprint,
    /// The number of a prekey.
    pub id: Option<u32>,
    /// The identity key signed it.
    pub signed: bool,
}

/// A handshake.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HandshakeView {
    /// The suite.
    pub suite: SuiteName,
    /// The secrets of the agreements.
    pub inputs: Vec<SecretView>,
    /// The secrets that are derived from them.
    pub derived: Vec<SecretView>,
    /// The public keys of the initiator.
    pub public: Vec<PublicView>,
    /// The fingerprint of the data that all messages of the session authenticate.
    pub associated_data: Fingerprint,
}

/// A secret of a handshake.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SecretView {
    /// The name in the specification.
    pub name: &'static str,
    /// The names of the keys or secrets that it comes from.
    pub of: Vec<&'static str>,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
}

/// A public key of a handshake.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PublicView {
    /// The name in the specification.
    pub name: &'static str,
    /// The fingerprint of the key.
    pub fingerprint: Fingerprint,
}

/// A thief.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ThiefView {
    /// The owner of the stolen session.
    pub victim: Name,
    /// The number of the step of the theft.
    pub at_step: u32,
    /// Both parties have ratcheted since, and the thief reads nothing new.
    pub locked_out: bool,
}

/// A fingerprint, in data as 16 hexadecimal digits.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "eight bytes")]
pub struct Fingerprint(pub [u8; FINGERPRINT_LENGTH]);

impl Fingerprint {
    pub(crate) const fn of(key: &KeyView) -> Self {
        Self(key.fingerprint())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
        text
    })
}
