//! The secrets of a mailbox, computed once more from the formulas in `docs/relay.md`.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sprag_primitives::hash::sha256;
use sprag_primitives::hmac::HmacKey;
use sprag_relay_wire::{
    AddressId, AddressProof, AddressSecret, Error, MailboxId, MailboxSeed, MessageId,
    OwnerCapability, SendCapability,
};

/// Computes the first 32 bytes of HKDF-Expand (RFC 5869 §2.3): one HMAC over the info and the number 1.
fn expand(key: &[u8; 32], info: &[u8]) -> [u8; 32] {
    let message = [info, &[1]].concat();
    *HmacKey::new(key).authenticate(&message).expose()
}

fn hash(label: &str, content: &[u8]) -> [u8; 32] {
    sha256(&[&[label.as_bytes(), content].concat()])
}

#[test]
fn the_owner_is_derived_from_the_seed() {
    let owner = MailboxSeed::from_bytes(&[3; 32]).owner();
    assert_eq!(owner.expose(), &expand(&[3; 32], b"sprag-v1 relay owner"));
    let id = hash("sprag-v1 relay id", owner.expose());
    assert_eq!(owner.id(), MailboxId::from_bytes(id));
}

#[test]
fn an_address_is_derived_from_the_seed_and_its_number() {
    let seed = MailboxSeed::from_bytes(&[3; 32]);
    for number in [0, 1, 0x0403_0201, u32::MAX] {
        let proof = seed.proof(number);
        let info = [&b"sprag-v1 relay proof"[..], &number.to_le_bytes()].concat();
        assert_eq!(proof.expose(), &expand(&[3; 32], &info));
        let capability = proof.capability();
        let expected = hash("sprag-v1 relay capability", proof.expose());
        assert_eq!(capability.expose(), &expected);
        let id = hash("sprag-v1 relay id", &expected);
        assert_eq!(capability.id(), AddressId::from_bytes(id));
    }
}

#[test]
fn a_public_address_commits_to_its_user() {
    let secret = AddressSecret::for_user(&[1; 32], &[2; 32]);
    let content = [[1; 32], [2; 32]].concat();
    let expected = hash("sprag-v1 relay address", &content);
    assert_eq!(secret.expose(), &expected);
    assert_eq!(
        secret.prekey_key().expose(),
        &expand(&expected, b"sprag-v1 relay prekeys")
    );
    assert_eq!(
        secret.message_key().expose(),
        &expand(&expected, b"sprag-v1 relay messages")
    );
}

#[test]
fn a_message_is_named_by_its_hash() {
    let message = [0x5a; 3_072];
    let id = MessageId::of(&message);
    assert_eq!(id.as_bytes()[..], sha256(&[&message])[..16]);
}

#[test]
fn new_secrets_are_random() {
    let mut rng = StdRng::seed_from_u64(20);
    assert_ne!(MailboxSeed::random(&mut rng), MailboxSeed::random(&mut rng));
    assert_ne!(
        AddressSecret::random(&mut rng),
        AddressSecret::random(&mut rng)
    );
}

#[test]
fn equality_sees_every_byte() {
    let secret = AddressProof::from_bytes(&[7; 32]);
    assert_eq!(secret, secret.duplicate());
    for place in 0..32 {
        let mut other = [7; 32];
        other[place] ^= 1;
        assert_ne!(secret, AddressProof::from_bytes(&other), "byte {place}");
    }
}

#[test]
fn a_capability_travels_in_a_header() {
    let owner = OwnerCapability::from_bytes(&[0xfb; 32]);
    let value = owner.authorization();
    let expected = b"Bearer -_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s";
    assert_eq!(value.expose(), expected);
    assert_eq!(OwnerCapability::from_authorization(expected), Ok(owner));
    let send = SendCapability::from_bytes(&[0xfb; 32]);
    assert_eq!(SendCapability::from_authorization(expected), Ok(send));
}

#[test]
fn a_header_has_one_spelling() {
    for value in [
        &b""[..],
        b"Bearer ",
        b"bearer -_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s",
        b"Bearer  -_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s",
        b"Bearer -_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s=",
        // Standard base64, one character less, and one with bits that belong to no byte.
        b"Bearer +/v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s",
        b"Bearer -_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_",
        b"Bearer -_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_t",
    ] {
        let read = OwnerCapability::from_authorization(value);
        assert_eq!(read, Err(Error::Malformed), "{}", value.escape_ascii());
    }
}
