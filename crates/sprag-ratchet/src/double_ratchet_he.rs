use alloc::boxed::Box;
use core::fmt;

use sprag_primitives::aead::Ciphertext;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot_fields;
use sprag_primitives::x25519::{KeyPair, PublicKey};

use crate::Error;
use crate::counts::Counts;
use crate::headers::encrypted::{EncryptedHeader, EncryptedHeaders};
use crate::keys::{FINGERPRINT_LENGTH, HeaderKey, RootKey};
use crate::ratchet::{HeaderAndTag, Message, NextHeaderKeys, Ratchet, ReceivedMessage};

/// One party's state of the Double Ratchet with header encryption (Double Ratchet §4).
///
/// It differs from [`DoubleRatchet`](crate::DoubleRatchet) in the headers alone. Without the header keys a
/// header is bytes that repeat nowhere. A message whose header is not authentic costs one AEAD opening for
/// each header key held, at most 34, and nothing else. Nothing in a header is believed before it is
/// authentic, so each error is the word of the peer, or of an attacker who stole its keys. A genuine header
/// before a damaged body costs as much as its own message.
///
/// The nonce of every message is random, so that a state that is put back to an older one repeats keys but
/// no pair of key and nonce. The session may have forked all the same. Then the peer refuses a number that
/// it has seen as [`Error::Duplicate`] and a message of another chain than it knows under that header key as
/// [`Error::Forked`]; a message with a number that it has not seen opens.
///
/// A call that fails changes nothing.
///
/// The [snapshot](sprag_primitives::snapshot::Snapshot) of a ratchet is its whole state; equal states have
/// equal snapshots. A snapshot is trusted: it must come from where nobody else can write. Going back to an
/// older one forks the session.
#[cfg_attr(
    not(feature = "hazmat"),
    doc = "
Without the feature `hazmat` there is no view of its keys:

```compile_fail,E0599
# use sprag_ratchet::DoubleRatchetHE;
fn look(ratchet: &DoubleRatchetHE) {
    ratchet.view();
}
```"
)]
pub struct DoubleRatchetHE(Box<Ratchet<EncryptedHeaders>>);

snapshot_fields!(DoubleRatchetHE(ratchet));

/// The three independent secrets that the handshake must yield for header encryption.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct SharedSecrets {
    /// The first root key, `SK`.
    pub root: RootKey,
    /// The header key of the initiator's first chain.
    pub shared_hka: HeaderKey,
    /// The header key of the responder's first chain.
    pub shared_nhkb: HeaderKey,
}

impl DoubleRatchetHE {
    /// The state of the party that sends first.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidRatchetKey`]
    ///
    /// # Specification
    ///
    /// Double Ratchet §4.4:
    ///
    /// ```text
    /// RatchetInitAliceHE(state, SK, bob_dh_public_key, shared_hka, shared_nhkb):
    ///     state.DHRs = GENERATE_DH()
    ///     state.DHRr = bob_dh_public_key
    ///     state.RK, state.CKs, state.NHKs = KDF_RK_HE(SK, DH(state.DHRs, state.DHRr))
    ///     state.CKr = None
    ///     state.Ns = 0; state.Nr = 0; state.PN = 0; state.MKSKIPPED = {}
    ///     state.HKs = shared_hka
    ///     state.HKr = None
    ///     state.NHKr = shared_nhkb
    /// ```
    pub fn initiator(
        secrets: SharedSecrets,
        remote: PublicKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let next = NextHeaderKeys {
            sending: secrets.shared_hka,
            receiving: secrets.shared_nhkb,
        };
        Ratchet::initiator(secrets.root, &remote, next, rng)
            .map(Box::new)
            .map(Self)
    }

    /// The state of the party whose ratchet public key the initiator used. It cannot send before it
    /// has received.
    ///
    /// # Specification
    ///
    /// Double Ratchet §4.4:
    ///
    /// ```text
    /// RatchetInitBobHE(state, SK, bob_dh_key_pair, shared_hka, shared_nhkb):
    ///     state.DHRs = bob_dh_key_pair
    ///     state.DHRr = None
    ///     state.RK = SK
    ///     state.CKs = None; state.CKr = None
    ///     state.Ns = 0; state.Nr = 0; state.PN = 0; state.MKSKIPPED = {}
    ///     state.HKs = None
    ///     state.NHKs = shared_nhkb
    ///     state.HKr = None
    ///     state.NHKr = shared_hka
    /// ```
    #[must_use]
    pub fn responder(secrets: SharedSecrets, pair: &KeyPair) -> Self {
        let next = NextHeaderKeys {
            sending: secrets.shared_nhkb,
            receiving: secrets.shared_hka,
        };
        Self(Box::new(Ratchet::responder(secrets.root, pair, next)))
    }

    /// Encrypts `buffer` in place; the header is 80 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::NoSendingChain`] for a responder that has received nothing yet;
    /// [`Error::CounterExhausted`] after 2^32 − 1 messages without an answer; [`Error::TooLong`];
    /// [`Error::InvalidRatchetKey`].
    ///
    /// # Specification
    ///
    /// Double Ratchet §4.5; before it, if a header under `NHKr` was received since the last call, the
    /// sending half of `DHRatchetHE` (§4.6, deferred as §8.5 allows):
    ///
    /// ```text
    /// state.HKs = state.NHKs
    /// state.DHRs = GENERATE_DH()
    /// state.RK, state.CKs, state.NHKs = KDF_RK_HE(state.RK, DH(state.DHRs, state.DHRr))
    ///
    /// RatchetEncryptHE(state, plaintext, AD):
    ///     state.CKs, mk = KDF_CK(state.CKs)
    ///     header = HEADER(state.DHRs, state.PN, state.Ns)
    ///     enc_header = HENCRYPT(state.HKs, header)
    ///     state.Ns += 1
    ///     return enc_header, ENCRYPT(mk, plaintext, CONCAT(AD, enc_header))
    /// ```
    pub fn encrypt(
        &mut self,
        associated_data: &[u8],
        buffer: &mut [u8],
        rng: &mut impl CryptoRng,
    ) -> Result<HeaderAndTag<EncryptedHeader>, Error> {
        self.0.encrypt(associated_data, buffer, rng)
    }

    /// Decrypts `message` in place if it is authentic.
    ///
    /// # Errors
    ///
    /// [`Error::NotAuthentic`]; of a genuine header, [`Error::Duplicate`], [`Error::KeyGivenUp`],
    /// [`Error::TooManySkipped`], [`Error::Forked`], [`Error::CounterExhausted`],
    /// [`Error::InvalidRatchetKey`].
    ///
    /// # Specification
    ///
    /// Double Ratchet §4.6, as a transaction:
    ///
    /// ```text
    /// RatchetDecryptHE(state, enc_header, ciphertext, AD):
    ///     plaintext = TrySkippedMessageKeysHE(state, enc_header, ciphertext, AD)
    ///     if plaintext != None: return plaintext
    ///     header, dh_ratchet = DecryptHeader(state, enc_header)
    ///     if dh_ratchet:
    ///         SkipMessageKeysHE(state, header.pn)
    ///         DHRatchetHE(state, header)
    ///     SkipMessageKeysHE(state, header.n)
    ///     state.CKr, mk = KDF_CK(state.CKr)
    ///     state.Nr += 1
    ///     return DECRYPT(mk, ciphertext, CONCAT(AD, enc_header))
    /// ```
    pub fn decrypt(
        &mut self,
        associated_data: &[u8],
        message: Message<'_, EncryptedHeader>,
    ) -> Result<(), Error> {
        let Message { header, ciphertext } = message;
        self.0
            .decrypt(header, |body| body.open(associated_data, ciphertext))
    }

    /// Decrypts a copy of `message`, made once a header key has opened the header. Until then the message costs
    /// the openings of its header alone, however long it is: `associated_data` is called after that, too.
    ///
    /// `check` sees the plaintext and can refuse it. A message that it refuses changes nothing and can be
    /// decrypted again. The copy is wiped if the message is refused, and returned with the answer of `check`
    /// otherwise.
    ///
    /// # Errors
    ///
    /// Those of [`decrypt`](Self::decrypt), and those of `check`.
    pub fn decrypt_copy<A: AsRef<[u8]>, T, E: From<Error>>(
        &mut self,
        associated_data: impl FnOnce() -> A,
        message: ReceivedMessage<'_, EncryptedHeader>,
        check: impl FnOnce(&[u8]) -> Result<T, E>,
    ) -> Result<(SecretBuffer, T), E> {
        let ReceivedMessage {
            header,
            ciphertext,
            tag,
        } = message;
        self.0.decrypt(header, |body| {
            let mut copy = SecretBuffer::copy_from(ciphertext);
            let buffer = copy.expose_mut();
            body.open(associated_data().as_ref(), Ciphertext { buffer, tag })?;
            let checked = check(copy.expose())?;
            Ok((copy, checked))
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

    /// The number of messages in the peer's current chain, with those that are missing, if this party has sent none since that
    /// chain began; 0 otherwise. The longer the chain, the longer no new secret has come in, because only an answer brings one.
    #[must_use]
    pub fn messages_to_answer(&self) -> u32 {
        self.0.messages_to_answer()
    }

    /// A one-way fingerprint of the root key, 8 bytes; the same on both sides when nothing is in
    /// flight.
    #[must_use]
    pub fn root_fingerprint(&self) -> [u8; FINGERPRINT_LENGTH] {
        self.0.root().fingerprint()
    }

    /// A receiver of the messages that the owner of this state sends, as an attacker who copied the state
    /// can be: it reads the messages of the current sending chain that are still to come, if there is one,
    /// and all headers of that chain and of the next.
    #[cfg(feature = "hazmat")]
    #[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
    #[must_use]
    pub fn mirror_of_sending_chain(&self) -> Self {
        Self(Box::new(self.0.mirror_of_sending_chain()))
    }

    #[cfg(feature = "hazmat")]
    pub(crate) const fn inner(&self) -> &Ratchet<EncryptedHeaders> {
        &self.0
    }

    /// The header of a message to this state's owner, if a header key that is held opens it.
    #[cfg(feature = "hazmat")]
    #[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
    #[must_use]
    pub fn open_header(&self, header: &EncryptedHeader) -> Option<crate::Header> {
        self.0.open_header(header)
    }
}

impl fmt::Debug for DoubleRatchetHE {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DoubleRatchetHE")
            .field("counts", &self.0.counts)
            .finish_non_exhaustive()
    }
}
