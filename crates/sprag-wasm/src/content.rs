//! The contents that clients put into messages (docs/protocol.md, "Contents"), for programs that talk to a client, for
//! example to the command `sprag`. A program that talks to others of its kind puts any bytes into messages.

use js_sys::Uint8Array;
use sprag::limits::{MAX_LIST_LENGTH, MAX_MESSAGE_LENGTH, MAX_PLAINTEXT_LENGTH};
use sprag_wire::{Content, ContentKind, Copied};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::SpragError;
use crate::session::MAX_ASSOCIATED_DATA_LENGTH;
use crate::value::{Options, Record, array, array_of, bytes, is_missing, optional_bytes};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The kind of a content. Only a text is for the user, and a copy or a file key has something for the user in it. */
export type ContentKind =
  | "text" | "copy" | "list" | "renew" | "link-acceptance" | "link-welcome" | "nothing" | "file-key";

/** A content: a header, and the payload behind it. It is the plaintext of a message between clients. */
export interface Content {
  kind: ContentKind;
  /** The version of the sender's own device list. */
  version: bigint;
  /** The first 8 bytes of SHA-256 of that list. */
  hash: Uint8Array;
  /** The version of the receiver's device list that the sender knows, 0 if it knows none. */
  known: bigint;
  /** The sender's own device list, if it is attached: at most 8,192 bytes. */
  list?: Uint8Array;
  /** A text of the application, a copy, or what else the kind has. */
  payload: Uint8Array;
}

/** What was sent to a user: to that user in a file key, or told to the sender's other devices. */
export interface Copied {
  /** The id of the user that it was sent to, 32 bytes. */
  user: Uint8Array;
  /** The text, or the key of the file. */
  payload: Uint8Array;
}
"#;

/// The kinds and their names in JavaScript.
const KINDS: [(ContentKind, &str); 8] = [
    (ContentKind::Text, "text"),
    (ContentKind::Copy, "copy"),
    (ContentKind::List, "list"),
    (ContentKind::Renew, "renew"),
    (ContentKind::LinkAcceptance, "link-acceptance"),
    (ContentKind::LinkWelcome, "link-welcome"),
    (ContentKind::Nothing, "nothing"),
    (ContentKind::FileKey, "file-key"),
];

/// Encodes a content.
///
/// # Errors
///
/// [`SpragError`] `argument`, `oversized`
#[wasm_bindgen(js_name = encodeContent)]
pub fn encode_content(
    #[wasm_bindgen(unchecked_param_type = "Content")] content: JsValue,
) -> Result<Uint8Array, SpragError> {
    let content = Options::new(content)?;
    let list = content.get("list")?;
    let is_attached = !is_missing(&list);
    let list = optional_bytes(&list, MAX_LIST_LENGTH)?;
    let payload = bytes(&content.get("payload")?, MAX_PLAINTEXT_LENGTH)?;
    let encoded = sprag_wire::encode_content(&Content {
        kind: kind_of(&content.get("kind")?)?,
        version: version(content.get("version")?)?,
        hash: array(&content.get("hash")?)?,
        known: version(content.get("known")?)?,
        list: is_attached.then(|| list.expose()),
        payload: payload.expose(),
    })?;
    Ok(array_of(encoded.expose()))
}

/// Reads a content. The list and the payload are not looked into.
///
/// # Errors
///
/// [`SpragError`]: `unknown-content` if the kind is not known, perhaps one of a later version; those of bytes that cannot be
/// decoded
#[wasm_bindgen(js_name = decodeContent, unchecked_return_type = "Content")]
pub fn decode_content(
    #[wasm_bindgen(js_name = bytes, unchecked_param_type = "Uint8Array")] input: &JsValue,
) -> Result<JsValue, SpragError> {
    let input = bytes(input, MAX_PLAINTEXT_LENGTH)?;
    let content = sprag_wire::decode_content(input.expose())?;
    let record = Record::new()
        .with("kind", name_of(content.kind))
        .with("version", content.version)
        .with("hash", array_of(&content.hash))
        .with("known", content.known)
        .with("payload", array_of(content.payload));
    if let Some(list) = content.list {
        record.set("list", array_of(list));
    }
    Ok(record.into())
}

/// The associated data of a message whose plaintext is a content: a label, and the application's own associated data.
///
/// # Errors
///
/// [`SpragError`] `argument`; `oversized` if `application` has more than 16 MiB
#[wasm_bindgen(js_name = contentAssociatedData)]
pub fn content_associated_data(
    #[wasm_bindgen(unchecked_optional_param_type = "Uint8Array")] application: JsValue,
) -> Result<Uint8Array, SpragError> {
    let application = optional_bytes(&application, MAX_ASSOCIATED_DATA_LENGTH)?;
    let data = sprag_wire::content_associated_data(application.expose());
    Ok(array_of(&data))
}

/// Encodes a copy: the payload of a content of the kind `copy` or `file-key`.
///
/// # Errors
///
/// [`SpragError`] `argument`, `oversized`
#[wasm_bindgen(js_name = encodeCopy)]
pub fn encode_copy(
    #[wasm_bindgen(unchecked_param_type = "Copied")] copied: JsValue,
) -> Result<Uint8Array, SpragError> {
    let copied = Options::new(copied)?;
    let payload = bytes(&copied.get("payload")?, MAX_MESSAGE_LENGTH)?;
    let encoded = sprag_wire::encode_copy(&Copied {
        user: array(&copied.get("user")?)?,
        payload: payload.expose(),
    })?;
    Ok(array_of(encoded.expose()))
}

/// Reads a copy.
///
/// # Errors
///
/// [`SpragError`] of bytes that cannot be decoded
#[wasm_bindgen(js_name = decodeCopy, unchecked_return_type = "Copied")]
pub fn decode_copy(
    #[wasm_bindgen(js_name = bytes, unchecked_param_type = "Uint8Array")] input: &JsValue,
) -> Result<JsValue, SpragError> {
    let input = bytes(input, MAX_PLAINTEXT_LENGTH)?;
    let copied = sprag_wire::decode_copy(input.expose())?;
    let record = Record::new().with("user", array_of(&copied.user));
    Ok(record.with("payload", array_of(copied.payload)).into())
}

/// The kind that JavaScript calls by this name.
fn kind_of(name: &JsValue) -> Result<ContentKind, SpragError> {
    let name = name.as_string().unwrap_or_default();
    let mut kinds = KINDS.into_iter();
    let kind = kinds.find_map(|(kind, known)| (known == name).then_some(kind));
    kind.ok_or_else(|| SpragError::argument("`kind` is not the kind of a content"))
}

/// The name of a kind. All kinds that a decoder returns have one.
fn name_of(kind: ContentKind) -> Option<&'static str> {
    let mut kinds = KINDS.into_iter();
    kinds.find_map(|(known, name)| (known == kind).then_some(name))
}

/// The version of a device list, which is a bigint, because it can be any number of 64 bits.
fn version(value: JsValue) -> Result<u64, SpragError> {
    u64::try_from(value).map_err(|_| SpragError::argument("a version is not a bigint of 64 bits"))
}
