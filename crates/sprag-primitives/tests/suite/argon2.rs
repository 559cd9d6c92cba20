//! Tests of keys from passphrases.

use sprag_primitives::Error;
use sprag_primitives::argon2::{Parameters, argon2id};

const SALT: &[u8; 16] = b"0123456789abcdef";

/// The outputs come from the reference implementation in C, through the Python package argon2-cffi 25.1.0:
/// `hash_secret_raw`, one lane, 32 bytes, type ID.
#[test]
fn outputs_are_those_of_the_reference_implementation() {
    for (parameters, passphrase, expected) in [
        (
            Parameters::DEFAULT,
            "correct horse battery staple",
            "832e52b959b967b570ee4781f6c7bda7ced019ca266ac781fd2d94d4e853b0cd",
        ),
        (
            Parameters {
                memory: 32,
                passes: 3,
            },
            "",
            "91de0ed27658b3177267c6b3cd95bbbba004d6fcb5486654ec40f5c4326eaf41",
        ),
    ] {
        let key = argon2id(passphrase.as_bytes(), SALT, parameters).unwrap();
        assert_eq!(hex::encode(key.expose()), expected);
    }
    assert_eq!(
        Parameters::DEFAULT,
        Parameters {
            memory: 19_456,
            passes: 2
        }
    );
}

#[test]
fn passphrase_salt_and_parameters_count() {
    let small = Parameters {
        memory: 8,
        passes: 1,
    };
    let key = argon2id(b"passphrase", SALT, small).unwrap();
    for other in [
        argon2id(b"passphrasf", SALT, small),
        argon2id(b"passphrase", b"0123456789abcdeg", small),
        argon2id(b"passphrase", SALT, Parameters { memory: 9, ..small }),
        argon2id(b"passphrase", SALT, Parameters { passes: 2, ..small }),
    ] {
        assert_ne!(other.unwrap(), key);
    }
}

#[test]
fn parameters_that_the_standard_forbids_are_refused() {
    for parameters in [
        Parameters {
            memory: 7,
            passes: 1,
        },
        Parameters {
            memory: 8,
            passes: 0,
        },
    ] {
        assert_eq!(
            argon2id(b"passphrase", SALT, parameters),
            Err(Error::PassphraseParameters)
        );
    }
}
