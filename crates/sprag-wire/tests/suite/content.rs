//! The contents of a client's messages: the header, and the payloads of copies and lists.

use sprag_wire::limits::{
    MAX_BUNDLE_LENGTH, MAX_CONTENT_BUNDLES, MAX_LIST_LENGTH, MAX_MESSAGE_LENGTH,
};
use sprag_wire::{
    Content, ContentKind, Copied, Error, LIST_HASH_LENGTH, USER_ID_LENGTH, decode_bundles,
    decode_content, decode_copy, encode_bundles, encode_content, encode_copy,
};

use crate::support::{lengthened, varint};

const HASH: [u8; 8] = *b"list hsh";
const USER: [u8; 32] = [0x75; 32];

const KINDS: [(ContentKind, u8); 8] = [
    (ContentKind::Text, 0),
    (ContentKind::Copy, 1),
    (ContentKind::List, 2),
    (ContentKind::Renew, 3),
    (ContentKind::LinkAcceptance, 8),
    (ContentKind::LinkWelcome, 9),
    (ContentKind::Nothing, 10),
    (ContentKind::FileKey, 11),
];

#[test]
fn kinds_have_these_numbers_and_names() {
    assert_eq!(
        KINDS.map(|(kind, _)| kind.to_byte()),
        [0, 1, 2, 3, 8, 9, 10, 11]
    );
    let names = KINDS.map(|(kind, _)| kind.to_string());
    let expected = [
        "text",
        "copy",
        "list",
        "renewal",
        "link acceptance",
        "link welcome",
        "nothing",
        "file key",
    ];
    assert_eq!(names, expected);
    assert_eq!([LIST_HASH_LENGTH, USER_ID_LENGTH], [8, 32]);
}

#[test]
fn a_content_has_these_bytes_and_is_read_back() {
    for (kind, byte) in KINDS {
        for version in edges() {
            for known in edges() {
                for (list, payload) in [
                    (None, &b"payload"[..]),
                    (None, b""),
                    (Some(&b"a list"[..]), b"payload"),
                    (Some(&[7; 300]), b""),
                    (Some(b""), b"payload"),
                ] {
                    let content = Content {
                        kind,
                        version,
                        hash: HASH,
                        known,
                        list,
                        payload,
                    };
                    let bytes = layout((byte, list), [varint(version), varint(known)], payload);
                    assert_eq!(encoded(&content), Ok(bytes.clone()));
                    assert_eq!(decode_content(&bytes), Ok(content));
                }
            }
        }
    }
}

#[test]
fn a_header_has_11_to_29_bytes_and_the_list() {
    for (version, known, length) in [(0, 0, 11), (127, 127, 11), (128, 127, 12), (127, 128, 12)] {
        assert_eq!(encoded(&text(version, known)).unwrap().len(), length);
    }
    assert_eq!(encoded(&text(u64::MAX, u64::MAX)).unwrap().len(), 29);
    for (list, with_its_length) in [(0, 1), (127, 128), (128, 130), (MAX_LIST_LENGTH, 8_194)] {
        let list = vec![7; list];
        let content = with_list(&list);
        assert_eq!(encoded(&content).unwrap().len(), 11 + with_its_length);
    }
}

#[test]
fn a_list_beyond_the_limit_is_neither_encoded_nor_read() {
    let list = [7; MAX_LIST_LENGTH + 1];
    assert_eq!(encoded(&with_list(&list)), Err(Error::Oversized));
    let longest = encoded(&with_list(&list[1..])).unwrap();
    assert_eq!(decode_content(&longest), Ok(with_list(&list[1..])));
    // The whole list is there, so that only the limit can be the reason.
    let bytes = layout((0, Some(&list)), [vec![1], vec![1]], b"");
    assert_eq!(decode_content(&bytes), Err(Error::Oversized));
    let head = layout((0x80, None), [vec![1], vec![1]], b"");
    for length in [8_193, 1 << 20, u64::from(u32::MAX)] {
        let bytes = [head.clone(), varint(length)].concat();
        assert_eq!(decode_content(&bytes), Err(Error::Oversized), "{length}");
    }
    let bytes = [head, varint(8_192)].concat();
    assert_eq!(decode_content(&bytes), Err(Error::Truncated));
}

/// A later version may give a kind another form, so nothing behind it can be a reason.
#[test]
fn an_unknown_kind_is_refused_whatever_follows() {
    let known = KINDS.map(|(_, byte)| byte);
    for unknown in (0..0x80).filter(|byte| !known.contains(byte)) {
        for byte in [unknown, unknown | 0x80] {
            let refused = Err(Error::UnknownContent(unknown));
            for rest in [&[][..], &[0xff; 40], &[0; 40]] {
                assert_eq!(decode_content(&[&[byte], rest].concat()), refused);
            }
        }
    }
}

#[test]
fn every_truncation_of_a_header_is_refused() {
    for list in [None, Some(&[7; 200][..])] {
        let [version, known] = [300, 70_000].map(varint);
        let bytes = layout((0, list), [version, known], b"");
        for length in 0..bytes.len() {
            let result = decode_content(&bytes[..length]);
            assert_eq!(result, Err(Error::Truncated), "{length} bytes");
        }
        assert!(decode_content(&bytes).is_ok());
    }
}

#[test]
fn numbers_have_their_shortest_form_and_fit_in_64_bits() {
    let too_large = [[&[0x80; 9][..], &[2]].concat(), vec![0xff; 10]];
    let longest = [&[0x80; 9][..], &[1]].concat();
    for place in 0..2 {
        let with = |number: &[u8]| {
            let mut numbers = [vec![5], vec![5]];
            numbers[place] = number.to_vec();
            layout((0, None), numbers, b"payload")
        };
        for superfluous in 1..=9 {
            for shortest in [0, 0x7f] {
                let bytes = with(&lengthened(&[shortest], superfluous));
                assert_eq!(decode_content(&bytes), Err(Error::NotCanonical));
            }
        }
        for number in &too_large {
            assert_eq!(decode_content(&with(number)), Err(Error::Malformed));
        }
        assert!(decode_content(&with(&longest)).is_ok());
    }
}

#[test]
fn the_length_of_a_list_has_its_shortest_form_and_fits_in_32_bits() {
    let head = layout((0x80, None), [vec![1], vec![1]], b"");
    for superfluous in 1..=4 {
        let length = lengthened(&[3], superfluous);
        let bytes = [&head[..], &length, b"abc"].concat();
        assert_eq!(decode_content(&bytes), Err(Error::NotCanonical));
    }
    let bytes = [head, varint(1 << 32), b"abc".to_vec()].concat();
    assert_eq!(decode_content(&bytes), Err(Error::Malformed));
}

#[test]
fn a_copy_has_these_bytes_and_is_read_back() {
    for length in [0, 1, 127, 128, 20_000] {
        let payload = vec![0x74; length];
        let copied = Copied {
            user: USER,
            payload: &payload,
        };
        let bytes = [&USER[..], &varint(length as u64), &payload].concat();
        assert_eq!(encode_copy(&copied).unwrap().expose(), bytes);
        assert_eq!(decode_copy(&bytes), Ok(copied));
    }
}

#[test]
fn a_copy_that_is_cut_or_extended_or_not_in_its_shortest_form_is_refused() {
    let bytes = [&USER[..], &varint(200), &[0x74; 200]].concat();
    for length in 0..bytes.len() {
        let result = decode_copy(&bytes[..length]);
        assert_eq!(result, Err(Error::Truncated), "{length} bytes");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(decode_copy(&longer), Err(Error::Trailing));
    let superfluous = [&USER[..], &lengthened(&[3], 1), b"abc"].concat();
    assert_eq!(decode_copy(&superfluous), Err(Error::NotCanonical));
    let too_large = [USER.to_vec(), varint(1 << 32)].concat();
    assert_eq!(decode_copy(&too_large), Err(Error::Malformed));
}

#[test]
fn a_copy_of_more_than_a_message_is_neither_encoded_nor_read() {
    let payload = vec![0; MAX_MESSAGE_LENGTH + 1];
    let copy = |payload| {
        encode_copy(&Copied {
            user: USER,
            payload,
        })
    };
    assert_eq!(copy(&payload).err(), Some(Error::Oversized));
    let longest = copy(&payload[1..]).unwrap();
    assert!(decode_copy(longest.expose()).is_ok());
    let head = [USER.to_vec(), varint(payload.len() as u64)].concat();
    let bytes = [head.as_slice(), &payload].concat();
    assert_eq!(decode_copy(&bytes).err(), Some(Error::Oversized));
    assert_eq!(decode_copy(&head), Err(Error::Oversized), "before its end");
}

#[test]
fn bundles_have_these_bytes_and_are_read_back() {
    for lengths in [&[][..], &[0], &[1], &[300, 0, 127, 128], &[5; 16]] {
        let bundles: Vec<_> = lengths.iter().map(|length| vec![0x62; *length]).collect();
        let bundles: Vec<_> = bundles.iter().map(Vec::as_slice).collect();
        let bytes = blocks(&bundles);
        assert_eq!(encode_bundles(&bundles), Ok(bytes.clone()));
        assert_eq!(decode_bundles(&bytes), Ok(bundles));
    }
}

#[test]
fn more_bundles_than_the_limit_are_neither_encoded_nor_read() {
    assert_eq!(MAX_CONTENT_BUNDLES, 16);
    let bundles = [&b"a bundle"[..]; 17];
    assert_eq!(encode_bundles(&bundles), Err(Error::Oversized));
    assert_eq!(decode_bundles(&blocks(&bundles)), Err(Error::Oversized));
    assert!(encode_bundles(&bundles[1..]).is_ok());
    assert!(decode_bundles(&blocks(&bundles[1..])).is_ok());
}

#[test]
fn a_bundle_beyond_the_limit_is_neither_encoded_nor_read() {
    let bundle = [0x62; MAX_BUNDLE_LENGTH + 1];
    for bundles in [[bundle.as_slice(), b"another"], [b"another", &bundle]] {
        assert_eq!(encode_bundles(&bundles), Err(Error::Oversized));
        assert_eq!(decode_bundles(&blocks(&bundles)), Err(Error::Oversized));
    }
    let longest = [&bundle[1..]];
    assert!(encode_bundles(&longest).is_ok());
    assert!(decode_bundles(&blocks(&longest)).is_ok());
    let head = varint(MAX_BUNDLE_LENGTH as u64 + 1);
    assert_eq!(
        decode_bundles(&head),
        Err(Error::Oversized),
        "before its end"
    );
}

#[test]
fn bundles_that_are_cut_or_not_in_their_shortest_form_are_refused() {
    let bytes = blocks(&[&[0x62; 200], &[0x62; 3]]);
    let first = 2 + 200;
    for length in (1..bytes.len()).filter(|length| *length != first) {
        let result = decode_bundles(&bytes[..length]);
        assert_eq!(result, Err(Error::Truncated), "{length} bytes");
    }
    let superfluous = [&bytes[..], &lengthened(&[1], 1), b"b"].concat();
    assert_eq!(decode_bundles(&superfluous), Err(Error::NotCanonical));
    assert_eq!(decode_bundles(&varint(1 << 32)), Err(Error::Malformed));
}

#[test]
fn nothing_secret_is_printed() {
    let content = Content {
        list: Some(b"never print this"),
        payload: b"never print this",
        ..text(3, 2)
    };
    let shown = "Content { kind: Text, version: 3, known: 2, .. }";
    assert_eq!(format!("{content:?}"), shown);
    let copied = Copied {
        user: USER,
        payload: b"never print this",
    };
    assert_eq!(format!("{copied:?}"), "Copied { .. }");
}

fn encoded(content: &Content<'_>) -> Result<Vec<u8>, Error> {
    encode_content(content).map(|bytes| bytes.expose().to_vec())
}

fn text(version: u64, known: u64) -> Content<'static> {
    Content {
        kind: ContentKind::Text,
        version,
        hash: HASH,
        known,
        list: None,
        payload: b"",
    }
}

fn with_list(list: &[u8]) -> Content<'_> {
    Content {
        list: Some(list),
        ..text(1, 1)
    }
}

/// Returns the bytes of a content, as the table of `docs/protocol.md` specifies them. The numbers are the version and
/// the one known.
fn layout(
    (kind, list): (u8, Option<&[u8]>),
    [version, known]: [Vec<u8>; 2],
    payload: &[u8],
) -> Vec<u8> {
    let (bit, block) = match list {
        None => (0, Vec::new()),
        Some(list) => (0x80, [varint(list.len() as u64), list.to_vec()].concat()),
    };
    let fields: [&[u8]; 6] = [&[kind | bit], &version, &HASH, &known, &block, payload];
    fields.concat()
}

fn blocks(bundles: &[&[u8]]) -> Vec<u8> {
    let blocks = bundles.iter();
    let blocks = blocks.map(|bundle| [varint(bundle.len() as u64), bundle.to_vec()].concat());
    blocks.collect::<Vec<_>>().concat()
}

/// Returns numbers on both sides of some points at which a varint grows by a byte, and the greatest.
fn edges() -> [u64; 6] {
    [0, 1, 127, 128, 1 << 63, u64::MAX]
}
