//! The signature by which a device says that it belongs to a user.

use sprag_primitives::Error;
use sprag_primitives::xeddsa::{Signature, verify};
use sprag_x3dh::IdentityKey;

use crate::support::{identity, public_key, rng};

const USER: [u8; 32] = [9; 32];

#[test]
fn it_covers_the_user_the_number_and_the_key() {
    let device = identity([3; 32]);
    let signature = device.sign_device(&USER, 0x0102_0304, &mut rng(1));
    let key = device.public();
    assert_eq!(key.verify_device(&USER, 0x0102_0304, &signature), Ok(()));

    // Another implementation of the message.
    let message = [
        &b"sprag device of user\x01\x01"[..],
        &USER,
        &[4, 3, 2, 1],
        &[1],
        key.as_bytes(),
    ]
    .concat();
    assert_eq!(verify(&public_key([3; 32]), &message, &signature), Ok(()));
}

#[test]
fn another_user_number_device_or_signature_is_refused() {
    let device = identity([3; 32]);
    let signature = device.sign_device(&USER, 1, &mut rng(1));
    let refused = |key: &IdentityKey, user, number, signature: &Signature| {
        let result = key.verify_device(user, number, signature);
        assert_eq!(result, Err(Error::InvalidSignature));
    };
    let key = device.public();
    refused(key, &[8; 32], 1, &signature);
    refused(key, &USER, 2, &signature);
    refused(identity([4; 32]).public(), &USER, 1, &signature);
    let mut flipped = *signature.as_bytes();
    flipped[0] ^= 1;
    refused(key, &USER, 1, &Signature::from_bytes(flipped));
}
