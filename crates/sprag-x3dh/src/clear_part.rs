//! The part of an initial message in front of the sealed initiator, as it travels. The seal authenticates these very
//! bytes, so they are written here and not where the rest of a message is.

use alloc::vec::Vec;

use crate::curve::CurveMessage;
use crate::prekey::PrekeyId;
use crate::suite::Suite;

/// The byte that says that an initial message is in front of a message.
pub const PREKEY_MESSAGE_KIND: u8 = 2;

/// Appends `version ‖ kind ‖ suite ‖ EK_A ‖ number of the signed prekey ‖ option(number of the one-time prekey)`, to
/// which the fields of PQXDH can be added.
pub(crate) fn write(suite: Suite, message: &CurveMessage, output: &mut Vec<u8>) {
    output.extend_from_slice(&[suite.version(), PREKEY_MESSAGE_KIND, suite.to_byte()]);
    output.extend_from_slice(message.ephemeral.as_bytes());
    write_varint(message.signed_prekey, output);
    output.push(message.one_time_prekey.is_some().into());
    if let Some(id) = message.one_time_prekey {
        write_varint(id, output);
    }
}

/// Appends a number as postcard writes it: 7 bits a byte, the lowest first, the top bit set on all but the last.
pub(crate) fn write_varint(mut number: PrekeyId, output: &mut Vec<u8>) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            output.push(low);
            return;
        }
        output.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_takes_one_byte_for_each_seven_bits() {
        for (number, expected) in [
            (0, &[0][..]),
            (0x7f, &[0x7f]),
            (0x80, &[0x80, 0x01]),
            (300, &[0xac, 0x02]),
            (u32::MAX, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
        ] {
            let mut output = Vec::new();
            write_varint(number, &mut output);
            assert_eq!(output, expected, "{number}");
        }
    }
}
