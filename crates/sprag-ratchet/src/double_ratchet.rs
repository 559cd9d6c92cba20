use alloc::boxed::Box;
use core::fmt;

use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot_fields;
use sprag_primitives::x25519::{KeyPair, PublicKey};

use crate::Error;
use crate::counts::Counts;
use crate::header::Header;
use crate::headers::clear::{ClearHeader, ClearHeaders};
use crate::keys::{FINGERPRINT_LENGTH, RootKey};
use crate::ratchet::{HeaderAndTag, Message, NextHeaderKeys, Ratchet};

/// One party's state of the Double Ratchet with clear headers (Double Ratchet §3).
///
/// New ratchet keys are generated at the next send (Double Ratchet §8.5): decrypting needs no
/// randomness, and after a receipt there is no private key to steal until the party sends.
///
/// A call that fails changes nothing.
///
/// Headers show which messages belong together, and a state that is put back to an older one encrypts
/// twice under one key and one nonce: an attacker who sees both messages learns the exclusive or of their
/// plaintexts, and can forge messages under that key. [`DoubleRatchetHE`](crate::DoubleRatchetHE) has
/// neither fault.
///
/// The [snapshot](sprag_primitives::snapshot::Snapshot) of a ratchet is its whole state; equal states have
/// equal snapshots. A snapshot is trusted: it must come from where nobody else can write.
pub struct DoubleRatchet(Box<Ratchet<ClearHeaders>>);

snapshot_fields!(DoubleRatchet(ratchet));

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
        root: RootKey,
        remote: PublicKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        Ratchet::initiator(root, &remote, NO_KEYS, rng)
            .map(Box::new)
            .map(Self)
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
        Self(Box::new(Ratchet::responder(root, pair, NO_KEYS)))
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
    ) -> Result<HeaderAndTag<Header>, Error> {
        let HeaderAndTag { header, tag } = self.0.encrypt(associated_data, buffer, rng)?;
        let header = header.header;
        Ok(HeaderAndTag { header, tag })
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
    pub fn decrypt(
        &mut self,
        associated_data: &[u8],
        message: Message<'_, Header>,
    ) -> Result<(), Error> {
        let Message { header, ciphertext } = message;
        let header = ClearHeader::from(*header);
        let decrypted = self
            .0
            .decrypt(&header, |body| body.open(associated_data, ciphertext));
        decrypted.map_err(|error| match error {
            // A clear header is not authenticated before its body, so a fork cannot be told from a forgery.
            Error::Forked => Error::NotAuthentic,
            error => error,
        })
    }

    /// The numbers of messages and of DH ratchet steps so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.0.counts
    }

    /// The number of skipped message keys held, at most
    /// [`MAX_SKIPPED_KEYS`](crate::limits::MAX_SKIPPED_KEYS).
    #[must_use]
    pub fn skipped_keys(&self) -> usize {
        self.0.skipped_keys()
    }

    /// A one-way fingerprint of the root key, 8 bytes; the same on both sides when nothing is in
    /// flight.
    #[must_use]
    pub fn root_fingerprint(&self) -> [u8; FINGERPRINT_LENGTH] {
        self.0.root().fingerprint()
    }

    /// A receiver of the messages that the owner of this state sends, as an attacker who copied the state
    /// can be: it reads the messages of the current sending chain that are still to come, and nothing if
    /// there is no such chain.
    #[cfg(feature = "hazmat")]
    #[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
    #[must_use]
    pub fn mirror_of_sending_chain(&self) -> Self {
        Self(Box::new(self.0.mirror_of_sending_chain()))
    }
}

impl fmt::Debug for DoubleRatchet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DoubleRatchet")
            .field("counts", &self.0.counts)
            .finish_non_exhaustive()
    }
}

const NO_KEYS: NextHeaderKeys<()> = NextHeaderKeys {
    sending: (),
    receiving: (),
};
