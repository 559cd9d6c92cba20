//! The header of an encrypted file: a commitment to the file's key, and messages that carry the key, one for each device.
//!
//! Earlier versions wrote one message, without the number of messages in front. Files of that form may still be on their
//! way, so they are read too: `envelope ‖ commitment ‖ u32 length of the message ‖ message`.

use sprag::{
    FILE_MESSAGE_PREFIX_LENGTH, FILE_PREFIX_LENGTH, Kind, WireError, decode_file_message_length,
    decode_file_prefix, kind,
};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::{AGAIN, Input};
use crate::parcel;
use crate::refusal::of_wire;

/// The header of a file.
pub(crate) struct Header {
    /// The commitment to the file's key.
    pub(crate) commitment: [u8; COMMITMENT_LENGTH],
    /// The messages that carry the key.
    pub(crate) messages: Vec<Vec<u8>>,
    /// Set if an earlier version wrote it.
    pub(crate) is_early: bool,
}

impl Header {
    /// Reads a header, message by message, so that no more is allocated than the input has.
    pub(crate) fn read(input: &mut Input) -> Result<Self, Failure> {
        // Check the kind before the length: a short input of another kind is better reported by its kind.
        let mut start = [0; START_LENGTH];
        let length = input.fill(&mut start)?;
        if length < KIND_LENGTH {
            return Err(cut(input));
        }
        match kind(&start) {
            Ok(Kind::File) => {}
            Ok(other) => return Err(no_file(input, WireError::OtherKind(other))),
            Err(error) => return Err(no_file(input, error)),
        }
        if length < START_LENGTH {
            return Err(cut(input));
        }
        // No message is so long that the last byte of its length would be more than 0. In the earlier form there is
        // the version of the message in its place.
        let [.., last] = start;
        if last != 0 {
            return Self::read_early(&start, input);
        }
        let mut prefix = [0; FILE_PREFIX_LENGTH];
        let mut first = [0; FILE_MESSAGE_PREFIX_LENGTH];
        prefix.copy_from_slice(&start[..FILE_PREFIX_LENGTH]);
        first.copy_from_slice(&start[FILE_PREFIX_LENGTH..]);
        let prefix = decode_file_prefix(&prefix).map_err(|error| no_file(input, error))?;
        let mut messages = vec![read_message(first, b"", input)?];
        while messages.len() < prefix.messages {
            let mut length = [0; FILE_MESSAGE_PREFIX_LENGTH];
            if input.fill(&mut length)? < length.len() {
                return Err(cut(input));
            }
            messages.push(read_message(length, b"", input)?);
        }
        Ok(Self {
            commitment: prefix.commitment,
            messages,
            is_early: false,
        })
    }

    /// Reads what is left of a header in the earlier form.
    fn read_early(start: &[u8; START_LENGTH], input: &mut Input) -> Result<Self, Failure> {
        let [_, _, rest @ ..] = start;
        let [commitment @ .., a, b, c, d, first] = rest;
        let message = read_message([*a, *b, *c, *d], &[*first], input)?;
        Ok(Self {
            commitment: *commitment,
            messages: vec![message],
            is_early: true,
        })
    }
}

/// Reads a message of this encoded length, of which the `start` was read already.
fn read_message(
    length: [u8; FILE_MESSAGE_PREFIX_LENGTH],
    start: &[u8],
    input: &mut Input,
) -> Result<Vec<u8>, Failure> {
    let length = decode_file_message_length(length).map_err(|error| no_file(input, error))?;
    let mut message = start.to_vec();
    message.resize(length.max(start.len()), 0);
    let rest = &mut message[start.len()..];
    if input.fill(rest)? < rest.len() {
        return Err(cut(input));
    }
    Ok(message)
}

fn cut(input: &Input) -> Failure {
    let line = format!("{input} is cut short: {AGAIN}");
    input.damaged(Failure::refused(line).with(Exit::Damaged))
}

/// The refusal of an input that does not begin as a file does.
fn no_file(input: &Input, error: WireError) -> Failure {
    let kind = match error {
        WireError::OtherKind(kind) => Ok(kind),
        error => Err(error),
    };
    match parcel::label_of(kind) {
        Some(label) => input.is_other(label),
        None => input.damaged(of_wire(error).about(input)),
    }
}

const COMMITMENT_LENGTH: usize = 32;

/// The bytes that show the kind of an input.
const KIND_LENGTH: usize = 2;

/// The bytes that both forms have at least, and by which they are told apart.
const START_LENGTH: usize = FILE_PREFIX_LENGTH + FILE_MESSAGE_PREFIX_LENGTH;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Header, Failure> {
        Header::read(&mut Input::of(Cursor::new(bytes.to_vec())))
    }

    /// Bytes in the place of messages, which begin with a version as messages do.
    fn messages() -> [Vec<u8>; 3] {
        [1700, 130, 4096].map(|length| [&[1, 3][..], &vec![0; length - 2]].concat())
    }

    fn with_length(message: &[u8]) -> Vec<u8> {
        let length = u32::try_from(message.len()).unwrap();
        [&length.to_le_bytes(), message].concat()
    }

    fn written(count: u8, messages: &[Vec<u8>]) -> Vec<u8> {
        let messages: Vec<u8> = messages.iter().flat_map(|m| with_length(m)).collect();
        [&[1, 4], &[0x97; 32][..], &[count], &messages].concat()
    }

    fn written_early(message: &[u8]) -> Vec<u8> {
        [&[1, 4], &[0x97; 32][..], &with_length(message)].concat()
    }

    #[test]
    fn a_header_is_read_in_both_forms_and_to_its_end() {
        let messages = messages();
        let mut cases = vec![(written(3, &messages), messages.to_vec(), false)];
        for message in messages {
            cases.push((
                written(1, core::slice::from_ref(&message)),
                vec![message.clone()],
                false,
            ));
            cases.push((written_early(&message), vec![message], true));
        }
        for (written, messages, is_early) in cases {
            let mut input = Input::of(Cursor::new([&written[..], b"more"].concat()));
            let header = Header::read(&mut input).unwrap();
            assert_eq!((header.commitment, header.is_early), ([0x97; 32], is_early));
            assert!(header.messages == messages);
            assert_eq!(input.read_up_to(10).unwrap(), b"more");
        }
    }

    #[test]
    fn a_file_that_an_earlier_version_wrote_is_told_apart() {
        let files: [&[u8]; 2] = [
            include_bytes!("../tests/data/format-1/to-bob.sprag"),
            include_bytes!("../tests/data/format-1/from-carol.sprag"),
        ];
        for file in files {
            let header = read(file).unwrap();
            assert!(header.is_early);
            assert_eq!(header.commitment, file[2..34]);
            let [message] = &header.messages[..] else {
                panic!("there is one message");
            };
            assert!(file[38..].starts_with(message));
        }
    }

    #[test]
    fn a_header_that_is_cut_is_said_to_be() {
        let messages = messages();
        for whole in [written(3, &messages), written_early(&messages[0])] {
            for length in (1..60).chain([whole.len() - 1]) {
                let Err(Failure::Refused(Exit::Damaged, line)) = read(&whole[..length]) else {
                    panic!("{length} bytes are taken");
                };
                assert!(line.contains("cut short"), "{length}: {line}");
            }
        }
    }

    #[test]
    fn too_long_a_message_and_a_wrong_number_of_them_are_refused() {
        let long = [&[1, 3][..], &[0; 4095]].concat();
        assert!(read(&written(1, core::slice::from_ref(&long))).is_err());
        assert!(read(&written_early(&long)).is_err());
        let message = vec![1; 130];
        for (count, is_read) in [(0, false), (1, true), (24, true), (25, false), (255, false)] {
            let messages = vec![message.clone(); usize::from(count)];
            let start = written(count, &[&[message.clone()][..], &messages].concat());
            assert_eq!(read(&start).is_ok(), is_read, "{count}");
        }
    }
}
