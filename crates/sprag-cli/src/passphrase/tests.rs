use super::*;

fn given(text: impl Into<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.into())
}

#[track_caller]
fn taken(passphrase: Result<Passphrase, Failure>) -> Vec<u8> {
    match passphrase {
        Ok(passphrase) => passphrase.as_bytes().to_vec(),
        Err(failure) => panic!("{failure:?}"),
    }
}

#[track_caller]
fn refused(passphrase: Result<Passphrase, Failure>, because: &str) {
    match passphrase {
        Err(Failure::Refused(_, line)) => assert!(line.contains(because), "{line}"),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it is not refused"),
    }
}

#[test]
fn one_passphrase_has_one_form_however_it_is_typed() {
    for (typed, form) in [
        ("correct horse", "correct horse"),
        (" two  spaces ", " two  spaces "),
        ("caf\u{e9}", "caf\u{e9}"),
        ("cafe\u{301}", "caf\u{e9}"),
        ("\u{212b}", "\u{c5}"),
        // Hangul in letters
        ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
        // Spaces that are not ASCII, alone and with letters that are to be composed
        ("no\u{a0}break", "no break"),
        ("\u{3000}e\u{301}\u{2003}", " \u{e9} "),
        // Compatible characters stay, because they are other keys
        ("\u{fb01}\u{ff21}", "\u{fb01}\u{ff21}"),
        ("\u{1f600}", "\u{1f600}"),
    ] {
        let passphrase = Passphrase::new("it", given(typed));
        assert_eq!(
            taken(passphrase),
            form.as_bytes(),
            "{}",
            typed.escape_unicode()
        );
    }
    // The examples of RFC 8265 §4.3.
    for (one, other) in [
        (
            "correct horse battery staple",
            "correct horse battery staple",
        ),
        (
            "Correct Horse Battery Staple",
            "Correct Horse Battery Staple",
        ),
        ("\u{3c0}\u{df}\u{e5}", "\u{3c0}\u{df}a\u{30a}"),
        ("Jack of \u{2666}s", "Jack of \u{2666}s"),
        ("foo bar", "foo\u{1680}bar"),
    ] {
        let [one, other] = [one, other].map(|text| taken(Passphrase::new("it", given(text))));
        assert_eq!(one, other);
    }
}

#[test]
fn a_passphrase_that_is_in_its_form_is_not_copied() {
    for text in ["correct horse", "caf\u{e9}"] {
        let bytes = given(text);
        let place = bytes.as_ptr();
        let Ok(passphrase) = Passphrase::new("it", bytes) else {
            panic!("it is not refused");
        };
        assert_eq!(passphrase.as_bytes().as_ptr(), place);
    }
}

#[test]
fn the_buffer_for_composition_never_grows() {
    // U+1D160 is of the characters that get three times as long.
    for text in [
        "\u{1d160}".repeat(100),
        "\u{390}".repeat(100),
        "e\u{301}".repeat(100),
    ] {
        let composed = compose(&text);
        assert!(composed.len() <= 3 * text.len());
        assert_eq!(composed.capacity(), 3 * text.len());
    }
}

#[test]
fn what_two_keyboards_cannot_agree_on_is_refused() {
    for text in [
        "tab\there",
        "bell\u{7}",
        "zero\u{200b}width",
        "\u{202e}turned",
        "\u{feff}marked",
        "\u{e000}",
    ] {
        refused(
            Passphrase::new("it", given(text)),
            "it has a character that RFC 8265 forbids",
        );
    }
    refused(
        Passphrase::new("it", given("\u{378}")),
        "newer than Unicode 6.3",
    );
    refused(
        Passphrase::new("it", given("\u{1f914}")),
        "newer than Unicode 6.3",
    );
    refused(
        Passphrase::new("it", given(*b"caf\xe9")),
        "it is not UTF-8: save it as UTF-8",
    );
    refused(
        Passphrase::typed("caf\u{fffd}".to_owned()),
        "set the terminal to UTF-8",
    );
    assert_eq!(
        taken(Passphrase::typed("cafe\u{301}".to_owned())),
        "caf\u{e9}".as_bytes()
    );
}

#[test]
fn a_file_holds_the_passphrase_and_what_editors_add() {
    for bytes in [
        &b"horse"[..],
        b"horse\n",
        b"horse\r\n",
        b"\xef\xbb\xbfhorse",
        b"\xef\xbb\xbfhorse\r\n",
    ] {
        assert_eq!(taken(Passphrase::in_file("it", given(bytes))), b"horse");
    }
    for bytes in [
        &b"\xff\xfeh\0o\0"[..],
        b"\xfe\xff\0h\0o",
        b"h\0o\0r\0s\0e\0\n\0",
        b"\0h\0o",
    ] {
        refused(
            Passphrase::in_file("it", given(bytes)),
            "it is UTF-16: save it as UTF-8",
        );
    }
    for bytes in [
        &b"horse\n\n"[..],
        b"correct\nhorse",
        b"correct\rhorse",
        b"horse\n\r",
    ] {
        refused(
            Passphrase::in_file("it", given(bytes)),
            "more than one line",
        );
    }
    refused(
        Passphrase::in_file("it", given(*b"caf\xe9\n")),
        "it is not UTF-8",
    );
    // A second mark is part of the text.
    let twice = "\u{feff}\u{feff}horse";
    refused(Passphrase::in_file("it", given(twice)), "RFC 8265");
}
