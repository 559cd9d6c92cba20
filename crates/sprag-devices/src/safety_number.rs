use core::fmt;

use sprag_primitives::hash::sha512;
use sprag_primitives::snapshot_fields;

use crate::labels;
use crate::user::{UserId, VERSION};

/// The number of digits in a half of a safety number.
pub const HALF_LENGTH: usize = 30;

/// The number of times that a half is hashed. It makes a key whose half equals a given one dearer by that factor.
const ITERATIONS: u32 = 5_200;

/// The digits in a group.
const GROUP: usize = 5;

/// The half of a safety number that stands for one user: 30 decimal digits. It is not secret.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SafetyNumberHalf([u8; HALF_LENGTH]);

snapshot_fields!(SafetyNumberHalf(digits));

impl SafetyNumberHalf {
    /// The half of a user. It takes 5,200 hashes, about two milliseconds.
    ///
    /// # Specification
    ///
    /// ```text
    /// h[1] = SHA-512("sprag safety number" || 1 || user id)
    /// h[k] = SHA-512(h[k - 1] || user id)
    /// half = for j = 0 to 5: five digits of (bytes 5j to 5j + 4 of h[5200], big-endian) mod 100,000
    /// ```
    #[must_use]
    pub fn of(user: &UserId) -> Self {
        let mut hash = sha512(&[labels::SAFETY_NUMBER, &[VERSION], user.as_bytes()]);
        for _ in 1..ITERATIONS {
            hash = sha512(&[&hash, user.as_bytes()]);
        }
        let mut digits = [b'0'; HALF_LENGTH];
        for (group, bytes) in digits.chunks_exact_mut(GROUP).zip(hash.chunks_exact(GROUP)) {
            let number = bytes
                .iter()
                .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            // Write the lowest digit last.
            let mut rest = number;
            for digit in group.iter_mut().rev() {
                let [value, ..] = (rest % 10).to_le_bytes();
                *digit += value;
                rest /= 10;
            }
        }
        Self(digits)
    }

    /// The digits, as ASCII.
    #[must_use]
    pub const fn digits(&self) -> &[u8; HALF_LENGTH] {
        &self.0
    }
}

/// Six groups of five digits, with a space between them.
impl fmt::Display for SafetyNumberHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, digit) in self.0.iter().enumerate() {
            if place > 0 && place % GROUP == 0 {
                f.write_str(" ")?;
            }
            write!(f, "{}", char::from(*digit))?;
        }
        Ok(())
    }
}

impl fmt::Debug for SafetyNumberHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafetyNumberHalf({self})")
    }
}

/// The safety number of two users: 60 digits that both read to each other to learn that nobody stands between them.
///
/// It depends on the two user ids alone, so it stays the same when a device is added or revoked. A device cannot be
/// slipped in, because the lists are signed by the keys that it stands for.
///
/// ```
/// use sprag_devices::{SafetyNumber, UserId};
///
/// let alice = UserId::from_bytes([1; 32]);
/// let bob = UserId::from_bytes([2; 32]);
/// let number = SafetyNumber::between(&alice, &bob);
/// assert_eq!(number, SafetyNumber::between(&bob, &alice));
/// assert_eq!(number.to_string().split(' ').count(), 12);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SafetyNumber {
    lower: SafetyNumberHalf,
    higher: SafetyNumberHalf,
}

impl SafetyNumber {
    /// The safety number of two users, in either order. It takes 10,400 hashes, about three milliseconds.
    #[must_use]
    pub fn between(one: &UserId, other: &UserId) -> Self {
        Self::from_halves(SafetyNumberHalf::of(one), SafetyNumberHalf::of(other))
    }

    /// The safety number of two users by their halves, in either order.
    #[must_use]
    pub fn from_halves(one: SafetyNumberHalf, other: SafetyNumberHalf) -> Self {
        Self {
            lower: one.min(other),
            higher: one.max(other),
        }
    }

    /// The halves, the smaller first.
    #[must_use]
    pub const fn halves(&self) -> [&SafetyNumberHalf; 2] {
        [&self.lower, &self.higher]
    }
}

/// Twelve groups of five digits, with a space between them.
impl fmt::Display for SafetyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lower, higher } = self;
        write!(f, "{lower} {higher}")
    }
}
