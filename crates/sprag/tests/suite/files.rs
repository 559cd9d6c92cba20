use rand::{Rng, RngExt};
use sprag::file::{ChunkError, FileKey, Opener, PIECE_LENGTH, Sealer};
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::ChaCha20Poly1305;
use sprag_primitives::hkdf::Hkdf;

use crate::support::{padded, rng};

fn seal(key: &FileKey, content: &[u8]) -> Vec<Vec<u8>> {
    let mut sealer = Sealer::new(key);
    let mut chunks: Vec<Vec<u8>> = content.chunks(PIECE_LENGTH).map(<[u8]>::to_vec).collect();
    let mut last = chunks.pop().unwrap_or_default();
    for chunk in &mut chunks {
        sealer.seal(chunk).unwrap();
    }
    let padding = sealer.seal_last(&mut last).unwrap();
    chunks.push(last);
    chunks.extend(padding);
    chunks
}

fn open(key: &FileKey, chunks: &[Vec<u8>]) -> Result<Vec<u8>, ChunkError> {
    let mut opener = Opener::new(key);
    let mut content = Vec::new();
    let (last, chunks) = chunks.split_last().unwrap();
    for chunk in chunks {
        let mut chunk = chunk.clone();
        opener.open(&mut chunk)?;
        content.extend(chunk);
    }
    let mut last = last.clone();
    opener.open_last(&mut last)?;
    content.extend(last);
    Ok(content)
}

/// Opens chunks in parts of `count`, which are decrypted from the last to the first.
fn open_in_parts(key: &FileKey, chunks: &[Vec<u8>], count: usize) -> Result<Vec<u8>, ChunkError> {
    let mut opener = Opener::new(key);
    let (last, chunks) = chunks.split_last().unwrap();
    let mut parts: Vec<_> = chunks
        .chunks(count)
        .map(|chunks| {
            (
                opener.split_off(chunks.len() as u64).unwrap(),
                chunks.to_vec(),
            )
        })
        .collect();
    let opened = parts.iter_mut().rev().try_for_each(|(part, chunks)| {
        let mut chunks = chunks.iter_mut();
        chunks.try_for_each(|chunk| part.open(chunk))
    });
    opened?;
    let mut content = Vec::new();
    for (part, pieces) in parts {
        opener.join(part)?;
        content.extend(pieces.concat());
    }
    let mut last = last.clone();
    opener.open_last(&mut last)?;
    content.extend(last);
    Ok(content)
}

/// Any chunks under the key of a file, as a party that has the key can make them.
fn seal_by_hand(key: &FileKey, chunks: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let prk = SecretBytes::copy_from(key.as_plaintext().try_into().unwrap());
    let key = Hkdf::from_pseudorandom_key(&prk).expand(b"sprag-v1 file content");
    let seal = |(number, chunk): (usize, &Vec<u8>)| {
        let last = number + 1 == chunks.len();
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&(number as u64).to_le_bytes());
        nonce[11] = last.into();
        let mut chunk = chunk.clone();
        let tag = ChaCha20Poly1305::seal(&key, &nonce, &[], &mut chunk).unwrap();
        chunk.extend(tag);
        chunk
    };
    chunks.iter().enumerate().map(seal).collect()
}

/// `piece ‖ zeros ‖ u32 length of the piece`, `length` bytes.
fn chunk(piece: &[u8], length: usize) -> Vec<u8> {
    let mut chunk = piece.to_vec();
    chunk.resize(length - 4, 0);
    chunk.extend((piece.len() as u32).to_le_bytes());
    chunk
}

const CHUNK_LENGTH: usize = 65_536;

#[test]
fn files_of_every_size_around_a_piece_come_back_in_the_padded_length() {
    let mut rng = rng(80);
    let around = |n: usize| n * PIECE_LENGTH - 1..=n * PIECE_LENGTH + 1;
    let small = [0, 1, 27, 28, 29, 100, 40_000];
    let lengths = small
        .into_iter()
        .chain([1, 2, 3, 17, 40].into_iter().flat_map(around));
    for length in lengths {
        let mut content = vec![0; length];
        rng.fill_bytes(&mut content);
        let key = FileKey::generate(&mut rng);
        let chunks = seal(&key, &content);
        let total: usize = chunks.iter().map(|chunk| chunk.len() - 16).sum();
        let pieces = length.div_ceil(PIECE_LENGTH).max(1);
        assert_eq!(total, padded(length + 4 * pieces), "{length}");
        assert_eq!(chunks.len(), total.div_ceil(CHUNK_LENGTH));
        assert_eq!(open(&key, &chunks), Ok(content));
    }
}

#[test]
fn padding_of_whole_chunks_follows_a_long_file() {
    let mut rng = rng(88);
    let key = FileKey::generate(&mut rng);
    let content = vec![7; 32 * PIECE_LENGTH + 1];
    let chunks = seal(&key, &content);
    assert_eq!(chunks.len(), 33);
    let content = vec![7; 64 * PIECE_LENGTH + 1];
    let chunks = seal(&key, &content);
    assert_eq!(chunks.len(), 66);
    assert_eq!(open(&key, &chunks), Ok(content));
}

#[test]
fn truncated_extended_reordered_and_mixed_chunks_are_refused() {
    let mut rng = rng(81);
    let (key, other) = (FileKey::generate(&mut rng), FileKey::generate(&mut rng));
    let mut content = vec![0; 3 * PIECE_LENGTH + 1_000];
    rng.fill_bytes(&mut content);
    let chunks = seal(&key, &content);
    assert_eq!(chunks.len(), 4);
    let foreign = seal(&other, &content);
    for cut in 1..chunks.len() {
        assert!(open(&key, &chunks[..cut]).is_err(), "cut after {cut}");
    }
    for (one, two) in [(0, 1), (1, 2), (0, 3)] {
        let mut swapped = chunks.clone();
        swapped.swap(one, two);
        assert!(open(&key, &swapped).is_err(), "swapped {one} and {two}");
    }
    for index in 0..chunks.len() {
        let mut mixed = chunks.clone();
        mixed[index].clone_from(&foreign[index]);
        assert!(open(&key, &mixed).is_err(), "mixed at {index}");
        let mut left_out = chunks.clone();
        left_out.remove(index);
        assert!(open(&key, &left_out).is_err(), "left out {index}");
        let mut doubled = chunks.clone();
        doubled.insert(index, chunks[index].clone());
        assert!(open(&key, &doubled).is_err(), "doubled {index}");
        let mut damaged = chunks.clone();
        let position = rng.random_range(0..damaged[index].len());
        damaged[index][position] ^= 1;
        assert!(open(&key, &damaged).is_err(), "damaged {index}");
    }
    let mut extended = chunks.clone();
    extended.extend(seal(&key, &[]));
    assert!(open(&key, &extended).is_err());
    assert!(open(&key, &[Vec::new()]).is_err());
    assert_eq!(open(&key, &chunks), Ok(content));
}

#[test]
fn parts_make_and_open_the_same_chunks() {
    let mut rng = rng(90);
    let key = FileKey::generate(&mut rng);
    let mut content = vec![0; 64 * PIECE_LENGTH + 1];
    rng.fill_bytes(&mut content);
    let chunks = seal(&key, &content);
    let mut sealer = Sealer::new(&key);
    let mut sealed: Vec<Vec<u8>> = content.chunks(PIECE_LENGTH).map(<[u8]>::to_vec).collect();
    let (last, pieces) = sealed.split_last_mut().unwrap();
    // A part may have no pieces, and a sealer goes on behind its parts.
    drop(sealer.split_off(0).unwrap());
    let (front, back) = pieces.split_at_mut(40);
    let parts: Vec<_> = front
        .chunks_mut(7)
        .map(|pieces| (sealer.split_off(pieces.len() as u64).unwrap(), pieces))
        .collect();
    for piece in back {
        sealer.seal(piece).unwrap();
    }
    for (mut part, pieces) in parts.into_iter().rev() {
        for piece in pieces {
            part.seal(piece).unwrap();
        }
    }
    let padding = sealer.seal_last(last).unwrap();
    sealed.extend(padding);
    assert_eq!(sealed, chunks);
    for count in [1, 7, 64, 100] {
        assert_eq!(open_in_parts(&key, &chunks, count).as_ref(), Ok(&content));
        for index in [0, 6, 7, 40, 64] {
            let mut swapped = chunks.clone();
            swapped.swap(index, index + 1);
            let opened = open_in_parts(&key, &swapped, count);
            assert_eq!(opened, Err(ChunkError::NotAuthentic), "{index}");
        }
    }
}

#[test]
fn no_chunk_number_is_used_twice_by_parts() {
    let mut rng = rng(91);
    let key = FileKey::generate(&mut rng);
    let piece = || vec![7; PIECE_LENGTH];
    let mut sealer = Sealer::new(&key);
    let mut part = sealer.split_off(1).unwrap();
    part.seal(&mut piece()).unwrap();
    let mut untouched = piece();
    assert_eq!(part.seal(&mut untouched), Err(ChunkError::OutOfOrder));
    assert_eq!(untouched, piece());
    let too_many = sealer.split_off(u64::MAX).map(|_| ());
    assert_eq!(too_many, Err(ChunkError::TooLong));
    // The refusals used up no number.
    let mut second = piece();
    sealer.seal(&mut second).unwrap();
    assert_eq!(second, seal(&key, &[piece(), piece(), piece()].concat())[1]);
}

#[test]
fn an_opener_waits_for_its_parts() {
    let mut rng = rng(92);
    let key = FileKey::generate(&mut rng);
    let chunks = seal(&key, &vec![7; 5 * PIECE_LENGTH]);
    let out_of_order = Err(ChunkError::OutOfOrder);
    let split = || {
        let mut opener = Opener::new(&key);
        let one = opener.split_off(2).unwrap();
        let two = opener.split_off(1).unwrap();
        (opener, one, two)
    };
    // No chunk is opened while a part is missing, or chunks of one.
    let (mut opener, mut one, _) = split();
    assert_eq!(opener.open(&mut chunks[3].clone()), out_of_order);
    one.open(&mut chunks[0].clone()).unwrap();
    opener.join(one).unwrap();
    assert_eq!(opener.open_last(&mut chunks[4].clone()), out_of_order);
    // Parts are joined in order.
    let (mut opener, _, mut two) = split();
    two.open(&mut chunks[2].clone()).unwrap();
    assert_eq!(two.open(&mut chunks[3].clone()), out_of_order);
    assert_eq!(opener.join(two), out_of_order);
    let (mut opener, mut one, two) = split();
    one.open(&mut chunks[0].clone()).unwrap();
    opener.join(one).unwrap();
    assert_eq!(opener.join(two), out_of_order);
}

#[test]
fn content_has_one_division() {
    let mut rng = rng(82);
    let key = FileKey::generate(&mut rng);
    let wrong = Err(ChunkError::WrongLength);
    let mut sealer = Sealer::new(&key);
    assert_eq!(sealer.seal(&mut vec![0; PIECE_LENGTH - 1]), wrong);
    assert_eq!(sealer.seal(&mut vec![0; PIECE_LENGTH + 1]), wrong);
    sealer.seal(&mut vec![0; PIECE_LENGTH]).unwrap();
    let last = |sealer: Sealer, length| sealer.seal_last(&mut vec![0; length]).map(|_| ());
    assert_eq!(last(sealer, 0), wrong);
    assert_eq!(last(Sealer::new(&key), PIECE_LENGTH + 1), wrong);
}

#[test]
fn one_who_has_the_key_cannot_pad_a_file_otherwise() {
    let mut rng = rng(89);
    let key = FileKey::generate(&mut rng);
    let (piece, padding) = (vec![7; PIECE_LENGTH], || chunk(&[], CHUNK_LENGTH));
    let whole = || chunk(&piece, CHUNK_LENGTH);
    let mut dirty = chunk(b"piece", 32);
    dirty[6] = 1;
    let mut dirty_padding = padding();
    dirty_padding[CHUNK_LENGTH - 5] = 1;
    let too_long = [vec![0; 28], 29_u32.to_le_bytes().to_vec()].concat();
    let huge = [vec![0; 28], u32::MAX.to_le_bytes().to_vec()].concat();
    let refused = [
        vec![dirty],
        vec![too_long],
        vec![huge],
        vec![vec![0; 3]],
        vec![chunk(b"piece", 31)],
        vec![chunk(b"piece", 33)],
        vec![chunk(&[7; 40], 52)],
        vec![padding(), chunk(&[], 32)],
        vec![chunk(b"short", CHUNK_LENGTH), chunk(b"piece", 32)],
        vec![whole(), dirty_padding.clone(), whole()],
        vec![whole(), padding()],
        vec![whole(), chunk(&[], 32)],
        vec![whole(), whole(), padding(), whole()],
    ];
    for chunks in refused {
        let lengths: Vec<_> = chunks.iter().map(Vec::len).collect();
        let sealed = seal_by_hand(&key, &chunks);
        let opened = open(&key, &sealed);
        assert_eq!(opened, Err(ChunkError::InvalidPadding), "{lengths:?}");
        for count in [1, 2, 3] {
            assert_eq!(open_in_parts(&key, &sealed, count), opened, "{lengths:?}");
        }
    }
    for chunks in [
        vec![chunk(&[], 32)],
        vec![chunk(b"piece", 32)],
        vec![chunk(&[7; 40], 44)],
        vec![whole()],
        vec![whole(), chunk(b"piece", 2_048)],
    ] {
        open(&key, &seal_by_hand(&key, &chunks)).unwrap();
    }
}

#[test]
fn a_chunk_that_is_not_authentic_is_unchanged() {
    let mut rng = rng(83);
    let key = FileKey::generate(&mut rng);
    let mut chunk = seal(&key, b"content").remove(0);
    chunk[0] ^= 1;
    let before = chunk.clone();
    let refused = Opener::new(&key).open_last(&mut chunk);
    assert_eq!(refused, Err(ChunkError::NotAuthentic));
    assert_eq!(chunk, before);
}

#[test]
fn keys_have_commitments_of_their_own() {
    let mut rng = rng(84);
    let (one, other) = (FileKey::generate(&mut rng), FileKey::generate(&mut rng));
    assert_ne!(one.commitment(), other.commitment());
    let again = FileKey::from_plaintext(one.as_plaintext()).unwrap();
    assert_eq!(again.commitment(), one.commitment());
    assert!(FileKey::from_plaintext(&[0; 31]).is_none());
    assert_ne!(&one.commitment()[..], one.as_plaintext());
}
