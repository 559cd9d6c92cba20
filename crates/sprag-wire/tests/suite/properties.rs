//! Properties of the decoders for any bytes.
//!
//! No decoder panics, and every input that is accepted is the one encoding of its value.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed};
use sprag_primitives::SecretBytes;
use sprag_primitives::ml_kem_1024::{Ciphertext, DecapsulationKey, EncapsulationKey};
use sprag_primitives::x25519::PublicKey;
use sprag_primitives::xeddsa::Signature;
use sprag_wire::{
    Content, ContentKind, Kind, MessageParts, Published, decode_bundles, decode_content,
    decode_copy, decode_file_header, decode_file_prefix, decode_renew, encode_bundles,
    encode_content, encode_copy, encode_file_header, encode_renew, encrypted_header_length, kind,
};
use sprag_x3dh::pqxdh::KemPart;
use sprag_x3dh::{
    Bundle, CurveBundle, CurveMessage, IdentityKey, InitialMessage, KemPrekey, KemPrekeyUse,
    OneTimePrekey, SealedInitiator, SignedPrekey, SignedPrekeyTerms, Suite, Upload, pqxdh, x3dh,
};

use crate::layouts::Role;
use crate::support::{
    KINDS, Sample, Value, decode, encoded_again, lengthened, mended, samples, varint,
};

proptest! {
    #![proptest_config(Config {
        rng_seed: RngSeed::Fixed(0x5eed),
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn any_bytes_are_refused_or_canonical(bytes in vec(any::<u8>(), 0..300)) {
        refused_or_canonical(&bytes)?;
    }

    #[test]
    fn any_bytes_behind_an_envelope_are_refused_or_canonical(
        kind in 1..=5_u8,
        suite in 1..=2_u8,
        content in vec(any::<u8>(), 0..300),
    ) {
        let bytes = [&[1, kind, suite], content.as_slice()].concat();
        refused_or_canonical(&bytes)?;
        refused_or_canonical(&mended(&bytes))?;
    }

    #[test]
    fn samples_with_any_edits_are_refused_or_canonical(
        sample in select(samples()),
        edits in vec((any::<Index>(), edit()), 1..5),
    ) {
        let mut bytes = sample.layout.bytes();
        for (place, edit) in edits {
            edit.apply(place, &mut bytes);
        }
        refused_or_canonical(&bytes)?;
        refused_or_canonical(&mended(&bytes))?;
    }

    #[test]
    fn samples_with_any_edits_of_a_field_are_refused_or_canonical(
        sample in select(samples()),
        edits in vec((any::<Index>(), any::<Index>(), edit()), 1..5),
    ) {
        let mut layout = sample.layout;
        for (field, place, edit) in edits {
            let field = field.index(layout.fields().len());
            let mut bytes = layout.fields()[field].bytes.clone();
            edit.apply(place, &mut bytes);
            layout = layout.with(field, &bytes);
        }
        refused_or_canonical(&layout.bytes())?;
    }

    #[test]
    fn any_numbers_are_accepted_in_their_shortest_form_alone(
        sample in select(samples()),
        numbers in vec((any::<u64>(), any::<u32>(), 0..64_u32), 10),
        lengthened_field in option::of((any::<Index>(), 1..3_usize)),
    ) {
        let Sample { value, mut layout, .. } = sample;
        let places = layout.places(&[Role::Number, Role::Time]);
        for (place, (wide, narrow, shift)) in places.iter().zip(numbers) {
            let number = match layout.fields()[*place].role {
                Role::Time => wide >> shift,
                _ => u64::from(narrow >> (shift / 2)),
            };
            layout = layout.with(*place, &varint(number));
        }
        refused_or_canonical(&layout.bytes())?;
        prop_assert!(decode(value.kind(), &layout.bytes()).is_ok());
        if let (Some((index, superfluous)), false) = (lengthened_field, places.is_empty()) {
            let place = places[index.index(places.len())];
            let longer = lengthened(&layout.fields()[place].bytes, superfluous);
            let bytes = layout.bytes_with(place, &longer);
            prop_assert!(decode(value.kind(), &bytes).is_err());
        }
    }

    /// The clear part of an initial message is written where the seal is, and read here. Postcard writes numbers on
    /// its own.
    #[test]
    fn the_clear_part_of_any_handshake_is_postcards_encoding(handshake in handshake()) {
        let curve = handshake.curve();
        let record = (*curve.ephemeral.as_bytes(), curve.signed_prekey, curve.one_time_prekey);
        let mut expected = vec![1, 2, handshake.suite().to_byte()];
        expected = postcard::to_extend(&record, expected).unwrap();
        if let InitialMessage::Pqxdh(message) = &handshake {
            expected = postcard::to_extend(&message.kem().prekey, expected).unwrap();
            expected.extend(message.kem().ciphertext.as_bytes());
        }
        prop_assert_eq!(handshake.clear_part(), expected);
    }

    #[test]
    fn any_bundle_is_read_back(keys in bundle(), list in list()) {
        is_read_back(&Value::Bundle(Published { keys, list: &list }))?;
    }

    #[test]
    fn any_upload_is_read_back(keys in upload(), list in list()) {
        is_read_back(&Value::Upload(Published { keys, list: &list }))?;
    }

    #[test]
    fn any_content_is_read_back(
        kind in select(vec![
            ContentKind::Text,
            ContentKind::Copy,
            ContentKind::List,
            ContentKind::Renew,
            ContentKind::Nothing,
            ContentKind::FileKey,
        ]),
        (version, known, shift) in (any::<u64>(), any::<u64>(), 0..64_u32),
        hash: [u8; 8],
        list in option::of(list()),
        payload in vec(any::<u8>(), 0..100),
    ) {
        let content = Content {
            kind,
            version: version >> shift,
            hash,
            known: known >> (63 - shift),
            list: list.as_deref(),
            payload: &payload,
        };
        let bytes = encode_content(&content).expect("the list is short");
        prop_assert_eq!(decode_content(bytes.expose()), Ok(content));
    }

    #[test]
    fn any_bytes_are_no_content_or_a_canonical_one(
        bytes in vec(any::<u8>(), 0..100),
        first in select(vec![0, 1, 2, 3, 10, 11, 0x80, 0x81, 0x82, 0x83, 0x8a, 0x8b]),
    ) {
        let content = [&[first], bytes.as_slice()].concat();
        if let Ok(decoded) = decode_content(&content) {
            let again = encode_content(&decoded).expect("it was decoded");
            prop_assert_eq!(again.expose(), content);
        }
        if let Ok(copied) = decode_copy(&bytes) {
            let again = encode_copy(&copied).expect("it was decoded");
            prop_assert_eq!(again.expose(), &bytes);
        }
        if let Ok(renew) = decode_renew(&bytes) {
            let again = encode_renew(&renew).expect("it was decoded");
            prop_assert_eq!(&again, &bytes);
        }
        if let Ok(bundles) = decode_bundles(&bytes) {
            prop_assert_eq!(encode_bundles(&bundles), Ok(bytes));
        }
    }

    #[test]
    fn any_message_is_read_back(
        handshake in handshake(),
        header in header(),
        ciphertext in vec(any::<u8>(), 0..100),
        tag: [u8; 16],
    ) {
        let message = MessageParts { header: &header, ciphertext: &ciphertext, tag: &tag };
        is_read_back(&Value::Message(message))?;
        is_read_back(&Value::PrekeyMessage(handshake, message))?;
    }
}

fn is_read_back(value: &Value<'_>) -> Result<(), TestCaseError> {
    let bytes = value.encode();
    let decoded = decode(value.kind(), &bytes);
    prop_assert_eq!(decoded.as_ref(), Ok(value));
    Ok(())
}

fn refused_or_canonical(bytes: &[u8]) -> Result<(), TestCaseError> {
    for as_kind in KINDS {
        if let Ok(again) = encoded_again(as_kind, bytes) {
            prop_assert_eq!(&again, bytes);
            prop_assert_eq!(kind(bytes), Ok(as_kind));
        }
    }
    if let Some(prefix) = bytes.first_chunk()
        && decode_file_prefix(prefix).is_ok()
    {
        prop_assert_eq!(kind(bytes), Ok(Kind::File));
        if let Ok((header, chunks)) = decode_file_header(bytes)
            && let Ok(again) = encode_file_header(&header.commitment, &header.messages)
        {
            prop_assert_eq!([again.as_slice(), chunks].concat(), bytes);
        }
    }
    Ok(())
}

/// A change of the bytes at one place.
#[derive(Clone, Debug)]
enum Edit {
    Set(u8),
    Insert(Vec<u8>),
    Remove,
    Truncate,
}

impl Edit {
    fn apply(self, place: Index, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let place = place.index(bytes.len());
        match self {
            Self::Set(value) => bytes[place] = value,
            Self::Insert(values) => drop(bytes.splice(place..place, values)),
            Self::Remove => drop(bytes.remove(place)),
            Self::Truncate => bytes.truncate(place),
        }
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => any::<u8>().prop_map(Edit::Set),
        2 => vec(any::<u8>(), 1..4).prop_map(Edit::Insert),
        2 => Just(Edit::Remove),
        1 => Just(Edit::Truncate),
    ]
}

/// The bytes of a device list, whose length takes one byte or two.
fn list() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..300)
}

fn public_key() -> impl Strategy<Value = PublicKey> {
    any::<[u8; 32]>().prop_filter_map("it is a key", |mut bytes| {
        bytes[31] &= 0x7f;
        PublicKey::from_bytes(&bytes).ok()
    })
}

fn identity_key() -> impl Strategy<Value = IdentityKey> {
    public_key().prop_map(|key| IdentityKey::from_bytes(key.as_bytes()).expect("it is a key"))
}

fn kem_key() -> impl Strategy<Value = EncapsulationKey> {
    let seeds = any::<[[u8; 32]; 2]>().no_shrink();
    seeds.prop_map(|halves| {
        let seed = SecretBytes::copy_from(halves.as_flattened().try_into().expect("64 bytes"));
        DecapsulationKey::from_seed(seed).encapsulation_key()
    })
}

fn signature() -> impl Strategy<Value = Signature> {
    any::<[[u8; 32]; 2]>().prop_map(|halves| {
        let bytes = halves.as_flattened().try_into().expect("64 bytes");
        Signature::from_bytes(bytes)
    })
}

fn signed_prekey(suite: Suite) -> impl Strategy<Value = SignedPrekey> {
    let fields = (any::<(u32, u64)>(), public_key(), signature());
    fields.prop_map(move |((id, created), key, signature)| SignedPrekey {
        terms: SignedPrekeyTerms { suite, id, created },
        key,
        signature,
    })
}

fn one_time_prekey() -> impl Strategy<Value = OneTimePrekey> {
    (any::<u32>(), public_key()).prop_map(|(id, key)| OneTimePrekey { id, key })
}

fn kem_prekey() -> impl Strategy<Value = KemPrekey> {
    let usage = prop_oneof![
        Just(KemPrekeyUse::OneTime),
        any::<u64>().prop_map(|created| KemPrekeyUse::LastResort { created }),
    ];
    let fields = (any::<u32>(), usage, kem_key(), signature());
    fields.prop_map(|(id, usage, key, signature)| KemPrekey {
        id,
        usage,
        key,
        signature,
    })
}

fn curve_bundle(suite: Suite) -> impl Strategy<Value = CurveBundle> {
    let fields = (
        identity_key(),
        signed_prekey(suite),
        option::of(one_time_prekey()),
    );
    fields.prop_map(|(identity, signed_prekey, one_time_prekey)| CurveBundle {
        identity,
        signed_prekey,
        one_time_prekey,
    })
}

fn bundle() -> impl Strategy<Value = Bundle> {
    let x3dh = curve_bundle(Suite::X3dh).prop_map(|curve| x3dh::Bundle { curve });
    let pqxdh = (curve_bundle(Suite::Pqxdh), kem_prekey())
        .prop_map(|(curve, kem_prekey)| pqxdh::Bundle { curve, kem_prekey });
    prop_oneof![x3dh.prop_map(Bundle::X3dh), pqxdh.prop_map(Bundle::Pqxdh)]
}

fn upload() -> impl Strategy<Value = Upload> {
    let fields = (
        identity_key(),
        signed_prekey(Suite::Pqxdh),
        kem_prekey(),
        vec(one_time_prekey(), 0..4),
        vec(kem_prekey(), 0..3),
    );
    fields.prop_map(
        |(identity, signed_prekey, last_resort, curve, kem)| Upload {
            identity,
            signed_prekey,
            last_resort_kem_prekey: last_resort,
            one_time_prekeys: curve,
            one_time_kem_prekeys: kem,
        },
    )
}

/// Numbers of every length that a varint of 32 bits can have.
fn number() -> impl Strategy<Value = u32> {
    (any::<u32>(), 0..32_u32).prop_map(|(number, shift)| number >> shift)
}

fn curve_message() -> impl Strategy<Value = CurveMessage> {
    let fields = (public_key(), number(), option::of(number()));
    fields.prop_map(|(ephemeral, signed_prekey, one_time_prekey)| CurveMessage {
        ephemeral,
        signed_prekey,
        one_time_prekey,
    })
}

fn handshake() -> impl Strategy<Value = InitialMessage> {
    let kem = option::of((number(), vec(any::<u8>(), 1568)));
    let sealed = vec(any::<u8>(), 52);
    (curve_message(), kem, sealed).prop_map(|(curve, kem, sealed)| {
        let sealed = SealedInitiator::from_bytes(sealed.try_into().expect("52 bytes"));
        match kem {
            None => InitialMessage::X3dh(x3dh::InitialMessage::from_parts(curve, sealed)),
            Some((prekey, ciphertext)) => {
                let ciphertext = ciphertext.first_chunk().expect("1568 bytes");
                let kem = KemPart {
                    prekey,
                    ciphertext: Ciphertext::from_bytes(ciphertext),
                };
                let message = pqxdh::InitialMessage::from_parts(curve, kem, sealed);
                InitialMessage::Pqxdh(message)
            }
        }
    })
}

fn header() -> impl Strategy<Value = [u8; 80]> {
    let bytes = vec(any::<u8>(), encrypted_header_length(Suite::Pqxdh));
    bytes.prop_map(|bytes| bytes.try_into().expect("it has that length"))
}
