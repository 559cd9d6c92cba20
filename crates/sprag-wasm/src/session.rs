use js_sys::Uint8Array;
use sprag::limits::{MAX_MESSAGE_LENGTH, MAX_PLAINTEXT_LENGTH};
use sprag::{DecodedMessage, Kind, Opened, OsRng, SecretBuffer, Suite};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::SpragError;
use crate::value::{
    MAX_SNAPSHOT_LENGTH, Record, array_of, beginning, bytes, number, one_time_keys, optional_bytes,
};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The handshake that began a session. Only `pqxdh` is secure against a quantum computer. */
export type Suite = "pqxdh" | "x3dh";

/** The numbers of the one-time prekeys with which a session began. */
export interface OneTimeKeys {
  /** The curve one-time prekey. */
  ec?: number;
  /** The KEM one-time prekey. */
  kem?: number;
}

/** A message that was decrypted. */
export interface Opened {
  /** The text that the sender encrypted. */
  plaintext: Uint8Array;
  /** The identity of the sender, 32 bytes. */
  sender: Uint8Array;
  /** The session that the message belongs to, the same on both sides, 32 bytes. */
  sessionId: Uint8Array;
  suite: Suite;
  oneTimeKeys: OneTimeKeys;
}

/** The state of a session, without any secret. */
export interface Status {
  /** Messages encrypted. */
  sent: number;
  /** Messages decrypted. */
  received: number;
  /** DH ratchet steps taken, sending and receiving. */
  dhSteps: number;
  /** Keys held for messages that have not arrived, at most 2,000. */
  skippedKeys: number;
  /** A one-way hash of the current root key, 8 bytes; the same on both sides when nothing is in flight. */
  rootFingerprint: Uint8Array;
  suite: Suite;
  /** The one-time keys with which it began, once they are certain: an initiator knows them by the first answer. */
  oneTimeKeys?: OneTimeKeys;
}

/** The kind that bytes claim to be. */
export type Kind = "bundle" | "prekey-message" | "message" | "file" | "upload" | "other";
"#;

/// A conversation between two accounts: each message under a key of its own, in any order.
///
/// Store a `snapshot` after each `encrypt` and before the message leaves, and after each `decrypt`. Never go back to an
/// older one, because it would encrypt again under keys that were used.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session(pub(crate) sprag::Session);

#[wasm_bindgen]
impl Session {
    /// The session that `snapshot` wrote.
    ///
    /// # Errors
    ///
    /// [`SpragError`] `argument`, `snapshot`; `oversized` if it has more than 1 GiB
    #[wasm_bindgen(js_name = fromSnapshot)]
    pub fn from_snapshot(
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] snapshot: &JsValue,
    ) -> Result<Self, SpragError> {
        let snapshot = bytes(snapshot, MAX_SNAPSHOT_LENGTH)?;
        Ok(Self(sprag::Session::from_snapshot(snapshot.expose())?))
    }

    /// The whole session with its keys, to be stored where nobody else can read or write: seal it. The copy that this returns
    /// is JavaScript's, and nothing wipes it.
    #[must_use]
    pub fn snapshot(&self) -> Uint8Array {
        array_of(self.0.snapshot().expose())
    }

    /// Encrypts a message for the peer. With its length of 4 bytes, `plaintext` is padded to 32 bytes or to at most 12 % more
    /// than it has. The receiver must give the same `associatedData`, which does not travel.
    ///
    /// # Errors
    ///
    /// [`SpragError`] `argument`; `oversized` if `plaintext` has more than 16,515,068 bytes, or `associatedData` more than
    /// 16 MiB; `counter-exhausted` after 2^32 − 1 messages without an answer
    pub fn encrypt(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] plaintext: &JsValue,
        #[wasm_bindgen(
            js_name = associatedData,
            unchecked_optional_param_type = "Uint8Array"
        )]
        associated_data: JsValue,
    ) -> Result<Uint8Array, SpragError> {
        let plaintext = bytes(plaintext, MAX_PLAINTEXT_LENGTH)?;
        let associated_data = optional_bytes(&associated_data, MAX_ASSOCIATED_DATA_LENGTH)?;
        let message =
            self.0
                .encrypt_with_ad(plaintext.expose(), associated_data.expose(), &mut OsRng)?;
        Ok(array_of(&message))
    }

    /// Decrypts a message of this session, with or without the handshake in front.
    ///
    /// # Errors
    ///
    /// [`SpragError`]: `other-session` if the handshake in front is another's; those of bytes that cannot be decoded, and of a
    /// message
    #[wasm_bindgen(unchecked_return_type = "Opened")]
    pub fn decrypt(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] message: &JsValue,
        #[wasm_bindgen(
            js_name = associatedData,
            unchecked_optional_param_type = "Uint8Array"
        )]
        associated_data: JsValue,
    ) -> Result<JsValue, SpragError> {
        let message = bytes(message, MAX_MESSAGE_LENGTH)?;
        let associated_data = optional_bytes(&associated_data, MAX_ASSOCIATED_DATA_LENGTH)?;
        let opened = self
            .0
            .decrypt_with_ad(message.expose(), associated_data.expose())?;
        Ok(opened_record(opened).into())
    }

    /// The name of the session, the same on both sides, 32 bytes.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn id(&self) -> Uint8Array {
        array_of(self.0.id().as_bytes())
    }

    /// The identity of the peer, 32 bytes: compare it over another channel.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn peer(&self) -> Uint8Array {
        array_of(self.0.peer().as_bytes())
    }

    /// The number of this session among those of the two parties, as its initiator counted.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn ordinal(&self) -> u32 {
        self.0.ordinal()
    }

    /// Set if this party began the session.
    #[wasm_bindgen(getter, js_name = isInitiator)]
    #[must_use]
    pub fn is_initiator(&self) -> bool {
        self.0.is_initiator()
    }

    /// Set if the peer has shown that it has the session: an initiator has received in it, or a responder has received an
    /// answer to a message of its own.
    #[wasm_bindgen(getter, js_name = isConfirmed)]
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.0.is_confirmed()
    }

    /// Set if this party began the session and has received nothing in it. The peer may not have it.
    #[wasm_bindgen(getter, js_name = isUnanswered)]
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        self.0.is_unanswered()
    }

    /// The number of messages that the peer has sent since this party's last one, with those that are missing. Only an answer
    /// brings new secrets into the session, so a long run of them heals neither party.
    #[wasm_bindgen(getter, js_name = messagesToAnswer)]
    #[must_use]
    pub fn messages_to_answer(&self) -> u32 {
        self.0.messages_to_answer()
    }

    /// Tells whether this session, and not `other` with the same peer, is the one to send in. Both parties come to the same
    /// answer; the other session still reads.
    #[wasm_bindgen(js_name = isPreferredTo)]
    #[must_use]
    pub fn is_preferred_to(&self, other: &Self) -> bool {
        self.0.is_preferred_to(&other.0)
    }

    /// The state of the session.
    #[wasm_bindgen(unchecked_return_type = "Status")]
    #[must_use]
    pub fn status(&self) -> JsValue {
        let status = self.0.status();
        let record = Record::new()
            .with("sent", number(status.sent))
            .with("received", number(status.received))
            .with("dhSteps", number(status.dh_steps))
            .with("skippedKeys", status.skipped_keys)
            .with("rootFingerprint", array_of(&status.root_fingerprint))
            .with("suite", suite_name(status.suite));
        if let Some(keys) = status.one_time_keys {
            record.set("oneTimeKeys", one_time_keys(keys));
        }
        record.into()
    }
}

/// The kind that `bytes` claim to be.
///
/// # Errors
///
/// [`SpragError`] `argument`, `truncated`, `unknown-version`, `unknown-kind`, `oversized`
#[wasm_bindgen(unchecked_return_type = "Kind")]
pub fn kind(
    #[wasm_bindgen(js_name = bytes, unchecked_param_type = "Uint8Array")] input: &JsValue,
) -> Result<JsValue, SpragError> {
    // Files can have any length. Everything else is refused by its length alone if it is longer than a message may be.
    let input = beginning(input, MAX_MESSAGE_LENGTH + 1)?;
    Ok(JsValue::from_str(match sprag::kind(input.expose())? {
        Kind::Bundle => "bundle",
        Kind::PrekeyMessage => "prekey-message",
        Kind::Message => "message",
        Kind::File => "file",
        Kind::Upload => "upload",
        _ => "other",
    }))
}

/// The session that a message with a handshake begins, 32 bytes; nothing if the message has no handshake. Such a message is
/// for `Account.accept`, unless this session was accepted before.
///
/// # Errors
///
/// [`SpragError`] of bytes that cannot be decoded
#[wasm_bindgen(js_name = sessionId)]
pub fn session_id(
    #[wasm_bindgen(unchecked_param_type = "Uint8Array")] message: &JsValue,
) -> Result<Option<Uint8Array>, SpragError> {
    let message = bytes(message, MAX_MESSAGE_LENGTH)?;
    let decoded = DecodedMessage::decode(message.expose())?;
    let id = decoded.session_id();
    Ok(id.map(|id| array_of(id.as_bytes())))
}

/// A message that was decrypted, as an object. The plaintext is wiped here, and lives on as JavaScript's.
pub(crate) fn opened_record(opened: Opened) -> Record {
    let record = Record::new()
        .with("sender", array_of(opened.sender.as_bytes()))
        .with("sessionId", array_of(opened.session_id.as_bytes()))
        .with("suite", suite_name(opened.suite))
        .with("oneTimeKeys", one_time_keys(opened.one_time_keys));
    let plaintext = SecretBuffer::from(opened.plaintext);
    record.with("plaintext", array_of(plaintext.expose()))
}

const fn suite_name(suite: Suite) -> &'static str {
    match suite {
        Suite::Pqxdh => "pqxdh",
        Suite::X3dh => "x3dh",
    }
}

/// The most bytes of associated data, as many as a message may have. The library has no limit, but copies them, and a module
/// whose memory runs out ends.
pub(crate) const MAX_ASSOCIATED_DATA_LENGTH: usize = MAX_MESSAGE_LENGTH;
