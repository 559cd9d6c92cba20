//! Tests of secrets: how they are drawn, copied and wiped.

use core::mem::needs_drop;

use sprag_primitives::SecretBytes;
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::hmac::HmacKey;
use sprag_primitives::ml_kem_1024::DecapsulationKey;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::Writer;
use sprag_primitives::x25519::KeyPair;
use sprag_primitives::xeddsa::SigningKey;
use zeroize::ZeroizeOnDrop;

use crate::support::FixedRng;

#[test]
fn a_random_secret_is_the_next_bytes_of_the_generator() {
    let bytes: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
    let mut rng = FixedRng(&bytes);
    assert_eq!(SecretBytes::<3>::random(&mut rng).expose(), &[1, 2, 3]);
    assert_eq!(
        SecretBytes::<5>::random(&mut rng).expose(),
        &[4, 5, 6, 7, 8]
    );
}

#[test]
fn a_duplicate_is_independent() {
    let mut secret = SecretBytes::copy_from(&[7; 4]);
    let duplicate = secret.duplicate();
    secret.expose_mut()[0] = 8;
    assert_eq!(secret.expose(), &[8, 7, 7, 7]);
    assert_eq!(duplicate.expose(), &[7; 4]);
}

#[test]
fn a_buffer_begins_with_the_bytes_that_it_is_made_of() {
    let bytes = [1, 2, 3];
    for mut buffer in [SecretBuffer::copy_from(&bytes), bytes.to_vec().into()] {
        assert_eq!(buffer.expose(), &bytes);
        buffer.extend_from_slice(&[4]);
        assert_eq!(buffer.expose(), &[1, 2, 3, 4]);
    }
}

#[test]
fn a_buffer_is_changed_where_it_lies() {
    let mut buffer = SecretBuffer::copy_from(&[1, 2, 3]);
    let place = buffer.expose().as_ptr();
    buffer.expose_mut().reverse();
    assert_eq!(buffer.expose(), &[3, 2, 1]);
    assert_eq!(buffer.expose().as_ptr(), place);
}

#[test]
fn a_buffer_of_zeros_is_as_long_as_it_is_to_be() {
    assert_eq!(SecretBuffer::zeroed(3).expose(), &[0; 3]);
}

#[test]
fn what_is_made_public_stays_where_it_lies() {
    let buffer = SecretBuffer::copy_from(&[1, 2, 3]);
    let place = buffer.expose().as_ptr();
    let public = buffer.into_public();
    assert_eq!(public, [1, 2, 3]);
    assert_eq!(public.as_ptr(), place);
}

#[test]
fn every_type_with_a_secret_does_something_on_drop() {
    const fn wiped<T: ZeroizeOnDrop>() -> bool {
        needs_drop::<T>()
    }
    assert!(wiped::<SecretBytes<32>>());
    assert!(wiped::<SigningKey>());
    assert!(needs_drop::<SecretBuffer>());
    assert!(needs_drop::<Writer>());
    assert!(needs_drop::<KeyPair>());
    assert!(needs_drop::<DecapsulationKey>());
    assert!(needs_drop::<Hkdf>());
    assert!(needs_drop::<HmacKey>());
}
