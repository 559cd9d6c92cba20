use sprag::IdentityKey;
use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};

/// The right of this device to sign the user's device list, if it has the user key.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Signing {
    /// The newest list is known for certain.
    #[default]
    Sure,
    /// A newer list may have been signed than the one that is known, because the store was put back to an older state, or the
    /// key came from elsewhere. Two lists of one version would be evidence against the user.
    Unsure,
    /// Signing was handed over to the device with this identity.
    Granted(IdentityKey),
}

impl Signing {
    /// The right after the store was put back to an older state. What was handed over stays so.
    pub(crate) const fn put_back(self) -> Self {
        match self {
            Self::Sure | Self::Unsure => Self::Unsure,
            Self::Granted(identity) => Self::Granted(identity),
        }
    }

    /// The right of a device with the key after a newer list came that it has not signed. Either another device signs, which it
    /// was handed over to, and this one has no key any more; or the store was put back to an older state and nobody has said so.
    pub(crate) const fn after_list_of_others(self) -> Self {
        match self {
            Self::Sure | Self::Unsure => Self::Unsure,
            Self::Granted(_) => Self::Sure,
        }
    }
}

impl Snapshot for Signing {
    fn put(&self, writer: &mut Writer) {
        match self {
            Self::Sure => writer.put(&SURE),
            Self::Unsure => writer.put(&UNSURE),
            Self::Granted(identity) => {
                writer.put(&GRANTED);
                writer.put(identity);
            }
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        match reader.get()? {
            SURE => Ok(Self::Sure),
            UNSURE => Ok(Self::Unsure),
            GRANTED => Ok(Self::Granted(reader.get()?)),
            _ => Err(PrimitiveError::SnapshotInvalid),
        }
    }
}

const SURE: u8 = 0;
const UNSURE: u8 = 1;
const GRANTED: u8 = 2;
