//! The errors that JavaScript catches.

use alloc::borrow::ToOwned as _;
use alloc::string::{String, ToString as _};

use js_sys::Error as Exception;
use sprag::file::ChunkError;
use sprag::{Error, HandshakeError, RatchetError, SessionId, WireError};
use sprag_devices::Error as ListError;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};

use crate::value::{Record, array_of};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/**
 * The error of every function that refuses. The state is then as it was before.
 *
 * A value that is used after `free()` throws an `Error` without a code. A `RuntimeError` of WebAssembly is a defect, or there
 * was no memory or no randomness left: load the page again.
 */
export interface SpragError extends Error {
  name: "SpragError";
  code: ErrorCode;
  /** The session that a message belongs to, for the codes `repeat-of` and `other-session`: 32 bytes. */
  sessionId?: Uint8Array;
}

/** The kind of an error, which stays the same from version to version; `message` says it in words. */
export type ErrorCode =
  // An argument is of another type or length than the function takes, or cannot be read.
  | "argument"
  // Bytes that cannot be decoded.
  | "truncated" | "oversized" | "trailing" | "not-canonical" | "malformed" | "damaged" | "unknown-version"
  | "earlier-version" | "other-version" | "unknown-kind" | "other-kind" | "unknown-suite" | "other-suite"
  | "unknown-content" | "invalid-key"
  // A bundle or a handshake that is refused.
  | "invalid-signature" | "invalid-handshake-key" | "other-use" | "duplicate-id" | "stale" | "in-future" | "other-owner"
  | "older-upload" | "own-bundle" | "own-message" | "other-prekey" | "handshake-not-authentic" | "not-accepted"
  // A message that is refused.
  | "not-authentic" | "duplicate" | "key-given-up" | "too-many-skipped" | "forked" | "counter-exhausted"
  | "no-sending-chain" | "invalid-ratchet-key" | "too-long" | "invalid-padding"
  // An account or a session that refuses.
  | "snapshot" | "repeat-of" | "other-session" | "unknown-prekey" | "prekey-gone" | "too-many-reusable-sessions"
  | "prekeys-still-kept" | "prekeys-exhausted"
  // A file that is damaged or not whole, and a device list that is refused.
  | "file" | "device-list"
  // A reason that a later version of the protocol has, for which there is no code yet.
  | "other";
"#;

/// The reason for which a function refused: an `Error` of JavaScript with a `code`.
#[derive(Debug, Eq, PartialEq)]
pub struct SpragError {
    code: &'static str,
    message: String,
    session: Option<SessionId>,
}

impl SpragError {
    /// A refusal with this code and these words.
    pub(crate) const fn new(code: &'static str, message: String) -> Self {
        Self {
            code,
            message,
            session: None,
        }
    }

    /// The refusal of an argument that is of another type or length than the function takes.
    pub(crate) fn argument(message: &str) -> Self {
        Self::new("argument", message.to_owned())
    }
}

impl From<SpragError> for JsValue {
    fn from(refusal: SpragError) -> Self {
        let exception = Exception::new(&refusal.message);
        exception.set_name("SpragError");
        let record: Record = exception.unchecked_into();
        record.set("code", refusal.code);
        if let Some(session) = refusal.session {
            record.set("sessionId", array_of(session.as_bytes()));
        }
        record.into()
    }
}

impl From<Error> for SpragError {
    fn from(error: Error) -> Self {
        let session = match error {
            Error::RepeatOf(id) | Error::OtherSession(id) => Some(id),
            _ => None,
        };
        Self {
            code: code(&error),
            message: error.to_string(),
            session,
        }
    }
}

impl From<WireError> for SpragError {
    fn from(error: WireError) -> Self {
        Error::Wire(error).into()
    }
}

impl From<ChunkError> for SpragError {
    fn from(error: ChunkError) -> Self {
        Self::new("file", error.to_string())
    }
}

impl From<ListError> for SpragError {
    fn from(error: ListError) -> Self {
        Self::new("device-list", error.to_string())
    }
}

/// The code of an error of an account or a session.
const fn code(error: &Error) -> &'static str {
    match error {
        Error::Wire(error) => wire_code(error),
        Error::Handshake(error) => handshake_code(error),
        Error::Ratchet(error) => ratchet_code(error),
        Error::InvalidPadding => "invalid-padding",
        Error::Snapshot(_) => "snapshot",
        Error::RepeatOf(_) => "repeat-of",
        Error::OtherSession(_) => "other-session",
        Error::UnknownPrekey(..) => "unknown-prekey",
        Error::PrekeyGone(..) => "prekey-gone",
        Error::TooManyReusableSessions => "too-many-reusable-sessions",
        Error::PrekeysStillKept(_) => "prekeys-still-kept",
        Error::PrekeysExhausted => "prekeys-exhausted",
        _ => OTHER,
    }
}

const fn wire_code(error: &WireError) -> &'static str {
    match error {
        WireError::Truncated => "truncated",
        WireError::Oversized => "oversized",
        WireError::Trailing => "trailing",
        WireError::NotCanonical => "not-canonical",
        WireError::Malformed => "malformed",
        WireError::Damaged => "damaged",
        WireError::UnknownVersion(_) => "unknown-version",
        WireError::Earlier => "earlier-version",
        WireError::OtherVersion(_) => "other-version",
        WireError::UnknownKind(_) => "unknown-kind",
        WireError::OtherKind(_) => "other-kind",
        WireError::UnknownSuite(_) => "unknown-suite",
        WireError::OtherSuite(_) => "other-suite",
        WireError::UnknownContent(_) => "unknown-content",
        WireError::InvalidKey(..) => "invalid-key",
        _ => OTHER,
    }
}

const fn handshake_code(error: &HandshakeError) -> &'static str {
    match error {
        HandshakeError::InvalidSignature(_) => "invalid-signature",
        HandshakeError::InvalidKey(..) => "invalid-handshake-key",
        HandshakeError::OtherUse(_) => "other-use",
        HandshakeError::DuplicateId(_) => "duplicate-id",
        HandshakeError::Stale(_) => "stale",
        HandshakeError::InFuture(_) => "in-future",
        HandshakeError::OtherOwner => "other-owner",
        HandshakeError::OlderUpload => "older-upload",
        HandshakeError::OwnBundle => "own-bundle",
        HandshakeError::OwnMessage => "own-message",
        HandshakeError::OtherPrekey(_) => "other-prekey",
        HandshakeError::NotAuthentic => "handshake-not-authentic",
        HandshakeError::NotAccepted(_) => "not-accepted",
        _ => OTHER,
    }
}

const fn ratchet_code(error: &RatchetError) -> &'static str {
    match error {
        RatchetError::NotAuthentic => "not-authentic",
        RatchetError::Duplicate => "duplicate",
        RatchetError::KeyGivenUp => "key-given-up",
        RatchetError::TooManySkipped => "too-many-skipped",
        RatchetError::Forked => "forked",
        RatchetError::CounterExhausted => "counter-exhausted",
        RatchetError::NoSendingChain => "no-sending-chain",
        RatchetError::InvalidRatchetKey(_) => "invalid-ratchet-key",
        RatchetError::TooLong => "too-long",
        _ => OTHER,
    }
}

/// The code of a reason that is not known here.
const OTHER: &str = "other";

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::format;
    use alloc::vec::Vec;

    use sprag::{Kind, PrimitiveError, Slot, Suite};

    use super::*;

    const FAULT: PrimitiveError = PrimitiveError::LowOrderPublicKey;
    const SLOT: Slot = Slot::SignedPrekey;

    const WIRE: [WireError; 15] = [
        WireError::Truncated,
        WireError::Oversized,
        WireError::Trailing,
        WireError::NotCanonical,
        WireError::Malformed,
        WireError::Damaged,
        WireError::UnknownVersion(9),
        WireError::Earlier,
        WireError::OtherVersion(9),
        WireError::UnknownKind(9),
        WireError::OtherKind(Kind::Bundle),
        WireError::UnknownSuite(9),
        WireError::OtherSuite(Suite::X3dh),
        WireError::UnknownContent(9),
        WireError::InvalidKey(SLOT, FAULT),
    ];

    const HANDSHAKE: [HandshakeError; 13] = [
        HandshakeError::InvalidSignature(SLOT),
        HandshakeError::InvalidKey(SLOT, FAULT),
        HandshakeError::OtherUse(SLOT),
        HandshakeError::DuplicateId(1),
        HandshakeError::Stale(SLOT),
        HandshakeError::InFuture(SLOT),
        HandshakeError::OtherOwner,
        HandshakeError::OlderUpload,
        HandshakeError::OwnBundle,
        HandshakeError::OwnMessage,
        HandshakeError::OtherPrekey(SLOT),
        HandshakeError::NotAuthentic,
        HandshakeError::NotAccepted(Suite::X3dh),
    ];

    const RATCHET: [RatchetError; 9] = [
        RatchetError::NotAuthentic,
        RatchetError::Duplicate,
        RatchetError::KeyGivenUp,
        RatchetError::TooManySkipped,
        RatchetError::Forked,
        RatchetError::CounterExhausted,
        RatchetError::NoSendingChain,
        RatchetError::InvalidRatchetKey(FAULT),
        RatchetError::TooLong,
    ];

    /// Every error that an account or a session has.
    fn errors() -> Vec<Error> {
        let id = SessionId::from_bytes([0; 32]);
        let mut errors = [
            Error::InvalidPadding,
            Error::Snapshot(FAULT),
            Error::RepeatOf(id),
            Error::OtherSession(id),
            Error::UnknownPrekey(SLOT, 1),
            Error::PrekeyGone(SLOT, 1),
            Error::TooManyReusableSessions,
            Error::PrekeysStillKept(1),
            Error::PrekeysExhausted,
        ]
        .to_vec();
        errors.extend(WIRE.map(Error::Wire));
        errors.extend(HANDSHAKE.map(Error::Handshake));
        errors.extend(RATCHET.map(Error::Ratchet));
        errors
    }

    /// The variants of the error of a crate, as the list of the crate's public items has them.
    fn variants(name: &str) -> BTreeSet<String> {
        let folder = env!("CARGO_MANIFEST_DIR");
        let list = std::fs::read_to_string(format!("{folder}/../../docs/api/{name}.txt")).unwrap();
        let prefix = format!("pub {}::Error::", name.replace('-', "_"));
        let found = list.lines().filter_map(|line| line.strip_prefix(&prefix));
        found.map(variant).collect()
    }

    /// The name of a variant, which something in parentheses may follow.
    fn variant(shown: &str) -> String {
        shown.split('(').next().unwrap_or_default().to_owned()
    }

    fn shown(errors: &[impl core::fmt::Debug]) -> BTreeSet<String> {
        let shown = errors.iter().map(|error| variant(&format!("{error:?}")));
        shown.collect()
    }

    #[test]
    fn the_errors_here_are_all_that_there_are() {
        assert_eq!(shown(&errors()), variants("sprag"));
        assert_eq!(shown(&WIRE), variants("sprag-wire"));
        assert_eq!(shown(&HANDSHAKE), variants("sprag-x3dh"));
        assert_eq!(shown(&RATCHET), variants("sprag-ratchet"));
    }

    #[test]
    fn each_error_has_a_code_of_its_own_that_the_types_list() {
        let codes: Vec<_> = errors().iter().map(code).collect();
        let own: BTreeSet<_> = codes.iter().copied().collect();
        assert_eq!(own.len(), codes.len());
        assert!(!own.contains(OTHER));
        // The codes that are of no error of an account or a session.
        let mut all = own;
        all.extend(["argument", "file", "device-list", OTHER]);
        // The macro takes the constant with the types away, so read it from the source.
        let (_, rest) = include_str!("error.rs")
            .split_once("export type ErrorCode =")
            .unwrap();
        let (union, _) = rest.split_once(';').unwrap();
        let listed: BTreeSet<_> = union.split('"').skip(1).step_by(2).collect();
        assert_eq!(listed, all);
    }

    #[test]
    fn an_error_keeps_its_words_and_its_session() {
        let id = SessionId::from_bytes([7; 32]);
        let error = SpragError::from(Error::RepeatOf(id));
        assert_eq!(error.message, Error::RepeatOf(id).to_string());
        assert_eq!(error.session, Some(id));
        let error = SpragError::from(WireError::Truncated);
        assert_eq!((error.code, error.session), ("truncated", None));
    }
}
