use core::fmt;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::aead::{Ciphertext, Tag};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_primitives::x25519::{KeyPair, PublicKey};

use crate::Error;
use crate::associated_data::concat;
use crate::counts::Counts;
use crate::header::Header;
use crate::keys::{FINGERPRINT_LENGTH, MessageKey, RootKey};
use crate::receiving::{Gaps, ReceivingChains, Source, Staged};
use crate::sending::{Sending, SendingChain};

/// One party's state of the Double Ratchet with clear headers (Double Ratchet §3).
///
/// New ratchet keys are generated at the next send (Double Ratchet §8.5): decrypting needs no
/// randomness, and after a receipt there is no private key to steal until the party sends.
///
/// A call that fails changes nothing.
pub struct DoubleRatchet {
    root: RootKey,
    remote: Option<PublicKey>,
    sending: Sending,
    previous_length: u32,
    receiving: ReceivingChains<PublicKey>,
    counts: Counts,
}

/// What [`DoubleRatchet::encrypt`] yields beside the ciphertext in the buffer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a result")]
pub struct Sealed {
    /// The message's header.
    pub header: Header,
    /// The tag over ciphertext, associated data and header.
    pub tag: Tag,
}

/// A message to be decrypted in place.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Message<'a> {
    /// The header as received.
    pub header: &'a Header,
    /// The ciphertext on entry, the plaintext on success, and the tag.
    pub ciphertext: Ciphertext<'a>,
}

/// What a header claims of its message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Claim {
    /// It is of a chain of this session, whatever its number.
    KnownChain,
    /// It begins a chain.
    NewChain {
        /// The chain steps that trying it takes at most, beside one DH.
        steps: u32,
    },
}

impl DoubleRatchet {
    /// The state of the party that sends first.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidRatchetKey`]
    ///
    /// # Specification
    ///
    /// Double Ratchet §3.3:
    ///
    /// ```text
    /// RatchetInitAlice(state, SK, bob_dh_public_key):
    ///     state.DHs = GENERATE_DH()
    ///     state.DHr = bob_dh_public_key
    ///     state.RK, state.CKs = KDF_RK(SK, DH(state.DHs, state.DHr))
    ///     state.CKr = None
    ///     state.Ns = 0; state.Nr = 0; state.PN = 0; state.MKSKIPPED = {}
    /// ```
    pub fn initiator(
        root: &RootKey,
        remote: PublicKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let (root, chain) = SendingChain::begin(root, &remote, rng)?;
        Ok(Self {
            root,
            remote: Some(remote),
            sending: Sending::Active(chain),
            previous_length: 0,
            receiving: ReceivingChains::new(),
            counts: Counts {
                dh_steps: 1,
                ..Counts::default()
            },
        })
    }

    /// The state of the party whose ratchet public key the initiator used. It cannot send before it
    /// has received.
    ///
    /// # Specification
    ///
    /// Double Ratchet §3.3:
    ///
    /// ```text
    /// RatchetInitBob(state, SK, bob_dh_key_pair):
    ///     state.DHs = bob_dh_key_pair
    ///     state.DHr = None
    ///     state.RK = SK
    ///     state.CKs = None; state.CKr = None
    ///     state.Ns = 0; state.Nr = 0; state.PN = 0; state.MKSKIPPED = {}
    /// ```
    #[must_use]
    pub fn responder(root: RootKey, pair: &KeyPair) -> Self {
        Self {
            root,
            remote: None,
            sending: Sending::Awaiting(pair.duplicate()),
            previous_length: 0,
            receiving: ReceivingChains::new(),
            counts: Counts::default(),
        }
    }

    /// Encrypts `buffer` in place.
    ///
    /// # Errors
    ///
    /// [`Error::NoSendingChain`] for a responder that has received nothing yet;
    /// [`Error::CounterExhausted`] after 2^32 − 1 messages without an answer; [`Error::TooLong`];
    /// [`Error::InvalidRatchetKey`].
    ///
    /// # Specification
    ///
    /// Double Ratchet §3.4; before it, if a new ratchet key was received since the last call, the
    /// sending half of `DHRatchet` (§3.5, deferred as §8.5 allows):
    ///
    /// ```text
    /// state.DHs = GENERATE_DH()
    /// state.RK, state.CKs = KDF_RK(state.RK, DH(state.DHs, state.DHr))
    ///
    /// RatchetEncrypt(state, plaintext, AD):
    ///     state.CKs, mk = KDF_CK(state.CKs)
    ///     header = HEADER(state.DHs, state.PN, state.Ns)
    ///     state.Ns += 1
    ///     return header, ENCRYPT(mk, plaintext, CONCAT(AD, header))
    /// ```
    pub fn encrypt(
        &mut self,
        associated_data: &[u8],
        buffer: &mut [u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Sealed, Error> {
        let began = match (&self.sending, &self.remote) {
            (Sending::Deferred, Some(remote)) => {
                Some(SendingChain::begin(&self.root, remote, rng)?)
            }
            _ => None,
        };
        let chain = began
            .as_ref()
            .map(|(_, chain)| chain)
            .or(self.sending.chain())
            .ok_or(Error::NoSendingChain)?;
        let header = chain.header(self.previous_length);
        let (step, message_key) = chain.step()?;
        let tag = concat(associated_data, &header.encode(), |associated_data| {
            message_key.seal(associated_data, buffer)
        })?;
        if let Some((root, chain)) = began {
            self.root = root;
            self.sending = Sending::Active(chain);
            self.counts.dh_steps += 1;
        }
        self.sending.advance(step);
        self.counts.sent += 1;
        Ok(Sealed { header, tag })
    }

    /// Decrypts `message` in place if it is authentic.
    ///
    /// # Errors
    ///
    /// [`Error::NotAuthentic`], [`Error::Duplicate`], [`Error::KeyGivenUp`],
    /// [`Error::TooManySkipped`], [`Error::CounterExhausted`], [`Error::InvalidRatchetKey`]. With
    /// clear headers, all but the first are named on the word of a header that nobody has
    /// authenticated.
    ///
    /// # Specification
    ///
    /// Double Ratchet §3.5, as a transaction:
    ///
    /// ```text
    /// RatchetDecrypt(state, header, ciphertext, AD):
    ///     mk = RatchetReceiveKey(state, header)
    ///     return DECRYPT(mk, ciphertext, CONCAT(AD, header))
    ///
    /// RatchetReceiveKey(state, header):
    ///     mk = TrySkippedMessageKeys(state, header)
    ///     if mk != None: return mk
    ///     if header.dh != state.DHr:
    ///         SkipMessageKeys(state, header.pn)
    ///         DHRatchet(state, header)
    ///     SkipMessageKeys(state, header.n)
    ///     state.CKr, mk = KDF_CK(state.CKr)
    ///     state.Nr += 1
    ///     return mk
    /// ```
    pub fn decrypt(&mut self, associated_data: &[u8], message: Message<'_>) -> Result<(), Error> {
        let Message { header, ciphertext } = message;
        let open = |key: &MessageKey| {
            concat(associated_data, &header.encode(), |associated_data| {
                key.open(associated_data, ciphertext)
            })
        };
        match self.receiving.find(&header.ratchet_key, header.number)? {
            Source::Skipped(place) => {
                open(self.receiving.skipped_key(place))?;
                self.receiving.remove_skipped(place);
            }
            Source::Ahead => {
                let gaps = self.receiving.gap(header.number)?;
                let (staged, key) = self.receiving.stage(gaps)?;
                open(&key)?;
                self.receiving.commit(staged);
            }
            Source::NewChain => {
                let gaps = self.receiving.gaps(header.previous_length, header.number)?;
                let (root, staged, key) = self.stage_ratchet_step(header, gaps)?;
                open(&key)?;
                self.commit_ratchet_step(header, root, staged);
            }
        }
        self.counts.received += 1;
        Ok(())
    }

    /// The receiving half of `DHRatchet` (Double Ratchet §3.5), staged.
    ///
    /// Without a private key no message can begin a chain: the peer has had no key of ours to answer
    /// since the last one it began. Nor can one begin under the key that the initiator began with:
    /// the specification's `header.dh != state.DHr` is false there, and `CKr` is absent.
    fn stage_ratchet_step(
        &self,
        header: &Header,
        gaps: Gaps,
    ) -> Result<(RootKey, Staged<PublicKey>, MessageKey), Error> {
        if self.remote == Some(header.ratchet_key) {
            return Err(Error::NotAuthentic);
        }
        let pair = self.sending.key_pair().ok_or(Error::NotAuthentic)?;
        let (root, chain) = self.root.step(pair, &header.ratchet_key)?;
        let (staged, key) = self.receiving.stage_new(header.ratchet_key, &chain, gaps);
        Ok((root, staged, key))
    }

    fn commit_ratchet_step(&mut self, header: &Header, root: RootKey, staged: Staged<PublicKey>) {
        self.receiving.commit(staged);
        self.root = root;
        self.remote = Some(header.ratchet_key);
        self.previous_length = self.sending.length();
        self.sending = Sending::Deferred;
        self.counts.dh_steps += 1;
    }

    /// What a message with this header would have to be, without any cryptography. Of several sessions
    /// one can so ask first those that know the chain, and bound the work on the others.
    #[must_use]
    pub fn claim(&self, header: &Header) -> Claim {
        match self.receiving.find(&header.ratchet_key, header.number) {
            Ok(Source::NewChain) => self
                .receiving
                .gaps(header.previous_length, header.number)
                .map_or(Claim::NewChain { steps: 0 }, |gaps| Claim::NewChain {
                    steps: gaps.steps(),
                }),
            _ => Claim::KnownChain,
        }
    }

    /// What has happened so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// The number of skipped message keys held, at most
    /// [`MAX_SKIPPED_KEYS`](crate::limits::MAX_SKIPPED_KEYS).
    #[must_use]
    pub fn skipped_keys(&self) -> usize {
        self.receiving.held()
    }

    /// A one-way fingerprint of the root key, 8 bytes; the same on both sides when nothing is in
    /// flight.
    #[must_use]
    pub fn root_fingerprint(&self) -> [u8; FINGERPRINT_LENGTH] {
        self.root.fingerprint()
    }

    /// Writes the whole state; equal states write equal bytes.
    pub fn write_snapshot(&self, writer: &mut Writer) {
        writer.u8(SNAPSHOT_VERSION);
        self.root.write_snapshot(writer);
        writer.option(self.remote, |writer, remote| {
            writer.bytes(remote.as_bytes());
        });
        self.sending.write_snapshot(writer);
        writer.u32(self.previous_length);
        self.receiving
            .write_snapshot(writer, |writer, id| writer.bytes(id.as_bytes()));
        self.counts.write_snapshot(writer);
    }

    /// Reads what [`write_snapshot`](Self::write_snapshot) wrote.
    ///
    /// A snapshot is trusted: it must come from where nobody else can write. Going back to an older
    /// one breaks secrecy, since messages are then encrypted again under keys already used.
    ///
    /// # Errors
    ///
    /// [`Error::Snapshot`]
    pub fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::read(reader).map_err(Error::Snapshot)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        if reader.u8()? != SNAPSHOT_VERSION {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        let ratchet = Self {
            root: RootKey::read_snapshot(reader)?,
            remote: reader.option(Reader::public_key)?,
            sending: Sending::read_snapshot(reader)?,
            previous_length: reader.u32()?,
            receiving: ReceivingChains::read_snapshot(reader, |reader| reader.public_key())?,
            counts: Counts::read_snapshot(reader)?,
        };
        let receives_in = ratchet.receiving.current_id().copied();
        let consistent = match ratchet.sending {
            Sending::Awaiting(_) => ratchet.remote.is_none(),
            Sending::Active(_) => ratchet.remote.is_some(),
            Sending::Deferred => receives_in.is_some(),
        };
        if !consistent || receives_in.is_some_and(|id| ratchet.remote != Some(id)) {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        Ok(ratchet)
    }

    /// What a thief of this state can read of the messages that its owner sends: those of the
    /// current sending chain that are still to come. `None` if there is no sending chain to steal.
    #[cfg(feature = "hazmat")]
    #[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
    #[must_use]
    pub fn mirror_of_sending_chain(&self) -> Option<Self> {
        let chain = self.sending.chain()?;
        Some(Self {
            root: RootKey::new(sprag_primitives::SecretBytes::zeroed()),
            remote: Some(*chain.key_pair().public()),
            sending: Sending::Deferred,
            previous_length: 0,
            receiving: chain.mirror(),
            counts: Counts::default(),
        })
    }
}

impl fmt::Debug for DoubleRatchet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DoubleRatchet")
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

const SNAPSHOT_VERSION: u8 = 1;
