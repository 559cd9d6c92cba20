use core::convert::Infallible;

use rand::rand_core::{TryCryptoRng, TryRng};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sprag::{Account, Policy};
use sprag_primitives::hash::sha256;
use sprag_x3dh::{Bundle, pqxdh, x3dh};

/// Accepts X3DH too.
pub(crate) const X3DH: Policy = Policy::post_quantum().allow_x3dh();

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// A generator whose only number is the one that makes 1 of an account's first prekey number.
pub(crate) struct FirstNumberIs1<'a>(pub(crate) &'a mut StdRng);

impl TryRng for FirstNumberIs1<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(2)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(destination);
        Ok(())
    }
}

impl TryCryptoRng for FirstNumberIs1<'_> {}

/// The ordinal in a first message, which only its receiver can read.
pub(crate) fn ordinal(message: &[u8], receiver: &Account) -> u32 {
    let snapshot = receiver.snapshot();
    let mut receiver = Account::from_snapshot(snapshot.expose()).expect("it was just written");
    let (session, _) = receiver
        .accept_under(&X3DH, message, b"")
        .expect("the message begins a session");
    session.ordinal()
}

/// These bytes and their checksum, as a bundle has it at its end.
pub(crate) fn with_checksum(content: &[u8]) -> Vec<u8> {
    let hash = sha256(&[content]);
    [content, &hash[..sprag_wire::CHECKSUM_LENGTH]].concat()
}

/// A bundle without its checksum.
pub(crate) fn content(bundle: &[u8]) -> &[u8] {
    &bundle[..bundle.len() - sprag_wire::CHECKSUM_LENGTH]
}

pub(crate) fn decoded(bundle: &[u8]) -> pqxdh::Bundle {
    match sprag_wire::decode_bundle(bundle).map(|bundle| bundle.keys) {
        Ok(Bundle::Pqxdh(bundle)) => bundle,
        other => panic!("no bundle for PQXDH: {other:?}"),
    }
}

pub(crate) fn decoded_x3dh(bundle: &[u8]) -> x3dh::Bundle {
    match sprag_wire::decode_bundle(bundle).map(|bundle| bundle.keys) {
        Ok(Bundle::X3dh(bundle)) => bundle,
        other => panic!("no bundle for X3DH: {other:?}"),
    }
}

pub(crate) fn encoded(bundle: pqxdh::Bundle) -> Vec<u8> {
    sprag_wire::encode_bundle(&Bundle::Pqxdh(bundle), &[]).expect("there is no list")
}

pub(crate) fn encoded_x3dh(bundle: x3dh::Bundle) -> Vec<u8> {
    sprag_wire::encode_bundle(&Bundle::X3dh(bundle), &[]).expect("there is no list")
}
