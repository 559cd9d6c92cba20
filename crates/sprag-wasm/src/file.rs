//! Files (docs/protocol.md, "Files"), as the command `sprag` writes and reads them, which exchanges nothing else.

use alloc::boxed::Box;
use alloc::vec::Vec;

use js_sys::{Array, Uint8Array};
use sprag::file::{ChunkError, FILE_KEY_LENGTH, Opener, PIECE_LENGTH, SEALED_CHUNK_LENGTH, Sealer};
use sprag::{OsRng, SecretBuffer};
use sprag_wire::limits::{MAX_FILE_MESSAGE_LENGTH, MAX_FILE_MESSAGES};
use sprag_wire::{FILE_MESSAGE_PREFIX_LENGTH, FILE_PREFIX_LENGTH};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};

use crate::SpragError;
use crate::value::{
    ByteArray, Record, array, array_of, beginning, bytes, exactly, wiped, wrong_length,
};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A file: a header with messages, each of which carries the file's key to one device, and the chunks of the content. */
export interface SealedFile {
  /** The commitment to the file's key, 32 bytes. */
  commitment: Uint8Array;
  /** The messages, 1 to 24. Which one is for this device shows when a session decrypts it, or the account accepts it. */
  messages: Uint8Array[];
  /** The chunks, for `FileKey.open`. */
  chunks: Uint8Array;
}
"#;

/// The key of one file, 32 bytes, fresh for each. It travels in a message, and the content in chunks that it encrypts.
#[wasm_bindgen]
#[derive(Debug)]
pub struct FileKey {
    key: Box<sprag::file::FileKey>,
    /// It was made here, and has encrypted nothing.
    is_unused: bool,
}

#[wasm_bindgen]
impl FileKey {
    /// A new key.
    #[expect(clippy::new_without_default, reason = "a constructor of JavaScript's")]
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        wiped(|| Self {
            key: Box::new(sprag::file::FileKey::generate(&mut OsRng)),
            is_unused: true,
        })
    }

    /// The key that a message carried, 32 bytes.
    ///
    /// # Errors
    ///
    /// [`SpragError`] `argument` if it has another length.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] key: &JsValue,
    ) -> Result<Self, SpragError> {
        let key = exactly(key, FILE_KEY_LENGTH)?;
        let key = wiped(|| {
            sprag::file::FileKey::from_plaintext(key.expose()).map(|key| Self {
                key: Box::new(key),
                is_unused: false,
            })
        });
        key.ok_or_else(wrong_length)
    }

    /// The key itself, 32 bytes, for a message.
    #[wasm_bindgen(js_name = toBytes)]
    #[must_use]
    pub fn to_bytes(&self) -> Uint8Array {
        array_of(self.key.as_plaintext())
    }

    /// The commitment to the key, 32 bytes. No two keys have the same, so compare it with the one in the file's header.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn commitment(&self) -> Uint8Array {
        array_of(&self.key.commitment())
    }

    /// Encrypts the content of the file: the chunks that follow the header.
    ///
    /// A key encrypts one content, because the nonces are the numbers of the chunks: two contents under one key would show
    /// their difference. So a key that has encrypted, or that came by `fromBytes`, refuses.
    ///
    /// # Errors
    ///
    /// [`SpragError`] `argument`, `file`; `oversized` if the result is longer than an array of JavaScript's can be
    pub fn seal(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] content: &JsValue,
    ) -> Result<Uint8Array, SpragError> {
        if !self.is_unused {
            return Err(SpragError::argument("a file key encrypts one content"));
        }
        let content = Slices::of(content, PIECE_LENGTH)?;
        let mut sealer = Sealer::new(&self.key);
        let mut chunks = Chunks::default();
        // Only one piece at a time is in this memory.
        for number in 0..content.last {
            let mut piece = content.slice(number)?;
            sealer.seal(&mut piece)?;
            chunks.push(&piece);
        }
        let mut piece = content.slice(content.last)?;
        let padding = sealer.seal_last(&mut piece)?;
        chunks.push(&piece);
        padding.for_each(|chunk| chunks.push(&chunk));
        // What failed up to here has left no chunk with the caller.
        let joined = chunks.joined()?;
        self.is_unused = false;
        Ok(joined)
    }

    /// Decrypts the chunks of a file.
    ///
    /// # Errors
    ///
    /// [`SpragError`]: `file` if they are damaged, truncated or extended; `argument`, `oversized`
    pub fn open(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] chunks: &JsValue,
    ) -> Result<Uint8Array, SpragError> {
        let sealed = Slices::of(chunks, SEALED_CHUNK_LENGTH)?;
        let mut opener = Opener::new(&self.key);
        let mut pieces = Chunks::default();
        for number in 0..sealed.last {
            let mut chunk = sealed.slice(number)?;
            let opened = opener.open(&mut chunk);
            pieces.push(piece(chunk, opened)?.expose());
        }
        let mut chunk = sealed.slice(sealed.last)?;
        let opened = opener.open_last(&mut chunk);
        pieces.push(piece(chunk, opened)?.expose());
        pieces.joined()
    }
}

/// The piece in a chunk that was opened. One that is refused for its padding is decrypted, too, and is wiped.
fn piece(chunk: Vec<u8>, opened: Result<(), ChunkError>) -> Result<SecretBuffer, SpragError> {
    let piece = SecretBuffer::from(chunk);
    opened?;
    Ok(piece)
}

/// Encodes the header of a file, which the chunks follow.
///
/// Their order tells nobody which message is for whom only if the caller chose it at random.
///
/// # Errors
///
/// [`SpragError`] `argument`, `oversized`, `malformed`, and those of bytes that are no messages
#[wasm_bindgen(js_name = encodeFileHeader)]
pub fn encode_file_header(
    #[wasm_bindgen(unchecked_param_type = "Uint8Array")] commitment: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "Uint8Array[]")] messages: &JsValue,
) -> Result<Uint8Array, SpragError> {
    let messages: &Array = messages
        .dyn_ref()
        .ok_or_else(|| SpragError::argument("`messages` is not an array"))?;
    if messages.length() as usize > MAX_FILE_MESSAGES {
        return Err(sprag::WireError::Oversized.into());
    }
    let messages = messages.iter();
    let messages: Result<Vec<_>, _> = messages
        .map(|message| bytes(&message, MAX_FILE_MESSAGE_LENGTH))
        .collect();
    let messages = messages?;
    let messages: Vec<&[u8]> = messages.iter().map(SecretBuffer::expose).collect();
    let header = sprag_wire::encode_file_header(&array(commitment)?, &messages)?;
    Ok(array_of(&header))
}

/// Reads the header of a file, and returns the chunks that follow it.
///
/// # Errors
///
/// [`SpragError`] of bytes that cannot be decoded
#[wasm_bindgen(js_name = decodeFile, unchecked_return_type = "SealedFile")]
pub fn decode_file(
    #[wasm_bindgen(unchecked_param_type = "Uint8Array")] file: &JsValue,
) -> Result<JsValue, SpragError> {
    // The chunks can have any length, and stay in JavaScript's memory.
    let beginning = beginning(file, MAX_HEADER_LENGTH)?;
    let (header, following) = sprag::decode_file_header(beginning.expose())?;
    let length = beginning.expose().len().saturating_sub(following.len());
    let chunks = ByteArray::given(file)?.rest(length as u64)?;
    let messages = Array::new();
    for message in header.messages {
        messages.push(&array_of(message));
    }
    Ok(Record::new()
        .with("commitment", array_of(&header.commitment))
        .with("messages", messages)
        .with("chunks", chunks)
        .into())
}

/// The most bytes of a file in front of its chunks.
const MAX_HEADER_LENGTH: usize =
    FILE_PREFIX_LENGTH + MAX_FILE_MESSAGES * (FILE_MESSAGE_PREFIX_LENGTH + MAX_FILE_MESSAGE_LENGTH);

/// The associated data of a message that carries the key of this commitment as a content, so that it opens as nothing else.
///
/// # Errors
///
/// [`SpragError`] `argument`
#[wasm_bindgen(js_name = fileAssociatedData)]
pub fn file_associated_data(
    #[wasm_bindgen(unchecked_param_type = "Uint8Array")] commitment: &JsValue,
) -> Result<Uint8Array, SpragError> {
    let data = sprag_wire::file_associated_data(&array(commitment)?);
    Ok(array_of(&sprag_wire::content_associated_data(&data)))
}

/// A byte array of JavaScript's that is read slice by slice.
struct Slices<'a> {
    array: &'a ByteArray,
    /// The length of each slice but the last.
    length: u64,
    /// The number of the last slice.
    last: u64,
}

impl<'a> Slices<'a> {
    fn of(value: &'a JsValue, length: usize) -> Result<Self, SpragError> {
        let array = ByteArray::given(value)?;
        let length = length as u64;
        // A last slice is empty only if there is no other.
        let last = array.count()?.saturating_sub(1) / length;
        Ok(Self {
            array,
            length,
            last,
        })
    }

    /// The bytes of a slice, in memory that a sealed chunk fits in: if the bytes moved to have room for a tag, they would
    /// leave a copy behind.
    fn slice(&self, number: u64) -> Result<Vec<u8>, SpragError> {
        let begin = number.saturating_mul(self.length);
        let slice = self.array.part(begin, begin.saturating_add(self.length))?;
        slice.read(SEALED_CHUNK_LENGTH, SEALED_CHUNK_LENGTH)
    }
}

/// Byte arrays of JavaScript's that are to be one.
#[derive(Default)]
struct Chunks {
    /// The arrays and their lengths.
    chunks: Vec<(ByteArray, f64)>,
    length: f64,
}

impl Chunks {
    fn push(&mut self, chunk: &[u8]) {
        let length = chunk.len() as f64;
        self.chunks.push((array_of(chunk).unchecked_into(), length));
        self.length += length;
    }

    fn joined(&self) -> Result<Uint8Array, SpragError> {
        let joined = ByteArray::of_length(self.length)?;
        let mut place = 0.0;
        for (chunk, length) in &self.chunks {
            joined.set(chunk, place);
            place += length;
        }
        Ok(joined.unchecked_into())
    }
}

/// The caller cannot overwrite the parts of a content, of which it only gets the whole.
impl Drop for Chunks {
    fn drop(&mut self) {
        self.chunks.iter().for_each(|(chunk, _)| chunk.fill(0));
    }
}
