use core::fmt;

/// The reason for which a primitive refused its input.
///
/// No variant carries key bytes, plaintext or any other detail of the input.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A public key is not the one canonical encoding of its point: a coordinate of 2^255 − 19 or more, or a
    /// bit that no encoding sets, which is the top bit of an X25519 key, and the sign of an Ed25519 key whose
    /// x-coordinate is zero.
    NonCanonicalPublicKey,
    /// An Ed25519 public key is no point of the curve.
    NotOnCurve,
    /// A public key is one of the points of small order, under which every agreement and every
    /// signature is worthless.
    LowOrderPublicKey,
    /// A Diffie-Hellman output was all zero: the peer's key contributed nothing.
    NonContributory,
    /// A signature does not verify under this key for this message.
    InvalidSignature,
    /// A coefficient of an encapsulation key is not below q: the key fails the modulus check of
    /// FIPS 203 §7.2.
    InvalidEncapsulationKey,
    /// A ciphertext and its associated data do not authenticate under this key and nonce.
    NotAuthentic,
    /// A plaintext or ciphertext is longer than the AEAD can process.
    TooLong,
    /// Argon2 cannot run with these parameters, or not on a passphrase of this length.
    PassphraseParameters,
    /// A snapshot ends before the value that is being read from it.
    SnapshotTruncated,
    /// A snapshot goes on after its last value, or holds a value that none of ours would.
    SnapshotInvalid,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NonCanonicalPublicKey => "public key is not canonically encoded",
            Self::NotOnCurve => "public key is not on the curve",
            Self::LowOrderPublicKey => "public key is of small order",
            Self::NonContributory => "agreement output is all zero",
            Self::InvalidSignature => "signature is not valid",
            Self::InvalidEncapsulationKey => "encapsulation key fails the modulus check",
            Self::NotAuthentic => "ciphertext is not authentic",
            Self::TooLong => "input is too long for the cipher",
            Self::PassphraseParameters => "parameters of the passphrase are not allowed",
            Self::SnapshotTruncated => "snapshot is truncated",
            Self::SnapshotInvalid => "snapshot is not valid",
        })
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn messages_are_distinct_lower_case_phrases() {
        let messages = VARIANTS.map(|error| error.to_string());
        for (index, message) in messages.iter().enumerate() {
            assert!(!message.is_empty());
            assert!(
                message.starts_with(|first: char| first.is_ascii_lowercase()),
                "{message}"
            );
            assert!(
                message.ends_with(|last: char| last.is_ascii_lowercase()),
                "{message}"
            );
            assert!(!messages[..index].contains(message), "{message}");
        }
    }

    #[test]
    fn messages_say_what_was_refused() {
        assert_eq!(
            VARIANTS.map(|error| error.to_string()),
            [
                "public key is not canonically encoded",
                "public key is not on the curve",
                "public key is of small order",
                "agreement output is all zero",
                "signature is not valid",
                "encapsulation key fails the modulus check",
                "ciphertext is not authentic",
                "input is too long for the cipher",
                "parameters of the passphrase are not allowed",
                "snapshot is truncated",
                "snapshot is not valid",
            ]
        );
    }

    #[test]
    fn every_variant_is_listed() {
        for (index, variant) in VARIANTS.into_iter().enumerate() {
            let expected = match variant {
                Error::NonCanonicalPublicKey => 0,
                Error::NotOnCurve => 1,
                Error::LowOrderPublicKey => 2,
                Error::NonContributory => 3,
                Error::InvalidSignature => 4,
                Error::InvalidEncapsulationKey => 5,
                Error::NotAuthentic => 6,
                Error::TooLong => 7,
                Error::PassphraseParameters => 8,
                Error::SnapshotTruncated => 9,
                Error::SnapshotInvalid => 10,
            };
            assert_eq!(index, expected);
        }
    }

    const VARIANTS: [Error; 11] = [
        Error::NonCanonicalPublicKey,
        Error::NotOnCurve,
        Error::LowOrderPublicKey,
        Error::NonContributory,
        Error::InvalidSignature,
        Error::InvalidEncapsulationKey,
        Error::NotAuthentic,
        Error::TooLong,
        Error::PassphraseParameters,
        Error::SnapshotTruncated,
        Error::SnapshotInvalid,
    ];
}
