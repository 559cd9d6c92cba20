//! Tests that the single crates, composed by hand as `docs/protocol.md` says, yield the same bytes as the
//! facade.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sprag::{Account, Error, Session};
use sprag_primitives::aead::Ciphertext;
use sprag_primitives::hash::sha256;
use sprag_ratchet::{DoubleRatchetHE, EncryptedHeader, HeaderKey, Message, RootKey, SharedSecrets};
use sprag_wire::{
    EncodedMessage, Kind, decode_bundle, decode_message, decode_prekey_message, encode_bundle,
    encode_message, encode_prekey_message,
};
use sprag_x3dh::pqxdh::{self, initiate, respond};
use sprag_x3dh::{
    Bundle, CurveBundle, IdentityKeyPair, InitialMessage, KemPrekeyHash, KemPrekeyPair,
    LastResortKemPrekeyPair, LastResortKemPrekeyTerms, OneTimePrekeyPair, Policy, ResponderKeys,
    SharedSecret, SignedPrekeyPair, SignedPrekeyTerms, Suite, VerifiedBundle, encode_ec,
    encode_kem,
};

/// An account made without the facade. It draws randomness in the facade's order.
struct ByHand {
    identity: IdentityKeyPair,
    /// The number of the first prekey. The others count on from it.
    first_id: u32,
    signed_prekey: SignedPrekeyPair,
}

impl ByHand {
    fn generate(rng: &mut StdRng) -> Self {
        let identity = IdentityKeyPair::generate(rng);
        let first_id = rng.next_u32() >> 1;
        let terms = SignedPrekeyTerms {
            suite: Suite::Pqxdh,
            id: first_id,
            created: 0,
        };
        let signed_prekey = SignedPrekeyPair::generate(terms, &identity, rng);
        let _last_resort = LastResortKemPrekeyPair::generate(
            LastResortKemPrekeyTerms {
                id: first_id + 1,
                created: 0,
            },
            &signed_prekey.public(),
            &identity,
            rng,
        );
        Self {
            identity,
            first_id,
            signed_prekey,
        }
    }
}

/// The one-time keys of one bundle of that account.
struct OneTimeKeys {
    ec: OneTimePrekeyPair,
    kem: KemPrekeyPair,
}

fn publish(account: &ByHand, rng: &mut StdRng) -> (OneTimeKeys, Vec<u8>) {
    let [id, kem_id] = [2, 3].map(|place| account.first_id + place);
    let ec = OneTimePrekeyPair::generate(id, rng);
    let (kem, kem_prekey) = KemPrekeyPair::generate_one_time(kem_id, &account.identity, rng);
    let curve = CurveBundle {
        identity: *account.identity.public(),
        signed_prekey: account.signed_prekey.public(),
        one_time_prekey: Some(ec.public()),
    };
    let bundle = Bundle::Pqxdh(pqxdh::Bundle { curve, kem_prekey });
    let bundle = encode_bundle(&bundle, &[]).unwrap();
    (OneTimeKeys { ec, kem }, bundle)
}

/// The associated data of one message, from the receiver's or the sender's own records.
fn associated_data(
    initiator: &[u8; 33],
    responder: &[u8; 33],
    (handshake, kem_prekey): (&InitialMessage, &KemPrekeyHash),
    kind: Kind,
) -> Vec<u8> {
    let id = handshake.session_id();
    let version_and_kind = [1, kind.to_byte()];
    let parts: [&[u8]; 6] = [
        initiator,
        responder,
        id.as_bytes(),
        kem_prekey,
        &version_and_kind,
        &[],
    ];
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend(u64::try_from(part.len()).unwrap().to_le_bytes());
        bytes.extend(part);
    }
    bytes
}

fn secrets(secret: SharedSecret) -> SharedSecrets {
    let keys = secret.into_keys(Suite::Pqxdh);
    SharedSecrets {
        root: RootKey::new(keys.root),
        shared_hka: HeaderKey::new(keys.shared_hka),
        shared_nhkb: HeaderKey::new(keys.shared_nhkb),
    }
}

/// The text with its padding, for a text of 28 bytes at most.
fn padded(text: &[u8]) -> Vec<u8> {
    let mut padded = u32::try_from(text.len()).unwrap().to_le_bytes().to_vec();
    padded.extend(text);
    assert!(padded.len() <= 32);
    padded.resize(32, 0);
    padded
}

fn seal(
    ratchet: &mut DoubleRatchetHE,
    mut encoded: EncodedMessage,
    associated_data: &[u8],
    rng: &mut StdRng,
) -> Vec<u8> {
    let sealed = ratchet
        .encrypt(associated_data, encoded.buffer(), rng)
        .unwrap();
    encoded.finish(sealed.header.as_bytes(), &sealed.tag)
}

fn open(
    ratchet: &mut DoubleRatchetHE,
    message: sprag_wire::Message<'_>,
    associated_data: &[u8],
) -> Vec<u8> {
    let parts = message.parts(Suite::Pqxdh).unwrap();
    let mut buffer = parts.ciphertext.to_vec();
    let ciphertext = Ciphertext {
        buffer: &mut buffer,
        tag: parts.tag,
    };
    let header = &EncryptedHeader::from_bytes(parts.header.try_into().unwrap());
    ratchet
        .decrypt(associated_data, Message { header, ciphertext })
        .unwrap();
    buffer
}

#[test]
fn the_initiator_by_hand_sends_the_facades_bytes() {
    let mut facade_rng = StdRng::seed_from_u64(1);
    let mut rng = StdRng::seed_from_u64(1);
    let mut bob_rng = StdRng::seed_from_u64(2);

    let alice = Account::generate(&mut facade_rng);
    let mut bob = Account::generate(&mut bob_rng);
    let bundle = bob.publish(&mut bob_rng);
    let mut session = alice.initiate(&bundle, &mut facade_rng).unwrap();

    let by_hand = ByHand::generate(&mut rng);
    let decoded = decode_bundle(&bundle).unwrap().keys;
    let VerifiedBundle::Pqxdh(verified) = decoded.verify(&Policy::default()).unwrap() else {
        panic!("the facade publishes for PQXDH");
    };
    let initiated = initiate(&by_hand.identity, &verified, 1, &mut rng).unwrap();
    let secrets = secrets(initiated.agreement.shared_secret);
    let remote = verified.bundle();
    let mut ratchet =
        DoubleRatchetHE::initiator(secrets, remote.curve.signed_prekey.key, &mut rng).unwrap();
    let kem_prekey = sha256(&[&encode_kem(&remote.kem_prekey.key)]);
    let handshake = InitialMessage::Pqxdh(initiated.message);
    let associated_data = |kind| {
        associated_data(
            &by_hand.identity.public().encode(),
            &remote.curve.identity.encode(),
            (&handshake, &kem_prekey),
            kind,
        )
    };

    let data = associated_data(Kind::PrekeyMessage);
    let mut first = None;
    for plaintext in [&b"first"[..], b"", b"third"] {
        let encoded = encode_prekey_message(&handshake, &padded(plaintext));
        let by_hand = seal(&mut ratchet, encoded, &data, &mut rng);
        let by_facade = session.encrypt(plaintext, &mut facade_rng).unwrap();
        assert_eq!(by_hand, by_facade);
        first.get_or_insert(by_hand);
    }

    let (mut bobs, _) = bob.accept(&first.unwrap()).unwrap();
    let answer = bobs.encrypt(b"answer", &mut bob_rng).unwrap();
    let data = associated_data(Kind::Message);
    let opened = open(&mut ratchet, decode_message(&answer).unwrap(), &data);
    let plaintext = session.decrypt(&answer).unwrap().plaintext;
    assert_eq!(opened, padded(&plaintext));
    for plaintext in [&b"after the answer"[..], b""] {
        let by_hand = seal(
            &mut ratchet,
            encode_message(Suite::Pqxdh, &padded(plaintext)),
            &data,
            &mut rng,
        );
        let by_facade = session.encrypt(plaintext, &mut facade_rng).unwrap();
        assert_eq!(by_hand, by_facade);
    }

    demands_its_padding(&mut bobs, |padded| {
        seal(
            &mut ratchet,
            encode_message(Suite::Pqxdh, padded),
            &data,
            &mut rng,
        )
    });
}

/// Demands that genuine messages with wrong padding are refused, and that the session goes on.
fn demands_its_padding(session: &mut Session, mut seal: impl FnMut(&[u8]) -> Vec<u8>) {
    for wrong in wrong_paddings() {
        let message = seal(&wrong);
        let before = session.snapshot();
        let refused = session.decrypt(&message).map(|_| ());
        assert_eq!(refused, Err(Error::InvalidPadding), "{wrong:?}");
        assert_eq!(session.snapshot().expose(), before.expose());
    }
    let message = seal(&padded(b"good"));
    assert_eq!(session.decrypt(&message).unwrap().plaintext, b"good");
}

/// Wrong paddings: too short, too long, cut, with a length that does not fit, and with something else than
/// zeros.
fn wrong_paddings() -> Vec<Vec<u8>> {
    let of_length = |length: u32, total: usize| {
        let mut padded = length.to_le_bytes().to_vec();
        padded.resize(total, 0);
        padded
    };
    let mut dirty = of_length(5, 32);
    dirty[31] = 1;
    let mut dirty_before = of_length(5, 32);
    dirty_before[9] = 0x80;
    vec![
        Vec::new(),
        vec![0; 3],
        vec![0; 31],
        of_length(0, 33),
        of_length(28, 34),
        of_length(29, 32),
        of_length(29, 33),
        of_length(u32::MAX, 32),
        of_length(60, 68),
        dirty,
        dirty_before,
    ]
}

#[test]
fn the_responder_by_hand_sends_the_facades_bytes() {
    let mut facade_rng = StdRng::seed_from_u64(3);
    let mut rng = StdRng::seed_from_u64(3);
    let mut alice_rng = StdRng::seed_from_u64(4);

    let mut account = Account::generate(&mut facade_rng);
    let bob = ByHand::generate(&mut rng);
    let bundle = account.publish(&mut facade_rng);
    let (one_time_keys, by_hand) = publish(&bob, &mut rng);
    assert_eq!(by_hand, bundle);

    let alice = Account::generate(&mut alice_rng);
    let mut alices = alice.initiate(&bundle, &mut alice_rng).unwrap();
    let first = alices.encrypt(b"first", &mut alice_rng).unwrap();
    let (mut session, _) = account.accept(&first).unwrap();

    let received = decode_prekey_message(&first).unwrap();
    let InitialMessage::Pqxdh(handshake) = &received.handshake else {
        panic!("the facade begins with PQXDH");
    };
    let keys = ResponderKeys {
        identity: &bob.identity,
        signed_prekey: &bob.signed_prekey,
        one_time_prekey: Some(&one_time_keys.ec),
    };
    let responded = respond(&keys, &one_time_keys.kem, handshake).unwrap();
    let initiator = responded.initiator;
    assert_eq!(
        (&initiator.identity, initiator.ordinal),
        (alice.identity(), 1)
    );
    let secrets = secrets(responded.agreement.shared_secret);
    let mut ratchet = DoubleRatchetHE::responder(secrets, bob.signed_prekey.key_pair());
    let associated_data = |kind| {
        let initiator = initiator.identity.encode();
        let responder = bob.identity.public().encode();
        let origin = (&received.handshake, one_time_keys.kem.hash());
        associated_data(&initiator, &responder, origin, kind)
    };
    let data = associated_data(Kind::PrekeyMessage);
    let opened = open(&mut ratchet, received.message, &data);
    assert_eq!(opened, padded(b"first"));

    let data = associated_data(Kind::Message);
    for plaintext in [&b"answer"[..], b"and more"] {
        let by_hand = seal(
            &mut ratchet,
            encode_message(Suite::Pqxdh, &padded(plaintext)),
            &data,
            &mut rng,
        );
        let by_facade = session.encrypt(plaintext, &mut facade_rng).unwrap();
        assert_eq!(by_hand, by_facade);
        assert_eq!(alices.decrypt(&by_hand).unwrap().plaintext, plaintext);
    }
}

#[test]
fn keys_are_encoded_with_the_curve_in_front() {
    let pair = sprag_primitives::x25519::KeyPair::generate(&mut StdRng::seed_from_u64(5));
    let encoded = encode_ec(pair.public());
    assert_eq!(
        (encoded[0], &encoded[1..]),
        (1, &pair.public().as_bytes()[..])
    );
}
