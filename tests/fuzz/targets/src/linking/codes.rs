//! The text of a link code and the six digits, as somebody types them, against a reader of their own.

use std::sync::LazyLock;

use sprag_devices::{
    IdentityKey, IdentityKeyPair, LinkCode, LinkDigits, ParseLinkCodeError, ParseLinkDigitsError,
    SecretBytes, SessionId, link_digits,
};
use sprag_primitives::hash::sha256;

use super::genuine::bases;
use crate::edits::edit;
use crate::input::Input;

const PREFIX: &str = "SPRAG-LINK:";
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// The size in bytes of the hash in a code.
const HASH: usize = 20;
/// The characters of the hash and of 16 bytes of a secret.
const CHARACTERS: usize = 58;
/// The most bytes of a text that is looked at.
const MAX_TEXT: usize = 1024;

const SPACES: [char; 4] = [' ', '\n', '\t', '\u{2003}'];
const MAX_KEYSTROKES: usize = 32;

/// Types the code of a genuine invitation, as the input describes, and its digits.
pub(super) fn typed(input: &mut Input<'_>) {
    static IDENTITY: LazyLock<IdentityKey> = LazyLock::new(|| {
        *IdentityKeyPair::from_secret(&SecretBytes::copy_from(&[46; 32])).public()
    });
    let mut secret = [0; 16];
    for (byte, chosen) in secret.iter_mut().zip(input.bytes(16)) {
        *byte = *chosen;
    }
    let secret = SecretBytes::copy_from(&secret);
    let session = SessionId::from_bytes([0x1d; 32]);
    let digits = link_digits(&session, &secret, &IDENTITY);
    check_digits(digits.as_str());
    assert!(digits.as_str().parse() == Ok(digits));

    let (_, invitation) = &bases()[0];
    let code = LinkCode::new(invitation, secret);
    let text = code.expose().to_string();
    // Spaces and small letters make no difference, edits may.
    let mut text = text.into_bytes();
    let mut is_same = true;
    for _ in 0..MAX_KEYSTROKES {
        let (Some(what), Some(place)) = (input.byte(), input.short()) else {
            break;
        };
        // A place inside of a wide space would cut it in two.
        let place = place % (text.len() + 1);
        let is_start = str::from_utf8(&text[..place]).is_ok();
        match what % 4 {
            0 if is_start => {
                let space = SPACES[usize::from(what >> 2) % SPACES.len()];
                let space = space.to_string().repeat(usize::from(what >> 4) + 1);
                text.splice(place..place, space.into_bytes());
            }
            1 => {
                if let Some(byte) = text.get_mut(place) {
                    byte.make_ascii_lowercase();
                }
            }
            2 => text.make_ascii_lowercase(),
            3 => {
                let before = text.clone();
                if !edit(&mut text, input) {
                    break;
                }
                is_same &= text == before;
            }
            _ => {}
        }
    }
    if let Ok(text) = str::from_utf8(&text) {
        check_code(text, invitation);
        if is_same && text.len() <= MAX_TEXT {
            assert_eq!(text.parse(), Ok(code));
        }
    }
}

/// Tries a text as that of a code, which may be the one for `invitation`.
pub(super) fn check_code(text: &str, invitation: &[u8]) {
    let parsed: Result<LinkCode, _> = text.parse();
    let compact = compact(text).to_ascii_uppercase();
    if text.len() <= MAX_TEXT {
        let has_prefix = compact.starts_with(PREFIX);
        assert_eq!(parsed == Err(ParseLinkCodeError::Prefix), !has_prefix);
    }
    let expected = read(&compact).filter(|_| text.len() <= MAX_TEXT);
    let Ok(code) = parsed else {
        assert_eq!(expected, None);
        return;
    };
    // There is one text for a code, of the hash and the secret.
    assert_eq!(code.expose().to_string(), compact);
    let bytes = expected.expect("it is the text of a code");
    let (hash, secret) = bytes.split_at(HASH);
    assert_eq!(code.secret().expose().as_slice(), secret);
    let named = sha256(&[invitation]).starts_with(hash);
    assert_eq!(code.names(invitation), named);
}

/// Tries a text as the six digits.
pub(super) fn check_digits(text: &str) {
    let compact = compact(text);
    let are_digits = compact.len() == 6 && compact.bytes().all(|digit| digit.is_ascii_digit());
    let parsed: Result<LinkDigits, _> = text.parse();
    match parsed {
        Ok(digits) => {
            assert!(are_digits);
            assert_eq!(digits.as_str(), compact);
            assert_eq!(digits, compact.parse().expect("they are digits"));
        }
        Err(ParseLinkDigitsError) => assert!(!are_digits),
    }
}

fn compact(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The bytes behind the prefix, in base32.
fn read(compact: &str) -> Option<Vec<u8>> {
    let characters = compact.strip_prefix(PREFIX)?.as_bytes();
    if characters.len() != CHARACTERS {
        return None;
    }
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for character in characters {
        let value = ALPHABET.iter().position(|letter| letter == character)?;
        bits = (bits << 5) | u32::try_from(value).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count).ok()?);
            bits &= (1 << count) - 1;
        }
    }
    // No byte takes the bits that are left.
    (bits == 0).then_some(bytes)
}
