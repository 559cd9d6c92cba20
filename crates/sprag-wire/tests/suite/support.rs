//! Keys, numbers and samples that the other modules use.

use sprag_primitives::SecretBytes;
use sprag_primitives::hash::sha256;
use sprag_primitives::ml_kem_1024::{DecapsulationKey, EncapsulationKey};
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_wire::{
    CHECKSUM_LENGTH, Error, Kind, MessageParts, PrekeyMessage, Published, decode_bundle,
    decode_message, decode_prekey_message, decode_upload, encode_bundle, encode_message,
    encode_prekey_message, encode_upload, kind,
};
use sprag_x3dh::{Bundle, IdentityKey, InitialMessage, Suite, Upload};

use crate::layouts::{self, Layout};
use crate::values::{self, LONG_LIST, SHORT_LIST};

pub(crate) const KINDS: [Kind; 4] = [
    Kind::Bundle,
    Kind::PrekeyMessage,
    Kind::Message,
    Kind::Upload,
];

/// The length of an encrypted header and a tag together.
pub(crate) const AROUND: usize = 80 + 16;

/// The length of the ciphertext in each sample of a message.
pub(crate) const CIPHERTEXT_LENGTH: usize = 27;

pub(crate) fn key(number: u8) -> [u8; 32] {
    *public_key(number).as_bytes()
}

pub(crate) fn public_key(number: u8) -> PublicKey {
    *KeyPair::from_secret(&SecretBytes::copy_from(&[number; 32])).public()
}

pub(crate) fn identity_key(number: u8) -> IdentityKey {
    IdentityKey::from_bytes(&key(number)).expect("it is the key of a secret")
}

pub(crate) fn kem_key(number: u8) -> EncapsulationKey {
    DecapsulationKey::from_seed(SecretBytes::copy_from(&[number; 64])).encapsulation_key()
}

/// Returns 64 different bytes, which count up from `first`.
pub(crate) fn signature(first: u8) -> [u8; 64] {
    core::array::from_fn(|index| first + u8::try_from(index).expect("there are 64"))
}

/// Returns 80 different bytes.
pub(crate) fn encrypted_header() -> [u8; 80] {
    core::array::from_fn(|index| index.wrapping_mul(3).to_le_bytes()[0])
}

/// Returns 52 different bytes.
pub(crate) fn sealed_initiator() -> [u8; 52] {
    core::array::from_fn(|index| index.wrapping_mul(5).to_le_bytes()[0])
}

/// Computes the checksum of `content`.
pub(crate) fn checksum(content: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let hash = sha256(&[content]);
    *hash.first_chunk().expect("a hash is longer")
}

/// Ends `content` in its checksum, as anybody can who alters a bundle or an upload on purpose.
pub(crate) fn with_checksum(content: &[u8]) -> Vec<u8> {
    [content, &checksum(content)].concat()
}

/// Removes the checksum at the end.
pub(crate) fn without_checksum(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() - CHECKSUM_LENGTH]
}

/// Returns the bytes with a correct checksum at the end, if they are of a kind that has one.
pub(crate) fn mended(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [_, 1 | 5, ..] if bytes.len() >= CHECKSUM_LENGTH => with_checksum(without_checksum(bytes)),
        _ => bytes.to_vec(),
    }
}

/// Returns a KEM ciphertext with a period of 256 bytes, so that a shift by fewer bytes is noticed.
pub(crate) fn kem_ciphertext() -> [u8; 1568] {
    core::array::from_fn(|index| index.wrapping_mul(index + 7).to_le_bytes()[0])
}

/// A bundle, prekey message, message or upload.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Value<'a> {
    Bundle(Published<'a, Bundle>),
    PrekeyMessage(InitialMessage, MessageParts<'a>),
    Message(MessageParts<'a>),
    Upload(Published<'a, Upload>),
}

impl Value<'_> {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Bundle(_) => Kind::Bundle,
            Self::PrekeyMessage(..) => Kind::PrekeyMessage,
            Self::Message(_) => Kind::Message,
            Self::Upload(_) => Kind::Upload,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Bundle(bundle) => {
                encode_bundle(&bundle.keys, bundle.list).expect("it is within the limits")
            }
            Self::PrekeyMessage(handshake, message) => {
                encode_prekey_message(handshake, message.ciphertext)
                    .finish(message.header, message.tag)
            }
            Self::Message(message) => {
                encode_message(Suite::Pqxdh, message.ciphertext).finish(message.header, message.tag)
            }
            Self::Upload(upload) => {
                encode_upload(&upload.keys, upload.list).expect("it is within the limits")
            }
        }
    }
}

/// Decodes `bytes` as a value of `kind`.
pub(crate) fn decode(kind: Kind, bytes: &[u8]) -> Result<Value<'_>, Error> {
    match kind {
        Kind::Bundle => decode_bundle(bytes).map(Value::Bundle),
        Kind::PrekeyMessage => {
            let PrekeyMessage { handshake, message } = decode_prekey_message(bytes)?;
            let parts = message.parts(handshake.suite())?;
            Ok(Value::PrekeyMessage(handshake, parts))
        }
        Kind::Message => decode_message(bytes)?
            .parts(Suite::Pqxdh)
            .map(Value::Message),
        Kind::Upload => decode_upload(bytes).map(Value::Upload),
        other => unreachable!("no function decodes a whole {other}"),
    }
}

/// Decodes `bytes` as a value of `kind`, and encodes that value again.
pub(crate) fn encoded_again(kind: Kind, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    decode(kind, bytes).map(|value| value.encode())
}

/// A value and its bytes, as the tables of `docs/protocol.md` specify them.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) value: Value<'static>,
    pub(crate) layout: Layout,
}

impl Sample {
    pub(crate) fn kind(&self) -> Kind {
        self.value.kind()
    }

    /// Returns the number of bytes that the decoder needs at least.
    ///
    /// A message may be cut within its ciphertext, because no field states its length.
    pub(crate) fn least_length(&self) -> usize {
        let length = self.layout.bytes().len();
        match self.kind() {
            Kind::PrekeyMessage | Kind::Message => length - CIPHERTEXT_LENGTH,
            _ => length,
        }
    }
}

/// Returns samples of each kind and suite, with and without the optional fields.
pub(crate) fn samples() -> Vec<Sample> {
    [bundles(), messages(), uploads()].concat()
}

pub(crate) fn bundles() -> Vec<Sample> {
    let sample = |name, (keys, list), layout| Sample {
        name,
        value: Value::Bundle(Published { keys, list }),
        layout,
    };
    vec![
        sample(
            "X3DH bundle",
            (values::x3dh_bundle(), SHORT_LIST),
            layouts::x3dh_bundle(),
        ),
        sample(
            "X3DH bundle without a one-time prekey and without a list",
            (values::reusable_x3dh_bundle(), &[]),
            layouts::reusable_x3dh_bundle(),
        ),
        sample(
            "PQXDH bundle",
            (values::pqxdh_bundle(), &LONG_LIST),
            layouts::pqxdh_bundle(),
        ),
        sample(
            "PQXDH bundle without one-time prekeys and without a list",
            (values::reusable_pqxdh_bundle(), &[]),
            layouts::reusable_pqxdh_bundle(),
        ),
    ]
}

pub(crate) fn messages() -> Vec<Sample> {
    let sample = |name, handshake, layout| Sample {
        name,
        value: Value::PrekeyMessage(handshake, values::message()),
        layout,
    };
    vec![
        sample(
            "X3DH prekey message",
            values::x3dh_handshake(Some(70_000)),
            layouts::x3dh_prekey_message(),
        ),
        sample(
            "X3DH prekey message without a one-time prekey",
            values::x3dh_handshake(None),
            layouts::reusable_x3dh_prekey_message(),
        ),
        sample(
            "PQXDH prekey message",
            values::pqxdh_handshake(Some(70_000)),
            layouts::pqxdh_prekey_message(),
        ),
        sample(
            "PQXDH prekey message without a one-time prekey",
            values::pqxdh_handshake(None),
            layouts::reusable_pqxdh_prekey_message(),
        ),
        Sample {
            name: "message",
            value: Value::Message(values::message()),
            layout: layouts::message(),
        },
    ]
}

pub(crate) fn uploads() -> Vec<Sample> {
    let sample = |name, (keys, list), layout| Sample {
        name,
        value: Value::Upload(Published { keys, list }),
        layout,
    };
    vec![
        sample("upload", (values::upload(), &LONG_LIST), layouts::upload()),
        sample(
            "upload without one-time prekeys and without a list",
            (values::empty_upload(), &[][..]),
            layouts::empty_upload(),
        ),
    ]
}

/// Encodes an integer as postcard does, in the shortest form.
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

/// Adds superfluous bytes to an encoded integer, which do not change its value.
pub(crate) fn lengthened(shortest: &[u8], superfluous: usize) -> Vec<u8> {
    let mut bytes = shortest.to_vec();
    for _ in 0..superfluous {
        *bytes.last_mut().expect("a number has a byte") |= 0x80;
        bytes.push(0);
    }
    bytes
}

pub(crate) fn all_refuse(bytes: &[u8], error: Error) {
    assert_eq!(kind(bytes), Err(error));
    for kind in KINDS {
        let result = decode(kind, bytes).map(drop);
        assert_eq!(result, Err(error), "as a {kind}");
    }
}
