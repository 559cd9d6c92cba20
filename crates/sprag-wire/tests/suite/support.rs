//! Samples of what travels, as values and as bytes that were put together by hand.

use sprag_primitives::SecretBytes;
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_primitives::xeddsa::Signature;
use sprag_ratchet::Header;
use sprag_wire::{
    Error, Kind, Message, PrekeyMessage, decode_bundle, decode_message, decode_prekey_message,
    encode_bundle, encode_message, encode_prekey_message,
};
use sprag_x3dh::{
    Bundle, IdentityKey, InitialMessage, OneTimePrekey, SignedPrekey, SignedPrekeyTerms, Suite,
};

pub(crate) const KINDS: [Kind; 3] = [Kind::Bundle, Kind::PrekeyMessage, Kind::Message];

pub(crate) const CIPHERTEXT: &[u8] = b"a ciphertext of some length";
pub(crate) const TAG: [u8; 16] = *b"sixteen bytes...";

/// The length of a header and a tag.
pub(crate) const AROUND: usize = 40 + 16;

pub(crate) fn key(number: u8) -> [u8; 32] {
    *public_key(number).as_bytes()
}

pub(crate) fn public_key(number: u8) -> PublicKey {
    *KeyPair::from_secret(&SecretBytes::copy_from(&[number; 32])).public()
}

pub(crate) fn identity_key(number: u8) -> IdentityKey {
    IdentityKey::from_bytes(&key(number)).expect("it is the key of a secret")
}

pub(crate) fn signature() -> [u8; 64] {
    core::array::from_fn(|index| 0xc0 + u8::try_from(index).expect("there are 64"))
}

pub(crate) fn bundle() -> Bundle {
    Bundle {
        one_time_prekey: Some(OneTimePrekey {
            id: 70_000,
            key: public_key(3),
        }),
        ..reusable_bundle()
    }
}

pub(crate) fn reusable_bundle() -> Bundle {
    Bundle {
        identity: identity_key(1),
        signed_prekey: SignedPrekey {
            terms: SignedPrekeyTerms {
                suite: Suite::X3dh,
                id: 300,
                created: 1_767_225_600,
            },
            key: public_key(2),
            signature: Signature::from_bytes(signature()),
        },
        one_time_prekey: None,
    }
}

pub(crate) fn handshake() -> InitialMessage {
    InitialMessage {
        suite: Suite::X3dh,
        identity: identity_key(4),
        ephemeral: public_key(5),
        signed_prekey: 300,
        one_time_prekey: Some(70_000),
    }
}

pub(crate) fn header() -> Header {
    Header {
        ratchet_key: public_key(6),
        previous_length: 0x0102_0304,
        number: 0x0506_0708,
    }
}

pub(crate) fn message() -> Message<'static> {
    Message {
        header: header(),
        ciphertext: CIPHERTEXT,
        tag: &TAG,
    }
}

/// The fields of a bundle as bytes.
pub(crate) struct BundleParts {
    pub(crate) suite: u8,
    pub(crate) identity: [u8; 32],
    pub(crate) id: Vec<u8>,
    pub(crate) created: Vec<u8>,
    pub(crate) signed_prekey: [u8; 32],
    pub(crate) one_time_prekey: Vec<u8>,
}

impl BundleParts {
    /// Those of [`bundle`].
    pub(crate) fn sample() -> Self {
        Self {
            suite: 1,
            identity: key(1),
            id: vec![0xac, 0x02],
            created: vec![0x80, 0xf2, 0xd6, 0xca, 0x06],
            signed_prekey: key(2),
            one_time_prekey: [&[1, 0xf0, 0xa2, 0x04], key(3).as_slice()].concat(),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let parts: [&[u8]; 7] = [
            &[1, 1, self.suite],
            &self.identity,
            &self.id,
            &self.created,
            &self.signed_prekey,
            &signature(),
            &self.one_time_prekey,
        ];
        parts.concat()
    }
}

/// The fields of a prekey message as bytes.
pub(crate) struct PrekeyMessageParts {
    pub(crate) suite: u8,
    pub(crate) identity: [u8; 32],
    pub(crate) ephemeral: [u8; 32],
    pub(crate) signed_prekey: Vec<u8>,
    pub(crate) one_time_prekey: Vec<u8>,
    pub(crate) ratchet_key: [u8; 32],
}

impl PrekeyMessageParts {
    /// Those of [`handshake`] and [`message`].
    pub(crate) fn sample() -> Self {
        Self {
            suite: 1,
            identity: key(4),
            ephemeral: key(5),
            signed_prekey: vec![0xac, 0x02],
            one_time_prekey: vec![1, 0xf0, 0xa2, 0x04],
            ratchet_key: key(6),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let parts: [&[u8]; 6] = [
            &[1, 2, self.suite],
            &self.identity,
            &self.ephemeral,
            &self.signed_prekey,
            &self.one_time_prekey,
            &message_content(&self.ratchet_key),
        ];
        parts.concat()
    }
}

/// The bytes of [`message`].
pub(crate) fn message_bytes() -> Vec<u8> {
    message_bytes_with(&key(6))
}

pub(crate) fn message_bytes_with(ratchet_key: &[u8; 32]) -> Vec<u8> {
    [&[1, 3], message_content(ratchet_key).as_slice()].concat()
}

fn message_content(ratchet_key: &[u8; 32]) -> Vec<u8> {
    let parts: [&[u8]; 4] = [
        ratchet_key,
        &[4, 3, 2, 1, 8, 7, 6, 5],
        b"a ciphertext of some length",
        b"sixteen bytes...",
    ];
    parts.concat()
}

/// A sample of each kind, and a bundle without a one-time prekey.
pub(crate) fn samples() -> [(Kind, Vec<u8>); 4] {
    let mut reusable = BundleParts::sample();
    reusable.one_time_prekey = vec![0];
    [
        (Kind::Bundle, BundleParts::sample().bytes()),
        (Kind::Bundle, reusable.bytes()),
        (Kind::PrekeyMessage, PrekeyMessageParts::sample().bytes()),
        (Kind::Message, message_bytes()),
    ]
}

/// How many bytes of a sample its decoder demands; a message may be cut within its ciphertext.
pub(crate) fn least_length(kind: Kind, bytes: &[u8]) -> usize {
    match kind {
        Kind::Bundle => bytes.len(),
        _ => bytes.len() - CIPHERTEXT.len(),
    }
}

/// The encoding of what `bytes` decode to as `kind`.
pub(crate) fn encoded_again(kind: Kind, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    match kind {
        Kind::Bundle => decode_bundle(bytes).map(|bundle| encode_bundle(&bundle)),
        Kind::PrekeyMessage => decode_prekey_message(bytes).map(prekey_message_to_bytes),
        Kind::Message => decode_message(bytes).map(message_to_bytes),
        other => unreachable!("there is no {other}"),
    }
}

pub(crate) fn message_to_bytes(message: Message<'_>) -> Vec<u8> {
    encode_message(message.ciphertext).finish(&message.header, message.tag)
}

pub(crate) fn prekey_message_to_bytes(decoded: PrekeyMessage<'_>) -> Vec<u8> {
    let message = decoded.message;
    encode_prekey_message(&decoded.handshake, message.ciphertext)
        .finish(&message.header, message.tag)
}

/// Postcard's encoding of an integer, the shortest.
pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
