//! The parties of the tests, and lists that are encoded and signed field by field.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag_devices::ed25519::SigningKey;
use sprag_devices::{
    Device, DeviceList, DeviceNumber, IdentityKeyPair, Reason, Revoked, SecretBytes, UserId,
    UserKeyPair,
};

/// The time at which the tests take place, in seconds.
pub(crate) const NOW: u64 = 1_800_000_000;

/// A generator with a fixed seed, so that every run is the same.
pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// The user whose seed is this byte, repeated.
pub(crate) fn user(seed: u8) -> UserKeyPair {
    UserKeyPair::from_seed(&SecretBytes::copy_from(&[seed; 32]))
}

/// The device identity whose secret is this byte, repeated.
pub(crate) fn identity(secret: u8) -> IdentityKeyPair {
    IdentityKeyPair::from_secret(&SecretBytes::copy_from(&[secret; 32]))
}

/// The user id whose bytes are this one, repeated.
pub(crate) fn id(byte: u8) -> UserId {
    UserId::from_bytes([byte; 32])
}

/// The number of a device.
pub(crate) fn number(number: u32) -> DeviceNumber {
    DeviceNumber::new(number)
}

/// A device that is gone because it was lost.
pub(crate) fn lost(gone: u32) -> Revoked {
    revoked(gone, Reason::Lost)
}

/// A device that is gone for this reason.
pub(crate) fn revoked(gone: u32, reason: Reason) -> Revoked {
    Revoked {
        number: number(gone),
        reason,
    }
}

/// The device with this secret and number, which says that it is the user's.
pub(crate) fn device(user: &UserKeyPair, secret: u8, gone: u32) -> Device {
    Device::sign(&identity(secret), user.public(), number(gone), &mut rng(7))
}

/// The user's first list, with a device whose secret is `secret`.
pub(crate) fn first(user: &UserKeyPair, secret: u8) -> DeviceList {
    DeviceList::first(user, &identity(secret), NOW, &mut rng(8))
}

/// The list after `list` with the device of this secret.
pub(crate) fn with(list: &DeviceList, user: &UserKeyPair, secret: u8) -> DeviceList {
    let device = device(user, secret, list.next_number().to_u32());
    list.with_device(user, device, NOW).expect("it is valid")
}

/// The list after `list` without the device of this number.
pub(crate) fn without(list: &DeviceList, user: &UserKeyPair, number: u32) -> DeviceList {
    list.without_device(user, lost(number), NOW)
        .expect("it is valid")
}

/// A list that is encoded and signed here, whether it is valid or not.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) envelope: [u8; 3],
    pub(crate) user: [u8; 32],
    pub(crate) version: u64,
    pub(crate) created: u64,
    pub(crate) previous: [u8; 32],
    pub(crate) next: u64,
    /// Numbers, keys and signatures.
    pub(crate) devices: Vec<(u64, [u8; 32], [u8; 64])>,
    /// Numbers and reasons.
    pub(crate) revoked: Vec<(u64, u8)>,
}

impl Draft {
    /// The content of `list`.
    pub(crate) fn of(list: &DeviceList) -> Self {
        let devices = list.devices().iter();
        Self {
            envelope: [1, 6, 1],
            user: *list.user().as_bytes(),
            version: list.version(),
            created: list.created(),
            previous: *list.previous(),
            next: list.next_number().to_u32().into(),
            devices: devices.map(Self::device).collect(),
            revoked: list
                .revoked()
                .iter()
                .map(|gone| {
                    let lost = gone.reason == Reason::Lost;
                    (gone.number.to_u32().into(), u8::from(lost))
                })
                .collect(),
        }
    }

    /// The fields of a device.
    pub(crate) fn device(device: &Device) -> (u64, [u8; 32], [u8; 64]) {
        let number = device.number.to_u32().into();
        (
            number,
            *device.identity.as_bytes(),
            *device.signature.as_bytes(),
        )
    }

    /// The bytes before the signature.
    pub(crate) fn content(&self) -> Vec<u8> {
        let mut bytes = [self.envelope.as_slice(), &self.user].concat();
        bytes.extend(varint(self.version));
        bytes.extend(varint(self.created));
        bytes.extend(self.previous);
        bytes.extend(varint(self.next));
        bytes.extend(varint(self.devices.len() as u64));
        for (number, key, signature) in &self.devices {
            bytes.extend(varint(*number));
            bytes.extend(key);
            bytes.extend(signature);
        }
        bytes.extend(varint(self.revoked.len() as u64));
        for (number, reason) in &self.revoked {
            bytes.extend(varint(*number));
            bytes.push(*reason);
        }
        bytes
    }

    /// The list, signed by the user whose seed is `seed`.
    pub(crate) fn signed(&self, seed: u8) -> Vec<u8> {
        signed(&self.content(), seed)
    }

    /// The list, signed and read.
    pub(crate) fn list(&self, seed: u8) -> DeviceList {
        DeviceList::decode(&self.signed(seed)).expect("it is valid")
    }
}

/// The content of a list with its signature by the user whose seed is `seed`.
pub(crate) fn signed(content: &[u8], seed: u8) -> Vec<u8> {
    let key = SigningKey::from_seed(&SecretBytes::copy_from(&[seed; 32]));
    let signature = key.sign(&[b"sprag device list", content].concat());
    [content, signature.as_bytes()].concat()
}

/// A number in its shortest form.
pub(crate) fn varint(number: u64) -> Vec<u8> {
    let length = (64 - number.leading_zeros()).div_ceil(7).max(1);
    let bytes = (0..length).map(|place| {
        let more = u8::from(place + 1 < length) << 7;
        let [low, ..] = (number >> (7 * place)).to_le_bytes();
        low & 0x7f | more
    });
    bytes.collect()
}
