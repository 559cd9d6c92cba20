//! The single crates, composed as `docs/protocol.md` says, reach the same bytes as the facade.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag::Account;
use sprag_primitives::aead::Ciphertext;
use sprag_ratchet::{DoubleRatchet, Message, RootKey};
use sprag_wire::{
    EncodedMessage, Kind, VERSION, decode_bundle, decode_message, decode_prekey_message,
    encode_bundle, encode_message, encode_prekey_message,
};
use sprag_x3dh::{
    Bundle, IdentityKeyPair, InitialMessage, OneTimePrekeyPair, ResponderKeys, SignedPrekeyPair,
    SignedPrekeyTerms, Suite, encode_ec, initiate, respond,
};

/// Bob's account without the facade. Draws randomness in the facade's order.
struct Bob {
    identity: IdentityKeyPair,
    signed_prekey: SignedPrekeyPair,
    one_time_prekey: OneTimePrekeyPair,
}

impl Bob {
    fn generate(rng: &mut StdRng) -> Self {
        let identity = IdentityKeyPair::generate(rng);
        let terms = SignedPrekeyTerms {
            suite: Suite::X3dh,
            id: 1,
            created: 0,
        };
        Self {
            signed_prekey: SignedPrekeyPair::generate(terms, &identity, rng),
            identity,
            one_time_prekey: OneTimePrekeyPair::generate(1, rng),
        }
    }

    fn bundle(&self) -> Vec<u8> {
        encode_bundle(&Bundle {
            identity: *self.identity.public(),
            signed_prekey: self.signed_prekey.public(),
            one_time_prekey: Some(self.one_time_prekey.public()),
        })
    }
}

/// The associated data of one message, from the receiver's or the sender's own records.
fn associated_data(
    initiator: &[u8; 33],
    responder: &[u8; 33],
    handshake: &InitialMessage,
    kind: Kind,
) -> Vec<u8> {
    let id = handshake.session_id();
    let version_and_kind = [VERSION, kind.to_byte()];
    let parts: [&[u8]; 6] = [
        initiator,
        responder,
        id.as_bytes(),
        &[],
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

fn seal(
    ratchet: &mut DoubleRatchet,
    mut encoded: EncodedMessage,
    associated_data: &[u8],
    rng: &mut StdRng,
) -> Vec<u8> {
    let sealed = ratchet
        .encrypt(associated_data, encoded.buffer(), rng)
        .unwrap();
    encoded.finish(&sealed.header, &sealed.tag)
}

fn open(
    ratchet: &mut DoubleRatchet,
    message: sprag_wire::Message<'_>,
    associated_data: &[u8],
) -> Vec<u8> {
    let mut buffer = message.ciphertext.to_vec();
    let ciphertext = Ciphertext {
        buffer: &mut buffer,
        tag: message.tag,
    };
    let header = &message.header;
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

    let identity = IdentityKeyPair::generate(&mut rng);
    let terms = SignedPrekeyTerms {
        suite: Suite::X3dh,
        id: 1,
        created: 0,
    };
    let _signed_prekey = SignedPrekeyPair::generate(terms, &identity, &mut rng);
    let verified = decode_bundle(&bundle).unwrap().verify().unwrap();
    let initiated = initiate(&identity, &verified, &mut rng).unwrap();
    let root = RootKey::new(initiated.agreement.shared_secret.into_root());
    let remote = verified.signed_prekey().key;
    let mut ratchet = DoubleRatchet::initiator(&root, remote, &mut rng).unwrap();
    let associated_data = |kind| {
        let responder = verified.identity().encode();
        associated_data(
            &identity.public().encode(),
            &responder,
            &initiated.message,
            kind,
        )
    };

    let data = associated_data(Kind::PrekeyMessage);
    let mut first = None;
    for plaintext in [&b"first"[..], b"", b"third"] {
        let encoded = encode_prekey_message(&initiated.message, plaintext);
        let by_hand = seal(&mut ratchet, encoded, &data, &mut rng);
        let by_facade = session.encrypt(plaintext, &mut facade_rng).unwrap();
        assert_eq!(by_hand, by_facade);
        first.get_or_insert(by_hand);
    }

    let (mut bobs, _) = bob.accept(&first.unwrap()).unwrap();
    let answer = bobs.encrypt(b"answer", &mut bob_rng).unwrap();
    let data = associated_data(Kind::Message);
    let opened = open(&mut ratchet, decode_message(&answer).unwrap(), &data);
    assert_eq!(opened, session.decrypt(&answer).unwrap().plaintext);
    for plaintext in [&b"after the answer"[..], b""] {
        let by_hand = seal(&mut ratchet, encode_message(plaintext), &data, &mut rng);
        let by_facade = session.encrypt(plaintext, &mut facade_rng).unwrap();
        assert_eq!(by_hand, by_facade);
    }
}

#[test]
fn the_responder_by_hand_sends_the_facades_bytes() {
    let mut facade_rng = StdRng::seed_from_u64(3);
    let mut rng = StdRng::seed_from_u64(3);
    let mut alice_rng = StdRng::seed_from_u64(4);

    let mut account = Account::generate(&mut facade_rng);
    let bob = Bob::generate(&mut rng);
    let bundle = account.publish(&mut facade_rng);
    assert_eq!(bob.bundle(), bundle);

    let alice = Account::generate(&mut alice_rng);
    let mut alices = alice.initiate(&bundle, &mut alice_rng).unwrap();
    let first = alices.encrypt(b"first", &mut alice_rng).unwrap();
    let (mut session, _) = account.accept(&first).unwrap();

    let received = decode_prekey_message(&first).unwrap();
    let keys = ResponderKeys {
        identity: &bob.identity,
        signed_prekey: &bob.signed_prekey,
        one_time_prekey: Some(&bob.one_time_prekey),
    };
    let agreement = respond(&keys, &received.handshake).unwrap();
    let root = RootKey::new(agreement.shared_secret.into_root());
    let mut ratchet = DoubleRatchet::responder(root, bob.signed_prekey.key_pair());
    let associated_data = |kind| {
        let initiator = received.handshake.identity.encode();
        let responder = bob.identity.public().encode();
        associated_data(&initiator, &responder, &received.handshake, kind)
    };
    let data = associated_data(Kind::PrekeyMessage);
    assert_eq!(open(&mut ratchet, received.message, &data), b"first");

    let data = associated_data(Kind::Message);
    for plaintext in [&b"answer"[..], b"and more"] {
        let by_hand = seal(&mut ratchet, encode_message(plaintext), &data, &mut rng);
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
