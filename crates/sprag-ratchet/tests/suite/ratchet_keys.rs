//! Ratchet keys that must be refused: those of small order, and those in a second encoding.

use sprag_primitives::Error as PrimitiveError;
use sprag_ratchet::{Error, Header};

use crate::party::{Envelope, alice_and_bob};
use crate::situations::{Situation, all};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    keys_of_small_order_are_refused_in_every_situation,
    a_genuine_key_has_no_second_encoding,
    every_header_decodes_to_what_encodes_to_it,
];

/// p = 2^255 − 19, little-endian.
const P: [u8; 32] = {
    let mut p = [0xff; 32];
    p[0] = 0xed;
    p[31] = 0x7f;
    p
};

/// The u-coordinates of points of order 8 or less: 0, 1, p − 1 and the two of order 8.
fn low_order() -> [[u8; 32]; 5] {
    let (mut one, mut minus_one) = ([0; 32], P);
    one[0] = 1;
    minus_one[0] -= 1;
    let eight = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";
    let other_eight = "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157";
    let [eight, other_eight] = [eight, other_eight].map(|digits| {
        let mut u = [0; 32];
        hex::decode_to_slice(digits, &mut u).expect("the digits are hexadecimal");
        u
    });
    [[0; 32], one, minus_one, eight, other_eight]
}

/// The other encodings that a lax decoder takes for `u`: `u` with the top bit set, and `u + p` if the sum
/// fits into 32 bytes.
fn aliases(u: [u8; 32]) -> Vec<[u8; 32]> {
    let mut sum = [0; 32];
    let mut carry = 0;
    for (sum, (a, b)) in sum.iter_mut().zip(u.into_iter().zip(P)) {
        let total = u16::from(a) + u16::from(b) + carry;
        [*sum, _] = total.to_le_bytes();
        carry = total >> 8;
    }
    let with_top_bit = |mut u: [u8; 32]| {
        u[31] |= 0x80;
        u
    };
    [with_top_bit(u), sum, with_top_bit(sum)]
        .into_iter()
        .filter(|alias| *alias != u && carry == 0)
        .collect()
}

fn with_ratchet_key(message: &Envelope, key: [u8; 32]) -> Envelope {
    let mut encoded = message.encoded_header();
    encoded[..32].copy_from_slice(&key);
    message.with_encoded_header(&encoded)
}

fn keys_of_small_order_are_refused_in_every_situation<R: TestRatchet>() {
    for u in low_order() {
        let error = Error::InvalidRatchetKey(PrimitiveError::LowOrderPublicKey);
        refused_everywhere::<R>(u, error);
        for alias in aliases(u) {
            let error = Error::InvalidRatchetKey(PrimitiveError::NonCanonicalPublicKey);
            refused_everywhere::<R>(alias, error);
        }
    }
}

fn refused_everywhere<R: TestRatchet>(key: [u8; 32], error: Error) {
    for Situation {
        mut receiver,
        message,
        ..
    } in all::<R>()
    {
        receiver.refuses(&with_ratchet_key(&message, key), error);
        receiver.accepts(&message);
    }
}

fn a_genuine_key_has_no_second_encoding<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("second encoding");
    let message = alice.send();
    let mut key = *message.header().ratchet_key.as_bytes();
    key[31] |= 0x80;
    let other = with_ratchet_key(&message, key);
    let error = Error::InvalidRatchetKey(PrimitiveError::NonCanonicalPublicKey);
    bob.refuses(&other, error);
    bob.accepts(&message);
}

fn every_header_decodes_to_what_encodes_to_it<R: TestRatchet>() {
    let (mut alice, _) = alice_and_bob::<R>("header encoding");
    for message in alice.send_many(3) {
        let encoded = message.encoded_header();
        let decoded = Header::decode(&encoded).map(|header| header.encode());
        assert_eq!(decoded, Ok(encoded));
    }
}
