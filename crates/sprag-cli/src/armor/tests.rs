use std::io::{BufReader, Read as _};

use super::*;

fn encode(bytes: &[u8]) -> String {
    let mut encoder = Encoder::new(Vec::new(), Label::File).unwrap();
    let (first, second) = bytes.split_at(bytes.len() / 3);
    encoder.write_all(first).unwrap();
    encoder.write_all(second).unwrap();
    String::from_utf8(encoder.finish().unwrap()).unwrap()
}

fn decode(text: &str) -> Result<Vec<u8>, String> {
    decode_bytes(text.as_bytes())
}

fn decode_bytes(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    Decoder::new(text, &[Label::File], After::Read)
        .and_then(|mut decoder| decoder.read_to_end(&mut bytes))
        .map(|_| bytes)
        .map_err(|error| error.to_string())
}

#[test]
fn every_length_comes_back() {
    for length in 0..200 {
        let bytes: Vec<u8> = (0..length).collect();
        let text = encode(&bytes);
        assert!(text.lines().all(|line| line.len() <= LINE_LENGTH));
        assert_eq!(decode(&text).unwrap(), bytes);
    }
}

#[test]
fn what_mail_does_is_tolerated() {
    let text = encode(&[7; 100]);
    let windows = text.replace('\n', "\r\n");
    let indented = text.replace('\n', " \n\n  ");
    let long = "x".repeat(5000);
    let inside = format!("From: alice\n\nHello!\n{long}\n{text}\n-- \nAlice\n");
    for text in [windows, indented, inside, format!("\u{feff}{text}")] {
        assert_eq!(decode(&text).unwrap(), [7; 100]);
    }
}

#[test]
fn at_a_terminal_nothing_is_read_after_the_end() {
    let first = encode(&[7; 100]);
    let mut both = io::Cursor::new(first.repeat(2));
    let mut bytes = Vec::new();
    let mut decoder = Decoder::new(&mut both, &[Label::File], After::Leave).unwrap();
    decoder.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, [7; 100]);
    assert_eq!(both.position(), first.len() as u64);
}

/// The armored content of 100 bytes, without its marks and line ends.
fn content() -> String {
    let text = encode(&[7; 100]);
    let lines: Vec<&str> = text.lines().collect();
    lines[1..lines.len() - 1].concat()
}

/// Content between the marks.
fn marked(content: &str) -> String {
    format!(
        "{}\n{content}\n{}\n",
        Label::File.begin(),
        Label::File.end()
    )
}

/// Text in lines of this width.
fn wrapped(text: &str, width: usize, line_end: &str) -> String {
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(width)
        .map(|line| core::str::from_utf8(line).unwrap())
        .collect();
    lines.join(line_end)
}

#[test]
fn lines_may_have_any_width() {
    for width in [1, 2, 3, 5, 60, 63, 65, 72, 76, 100, 1000] {
        let text = marked(&wrapped(&content(), width, "\n"));
        assert_eq!(decode(&text).unwrap(), [7; 100], "{width}");
    }
    // All in one line, which is longer than what is read at once.
    let long = encode(&[9; 5000]);
    for end in [" ", "\t"] {
        assert_eq!(decode(&long.replace('\n', end)).unwrap(), [9; 5000]);
    }
    for length in 0..1100 {
        let bytes = vec![9; length];
        assert_eq!(decode(&encode(&bytes).replace('\n', " ")).unwrap(), bytes);
    }
}

#[test]
fn quoting_is_undone() {
    let text = encode(&[7; 100]);
    for mark in ["> ", "| ", ">", ">> ", "> > ", ">| > ", "  > "] {
        let quoted: String = text.lines().map(|line| format!("{mark}{line}\n")).collect();
        let answer = format!("Alice wrote:\n{quoted}\nand more\n");
        assert_eq!(decode(&answer).unwrap(), [7; 100], "{mark}");
        // An answer is read, and not the mail that it quotes above or below.
        let own = encode(&[8; 200]);
        for both in [format!("{quoted}\n{own}"), format!("{own}\n{quoted}")] {
            assert_eq!(decode(&both).unwrap(), [8; 200], "{mark}");
        }
        // Each of three mails may quote the ones before, above its own text.
        let deeper: String = quoted.lines().map(|line| format!("> {line}\n")).collect();
        let three = format!("{deeper}\n{quoted}\n{own}");
        assert_eq!(decode(&three).unwrap(), [8; 200], "{mark}");
        let twice = format!("{quoted}\n{quoted}");
        assert!(decode(&twice).unwrap_err().contains("more armored text"));
    }
}

#[test]
fn spaces_and_hyphens_of_other_kinds_are_tolerated() {
    let text = encode(&[7; 100]);
    let with = |from: &str, to: &str| decode(&text.replace(from, to)).unwrap();
    for space in ["\u{a0}", "\u{2003}", " \u{200b}", "\u{3000}"] {
        assert_eq!(with(" ", space), [7; 100]);
        assert_eq!(with("\n", &format!("{space}\n{space}")), [7; 100]);
    }
    for hyphens in [
        "\u{2014}\u{2013}",
        "\u{2014}\u{2014}-",
        "\u{2011}\u{2011}\u{2011}",
    ] {
        assert_eq!(with("-----", hyphens), [7; 100]);
    }
    assert_eq!(with("BwcH", "Bw\u{ad}c\u{feff}H"), [7; 100]);
    let latin_1 = text.replace(' ', "~").replace('\n', "~\n").into_bytes();
    let space = |byte: u8| if byte == b'~' { 0xa0 } else { byte };
    let latin_1: Vec<u8> = latin_1.into_iter().map(space).collect();
    assert_eq!(decode_bytes(&latin_1).unwrap(), [7; 100]);
}

#[test]
fn quoted_printable_is_decoded() {
    for length in 98..=101 {
        let bytes = vec![7; length];
        let text = encode(&bytes);
        let escaped = text.replace('=', "=3D");
        assert_eq!(decode(&escaped).unwrap(), bytes);
        assert_eq!(decode(&escaped.replace('\n', "=20\r\n")).unwrap(), bytes);
        assert_eq!(
            decode(&text.replace('=', "=3d").replace(' ', "=C2=A0")).unwrap(),
            bytes
        );
        // Lines that were too long, with a `=` where they go on.
        let lines: Vec<&str> = escaped.lines().collect();
        let content = lines[1..lines.len() - 1].concat();
        for width in [9, 40, 75] {
            let content = wrapped(&content.replace("=3D", ""), width, "=\r\n");
            let padding = "=3D".repeat(escaped.matches("=3D").count());
            let text = marked(&format!("{content}{padding}"));
            assert_eq!(decode(&text).unwrap(), bytes, "{width}");
        }
    }
}

#[test]
fn utf_16_is_decoded() {
    let text = encode(&[7; 100]);
    let with_others = format!("\u{1f600} mail\n{text}");
    let units: Vec<u16> = with_others.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for (bytes, order) in [(little, ByteOrder::Little), (big, ByteOrder::Big)] {
        // Characters are cut by what is read at once.
        for capacity in [1, 3, 4096] {
            let reader = BufReader::with_capacity(capacity, &*bytes);
            let mut decoded = Vec::new();
            Utf16::new(reader, order).read_to_end(&mut decoded).unwrap();
            assert_eq!(decode_bytes(&decoded).unwrap(), [7; 100]);
        }
    }
    assert_eq!(ByteOrder::of(b"\xff\xfe-\0"), Some(ByteOrder::Little));
    assert_eq!(ByteOrder::of(b"\xfe\xff\0-"), Some(ByteOrder::Big));
    assert_eq!(ByteOrder::of(b"-\0-\0"), Some(ByteOrder::Little));
    assert_eq!(ByteOrder::of(b"\0-\0-"), Some(ByteOrder::Big));
    assert_eq!(ByteOrder::of(b"----"), None);
    assert_eq!(ByteOrder::of(b"\x01\0\x04\0"), None);
    assert_eq!(ByteOrder::of(b""), None);
}

#[test]
fn damage_is_named() {
    let text = encode(&[7; 100]);
    let lines: Vec<&str> = text.lines().collect();
    let without = |gone: usize| {
        let mut lines = lines.clone();
        lines.remove(gone);
        decode(&lines.join("\n"))
    };
    let is = |text: &str| Err(text.to_owned());
    let cut = "armored text is cut: its END line is missing";
    let nothing = "neither sprag's bytes nor its armored text";
    let lost = || is("characters of the armored text are missing, or some were added");
    let in_line = |number: u64| is(&format!("armored text is damaged in line {number}"));
    assert_eq!(without(0), is(nothing));
    assert_eq!(without(lines.len() - 1), is(cut));
    assert_eq!(decode(""), is(nothing));
    assert_eq!(decode(&text.replacen('B', "*", 2)), is(nothing));
    assert_eq!(decode(&text.replace(lines[1], "B*cH")), in_line(2));
    assert_eq!(decode(&text.replace(lines[1], "B\u{e9}cH")), in_line(2));
    assert_eq!(decode(&text.replace(lines[1], "BwcH==BwcH")), in_line(2));
    assert_eq!(decode(&text.replace("==", "==\nBwcH")), in_line(5));
    assert_eq!(decode(&text.replacen(lines[1], &lines[1][1..], 1)), lost());
    assert_eq!(decode(&text.replace("==", "")), lost());
    assert_eq!(decode(&text.replace("==", "=")), lost());
    assert_eq!(decode(&text.replace("==", "===")), lost());
    assert_eq!(decode(&text.replace("==", "====")), in_line(4));
    assert_eq!(decode(&text.replace("==", "==\n=\n=")), in_line(6));
    assert_eq!(decode(&text.replace("-----END", "--END--")), in_line(5));
    let other = text.replace("END SPRAG FILE", "END SPRAG BUNDLE");
    assert_eq!(decode(&other), in_line(5));
    let begun = text.replace("-----END", "-----BEGIN");
    assert_eq!(decode(&begun), is(cut));
    for second in [text.clone(), text.replace("FILE", "BUNDLE")] {
        let second = format!("{text}\nand this:\n\u{feff}{second}");
        assert_eq!(decode(&second), is("more armored text begins in line 8"));
    }
    // All in one line: what follows the END mark there would be lost.
    let in_one_line = |end: &str| text.replace('\n', end).repeat(2);
    for both in [in_one_line(""), in_one_line(" ")] {
        assert_eq!(decode(&both), is("more armored text begins in line 1"));
    }
    assert_eq!(
        decode(&text.replace("FILE", "BUNDLE")),
        is("armored text of a bundle")
    );
}

/// The messages in a text, one after another.
fn decode_messages(text: &str) -> Result<Vec<Vec<u8>>, String> {
    let labels = [Label::File, Label::Message];
    let mut decoder = Decoder::new(text.as_bytes(), &labels, After::Read);
    let mut messages = Vec::new();
    loop {
        let mut reader = decoder.map_err(|error| error.to_string())?;
        let mut message = Vec::new();
        let read = reader.read_to_end(&mut message);
        read.map_err(|error| error.to_string())?;
        messages.push(message);
        if !reader.next_content().map_err(|error| error.to_string())? {
            return Ok(messages);
        }
        decoder = Ok(reader);
    }
}

fn encode_as(label: Label, bytes: &[u8]) -> String {
    let mut encoder = Encoder::new(Vec::new(), label).unwrap();
    encoder.write_all(bytes).unwrap();
    String::from_utf8(encoder.finish().unwrap()).unwrap()
}

#[test]
fn messages_may_follow_one_another_and_other_content_may_not() {
    let [one, other] = [[7; 100], [9; 100]].map(|bytes| encode_as(Label::Message, &bytes));
    let both = vec![vec![7; 100], vec![9; 100]];
    for text in [
        format!("{one}{other}"),
        format!("Hello\n\n{one}\nand\n\n{other}bye\n"),
        format!("{one}{other}").replace('\n', "\r\n"),
        // The mail that was answered comes below, quoted.
        format!("{one}{other}> {}", one.replace('\n', "\n> ")),
    ] {
        assert_eq!(decode_messages(&text).unwrap(), both, "{text}");
    }
    let whole = format!("{one}{other}");
    let cut = decode_messages(&whole[..whole.len() - 40]);
    assert!(cut.unwrap_err().contains("is cut"));
    let file = encode_as(Label::File, &[7; 100]);
    for text in [
        format!("{one}{file}"),
        format!("{file}{one}"),
        format!("{file}{file}"),
    ] {
        let refused = decode_messages(&text).unwrap_err();
        assert!(refused.contains("more armored text begins"), "{refused}");
    }
}
