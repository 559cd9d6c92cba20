//! The texts of addresses and invitations: what they show, and that each has one spelling.

use sprag_primitives::hash::sha256;
use sprag_relay_wire::limits::{MAX_ADDRESS_LENGTH, MAX_ADDRESS_TEXT_LENGTH, MAX_HOST_LENGTH};
use sprag_relay_wire::{
    Address, AddressError, AddressSecret, Error, Host, Invitation, RelayAddress, SendCapability,
    decode_address, encode_address,
};

/// The fingerprint of 32 bytes of 0x01.
const FINGERPRINT: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

fn relay(host: &str, port: u16) -> RelayAddress {
    RelayAddress {
        fingerprint: [1; 32],
        host: Host::new(host).expect("it is a host"),
        port: port.try_into().expect("it is not zero"),
    }
}

fn address(host: &str, port: u16) -> Address {
    Address {
        relay: relay(host, port),
        capability: SendCapability::from_bytes(&[2; 32]),
        secret: AddressSecret::from_bytes(&[3; 32]),
    }
}

fn text(host: &str, port: u16) -> String {
    address(host, port).expose().to_string()
}

/// Encodes in base64url (RFC 4648 §5) without padding, bit by bit.
fn base64url(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let bits: Vec<u8> = bits.collect();
    let digits = bits.chunks(6).map(|digit| {
        let value = (0..6).fold(0, |value, at| {
            value << 1 | digit.get(at).copied().unwrap_or(0)
        });
        char::from(alphabet[usize::from(value)])
    });
    digits.collect()
}

#[test]
fn a_text_has_the_relay_the_secrets_and_a_checksum() {
    let binary = encode_address(&address("relay.example.org", 5_443));
    let checksum = sha256(&[&b"sprag-v1 relay checksum"[..], binary.expose()]);
    let secrets = [&[2; 32][..], &[3; 32], &checksum[..5]].concat();
    let expected = format!(
        "sprag://{FINGERPRINT}@relay.example.org#{}",
        base64url(&secrets)
    );
    assert_eq!(text("relay.example.org", 5_443), expected);
    assert_eq!(base64url(&[1; 32]), FINGERPRINT);
    let other = text("[2001:db8::1]", 443);
    let start = format!("sprag://{FINGERPRINT}@[2001:db8::1]:443#");
    assert!(other.starts_with(&start), "{other}");
}

#[test]
fn hosts_of_every_form_are_read_as_they_are_written() {
    let onion = format!("{}.onion", "a2b3c4d5".repeat(7));
    let longest = format!("{}.org", ["a"; 125].join("."));
    assert_eq!(longest.len(), MAX_HOST_LENGTH);
    let label = "a".repeat(63);
    for host in [
        "localhost",
        "relay.example.org",
        "xn--bcher-kva.example",
        "1.example",
        "a-b.c1",
        "127.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[2001:db8::1:0:0:1]",
        "[::ffff:192.0.2.1]",
        &onion,
        &format!("www.{onion}"),
        &longest,
        &label,
    ] {
        for port in [1, 443, 5_442, 5_443, 65_535] {
            let written = text(host, port);
            assert!(written.len() <= MAX_ADDRESS_TEXT_LENGTH);
            assert_eq!(written.parse(), Ok(address(host, port)), "{written}");
            let binary = encode_address(&address(host, port));
            assert!(binary.expose().len() <= MAX_ADDRESS_LENGTH);
            assert_eq!(decode_address(binary.expose()), Ok(address(host, port)));
            let written = relay(host, port).to_string();
            assert_eq!(written.parse(), Ok(relay(host, port)), "{written}");
        }
    }
}

#[test]
fn the_longest_address_is_as_long_as_an_address_may_be() {
    let longest = format!("{}.org", ["a"; 125].join("."));
    assert_eq!(text(&longest, 65_535).len(), MAX_ADDRESS_TEXT_LENGTH);
    let binary = encode_address(&address(&longest, 65_535));
    assert_eq!(binary.expose().len(), MAX_ADDRESS_LENGTH);
}

#[test]
fn hosts_in_another_spelling_are_refused() {
    let long_label = "a".repeat(64);
    let too_long = format!("a{}.org", ["a"; 125].join("."));
    let short_onion = format!("{}.onion", "a".repeat(55));
    let strange_onion = format!("{}1.onion", "a".repeat(55));
    for host in [
        "",
        ".",
        "relay.",
        ".relay",
        "a..b",
        "Relay",
        "-a",
        "a-",
        "a_b",
        "a b",
        "b\u{fc}cher",
        "a/b",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "example.1",
        "[::1",
        "::1",
        "[]",
        "[1.2.3.4]",
        "[::1]a",
        "[0:0::1]",
        "[2001:DB8::1]",
        "[2001:0db8::1]",
        "[::1%1]",
        "onion",
        "a.onion",
        &short_onion,
        &strange_onion,
        &long_label,
        &too_long,
    ] {
        assert_eq!(Host::new(host), Err(AddressError::Host), "{host}");
    }
}

#[test]
fn relays_in_another_spelling_are_refused() {
    for (place, error) in [
        (":5443", AddressError::Port),
        (":0", AddressError::Port),
        (":0443", AddressError::Port),
        (":+443", AddressError::Port),
        (":65536", AddressError::Port),
        (":", AddressError::Port),
        (":44x", AddressError::Port),
        (":1:2", AddressError::Port),
        ("/", AddressError::Host),
        (" ", AddressError::Host),
        ("#", AddressError::Host),
        ("@a", AddressError::Host),
    ] {
        let text = format!("sprag-relay://{FINGERPRINT}@a.example{place}");
        assert_eq!(text.parse::<RelayAddress>(), Err(error), "{text}");
    }
    let cut = &FINGERPRINT[1..];
    let surplus = format!("{}F", &FINGERPRINT[..42]);
    for fingerprint in ["", cut, &surplus, &format!("{FINGERPRINT}=")] {
        let text = format!("sprag-relay://{fingerprint}@a.example");
        let read = text.parse::<RelayAddress>();
        assert_eq!(read, Err(AddressError::Fingerprint), "{text}");
    }
    let none = "sprag-relay://a.example".parse::<RelayAddress>();
    assert_eq!(none, Err(AddressError::Fingerprint));
}

#[test]
fn texts_of_another_kind_are_named() {
    let mailbox = text("a.example", 5_443);
    let relay = relay("a.example", 5_443).to_string();
    assert_eq!(relay.parse::<Address>(), Err(AddressError::Relay));
    assert_eq!(mailbox.parse::<RelayAddress>(), Err(AddressError::Mailbox));
    for other in ["", "sprag:", "SPRAG://", "https://a.example", " sprag://"] {
        assert_eq!(other.parse::<Address>(), Err(AddressError::Scheme));
        assert_eq!(other.parse::<RelayAddress>(), Err(AddressError::Scheme));
    }
}

#[test]
fn a_text_that_was_cut_or_has_more_is_refused() {
    let whole = text("a.example", 5_443);
    for length in 0..whole.len() {
        assert!(whole[..length].parse::<Address>().is_err(), "{length}");
    }
    for more in ["A", "=", " ", "\n", "#"] {
        let text = format!("{whole}{more}");
        assert_eq!(text.parse::<Address>(), Err(AddressError::Secret));
    }
    let long = format!("{whole}{:400}", "");
    assert_eq!(long.parse::<Address>(), Err(AddressError::Oversized));
    let (relay, _) = whole.split_once('#').unwrap();
    assert_eq!(relay.parse::<Address>(), Err(AddressError::Secret));
}

#[test]
fn no_character_can_be_replaced() {
    let whole = text("a1.example", 443);
    for place in 0..whole.len() {
        for character in ["A", "B", "a", "b", "1", "2", "-"] {
            let mut text = whole.clone();
            text.replace_range(place..=place, character);
            if text != whole {
                assert!(text.parse::<Address>().is_err(), "{text}");
            }
        }
    }
    // These are spelled well, and it is the checksum that notices.
    for (from, to) in [
        ("@a1.", "@a2."),
        (":443#", ":444#"),
        ("//AQ", "//BQ"),
        ("#AgIC", "#AgIB"),
    ] {
        assert!(whole.contains(from));
        let damaged = whole.replacen(from, to, 1);
        assert_eq!(damaged.parse::<Address>(), Err(AddressError::Damaged));
    }
}

#[test]
fn an_invitation_is_80_characters() {
    let bytes = core::array::from_fn(|index| index.wrapping_mul(11).to_le_bytes()[0]);
    let invitation = Invitation::from_bytes(&bytes);
    let text = invitation.expose().to_string();
    assert_eq!(text, base64url(&bytes));
    assert_eq!(text.len(), 80);
    assert_eq!(text.parse(), Ok(invitation));
    let read = |text: &str| text.parse::<Invitation>();
    assert_eq!(read(&text[1..]), Err(Error::Truncated));
    assert_eq!(read(&format!("{text}A")), Err(Error::Trailing));
    assert_eq!(read(&format!("+{}", &text[1..])), Err(Error::Malformed));
}
