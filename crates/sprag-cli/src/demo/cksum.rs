/// Computes the checksum that POSIX `cksum` prints, so that the user can compare. It does not prove that two
/// files are equal: the demo compares the bytes for that.
pub(super) fn cksum(bytes: &[u8]) -> u32 {
    let length = bytes.len().to_le_bytes();
    let significant = length.len() - length.iter().rev().take_while(|byte| **byte == 0).count();
    let all = bytes.iter().chain(&length[..significant]);
    !all.fold(0, |crc, byte| {
        let [high, ..] = crc.to_be_bytes();
        (crc << 8) ^ TABLE[usize::from(high ^ byte)]
    })
}

const TABLE: [u32; 256] = table();

/// The CRC of each single byte.
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    let mut first = 0_u32;
    while index < table.len() {
        // Divide the byte by the polynomial, bit by bit, the highest bit first.
        let mut crc = first << 24;
        let mut bit = 0;
        while bit < 8 {
            let carry = crc >> 31;
            crc = (crc << 1) ^ (carry * POLYNOMIAL);
            bit += 1;
        }
        table[index] = crc;
        index += 1;
        first += 1;
    }
    table
}

const POLYNOMIAL: u32 = 0x04c1_1db7;

#[cfg(test)]
mod tests {
    use super::cksum;

    #[test]
    fn agrees_with_the_posix_command() {
        assert_eq!(cksum(b""), 4_294_967_295);
        assert_eq!(cksum(b"123456789"), 930_766_865);
        assert_eq!(cksum(&[b'x'; 300]), 3_786_917_833);
    }
}
