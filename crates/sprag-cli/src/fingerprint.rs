//! Keys in hexadecimal digits, for people to read and compare.

use core::fmt;

/// Bytes in lower-case hexadecimal digits.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Bytes in lower-case hexadecimal digits, in groups of four because people read them aloud.
pub(crate) struct Grouped<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Grouped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pair) in self.0.chunks(2).enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{}", Hex(pair))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_lower_case_and_groups_have_four() {
        let bytes = [0x0A, 0xBC, 0xDE, 0xF0, 0x12];
        assert_eq!(Hex(&bytes).to_string(), "0abcdef012");
        assert_eq!(Grouped(&bytes).to_string(), "0abc def0 12");
    }
}
