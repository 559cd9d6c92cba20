//! The target `content`: the contents of a client's messages, and the payloads of copies and lists. No decoder panics,
//! each value has one encoding, and decoding takes no cryptography.
//!
//! Each input is tried as a content, and as a payload of either form.

use sprag_primitives::operations::{Counts, counted};
use sprag_wire::limits::{MAX_BUNDLE_LENGTH, MAX_CONTENT_BUNDLES, MAX_LIST_LENGTH};
use sprag_wire::{
    ContentKind, decode_bundles, decode_content, decode_copy, encode_bundles, encode_content,
    encode_copy,
};

pub(crate) fn run(input: &[u8]) {
    let ((), work) = counted(|| {
        check_content(input);
        check_copy(input);
        check_bundles(input);
    });
    assert_eq!(work, Counts::NONE);
}

fn check_content(bytes: &[u8]) {
    let Ok(content) = decode_content(bytes) else {
        return;
    };
    let encoded = encode_content(&content).expect("the list was decoded");
    assert_eq!(encoded.expose(), bytes);
    assert!(content.list.unwrap_or_default().len() <= MAX_LIST_LENGTH);
    match content.kind {
        ContentKind::Copy => check_copy(content.payload),
        ContentKind::List => check_bundles(content.payload),
        _ => {}
    }
}

fn check_copy(bytes: &[u8]) {
    if let Ok(copied) = decode_copy(bytes) {
        let encoded = encode_copy(&copied).expect("the payload was decoded");
        assert_eq!(encoded.expose(), bytes);
    }
}

fn check_bundles(bytes: &[u8]) {
    if let Ok(bundles) = decode_bundles(bytes) {
        assert!(bundles.len() <= MAX_CONTENT_BUNDLES);
        assert!(
            bundles
                .iter()
                .all(|bundle| bundle.len() <= MAX_BUNDLE_LENGTH)
        );
        assert_eq!(encode_bundles(&bundles).as_deref(), Ok(bytes));
    }
}
