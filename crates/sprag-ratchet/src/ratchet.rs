//! The Double Ratchet, of either variant.

pub(crate) mod receiving;
pub(crate) mod sending;
pub(crate) mod skipped;

use alloc::boxed::Box;
use core::{iter, mem};

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::aead::{Ciphertext, Tag};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::x25519::{KeyPair, PublicKey};

use crate::Error;
use crate::associated_data::concat;
use crate::counts::Counts;
#[cfg(feature = "hazmat")]
use crate::header::Header;
use crate::headers::{Candidate, HeaderSecret, Headers, OpenedHeader, RootStep};
use crate::keys::{MessageKey, RootKey};
use crate::randomness::MessageRandomness;
use receiving::{ReceivingChain, ReceivingChains};
use sending::{Sending, SendingChain};

/// The header and the tag of a message that was encrypted in place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a result")]
pub struct HeaderAndTag<H> {
    /// The message's header.
    pub header: H,
    /// The tag over ciphertext, associated data and header.
    pub tag: Tag,
}

/// A message to be decrypted in place.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Message<'a, H> {
    /// The header as received.
    pub header: &'a H,
    /// The ciphertext on entry, the plaintext on success, and the tag.
    pub ciphertext: Ciphertext<'a>,
}

/// A message as it arrived, to be decrypted in a copy.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct ReceivedMessage<'a, H> {
    /// The header as received.
    pub header: &'a H,
    /// The ciphertext, as long as the plaintext.
    pub ciphertext: &'a [u8],
    /// The tag over ciphertext, associated data and header.
    pub tag: &'a Tag,
}

/// The means to open the body of a message whose header was opened.
pub(crate) struct Body<'a, H: Headers> {
    key: &'a MessageKey,
    header: &'a H::Encoded,
}

/// One party's state.
pub(crate) struct Ratchet<H: Headers> {
    root: RootKey,
    sending: Sending<H::Key>,
    /// The number of messages in the last sending chain but one, `PN`.
    previous_length: u32,
    receiving: ReceivingChains<H::ChainId>,
    next: NextHeaderKeys<H::Key>,
    pub(crate) counts: Counts,
}

/// The header keys of the next chain in each direction: `NHKs`, `NHKr`.
#[derive(Debug)]
pub(crate) struct NextHeaderKeys<K> {
    pub(crate) sending: K,
    pub(crate) receiving: K,
}

/// The sending half of a DH ratchet step, staged.
struct SendingTurn<K> {
    root: RootKey,
    chain: Box<SendingChain<K>>,
    next_header_key: K,
}

/// The receipt of a message, staged. Nothing has changed yet; committing it cannot fail.
struct Receipt<H: Headers> {
    received: receiving::ChainReceipt<H::ChainId>,
    /// The receiving half of a DH ratchet step, if the message begins a new chain.
    turn: Option<ReceivingTurn<H::Key>>,
}

/// The root key and the next header key after the receiving half of a DH ratchet step.
struct ReceivingTurn<K> {
    root: RootKey,
    next_header_key: K,
}

impl<H: Headers> Body<'_, H> {
    /// `DECRYPT(mk, ciphertext, CONCAT(AD, header))`, in place.
    pub(crate) fn open(
        &self,
        associated_data: &[u8],
        ciphertext: Ciphertext<'_>,
    ) -> Result<(), Error> {
        concat(associated_data, self.header.as_ref(), |associated_data| {
            let nonce = H::nonce(self.header);
            self.key.decrypt(&nonce, associated_data, ciphertext)
        })
    }
}

impl<H: Headers> Receipt<H> {
    const fn message_key(&self) -> &MessageKey {
        &self.received.message_key
    }
}

impl<H: Headers> Ratchet<H> {
    /// `RatchetInitAlice` or `RatchetInitAliceHE`.
    pub(crate) fn initiator(
        root: RootKey,
        remote: &PublicKey,
        next: NextHeaderKeys<H::Key>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let pair = KeyPair::generate(rng);
        let turn = SendingTurn::stage::<H>(&root, remote, next.sending.duplicate(), pair)?;
        let mut ratchet = Self::new(root, Sending::Deferred, next);
        ratchet.commit_sending_turn(turn);
        Ok(ratchet)
    }

    /// `RatchetInitBob` or `RatchetInitBobHE`.
    pub(crate) fn responder(root: RootKey, pair: &KeyPair, next: NextHeaderKeys<H::Key>) -> Self {
        Self::new(root, Sending::awaiting(pair), next)
    }

    fn new(root: RootKey, sending: Sending<H::Key>, next: NextHeaderKeys<H::Key>) -> Self {
        Self {
            root,
            sending,
            previous_length: 0,
            receiving: ReceivingChains::new(),
            next,
            counts: Counts::default(),
        }
    }

    /// `RatchetEncrypt` or `RatchetEncryptHE`, after the sending half of the DH ratchet step if it is
    /// due.
    pub(crate) fn encrypt(
        &mut self,
        associated_data: &[u8],
        buffer: &mut [u8],
        rng: &mut impl CryptoRng,
    ) -> Result<HeaderAndTag<H::Encoded>, Error> {
        // Draw what this message needs, and take the sending half of the DH ratchet step, if a new ratchet key was
        // received.
        let remote = self.remote_to_answer();
        let randomness = MessageRandomness::draw(remote.is_some(), H::NONCE_LENGTH, rng);
        let turn = remote.map(|remote| self.stage_sending_turn(remote, randomness.key_pair()));
        let turn = turn.transpose()?;
        let chain = turn
            .as_ref()
            .map(|turn| &*turn.chain)
            .or(self.sending.chain())
            .ok_or(Error::NoSendingChain)?;
        // Derive the message key, and encrypt header and body.
        let next = chain.number_after_next()?;
        let (mut key, message_key) = chain.key.step();
        let header = chain.header(self.previous_length);
        let header = H::encode(&chain.header_key, &header, &randomness.header_nonce())?;
        let tag = concat(associated_data, header.as_ref(), |associated_data| {
            message_key.encrypt(&H::nonce(&header), associated_data, buffer)
        })?;
        // Commit, which cannot fail.
        if let Some(turn) = turn {
            self.commit_sending_turn(turn);
        }
        self.sending.advance(&mut key, next);
        self.counts.sent += 1;
        Ok(HeaderAndTag { header, tag })
    }

    /// `RatchetDecrypt` or `RatchetDecryptHE`, as a transaction. `open` opens the body, which has cost nothing
    /// before, because only now it is known that the header fits. If `open` fails, nothing is committed.
    pub(crate) fn decrypt<T, E: From<Error>>(
        &mut self,
        header: &H::Encoded,
        open: impl FnOnce(&Body<'_, H>) -> Result<T, E>,
    ) -> Result<T, E> {
        // Open the header, which says which message of which chain this is.
        let opened = H::open(self.candidates(), header)?;
        // Stage the receipt.
        let mut receipt = self.stage(opened)?;
        // Let the caller open the body under the message key, and look at the plaintext.
        let key = receipt.message_key();
        let result = open(&Body { key, header })?;
        // Commit, which cannot fail.
        self.commit(&mut receipt);
        Ok(result)
    }

    /// The chains that a header may belong to. The current and the next one come first, because nearly all
    /// messages are of these.
    fn candidates(&self) -> impl Iterator<Item = Candidate<'_, H, ReceivingChain<'_, H::ChainId>>> {
        let current = self.receiving.current().map(known::<H>);
        let next = iter::once(Candidate::Next(&self.next.receiving));
        let finished = self.receiving.finished().map(known::<H>);
        current.into_iter().chain(next).chain(finished)
    }

    /// Stages the receipt of a message: of a chain that is known, or of a new one after the receiving half of
    /// `DHRatchet` or `DHRatchetHE` (§3.5, §4.6).
    fn stage(
        &self,
        opened: OpenedHeader<ReceivingChain<'_, H::ChainId>>,
    ) -> Result<Receipt<H>, Error> {
        let OpenedHeader { header, chain } = opened;
        if let Some(chain) = chain {
            let received = chain.stage(header.number)?;
            return Ok(Receipt {
                received,
                turn: None,
            });
        }
        // Check the limits before any derivation.
        let missing = self
            .receiving
            .missing(header.previous_length, header.number)?;
        // Without a private key no message can begin a chain, because the peer has had no key of ours to
        // answer since the last chain that it began.
        let pair = self.sending.key_pair().ok_or(Error::Forked)?;
        // Take the root step to the new chain.
        let step = root_step::<H>(&self.root, pair, &header.ratchet_key)?;
        let id = H::chain_id(&self.next.receiving, &header.ratchet_key);
        Ok(Receipt {
            received: self.receiving.stage_new_chain(id, &step.chain, missing),
            turn: Some(ReceivingTurn {
                root: step.root,
                next_header_key: step.next_header_key,
            }),
        })
    }

    fn commit(&mut self, receipt: &mut Receipt<H>) {
        self.receiving.commit(&mut receipt.received);
        if let Some(turn) = &mut receipt.turn {
            mem::swap(&mut self.root, &mut turn.root);
            mem::swap(&mut self.next.receiving, &mut turn.next_header_key);
            self.previous_length = self.sending.length();
            self.sending = Sending::Deferred;
            self.counts.dh_steps += 1;
        }
        self.counts.received += 1;
    }

    /// The peer's ratchet key that the next message must answer with a new one of ours, if it is newer than ours.
    fn remote_to_answer(&self) -> Option<&PublicKey> {
        match (&self.sending, self.receiving.current()) {
            (Sending::Deferred, Some(current)) => Some(H::ratchet_key(current.id())),
            _ => None,
        }
    }

    /// The sending half of `DHRatchet` or `DHRatchetHE` (§3.5, §4.6), deferred as §8.5 allows.
    fn stage_sending_turn(
        &self,
        remote: &PublicKey,
        pair: KeyPair,
    ) -> Result<SendingTurn<H::Key>, Error> {
        let header_key = self.next.sending.duplicate();
        SendingTurn::stage::<H>(&self.root, remote, header_key, pair)
    }

    fn commit_sending_turn(&mut self, mut turn: SendingTurn<H::Key>) {
        mem::swap(&mut self.root, &mut turn.root);
        mem::swap(&mut self.next.sending, &mut turn.next_header_key);
        self.sending = Sending::Active(turn.chain);
        self.counts.dh_steps += 1;
    }

    /// The number of messages in the peer's current chain, with those that are missing, if this party has sent none since it
    /// began; 0 otherwise.
    pub(crate) fn messages_to_answer(&self) -> u32 {
        let answers = self.remote_to_answer().is_some();
        if answers { self.receiving.reached() } else { 0 }
    }

    pub(crate) fn skipped_keys(&self) -> usize {
        self.receiving.held()
    }

    pub(crate) const fn root(&self) -> &RootKey {
        &self.root
    }
}

impl<K> SendingTurn<K> {
    /// Takes the root step to the chain of a new key pair.
    fn stage<H: Headers<Key = K>>(
        root: &RootKey,
        remote: &PublicKey,
        header_key: K,
        pair: KeyPair,
    ) -> Result<Self, Error> {
        let step = root_step::<H>(root, &pair, remote)?;
        Ok(Self {
            root: step.root,
            chain: Box::new(SendingChain {
                pair,
                key: step.chain,
                next: 0,
                header_key,
            }),
            next_header_key: step.next_header_key,
        })
    }
}

/// A chain that has begun, as a candidate.
const fn known<H: Headers>(
    chain: ReceivingChain<'_, H::ChainId>,
) -> Candidate<'_, H, ReceivingChain<'_, H::ChainId>> {
    Candidate::Known(chain.id(), chain)
}

/// One root step: `KDF_RK(rk, DH(own, remote))` or `KDF_RK_HE`.
fn root_step<H: Headers>(
    root: &RootKey,
    own: &KeyPair,
    remote: &PublicKey,
) -> Result<RootStep<H::Key>, Error> {
    Ok(H::kdf_rk(&root.extract(own, remote)?))
}

impl<H: Headers> Snapshot for Ratchet<H> {
    fn put(&self, writer: &mut Writer) {
        writer.put(&SNAPSHOT_VERSION);
        writer.put(&H::TAG);
        writer.put(&self.root);
        writer.put(&self.sending);
        writer.put(&self.previous_length);
        writer.put(&self.receiving);
        writer.put(&self.next.sending);
        writer.put(&self.next.receiving);
        writer.put(&self.counts);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        if reader.get::<u8>()? != SNAPSHOT_VERSION || reader.get::<u8>()? != H::TAG {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        let root = reader.get()?;
        let sending = reader.get()?;
        let previous_length = reader.get()?;
        let receiving: ReceivingChains<_> = reader.get()?;
        // A responder has received nothing while it waits, and a turn is due only after a receipt.
        let receives = receiving.current().is_some();
        let consistent = match sending {
            Sending::Awaiting(_) => !receives,
            Sending::Active(_) => true,
            Sending::Deferred => receives,
        };
        if !consistent {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        Ok(Self {
            root,
            sending,
            previous_length,
            receiving,
            next: NextHeaderKeys {
                sending: reader.get()?,
                receiving: reader.get()?,
            },
            counts: reader.get()?,
        })
    }
}

#[cfg(feature = "hazmat")]
impl<H: Headers> Ratchet<H> {
    /// The other end of the sending chain, if there is one, and of the header keys, for an attacker who
    /// copied this state.
    pub(crate) fn mirror_of_sending_chain(&self) -> Self {
        let receiving = self.sending.chain().map(|chain| {
            let id = H::chain_id(&chain.header_key, chain.pair.public());
            ReceivingChains::only(id, chain.key.duplicate(), chain.next)
        });
        let root = RootKey::new(sprag_primitives::SecretBytes::zeroed());
        let next = NextHeaderKeys {
            sending: self.next.receiving.duplicate(),
            receiving: self.next.sending.duplicate(),
        };
        Self {
            receiving: receiving.unwrap_or(ReceivingChains::new()),
            ..Self::new(root, Sending::Deferred, next)
        }
    }

    pub(crate) const fn previous_length(&self) -> u32 {
        self.previous_length
    }

    pub(crate) const fn next_header_keys(&self) -> &NextHeaderKeys<H::Key> {
        &self.next
    }

    pub(crate) fn sending_chain(&self) -> Option<&SendingChain<H::Key>> {
        self.sending.chain()
    }

    /// The current chain and the finished ones that still have skipped keys, the newest first.
    pub(crate) fn receiving_chains(&self) -> impl Iterator<Item = ReceivingChain<'_, H::ChainId>> {
        let current = self.receiving.current();
        current.into_iter().chain(self.receiving.finished())
    }

    /// The root step that led from the state `before` to the sending chain, if it did.
    pub(crate) fn sending_step_from(&self, before: &Self) -> Option<RootStep<H::Key>> {
        let chain = self.sending.chain()?;
        let step = root_step::<H>(&before.root, &chain.pair, before.remote_to_answer()?).ok()?;
        (step.root.fingerprint() == self.root.fingerprint()).then_some(step)
    }

    /// The header of a message to this party, if a header key that is held opens it.
    pub(crate) fn open_header(&self, encoded: &H::Encoded) -> Option<Header> {
        let opened = H::open(self.candidates(), encoded);
        opened.ok().map(|opened| opened.header)
    }
}

const SNAPSHOT_VERSION: u8 = 2;
