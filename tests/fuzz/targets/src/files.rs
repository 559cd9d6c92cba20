//! The target `files`: the chunks of files, and wrapped store keys. A genuine chunk opens in its own place
//! and nowhere else, and bytes that are refused stay as they were.

mod wrapped_key;

use std::sync::OnceLock;

use sprag::file::{FileKey, Opener, PIECE_LENGTH, SEALED_CHUNK_LENGTH, Sealer};

use crate::input::Input;
pub(crate) use wrapped_key::WRAPPED as WRAPPED_KEY;

/// The first byte of an input that is a program of chunks.
pub(crate) const CHUNKS: u8 = 0;
/// The first byte of an input that is a wrapped store key.
pub(crate) const WRAPPED_KEYS: u8 = 1;

/// The lengths of the contents of all files here. The last file has chunks of padding alone.
const FILES: [usize; 6] = [
    0,
    100,
    PIECE_LENGTH,
    PIECE_LENGTH + 1,
    2 * PIECE_LENGTH + 10,
    64 * PIECE_LENGTH + 1,
];

const MAX_OPERATIONS: usize = 24;

pub(crate) fn run(input: &[u8]) {
    let mut input = Input::new(input);
    match input.byte() {
        Some(what) if what % 2 == WRAPPED_KEYS => wrapped_key::check(input),
        Some(_) => check_chunks(&mut input),
        None => {}
    }
}

/// A file under a key of its own.
struct File {
    key: FileKey,
    chunks: Vec<Chunk>,
}

struct Chunk {
    plaintext: Vec<u8>,
    sealed: Vec<u8>,
}

fn files() -> &'static [File] {
    static ALL: OnceLock<Vec<File>> = OnceLock::new();
    ALL.get_or_init(|| (0..).zip(FILES).map(File::sealed).collect())
}

impl File {
    fn sealed((number, length): (u8, usize)) -> Self {
        let key = FileKey::from_plaintext(&[number; 32]).expect("a key has 32 bytes");
        let mut sealer = Sealer::new(&key);
        let mut chunks = Vec::new();
        let content = vec![number; length];
        let mut pieces = content.chunks(PIECE_LENGTH).map(<[u8]>::to_vec);
        let last = pieces.next_back().unwrap_or_default();
        for plaintext in pieces {
            let mut sealed = plaintext.clone();
            sealer.seal(&mut sealed).expect("the piece is whole");
            chunks.push(Chunk { plaintext, sealed });
        }
        let mut sealed = last.clone();
        let padding = sealer.seal_last(&mut sealed).expect("the piece fits");
        let plaintext = last;
        chunks.push(Chunk { plaintext, sealed });
        chunks.extend(padding.map(|sealed| Chunk {
            plaintext: Vec::new(),
            sealed,
        }));
        Self { key, chunks }
    }
}

/// A chunk to be opened, and the place where it is genuine: the file, and the index in it.
struct Arriving {
    bytes: Vec<u8>,
    genuine: Option<(usize, usize)>,
}

fn check_chunks(input: &mut Input<'_>) {
    let Some(file) = input.index(files().len()) else {
        return;
    };
    let mut opener = Opener::new(&files()[file].key);
    let mut next = 0;
    for _ in 0..MAX_OPERATIONS {
        let Some((last, arriving)) = arriving(input) else {
            return;
        };
        let chunks = &files()[file].chunks;
        let belongs = (next + 1 == chunks.len()) == last;
        let opens = belongs && arriving.genuine == Some((file, next));
        let mut chunk = arriving.bytes.clone();
        let opened = if last {
            // The last chunk uses the opener up, so the rest of the input tries a new one.
            let used = core::mem::replace(&mut opener, Opener::new(&files()[file].key));
            used.open_last(&mut chunk)
        } else {
            opener.open(&mut chunk)
        };
        assert_eq!(opened.is_ok(), opens);
        let expected = if opens {
            &chunks[next].plaintext
        } else {
            &arriving.bytes
        };
        assert!(&chunk == expected);
        next = if last { 0 } else { next + usize::from(opens) };
    }
}

/// The next chunk of the input, with `true` in front if it arrives as the last one.
fn arriving(input: &mut Input<'_>) -> Option<(bool, Arriving)> {
    let what = input.byte()?;
    let last = what & 0x80 != 0;
    if what % 4 == 3 {
        let mut bytes = input.bytes(usize::from(what & 0x7f)).to_vec();
        if what & 0x40 != 0 {
            bytes.resize(SEALED_CHUNK_LENGTH, 0x55);
        }
        let genuine = None;
        return Some((last, Arriving { bytes, genuine }));
    }
    let file = input.index(files().len())?;
    let place = input.index(files()[file].chunks.len())?;
    let mut bytes = files()[file].chunks[place].sealed.clone();
    let mut genuine = Some((file, place));
    if what % 4 == 2 {
        damage(&mut bytes, input)?;
        genuine = None;
    }
    Some((last, Arriving { bytes, genuine }))
}

/// Changes `bytes` at one place, or cuts or extends them.
fn damage(bytes: &mut Vec<u8>, input: &mut Input<'_>) -> Option<()> {
    let (how, place) = (input.byte()?, input.short()? % bytes.len());
    match how {
        0 => bytes.truncate(place),
        1 => bytes.push(0),
        _ => bytes[place] ^= how,
    }
    Some(())
}
