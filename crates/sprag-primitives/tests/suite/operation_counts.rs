//! Tests of the counts of operations.

use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, Key, XChaCha20Poly1305};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::hmac::HmacKey;
use sprag_primitives::ml_kem_1024::{self, DecapsulationKey, EncapsulationKey};
use sprag_primitives::operations::{Bytes, Counts, bytes, counted, hmac_keys, seals};
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::Reader;
use sprag_primitives::x25519::KeyPair;
use sprag_primitives::xeddsa::{Signature, SigningKey, verify};
use sprag_primitives::{SecretBytes, ed25519, hash};

use crate::support::{key_pair, rng};

#[test]
fn nothing_counts_as_nothing() {
    let (result, counts) = counted(|| hash::sha256(&[b"not counted"]).len());
    assert_eq!((result, counts), (32, Counts::default()));
}

#[test]
fn curve_operations_are_counted() {
    let pair = key_pair([1; 32]);
    let one_multiplication = Counts {
        base_point_multiplication: 1,
        ..Counts::default()
    };
    let (_, counts) = counted(|| KeyPair::generate(&mut rng(1)));
    assert_eq!(counts, one_multiplication);
    let (_, counts) = counted(|| Reader::new(&[7; 32]).get::<KeyPair>());
    assert_eq!(counts, one_multiplication);
    let (key, counts) = counted(|| SigningKey::calculate_key_pair(&pair));
    assert_eq!(counts, one_multiplication);
    let (_, counts) = counted(|| key.sign(b"message", &mut rng(2)));
    assert_eq!(counts, one_multiplication);

    let (_, counts) = counted(|| pair.diffie_hellman(pair.public()));
    let expected = Counts {
        diffie_hellman: 1,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
}

#[test]
fn ed25519_is_counted() {
    let (key, counts) = counted(|| ed25519::SigningKey::generate(&mut rng(1)));
    let multiplications = |number| Counts {
        base_point_multiplication: number,
        ..Counts::default()
    };
    assert_eq!(counts, multiplications(1));
    let (signature, counts) = counted(|| key.sign(b"message"));
    assert_eq!(counts, multiplications(2));
    let (_, counts) = counted(|| {
        assert!(key.public().verify(b"message", &signature).is_ok());
        assert!(key.public().verify(b"other", &signature).is_err());
    });
    let expected = Counts {
        signature_verification: 2,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
}

#[test]
fn verifications_are_counted_whether_they_succeed_or_not() {
    let pair = key_pair([1; 32]);
    let good = SigningKey::calculate_key_pair(&pair).sign(b"message", &mut rng(2));
    let (_, counts) = counted(|| {
        assert!(verify(pair.public(), b"message", &good).is_ok());
        assert!(verify(pair.public(), b"message", &Signature::from_bytes([0; 64])).is_err());
        assert!(
            verify(
                pair.public(),
                b"message",
                &Signature::from_bytes([0xff; 64])
            )
            .is_err()
        );
    });
    let expected = Counts {
        signature_verification: 3,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
}

#[test]
fn encapsulations_are_counted() {
    let (key, counts) = counted(|| DecapsulationKey::generate(&mut rng(1)));
    assert_eq!(counts, Counts::default(), "a key is generated when used");
    let (public, counts) = counted(|| key.encapsulation_key());
    let one_generation = Counts {
        kem_key_generation: 1,
        ..Counts::default()
    };
    assert_eq!(counts, one_generation);
    let (_, counts) = counted(|| EncapsulationKey::from_bytes(public.as_bytes()));
    assert_eq!(counts, Counts::default());
    let ((ciphertext, _), counts) = counted(|| public.encapsulate(&mut rng(2)));
    let expected = Counts {
        encapsulation: 1,
        ..Counts::default()
    };
    assert_eq!(counts, expected);

    let damaged = ml_kem_1024::Ciphertext::from_bytes(&[7; 1568]);
    for ciphertext in [ciphertext, damaged] {
        let (_, counts) = counted(|| key.decapsulate(&ciphertext));
        let expected = Counts {
            decapsulation: 1,
            ..one_generation
        };
        assert_eq!(counts, expected);
    }
}

#[test]
fn keyed_hashes_are_counted() {
    let (_, counts) = counted(|| {
        let key = HmacKey::new(b"key");
        [1, 2, 3, 4].map(|message| key.authenticate(&[message]))
    });
    let expected = Counts {
        hmac: 4,
        ..Counts::default()
    };
    assert_eq!(counts, expected);

    let (_, keys) = hmac_keys(|| {
        let keys = [&b"one"[..], b"two"].map(HmacKey::new);
        keys.map(|key| [1, 2, 3].map(|message| key.authenticate(&[message])))
    });
    assert_eq!(keys, 2);
    assert_eq!(hmac_keys(|| ()).1, 0);

    let (_, counts) = counted(|| {
        let prk = SecretBytes::copy_from(&[1; 32]);
        let _keys: [_; 2] = Hkdf::from_pseudorandom_key(&prk).expand_keys(b"info");
        let _keys: [_; 3] = Hkdf::extract(b"salt", &[b"a", b"b"]).expand_keys(b"info");
    });
    let expected = Counts {
        hkdf: 2,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
}

#[test]
fn both_ciphers_are_counted_and_failures_too() {
    let key = Key::copy_from(&[1; 32]);
    let mut buffer = [0; 8];
    let (_, counts) = counted(|| {
        let tag = &ChaCha20Poly1305::seal(&key, &[2; 12], b"", &mut buffer).unwrap();
        for accepted in [true, false] {
            let buffer = &mut buffer;
            let result = ChaCha20Poly1305::open(&key, &[2; 12], b"", Ciphertext { buffer, tag });
            assert_eq!(result.is_ok(), accepted);
        }
        let tag = &XChaCha20Poly1305::seal(&key, &[2; 24], b"", &mut buffer).unwrap();
        let buffer = &mut buffer;
        XChaCha20Poly1305::open(&key, &[2; 24], b"", Ciphertext { buffer, tag }).unwrap();
    });
    let expected = Counts {
        seal: 2,
        open: 3,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
}

#[test]
fn an_inner_count_is_part_of_the_outer_one() {
    let key = HmacKey::new(b"key");
    let outputs = |count| {
        for _ in 0..count {
            let _output = key.authenticate(b"message");
        }
    };
    let ((inner, empty), outer) = counted(|| {
        outputs(1);
        let ((), inner) = counted(|| outputs(2));
        let ((), empty) = counted(|| ());
        outputs(4);
        (inner, empty)
    });
    assert_eq!((inner.hmac, empty.hmac, outer.hmac), (2, 0, 7));
}

#[test]
fn what_ran_before_is_not_counted() {
    let ((), counts) = counted(every_operation);
    let expected = Counts {
        diffie_hellman: 1,
        base_point_multiplication: 1,
        signature_verification: 1,
        kem_key_generation: 2,
        encapsulation: 1,
        decapsulation: 1,
        hmac: 1,
        hkdf: 1,
        seal: 1,
        open: 1,
    };
    assert_eq!(counts, expected);
    assert_eq!(counted(|| ()).1, Counts::NONE);
    assert_eq!(counted(every_operation).1, expected);
}

#[test]
fn other_threads_are_not_counted() {
    let ((), counts) = counted(|| {
        let thread = std::thread::spawn(|| counted(|| key_pair([1; 32])).1);
        let theirs = thread.join().unwrap();
        assert_eq!(theirs.base_point_multiplication, 1);
    });
    assert_eq!(counts, Counts::default());
}

#[test]
fn each_seal_is_recorded_by_its_key_and_nonce() {
    let keys = [1, 2].map(|byte| Key::copy_from(&[byte; 32]));
    let seal = |key: &Key, nonce: u8| {
        ChaCha20Poly1305::seal(key, &[nonce; 12], b"", &mut [0]).unwrap();
    };
    let ((inner, ()), outer) = seals(|| {
        let ((), inner) = seals(|| {
            seal(&keys[0], 1);
            seal(&keys[0], 2);
            seal(&keys[1], 1);
        });
        (inner, seal(&keys[0], 1))
    });
    assert_eq!(inner.len(), 3);
    assert_eq!(outer.len(), 4);
    assert_eq!(outer[..3], inner);
    assert_eq!(outer[3], inner[0]);
    assert!(inner[0] != inner[1] && inner[0] != inner[2] && inner[1] != inner[2]);
}

#[test]
fn the_bytes_of_work_by_length_are_counted() {
    let buffered = |work: fn() -> SecretBuffer| {
        let (_, counted) = bytes(work);
        let expected = Bytes {
            buffered: counted.buffered,
            ..Bytes::NONE
        };
        assert_eq!(counted, expected);
        counted.buffered
    };
    assert_eq!(buffered(|| SecretBuffer::copy_from(&[1; 100])), 100);
    assert_eq!(buffered(|| SecretBuffer::zeroed(50)), 50);
    assert_eq!(buffered(|| SecretBuffer::from(vec![1; 50])), 0);
    // What a buffer has is copied again when the buffer grows.
    let grown = buffered(|| {
        let mut buffer = SecretBuffer::copy_from(&[1; 64]);
        buffer.extend_from_slice(&[2; 7]);
        buffer.extend_from_slice(&[3; 5]);
        buffer
    });
    assert_eq!(grown, 64 + (64 + 7) + 5);

    let key = Key::copy_from(&[1; 32]);
    let ((inner, buffer), outer) = bytes(|| {
        let _digest = hash::sha256(&[&[1; 10], &[2; 20]]);
        let _output = HmacKey::new(b"not counted").authenticate(&[3; 3]);
        let mut buffer = [0; 100];
        let (tag, inner) =
            bytes(|| ChaCha20Poly1305::seal(&key, &[2; 12], &[7; 11], &mut buffer).unwrap());
        for tag in [&tag, &[0; 16]] {
            let buffer = &mut buffer[..];
            let ciphertext = Ciphertext { buffer, tag };
            let _opened = ChaCha20Poly1305::open(&key, &[2; 12], &[7; 11], ciphertext);
        }
        (inner, buffer)
    });
    assert_eq!(
        inner,
        Bytes {
            sealed: 111,
            ..Bytes::NONE
        }
    );
    let expected = Bytes {
        hashed: 33,
        opened: 222,
        ..inner
    };
    assert_eq!((outer, outer.total()), (expected, 33 + 111 + 222));
    assert_eq!(buffer, [0; 100]);
    assert_eq!(bytes(|| ()).1, Bytes::NONE);
}

fn every_operation() {
    let pair = key_pair([1; 32]);
    assert!(pair.diffie_hellman(pair.public()).is_ok());
    assert!(verify(pair.public(), b"", &Signature::from_bytes([0; 64])).is_err());
    let kem = DecapsulationKey::generate(&mut rng(1));
    let (ciphertext, secret) = kem.encapsulation_key().encapsulate(&mut rng(2));
    assert_eq!(kem.decapsulate(&ciphertext), secret);
    let _output = HmacKey::new(b"key").authenticate(b"message");
    let key = Hkdf::extract(b"salt", &[b"key"]).expand(b"info");
    let (buffer, tag) = (&mut [0; 8], &[0; 16]);
    assert!(ChaCha20Poly1305::seal(&key, &[2; 12], b"", buffer).is_ok());
    assert!(
        ChaCha20Poly1305::open(&key, &[2; 12], b"", Ciphertext { buffer, tag }).is_err(),
        "the tag is another"
    );
}
