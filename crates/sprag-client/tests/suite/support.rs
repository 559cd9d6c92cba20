use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag::Policy;
use sprag_x3dh::{Bundle, pqxdh, x3dh};

/// Accepts X3DH too.
pub(crate) const X3DH: Policy = Policy::post_quantum().allow_x3dh();

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

pub(crate) fn decoded(bundle: &[u8]) -> pqxdh::Bundle {
    match sprag_wire::decode_bundle(bundle) {
        Ok(Bundle::Pqxdh(bundle)) => bundle,
        other => panic!("no bundle for PQXDH: {other:?}"),
    }
}

pub(crate) fn decoded_x3dh(bundle: &[u8]) -> x3dh::Bundle {
    match sprag_wire::decode_bundle(bundle) {
        Ok(Bundle::X3dh(bundle)) => bundle,
        other => panic!("no bundle for X3DH: {other:?}"),
    }
}

pub(crate) fn encoded(bundle: pqxdh::Bundle) -> Vec<u8> {
    sprag_wire::encode_bundle(&Bundle::Pqxdh(bundle))
}

pub(crate) fn encoded_x3dh(bundle: x3dh::Bundle) -> Vec<u8> {
    sprag_wire::encode_bundle(&Bundle::X3dh(bundle))
}
