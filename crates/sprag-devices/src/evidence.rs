use alloc::vec::Vec;
use core::fmt;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};

use crate::Error;
use crate::device::DeviceNumber;
use crate::encoding::{Input, write_varint};
use crate::limits::{MAX_LIST_LENGTH, MAX_REVOKED};
use crate::list::DeviceList;

/// The way in which two lists of one user contradict each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Contradiction {
    /// They have the same version and other content: two readers were told different things.
    Equivocation,
    /// The later follows the earlier directly by its version, and names another list as the one before it.
    BrokenChain,
    /// The later says that numbers were never given which the earlier gave.
    NumbersTakenBack,
    /// This number has another identity key.
    OtherIdentity(DeviceNumber),
    /// This number is new in the later list, although the earlier had given it before.
    NumberReused(DeviceNumber),
    /// The device of this number in the later list has the identity key of another device of the earlier.
    KeyReturned(DeviceNumber),
    /// This device of the earlier list is neither a device of the later nor among its revoked ones.
    Vanished(DeviceNumber),
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equivocation => f.write_str("two device lists have the same version"),
            Self::BrokenChain => f.write_str("device list does not follow the one before it"),
            Self::NumbersTakenBack => f.write_str("device list takes numbers back"),
            Self::OtherIdentity(number) => write!(f, "device {number} has another identity key"),
            Self::NumberReused(number) => write!(f, "number {number} was given before"),
            Self::KeyReturned(number) => {
                write!(
                    f,
                    "device {number} has the identity key of an earlier device"
                )
            }
            Self::Vanished(number) => write!(f, "device {number} is missing and not revoked"),
        }
    }
}

/// The contradiction between two lists of one user, of which `earlier` does not have the higher version, by the rules for
/// replacing (docs/protocol.md, "Replacing a list").
pub(crate) fn contradiction(earlier: &DeviceList, later: &DeviceList) -> Option<Contradiction> {
    // Rule 1: a version is signed once.
    if later.version() == earlier.version() {
        return (later.as_bytes() != earlier.as_bytes()).then_some(Contradiction::Equivocation);
    }
    // Rule 2: a list names the one before it. Between lists that are further apart there may be some that a reader missed.
    let follows = earlier.version().checked_add(1) == Some(later.version());
    if follows && *later.previous() != earlier.hash() {
        return Some(Contradiction::BrokenChain);
    }
    // Rule 3: numbers and keys are given once.
    if later.next_number() < earlier.next_number() {
        return Some(Contradiction::NumbersTakenBack);
    }
    for device in later.devices() {
        let number = device.number;
        match earlier.device(number) {
            Some(same) if same.identity == device.identity => {}
            Some(_) => return Some(Contradiction::OtherIdentity(number)),
            None if number < earlier.next_number() => {
                return Some(Contradiction::NumberReused(number));
            }
            None if earlier.identify(&device.identity).is_some() => {
                return Some(Contradiction::KeyReturned(number));
            }
            None => {}
        }
    }
    // Rule 4: a device leaves by being revoked. A list whose revoked devices are as many as it can name may have left out
    // older ones.
    let left_out = later.revoked().len() >= MAX_REVOKED;
    let is_named = |number| {
        let revoked = later.revoked().iter().any(|gone| gone.number == number);
        revoked || later.device(number).is_some()
    };
    let mut devices = earlier.devices().iter();
    devices
        .find(|device| !left_out && !is_named(device.number))
        .map(|device| Contradiction::Vanished(device.number))
}

/// Two lists that one user signed and that contradict each other. Anybody can verify it.
///
/// It shows that the user key is in other hands, or that its owner tells different readers different things. Only the
/// holder of the key can make it, so a claim in a message is never evidence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Evidence {
    earlier: DeviceList,
    later: DeviceList,
    contradiction: Contradiction,
}

/// The first byte of encoded evidence: the version of its form.
const FORM: u8 = 1;

impl Evidence {
    /// The evidence that two verified lists are, in either order.
    ///
    /// # Errors
    ///
    /// [`Error::OtherUser`]; [`Error::NoContradiction`]
    pub fn new(first: &DeviceList, second: &DeviceList) -> Result<Self, Error> {
        if first.user() != second.user() {
            return Err(Error::OtherUser);
        }
        // Order them, so that the evidence is the same whichever list was seen first.
        let key = |list: &DeviceList| (list.version(), list.as_bytes().to_vec());
        let (earlier, later) = if key(first) <= key(second) {
            (first, second)
        } else {
            (second, first)
        };
        let contradiction = contradiction(earlier, later).ok_or(Error::NoContradiction)?;
        Ok(Self {
            earlier: earlier.clone(),
            later: later.clone(),
            contradiction,
        })
    }

    /// The list of the lower version; of two with the same, that whose bytes are lower.
    #[must_use]
    pub const fn earlier(&self) -> &DeviceList {
        &self.earlier
    }

    /// The other list.
    #[must_use]
    pub const fn later(&self) -> &DeviceList {
        &self.later
    }

    /// The first contradiction between the two.
    #[must_use]
    pub const fn contradiction(&self) -> Contradiction {
        self.contradiction
    }

    /// The encoding: `1 ‖ block(earlier) ‖ block(later)`, where `block` is the length as a number in its shortest form
    /// and then the bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut output = [FORM].to_vec();
        for list in [&self.earlier, &self.later] {
            write_varint(list.as_bytes().len() as u64, &mut output);
            output.extend_from_slice(list.as_bytes());
        }
        output
    }

    /// Reads evidence that came from outside and verifies it: both lists with all their signatures, that they are of one
    /// user, that they stand in order, and that they contradict each other.
    ///
    /// # Errors
    ///
    /// All of [`Error`].
    pub fn verify(bytes: &[u8]) -> Result<Self, Error> {
        Self::read(bytes, DeviceList::decode)
    }

    fn read(
        bytes: &[u8],
        decode: impl Fn(&[u8]) -> Result<DeviceList, Error>,
    ) -> Result<Self, Error> {
        let mut input = Input(bytes);
        match input.byte()? {
            FORM => {}
            other => return Err(Error::UnknownVersion(other)),
        }
        let mut block = || {
            let length = input.count(MAX_LIST_LENGTH)?.ok_or(Error::Oversized)?;
            input.bytes(length)
        };
        let lists = [block()?, block()?];
        input.finish()?;
        let [earlier, later] = [decode(lists[0])?, decode(lists[1])?];
        let evidence = Self::new(&earlier, &later)?;
        if evidence.earlier == earlier {
            Ok(evidence)
        } else {
            Err(Error::NotCanonical)
        }
    }
}

/// The length of the encoding, 4 bytes, and the encoding. The signatures are not verified again.
impl Snapshot for Evidence {
    fn put(&self, writer: &mut Writer) {
        writer.block(&self.encode());
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let bytes = reader.block(2 * MAX_LIST_LENGTH + 16)?;
        Self::read(bytes, DeviceList::read).map_err(|_| PrimitiveError::SnapshotInvalid)
    }
}
