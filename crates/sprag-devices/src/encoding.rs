//! The elements of encodings: numbers in their shortest form, and bytes of fixed length.

use alloc::vec::Vec;

use crate::Error;

/// Appends a number: 7 bits a byte, the lowest first, the top bit set on all but the last.
pub(crate) fn write_varint(mut number: u64, output: &mut Vec<u8>) {
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

/// The bytes that are still to be read.
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl<'a> Input<'a> {
    /// The next byte.
    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        let [byte] = self.array()?;
        Ok(*byte)
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Error> {
        let (head, tail) = self.0.split_first_chunk().ok_or(Error::Truncated)?;
        self.0 = tail;
        Ok(head)
    }

    /// The next `length` bytes.
    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (head, tail) = self.0.split_at_checked(length).ok_or(Error::Truncated)?;
        self.0 = tail;
        Ok(head)
    }

    /// A number of at most 64 bits in its shortest form.
    pub(crate) fn varint(&mut self) -> Result<u64, Error> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit alone.
            if bits.leading_zeros() < shift {
                return Err(Error::Malformed);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                // A last byte of zero adds nothing, unless it is the only one.
                return match byte {
                    0 if shift > 0 => Err(Error::NotCanonical),
                    _ => Ok(number),
                };
            }
        }
        Err(Error::Malformed)
    }

    /// A number of at most 32 bits in its shortest form.
    pub(crate) fn varint_u32(&mut self) -> Result<u32, Error> {
        u32::try_from(self.varint()?).map_err(|_| Error::Malformed)
    }

    /// A count of at most `limit`, read before anything of that number is.
    pub(crate) fn count(&mut self, limit: usize) -> Result<Option<usize>, Error> {
        let count = usize::try_from(self.varint()?).ok();
        Ok(count.filter(|count| *count <= limit))
    }

    /// Demands that nothing follows.
    pub(crate) const fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Trailing)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written_and_in_no_other_form() {
        for (number, expected) in [
            (0, &[0][..]),
            (0x7f, &[0x7f]),
            (0x80, &[0x80, 0x01]),
            (300, &[0xac, 0x02]),
            (
                u64::MAX,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            ),
        ] {
            let mut output = Vec::new();
            write_varint(number, &mut output);
            assert_eq!(output, expected, "{number}");
            assert_eq!(Input(expected).varint(), Ok(number));
        }
        let refused = |bytes: &[u8]| Input(bytes).varint().unwrap_err();
        assert_eq!(refused(&[]), Error::Truncated);
        assert_eq!(refused(&[0x80]), Error::Truncated);
        assert_eq!(refused(&[0x80, 0x00]), Error::NotCanonical);
        assert_eq!(refused(&[0xff, 0x80, 0x00]), Error::NotCanonical);
        let mut beyond = [0xff; 10];
        beyond[9] = 0x02;
        assert_eq!(refused(&beyond), Error::Malformed);
        beyond[9] = 0x81;
        assert_eq!(refused(&beyond), Error::Malformed);
        assert_eq!(
            Input(&[0x80, 0x80, 0x80, 0x80, 0x10]).varint_u32(),
            Err(Error::Malformed)
        );
    }
}
