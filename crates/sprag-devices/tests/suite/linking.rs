//! Link codes and digits. The values were computed by another implementation.

use sprag_devices::{
    LinkCode, LinkDigits, ParseLinkCodeError, ParseLinkDigitsError, SecretBytes, SessionId,
    link_digits,
};

use crate::support::{identity, rng};

const INVITATION: &[u8] = b"an invitation";

const TEXT: &str = "SPRAG-LINK:WGBAJ72E5G2MRRY664JVK4VQNA656EZMAAAQEAYEAUDAOCAJBIFQYDIOB4";

/// 16 bytes that count up.
fn secret() -> SecretBytes<16> {
    SecretBytes::copy_from(&core::array::from_fn(|index| index.to_le_bytes()[0]))
}

#[test]
fn a_code_has_this_text_and_is_read_back() {
    let code = LinkCode::new(INVITATION, secret());
    assert_eq!(code.expose().to_string(), TEXT);
    assert_eq!(TEXT.len(), 69);
    let read: LinkCode = TEXT.parse().unwrap();
    assert_eq!(read, code);
    assert_eq!(read.secret(), &secret());
    assert!(read.names(INVITATION));
    assert!(!read.names(b"another invitation"));
    assert!(!read.names(b""));
}

#[test]
fn a_code_is_read_as_people_type_it() {
    let spaced: String = TEXT.chars().flat_map(|one| [one, ' ', '\n']).collect();
    for typed in [TEXT.to_lowercase(), spaced, format!("\t {TEXT}\r\n")] {
        assert_eq!(typed.parse(), Ok(LinkCode::new(INVITATION, secret())));
    }
}

#[test]
fn what_is_no_code_is_refused_by_what_is_wrong() {
    let [cut, longer] = [TEXT[..68].to_owned(), format!("{TEXT}A")];
    for (text, error) in [
        ("", ParseLinkCodeError::Prefix),
        ("SPRAG:", ParseLinkCodeError::Prefix),
        ("SPRAG-LINK", ParseLinkCodeError::Prefix),
        ("SPRAG-LINK:", ParseLinkCodeError::Length),
        (&cut, ParseLinkCodeError::Length),
        (&longer, ParseLinkCodeError::Length),
        (&" ".repeat(1025), ParseLinkCodeError::Length),
        (&TEXT.replace('W', "1"), ParseLinkCodeError::Character),
        (&TEXT.replace('W', "\u{e9}"), ParseLinkCodeError::Character),
        (&TEXT.replace('W', "\u{416}"), ParseLinkCodeError::Character),
    ] {
        assert_eq!(text.parse::<LinkCode>(), Err(error), "{text}");
    }
    // The last character has two bits that no byte takes.
    for last in ["5", "6", "7", "F"] {
        let text = format!("{cut}{last}");
        let refused = Err(ParseLinkCodeError::Character);
        assert_eq!(text.parse::<LinkCode>(), refused, "{text}");
    }
}

#[test]
fn each_code_has_a_secret_of_its_own() {
    let mut rng = rng(1);
    let [one, other] = [(); 2].map(|()| LinkCode::generate(INVITATION, &mut rng));
    assert!(one.names(INVITATION) && other.names(INVITATION));
    assert_ne!(one.secret(), other.secret());
}

#[test]
fn digits_have_these_values() {
    for (session, digits) in [(0x00, "092821"), (0x12, "078694"), (0x13, "007650")] {
        let session = SessionId::from_bytes([session; 32]);
        let made = link_digits(&session, &secret(), identity(4).public());
        assert_eq!(made.as_str(), digits);
        assert_eq!(made, digits.parse().unwrap());
    }
}

#[test]
fn digits_depend_on_session_secret_and_identity() {
    let session = SessionId::from_bytes([0x12; 32]);
    let digits = link_digits(&session, &secret(), identity(4).public());
    let other_secret = SecretBytes::copy_from(&[0; 16]);
    for other in [
        link_digits(
            &SessionId::from_bytes([0x14; 32]),
            &secret(),
            identity(4).public(),
        ),
        link_digits(&session, &other_secret, identity(4).public()),
        link_digits(&session, &secret(), identity(5).public()),
    ] {
        assert_ne!(digits, other);
    }
    for place in 0..6 {
        let mut other = *b"078694";
        other[place] = b'1';
        let other: LinkDigits = core::str::from_utf8(&other).unwrap().parse().unwrap();
        assert_ne!(digits, other, "place {place}");
    }
}

#[test]
fn digits_are_read_as_people_type_them() {
    for typed in ["078694", "078 694", " 0 7 8\t6 9 4\n"] {
        assert_eq!(typed.parse::<LinkDigits>().unwrap().as_str(), "078694");
    }
    for typed in [
        "",
        "07869",
        "0786944",
        "07869a",
        "-78694",
        "\u{660}78694",
        "078.694",
    ] {
        assert_eq!(typed.parse::<LinkDigits>(), Err(ParseLinkDigitsError));
    }
}

#[test]
fn secrets_are_not_shown() {
    let code = format!("{:?}", LinkCode::new(INVITATION, secret()));
    assert!(
        !code.contains("WGBAJ") && !code.contains("1, 2, 3, 4"),
        "{code}"
    );
    let digits: LinkDigits = "078694".parse().unwrap();
    assert_eq!(format!("{digits:?}"), "LinkDigits(SecretBytes { .. })");
}
