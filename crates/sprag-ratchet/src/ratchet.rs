//! The Double Ratchet, of either variant: open the header, stage the keys, open the message, commit.

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::aead::{Ciphertext, Tag};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_primitives::x25519::{KeyPair, PublicKey};

use crate::Error;
use crate::associated_data::concat;
use crate::counts::Counts;
use crate::header::Header;
use crate::keys::{MessageKey, RootKey, RootStep};
use crate::receiving::{Gaps, ReceivingChains, Source, Staged};
use crate::sending::{Sending, SendingChain};
use crate::variant::{Stored, StoredSecret, Variant};

/// What [`encrypt`](crate::DoubleRatchet::encrypt) yields beside the ciphertext in the buffer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a result")]
pub struct Sealed<H> {
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

/// One party's state.
pub(crate) struct Ratchet<V: Variant> {
    root: RootKey,
    sending: Sending<V::HeaderKey>,
    previous_length: u32,
    receiving: ReceivingChains<V::ChainId>,
    next: NextHeaderKeys<V::HeaderKey>,
    pub(crate) counts: Counts,
}

/// The header keys of the next chain in each direction: `NHKs`, `NHKr`.
#[derive(Debug)]
pub(crate) struct NextHeaderKeys<K> {
    pub(crate) sending: K,
    pub(crate) receiving: K,
}

/// A sending chain that is to begin, staged.
struct Begun<K> {
    root: RootKey,
    chain: SendingChain<K>,
    next_header_key: K,
}

impl<V: Variant> Ratchet<V> {
    /// `RatchetInitAlice` or `RatchetInitAliceHE`.
    pub(crate) fn initiator(
        root: RootKey,
        remote: &PublicKey,
        next: NextHeaderKeys<V::HeaderKey>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let begun = begin_chain::<V>(&root, remote, next.sending.duplicate(), rng)?;
        let mut ratchet = Self::new(root, Sending::Deferred(None), next);
        ratchet.commit_sending_chain(begun);
        Ok(ratchet)
    }

    /// `RatchetInitBob` or `RatchetInitBobHE`.
    pub(crate) fn responder(
        root: RootKey,
        pair: &KeyPair,
        next: NextHeaderKeys<V::HeaderKey>,
    ) -> Self {
        Self::new(root, Sending::awaiting(pair), next)
    }

    fn new(
        root: RootKey,
        sending: Sending<V::HeaderKey>,
        next: NextHeaderKeys<V::HeaderKey>,
    ) -> Self {
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
    ) -> Result<Sealed<V::Sealed>, Error> {
        let begun = self.stage_sending_chain(rng)?;
        let chain = begun
            .as_ref()
            .map(|begun| &begun.chain)
            .or(self.sending.chain())
            .ok_or(Error::NoSendingChain)?;
        let (step, message_key) = chain.step()?;
        let header = chain.header(self.previous_length);
        let header = V::seal(&chain.header_key, &header, rng)?;
        let tag = concat(associated_data, header.as_ref(), |associated_data| {
            message_key.seal(&V::nonce(&header), associated_data, buffer)
        })?;
        if let Some(begun) = begun {
            self.commit_sending_chain(begun);
        }
        self.sending.advance(step);
        self.counts.sent += 1;
        Ok(Sealed { header, tag })
    }

    /// `RatchetDecrypt` or `RatchetDecryptHE`, as a transaction that `check` has a say in: it sees the
    /// plaintext before anything is committed.
    pub(crate) fn decrypt<T, E: From<Error>>(
        &mut self,
        associated_data: &[u8],
        message: Message<'_, V::Sealed>,
        check: impl FnOnce(&[u8]) -> Result<T, E>,
    ) -> Result<T, E> {
        let Message {
            header: sealed,
            ciphertext: Ciphertext { buffer, tag },
        } = message;
        let (header, chain) = V::open(&self.receiving, &self.next.receiving, sealed)?;
        let open = |key: &MessageKey| {
            concat(associated_data, sealed.as_ref(), |associated_data| {
                let buffer = &mut *buffer;
                let ciphertext = Ciphertext { buffer, tag };
                key.open(&V::nonce(sealed), associated_data, ciphertext)
            })?;
            check(buffer)
        };
        let checked = match self.receiving.find(chain, header.number)? {
            Source::Skipped(place) => {
                let checked = open(self.receiving.skipped_key(place))?;
                self.receiving.remove_skipped(place);
                checked
            }
            Source::Ahead => {
                let gaps = self.receiving.gap(header.number)?;
                let (staged, key) = self.receiving.stage(gaps)?;
                let checked = open(&key)?;
                self.receiving.commit(staged);
                checked
            }
            Source::NewChain => {
                let gaps = self.receiving.gaps(header.previous_length, header.number)?;
                let (step, staged, key) = self.stage_receiving_chain(&header, gaps)?;
                let checked = open(&key)?;
                self.commit_receiving_chain(step, staged);
                checked
            }
        };
        self.counts.received += 1;
        Ok(checked)
    }

    /// The sending half of `DHRatchet` or `DHRatchetHE` (§3.5, §4.6), deferred as §8.5 allows.
    fn stage_sending_chain(
        &self,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<Begun<V::HeaderKey>>, Error> {
        let (Sending::Deferred(_), Some((_, id))) = (&self.sending, self.receiving.current())
        else {
            return Ok(None);
        };
        let header_key = self.next.sending.duplicate();
        begin_chain::<V>(&self.root, V::ratchet_key(id), header_key, rng).map(Some)
    }

    fn commit_sending_chain(&mut self, begun: Begun<V::HeaderKey>) {
        self.root = begun.root;
        self.sending.begin(begun.chain);
        self.next.sending = begun.next_header_key;
        self.counts.dh_steps += 1;
    }

    /// The receiving half of `DHRatchet` or `DHRatchetHE` (§3.5, §4.6), staged.
    ///
    /// Without a private key no message can begin a chain: the peer has had no key of ours to answer
    /// since the last one it began.
    fn stage_receiving_chain(&self, header: &Header, gaps: Gaps) -> Result<StagedChain<V>, Error> {
        let pair = self.sending.key_pair().ok_or(Error::Forked)?;
        let step = self.root.step::<V>(pair, &header.ratchet_key)?;
        let id = V::chain_id(&self.next.receiving, &header.ratchet_key);
        let (staged, key) = self.receiving.stage_new(id, &step.chain, gaps);
        Ok((step, staged, key))
    }

    fn commit_receiving_chain(&mut self, step: RootStep<V::HeaderKey>, staged: Staged<V::ChainId>) {
        self.receiving.commit(staged);
        self.root = step.root;
        self.next.receiving = step.next_header_key;
        self.previous_length = self.sending.length();
        self.sending.defer();
        self.counts.dh_steps += 1;
    }

    pub(crate) fn skipped_keys(&self) -> usize {
        self.receiving.held()
    }

    pub(crate) const fn root(&self) -> &RootKey {
        &self.root
    }

    pub(crate) fn write_snapshot(&self, writer: &mut Writer) {
        writer.u8(SNAPSHOT_VERSION);
        writer.u8(V::TAG);
        self.root.write_snapshot(writer);
        self.sending.write_snapshot(writer);
        writer.u32(self.previous_length);
        self.receiving.write_snapshot(writer);
        self.next.sending.write_snapshot(writer);
        self.next.receiving.write_snapshot(writer);
        self.counts.write_snapshot(writer);
    }

    pub(crate) fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        if reader.u8()? != SNAPSHOT_VERSION || reader.u8()? != V::TAG {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        let ratchet = Self {
            root: RootKey::read_snapshot(reader)?,
            sending: Sending::read_snapshot(reader)?,
            previous_length: reader.u32()?,
            receiving: ReceivingChains::read_snapshot(reader)?,
            next: NextHeaderKeys {
                sending: V::HeaderKey::read_snapshot(reader)?,
                receiving: V::HeaderKey::read_snapshot(reader)?,
            },
            counts: Counts::read_snapshot(reader)?,
        };
        let receives = ratchet.receiving.current().is_some();
        let consistent = match ratchet.sending {
            Sending::Awaiting(_) => !receives,
            Sending::Active(_) => true,
            Sending::Deferred(_) => receives,
        };
        if consistent {
            Ok(ratchet)
        } else {
            Err(PrimitiveError::SnapshotInvalid)
        }
    }

    /// The other end of the sending chain, if there is one, and of the header keys, for a thief.
    #[cfg(feature = "hazmat")]
    pub(crate) fn mirror_of_sending_chain(&self) -> Self {
        let receiving = self.sending.chain().map(|chain| {
            let id = V::chain_id(&chain.header_key, chain.pair.public());
            ReceivingChains::only(id, chain.key.duplicate(), chain.next)
        });
        let root = RootKey::new(sprag_primitives::SecretBytes::zeroed());
        let next = NextHeaderKeys {
            sending: self.next.receiving.duplicate(),
            receiving: self.next.sending.duplicate(),
        };
        Self {
            receiving: receiving.unwrap_or(ReceivingChains::new()),
            ..Self::new(root, Sending::Deferred(None), next)
        }
    }

    /// The header of a message to this party, as far as the header keys held open it.
    #[cfg(feature = "hazmat")]
    pub(crate) fn open_header(&self, sealed: &V::Sealed) -> Option<Header> {
        let opened = V::open(&self.receiving, &self.next.receiving, sealed);
        opened.ok().map(|(header, _)| header)
    }
}

type StagedChain<V> = (
    RootStep<<V as Variant>::HeaderKey>,
    Staged<<V as Variant>::ChainId>,
    MessageKey,
);

/// Generates a key pair and takes the root step to its chain.
fn begin_chain<V: Variant>(
    root: &RootKey,
    remote: &PublicKey,
    header_key: V::HeaderKey,
    rng: &mut impl CryptoRng,
) -> Result<Begun<V::HeaderKey>, Error> {
    let pair = KeyPair::generate(rng);
    let step = root.step::<V>(&pair, remote)?;
    Ok(Begun {
        root: step.root,
        chain: SendingChain {
            pair,
            key: step.chain,
            next: 0,
            header_key,
        },
        next_header_key: step.next_header_key,
    })
}

const SNAPSHOT_VERSION: u8 = 1;
