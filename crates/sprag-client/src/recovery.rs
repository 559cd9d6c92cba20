//! The recovery file: the user key and the newest device list, sealed under a passphrase.

use alloc::vec::Vec;
use core::fmt;

use sprag_devices::{DeviceList, UserKeyPair};
use sprag_primitives::SecretBytes;
use sprag_primitives::rand_core::CryptoRng;
use sprag_wire::limits::MAX_RECOVERY_LENGTH;
use sprag_wire::{Kind, Recovered, decode_recovered, encode_recovered};

use crate::passphrase::{self, OpenError};

/// The key of a user, and the newest device list when the file was written.
///
/// Whoever has both the file and its passphrase can add devices in the name of the user.
#[derive(Debug)]
#[non_exhaustive]
pub struct Recovery {
    /// The key.
    pub key: UserKeyPair,
    /// The list. A newer one may have been signed since.
    pub list: DeviceList,
}

/// The reason for which a recovery file was not opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RecoveryError {
    /// The passphrase is wrong, or the bytes were changed: the two cannot be told apart.
    WrongPassphrase,
    /// The bytes are no recovery file of a version that is known, or ask for more memory or time than is allowed.
    NotARecovery,
    /// The file holds no user key with a list that this key signed.
    Malformed,
    /// The passphrase has 4 GiB or more.
    LongPassphrase,
    /// The list that was given is older than that in the recovery file.
    OldList,
}

impl fmt::Display for RecoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongPassphrase => "passphrase is wrong",
            Self::NotARecovery => "recovery file is damaged or of a version that is not known",
            Self::Malformed => "recovery file does not hold a user key with its list",
            Self::LongPassphrase => "passphrase is too long",
            Self::OldList => "device list is older than that in the recovery file",
        })
    }
}

impl core::error::Error for RecoveryError {}

impl Recovery {
    /// Opens a recovery file. The memory and time that it asks for are bounded: 256 MiB and 16 passes.
    ///
    /// # Errors
    ///
    /// [`RecoveryError::WrongPassphrase`], [`RecoveryError::NotARecovery`], [`RecoveryError::Malformed`]
    pub fn open(bytes: &[u8], passphrase: &[u8]) -> Result<Self, RecoveryError> {
        if bytes.len() > MAX_RECOVERY_LENGTH {
            return Err(RecoveryError::NotARecovery);
        }
        let secret = passphrase::open(MAGIC, bytes, passphrase).map_err(|fault| match fault {
            OpenError::WrongPassphrase => RecoveryError::WrongPassphrase,
            OpenError::NotSealed => RecoveryError::NotARecovery,
        })?;
        let content = decode_recovered(secret.expose()).map_err(|_| RecoveryError::Malformed)?;
        let key = UserKeyPair::from_seed(&SecretBytes::copy_from(content.seed));
        let list = DeviceList::decode(content.list).map_err(|_| RecoveryError::Malformed)?;
        if list.user() != key.public() {
            return Err(RecoveryError::Malformed);
        }
        Ok(Self { key, list })
    }

    /// Writes the file: `1 ‖ 9 ‖ u32 memory ‖ u32 passes ‖ salt 16 ‖ nonce 24 ‖ sealed(seed 32 ‖ block(list)) ‖ tag 16`.
    pub(crate) fn seal(
        key: &UserKeyPair,
        list: &DeviceList,
        passphrase: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, RecoveryError> {
        let seed = key.seed();
        let content = Recovered {
            seed: seed.expose(),
            list: list.as_bytes(),
        };
        let content = encode_recovered(&content).map_err(|_| RecoveryError::Malformed)?;
        passphrase::seal(MAGIC, passphrase, &content, rng)
            .map_err(|_| RecoveryError::LongPassphrase)
    }
}

/// The envelope, version 1.
const MAGIC: &[u8] = &[1, Kind::Recovery.to_byte()];
