use alloc::format;
use alloc::string::ToString as _;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

#[track_caller]
fn is_named(text: &str, expected: &str) {
    let name = Name::new(text).map(String::from);
    assert_eq!(name.as_deref(), Ok(expected), "{}", text.escape_unicode());
}

#[test]
fn texts_that_look_the_same_are_one_name() {
    for (text, name) in [
        ("Bob Smith", "Bob Smith"),
        ("bob", "bob"),
        // Canonical equivalents: composed, decomposed, and with marks in another order
        ("Andr\u{e9}", "Andr\u{e9}"),
        ("Andre\u{301}", "Andr\u{e9}"),
        ("\u{212b}sa", "\u{c5}sa"),
        ("d\u{307}\u{323}", "\u{1e0d}\u{307}"),
        ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
        // Compatibility equivalents: ligatures, letters of full width, and those for formulas
        ("\u{fb01}nn", "finn"),
        ("\u{ff22}\u{ff4f}\u{ff42}", "Bob"),
        ("\u{1d401}\u{1d428}\u{1d41b}", "Bob"),
        // Spaces of any kind and number
        (" Bob\u{a0}\u{3000}  Smith\u{1680}", "Bob Smith"),
        ("\u{2003}Bob\u{202f}Smith ", "Bob Smith"),
    ] {
        is_named(text, name);
    }
}

/// Characters that nobody sees, that stretch or repeat others, or that have no meaning, of each kind.
const FORBIDDEN_OF_EACH_KIND: [&str; 7] = [
    // Controls
    "\0\t\n\u{1b}\u{7f}\u{85}",
    // Directions: marks, embeddings, overrides and isolates
    "\u{61c}\u{200e}\u{200f}\u{202a}\u{202d}\u{202e}\u{2066}\u{2069}",
    // Without width, or to be ignored
    "\u{ad}\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}\u{180e}\u{180f}\u{200b}\u{200c}\u{200d}\u{2060}\u{2064}\
     \u{206a}\u{feff}\u{fe0f}\u{fff9}\u{1bca0}\u{1d173}\u{e0001}\u{e0061}\u{e0100}\u{e01ef}",
    // Line separators
    "\u{2028}\u{2029}",
    // Stretching and repetition
    "\u{640}\u{7fa}\u{302e}\u{3031}\u{303b}",
    // Blanks
    "\u{2800}\u{13441}\u{13442}\u{16fe4}\u{1d159}",
    // Private, not assigned, and never to be assigned
    "\u{e000}\u{10fffd}\u{378}\u{e0002}\u{2065}\u{fdd0}\u{ffff}\u{10ffff}",
];

#[test]
fn characters_that_nobody_sees_are_refused_wherever_they_stand() {
    for character in FORBIDDEN_OF_EACH_KIND.concat().chars() {
        for text in [
            format!("{character}"),
            format!("{character}bob"),
            format!("bo{character}b"),
            format!("bob{character}"),
            format!("bob {character} smith"),
        ] {
            let fault = Err(NameError::Forbidden(character));
            assert_eq!(Name::new(&text), fault, "{}", text.escape_unicode());
        }
    }
    // The two that are normalized into another one
    for filler in ["\u{3164}", "\u{ffa0}"] {
        assert_eq!(Name::new(filler), Err(NameError::Forbidden('\u{1160}')));
    }
}

#[test]
fn names_of_all_scripts_are_allowed() {
    for name in [
        "\u{410}\u{43d}\u{43d}\u{430}",
        "\u{645}\u{62d}\u{645}\u{62f}",
        "\u{5d3}\u{5d5}\u{5d3}",
        "\u{905}\u{928}\u{93f}\u{924}\u{93e}",
        "\u{738b}\u{5c0f}\u{660e}",
        "\u{30e6}\u{30fc}\u{30b6}\u{30fc}",
        "\u{1e900}\u{1e92d}",
        "O'Brien-Smith, Jr. (work) #2 @home",
        "\u{1f600}\u{1f914}",
    ] {
        is_named(name, name);
    }
}

#[test]
fn the_length_counts_in_the_form_of_the_name() {
    let longest = "x".repeat(MAX_NAME_LENGTH);
    is_named(&longest, &longest);
    is_named(&format!(" {longest} "), &longest);
    is_named(&"\u{1d431}".repeat(MAX_NAME_LENGTH), &longest);
    let too_long = Err(NameError::TooLong);
    assert_eq!(Name::new(&format!("{longest}x")), too_long);
    assert_eq!(Name::new(&"\u{fdfa}".repeat(8)), too_long);
    assert_eq!(Name::new(&" ".repeat(MAX_TEXT_LENGTH + 1)), too_long);
    for empty in ["", " ", "\u{3000}\u{a0}", &" ".repeat(MAX_TEXT_LENGTH)] {
        assert_eq!(Name::new(empty), Err(NameError::Empty));
    }
}

#[test]
fn only_a_name_in_its_form_is_read_from_a_record() {
    assert_eq!(Name::stored(b"Bob Smith").unwrap().as_str(), "Bob Smith");
    for bytes in [
        "Andre\u{301}".as_bytes(),
        b"bob ",
        b"Bob  Smith",
        "bob\u{200b}".as_bytes(),
        "\u{fb01}nn".as_bytes(),
        b"",
        b"b\xf6b",
        b"tab\there",
    ] {
        assert_eq!(Name::stored(bytes), None, "{bytes:?}");
    }
}

#[test]
fn a_refusal_names_the_character() {
    let refusal = |text: &str| Name::new(text).unwrap_err().to_string();
    assert!(refusal("\u{202e}bob").ends_with("not allowed: U+202E"));
    assert!(refusal("bob\n").ends_with("not allowed: U+000A"));
    assert!(refusal(&"x".repeat(129)).contains("128"));
    assert!(refusal("").contains("empty"));
}

/// Any text, and text of characters that meet in normalization.
const TEXTS: &str =
    "\\PC{0,40}|.{0,20}|[a\u{301}\u{323} \u{a0}\u{a8}\u{fb01}\u{1100}\u{1161}]{0,20}";

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(0x5eed),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_name_is_in_its_form(text in TEXTS) {
        if let Ok(name) = Name::new(&text) {
            prop_assert_eq!(Name::stored(name.as_bytes()), Some(name.clone()));
            prop_assert!(!name.as_str().contains("  ") && name.as_str().trim() == name.as_str());
            let decomposed: String = name.as_str().nfd().collect();
            prop_assert_eq!(Name::new(&decomposed), Ok(name));
        }
    }
}
