//! The interface of a ratchet to the tests, which lets each test run on both variants.

use core::fmt;

use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{Ciphertext, Tag};
use sprag_primitives::snapshot::Snapshot;
use sprag_primitives::x25519::PublicKey;
use sprag_ratchet::{
    Counts, DoubleRatchet, DoubleRatchetHE, ENCRYPTED_HEADER_LENGTH, EncryptedHeader, Error,
    FINGERPRINT_LENGTH, HEADER_LENGTH, Header, HeaderAndTag, HeaderKey, Message, RootKey,
    SharedSecrets,
};

use crate::hash_stream::HashStream;
use crate::party::Handshake;

/// A ratchet of either variant.
pub(crate) trait TestRatchet: fmt::Debug + Snapshot {
    /// The byte of the variant in a snapshot.
    const TAG: u8;
    /// The size of a header as it travels.
    const HEADER_LENGTH: usize;

    fn initiator(handshake: &Handshake, remote: PublicKey, rng: &mut HashStream) -> Self;

    fn responder(handshake: &Handshake) -> Self;

    /// Encrypts the buffer. Returns the header as it travels, and the tag.
    fn encrypt(
        &mut self,
        associated_data: &[u8],
        buffer: &mut [u8],
        rng: &mut HashStream,
    ) -> Result<(Vec<u8>, Tag), Error>;

    fn decrypt(
        &mut self,
        associated_data: &[u8],
        header: &[u8],
        ciphertext: Ciphertext<'_>,
    ) -> Result<(), Error>;

    fn counts(&self) -> Counts;

    fn skipped_keys(&self) -> usize;

    fn root_fingerprint(&self) -> [u8; FINGERPRINT_LENGTH];

    #[cfg(feature = "hazmat")]
    fn mirror_of_sending_chain(&self) -> Self;

    /// Chooses the value for this variant.
    fn by_variant<T>(clear: T, encrypted: T) -> T;
}

/// The methods that have the same names in both variants.
macro_rules! same_names {
    () => {
        fn counts(&self) -> Counts {
            self.counts()
        }

        fn skipped_keys(&self) -> usize {
            self.skipped_keys()
        }

        fn root_fingerprint(&self) -> [u8; FINGERPRINT_LENGTH] {
            self.root_fingerprint()
        }

        #[cfg(feature = "hazmat")]
        fn mirror_of_sending_chain(&self) -> Self {
            self.mirror_of_sending_chain()
        }
    };
}

impl TestRatchet for DoubleRatchet {
    const TAG: u8 = 0;
    const HEADER_LENGTH: usize = HEADER_LENGTH;

    same_names!();

    fn initiator(handshake: &Handshake, remote: PublicKey, rng: &mut HashStream) -> Self {
        Self::initiator(root_key(handshake), remote, rng).expect("the key contributes")
    }

    fn responder(handshake: &Handshake) -> Self {
        Self::responder(root_key(handshake), &handshake.responder_ratchet_pair())
    }

    fn encrypt(
        &mut self,
        associated_data: &[u8],
        buffer: &mut [u8],
        rng: &mut HashStream,
    ) -> Result<(Vec<u8>, Tag), Error> {
        let HeaderAndTag { header, tag } = self.encrypt(associated_data, buffer, rng)?;
        Ok((header.encode().to_vec(), tag))
    }

    fn decrypt(
        &mut self,
        associated_data: &[u8],
        header: &[u8],
        ciphertext: Ciphertext<'_>,
    ) -> Result<(), Error> {
        let header = header.try_into().expect("a header has one length");
        let header = &Header::decode(header)?;
        self.decrypt(associated_data, Message { header, ciphertext })
    }

    fn by_variant<T>(clear: T, _: T) -> T {
        clear
    }
}

impl TestRatchet for DoubleRatchetHE {
    const TAG: u8 = 1;
    const HEADER_LENGTH: usize = ENCRYPTED_HEADER_LENGTH;

    same_names!();

    fn initiator(handshake: &Handshake, remote: PublicKey, rng: &mut HashStream) -> Self {
        Self::initiator(secrets(handshake), remote, rng).expect("the key contributes")
    }

    fn responder(handshake: &Handshake) -> Self {
        Self::responder(secrets(handshake), &handshake.responder_ratchet_pair())
    }

    fn encrypt(
        &mut self,
        associated_data: &[u8],
        buffer: &mut [u8],
        rng: &mut HashStream,
    ) -> Result<(Vec<u8>, Tag), Error> {
        let HeaderAndTag { header, tag } = self.encrypt(associated_data, buffer, rng)?;
        Ok((header.as_bytes().to_vec(), tag))
    }

    fn decrypt(
        &mut self,
        associated_data: &[u8],
        header: &[u8],
        ciphertext: Ciphertext<'_>,
    ) -> Result<(), Error> {
        let header = &encrypted_header(header);
        self.decrypt(associated_data, Message { header, ciphertext })
    }

    fn by_variant<T>(_: T, encrypted: T) -> T {
        encrypted
    }
}

pub(crate) fn encrypted_header(bytes: &[u8]) -> EncryptedHeader {
    EncryptedHeader::from_bytes(bytes.try_into().expect("a header has one length"))
}

fn root_key(handshake: &Handshake) -> RootKey {
    RootKey::new(SecretBytes::copy_from(&handshake.root))
}

fn secrets(handshake: &Handshake) -> SharedSecrets {
    SharedSecrets {
        root: root_key(handshake),
        shared_hka: HeaderKey::new(SecretBytes::copy_from(&handshake.shared_hka)),
        shared_nhkb: HeaderKey::new(SecretBytes::copy_from(&handshake.shared_nhkb)),
    }
}

/// Makes two tests of each function, one for each variant.
macro_rules! in_both_variants {
    ($($(#[$attribute:meta])* $test:ident),+ $(,)?) => {
        mod clear_headers {
            $(
                $(#[$attribute])*
                #[test]
                fn $test() {
                    super::$test::<sprag_ratchet::DoubleRatchet>();
                }
            )+
        }

        mod encrypted_headers {
            $(
                $(#[$attribute])*
                #[test]
                fn $test() {
                    super::$test::<sprag_ratchet::DoubleRatchetHE>();
                }
            )+
        }
    };
}
pub(crate) use in_both_variants;
