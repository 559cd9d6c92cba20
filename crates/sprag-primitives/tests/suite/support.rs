//! The parts that tests share: a reader for the vectors, and randomness that is the same in every run.

use core::convert::Infallible;

use proptest::test_runner::{Config, RngSeed};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;
use sprag_primitives::SecretBytes;
#[cfg(feature = "backend-choice")]
use sprag_primitives::backend_choice::{Backend, with};
use sprag_primitives::rand_core::{TryCryptoRng, TryRng};
use sprag_primitives::x25519::{KeyPair, PublicKey};

/// One case of a file of vectors.
pub(crate) struct Case {
    pub(crate) name: String,
    fields: Value,
}

impl Case {
    /// The bytes of `field`.
    pub(crate) fn bytes(&self, field: &str) -> Vec<u8> {
        let text = self.fields[field].as_str().expect("the field is there");
        hex::decode(text).expect("the field is hexadecimal")
    }

    /// The `N` bytes of `field`.
    pub(crate) fn array<const N: usize>(&self, field: &str) -> [u8; N] {
        let bytes = self.bytes(field);
        bytes.try_into().expect("the field is of this length")
    }

    /// The key pair whose secret is `field`.
    pub(crate) fn key_pair(&self, field: &str) -> KeyPair {
        key_pair(self.array(field))
    }

    /// The public key `field`.
    pub(crate) fn public_key(&self, field: &str) -> PublicKey {
        PublicKey::from_bytes(&self.array(field)).expect("the key is canonical")
    }
}

/// All `COUNT` cases of the file with this text.
pub(crate) fn cases<const COUNT: usize>(text: &str) -> [Case; COUNT] {
    let Ok(Value::Object(file)) = serde_json::from_str(text) else {
        unreachable!("a file of vectors is an object");
    };
    let cases: Vec<Case> = file
        .into_iter()
        .map(|(name, fields)| Case { name, fields })
        .collect();
    cases.try_into().ok().expect("the count of cases is right")
}

/// The case `name` of the file with this text.
pub(crate) fn case(text: &str, name: &str) -> Case {
    let mut file: Value = serde_json::from_str(text).expect("a file of vectors is JSON");
    let name = name.to_owned();
    let fields = file[&name].take();
    assert!(fields.is_object(), "there is no case {name}");
    Case { name, fields }
}

/// The key pair of this secret.
pub(crate) fn key_pair(secret: [u8; 32]) -> KeyPair {
    KeyPair::from_secret(&SecretBytes::copy_from(&secret))
}

/// Runs `test` on each backend that this build and this processor have.
pub(crate) fn on_each_backend(test: impl Fn()) {
    #[cfg(feature = "backend-choice")]
    for backend in Backend::ALL {
        with(backend, &test);
    }
    #[cfg(not(feature = "backend-choice"))]
    test();
}

/// A generator with a fixed seed, so that every run is the same.
pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// The configuration of property tests, with a fixed seed too, and without files of regressions.
pub(crate) fn properties() -> Config {
    Config {
        rng_seed: RngSeed::Fixed(0x5eed),
        failure_persistence: None,
        ..Config::default()
    }
}

/// A generator that returns these bytes, and panics if more are drawn.
pub(crate) struct FixedRng<'a>(pub(crate) &'a [u8]);

impl TryRng for FixedRng<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        let (given, rest) = self.0.split_at(destination.len());
        destination.copy_from_slice(given);
        self.0 = rest;
        Ok(())
    }
}

impl TryCryptoRng for FixedRng<'_> {}
