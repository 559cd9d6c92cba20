//! Views of a ratchet's keys, for programs that draw how the keys follow from each other. Programs that exchange
//! messages need none of this.
//!
//! A view shows keys by their fingerprints; with the feature `show-keys` it shows the keys, too. It looks at a ratchet and
//! changes nothing.

use core::fmt;

pub use sprag_primitives::key_view::{FINGERPRINT_LENGTH, KeyView, public_fingerprint};
use sprag_primitives::x25519::PublicKey;

use crate::double_ratchet_he::DoubleRatchetHE;
use crate::headers::encrypted::{EncryptedHeaders, HeaderChain};
use crate::keys::{ChainKey, HeaderKey};
use crate::ratchet::Ratchet;
use crate::ratchet::receiving::ReceivingChain;
use crate::ratchet::sending::SendingChain;

/// The keys that a ratchet holds.
#[derive(Clone, Copy)]
pub struct RatchetView<'a>(pub(crate) &'a Ratchet<EncryptedHeaders>);

/// The chain that a party sends in: `DHs`, `CKs`, `Ns`, `HKs`.
#[derive(Clone, Copy)]
pub struct SendingChainView<'a>(&'a SendingChain<HeaderKey>);

/// A chain that a party receives in, or did: `DHr`, `CKr`, `Nr`, `HKr` and its part of `MKSKIPPED`.
pub struct ReceivingChainView<'a>(ReceivingChain<'a, HeaderChain>);

/// One step of a chain: a chain key, and the message key that it yields.
#[derive(Debug)]
#[non_exhaustive]
pub struct LinkView {
    /// The chain key before the step.
    pub chain_key: KeyView,
    /// The message key of the step.
    pub message_key: KeyView,
}

/// A root step: the keys that `KDF_RK_HE` yields (Double Ratchet §4.2).
#[derive(Debug)]
#[non_exhaustive]
pub struct RootStepView {
    /// The new root key.
    pub root_key: KeyView,
    /// The first step of the new chain.
    pub first: LinkView,
    /// The next header key of the chain's direction.
    pub next_header_key: KeyView,
}

impl DoubleRatchetHE {
    /// A view of the keys that are held.
    #[must_use]
    pub const fn view(&self) -> RatchetView<'_> {
        RatchetView(self.inner())
    }
}

impl<'a> RatchetView<'a> {
    /// The root key, `RK`, with the fingerprint that [`DoubleRatchetHE::root_fingerprint`] has.
    #[must_use]
    pub fn root_key(self) -> KeyView {
        self.0.root().view()
    }

    /// The header key of the next chain that this party sends in, `NHKs`.
    #[must_use]
    pub fn next_sending_header_key(self) -> KeyView {
        self.0.next_header_keys().sending.view()
    }

    /// The header key of the next chain that this party receives in, `NHKr`.
    #[must_use]
    pub fn next_receiving_header_key(self) -> KeyView {
        self.0.next_header_keys().receiving.view()
    }

    /// The number of messages in the last chain but one that this party sent in, `PN`.
    #[must_use]
    pub const fn previous_length(self) -> u32 {
        self.0.previous_length()
    }

    /// The chain that this party sends in. There is none before a responder's first receipt, and none between the
    /// receipt of a new ratchet key and the next message, because the step is deferred until then (Double Ratchet §8.5).
    #[must_use]
    pub fn sending(self) -> Option<SendingChainView<'a>> {
        self.0.sending_chain().map(SendingChainView)
    }

    /// The chains that this party receives in: the current one first, then the finished ones that still have skipped
    /// keys, the newest first.
    pub fn receiving(self) -> impl Iterator<Item = ReceivingChainView<'a>> {
        self.0.receiving_chains().map(ReceivingChainView)
    }

    /// The root step with which this party began its sending chain, computed once more from the state `before` it. `None`
    /// if there is no sending chain, or if `before` is not the state that the step was taken from.
    ///
    /// It shows the first chain key, which is wiped with the first message of the chain. Example: a drawing keeps a copy of
    /// the state, lets the party encrypt, and asks for the step.
    #[must_use]
    pub fn sending_step_from(self, before: RatchetView<'_>) -> Option<RootStepView> {
        let step = self.0.sending_step_from(before.0)?;
        Some(RootStepView {
            root_key: step.root.view(),
            first: step.chain.link(),
            next_header_key: step.next_header_key.view(),
        })
    }
}

impl SendingChainView<'_> {
    /// The ratchet public key of the chain, `DHs`, which stands in the headers of its messages.
    #[must_use]
    pub const fn ratchet_key(&self) -> &PublicKey {
        self.0.pair.public()
    }

    /// The number of the next message, `Ns`.
    #[must_use]
    pub const fn next(&self) -> u32 {
        self.0.next
    }

    /// The step of the next message: the chain key that is held, `CKs`, and the message key that it will yield.
    #[must_use]
    pub fn next_link(&self) -> LinkView {
        self.0.key.link()
    }

    /// The header key, `HKs`.
    #[must_use]
    pub fn header_key(&self) -> KeyView {
        self.0.header_key.view()
    }
}

impl ReceivingChainView<'_> {
    /// The peer's ratchet public key, `DHr`.
    #[must_use]
    pub const fn ratchet_key(&self) -> &PublicKey {
        self.0.id().ratchet_key()
    }

    /// The number of messages of the chain that were received or skipped, which is `Nr` of the current chain.
    #[must_use]
    pub const fn reached(&self) -> u32 {
        self.0.reached()
    }

    /// The step of the next message: the chain key that is held, `CKr`, and the message key that it will yield. A finished
    /// chain has none.
    #[must_use]
    pub fn next_link(&self) -> Option<LinkView> {
        self.0.key().map(ChainKey::link)
    }

    /// The header key, `HKr`.
    #[must_use]
    pub fn header_key(&self) -> KeyView {
        self.0.id().header_key().view()
    }

    /// The skipped message keys that are held, at most [`MAX_SKIPPED_KEYS`](crate::limits::MAX_SKIPPED_KEYS), with the
    /// numbers of their messages, which ascend.
    pub fn skipped(&self) -> impl Iterator<Item = (u32, KeyView)> {
        self.skipped_from(0)
    }

    /// The skipped message keys of message `first` and later ones, without the work of the fingerprints of the others.
    pub fn skipped_from(&self, first: u32) -> impl Iterator<Item = (u32, KeyView)> {
        let skipped = self.0.skipped();
        let skipped = skipped.filter(move |(number, _)| *number >= first);
        skipped.map(|(number, key)| (number, key.view()))
    }

    /// The numbers of the messages whose skipped keys are held, without the work of any fingerprint.
    pub fn skipped_numbers(&self) -> impl Iterator<Item = u32> {
        self.0.skipped().map(|(number, _)| number)
    }
}

impl ChainKey {
    /// The step that follows.
    fn link(&self) -> LinkView {
        let (_, message_key) = self.step();
        LinkView {
            chain_key: self.view(),
            message_key: message_key.view(),
        }
    }
}

impl fmt::Debug for RatchetView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RatchetView")
            .field("root_key", &self.root_key())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SendingChainView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendingChainView")
            .field("next", &self.next())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ReceivingChainView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivingChainView")
            .field("reached", &self.reached())
            .finish_non_exhaustive()
    }
}
