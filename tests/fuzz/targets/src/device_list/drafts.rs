//! Lists that are made field by field and signed, whether they keep the rules or not.

use std::sync::OnceLock;

use sprag_devices::ed25519::SigningKey;
use sprag_devices::{
    Device, DeviceList, DeviceNumber, IdentityKeyPair, Reason, Revoked, SecretBytes, UserKeyPair,
};

use crate::input::Input;
use crate::parties::rng;

/// The numbers of device keys, and of device numbers for which each has signed.
const KEYS: u8 = 20;
const NUMBERS: u32 = 40;

/// Numbers at which behaviour may change.
const EDGES: [u64; 8] = [
    0,
    1,
    2,
    63,
    0x7fff_ffff,
    u32::MAX as u64,
    u64::MAX - 1,
    u64::MAX,
];

fn user(of: bool) -> UserKeyPair {
    UserKeyPair::from_seed(&seed(of))
}

fn seed(of: bool) -> SecretBytes<32> {
    SecretBytes::copy_from(&[0x11 + u8::from(of); 32])
}

/// Each device key with its signature for each number, of the first user.
fn devices() -> &'static [Vec<Device>] {
    static DEVICES: OnceLock<Vec<Vec<Device>>> = OnceLock::new();
    DEVICES.get_or_init(|| {
        let user = user(false);
        let of = |key: u8| {
            let pair = IdentityKeyPair::from_secret(&SecretBytes::copy_from(&[key + 1; 32]));
            let mut rng = rng(u64::from(key));
            let sign =
                |number| Device::sign(&pair, user.public(), DeviceNumber::new(number), &mut rng);
            (0..NUMBERS).map(sign).collect()
        };
        (0..KEYS).map(of).collect()
    })
}

/// Genuine lists: with one device, with two, with the first one lost, and with a third in its place; and another one of
/// the first version.
pub(super) fn bases() -> &'static [Vec<u8>] {
    static BASES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    BASES.get_or_init(|| {
        let user = user(false);
        let phone = IdentityKeyPair::from_secret(&SecretBytes::copy_from(&[1; 32]));
        let one = DeviceList::first(&user, &phone, 1_000, &mut rng(1));
        let with = |list: &DeviceList, key: usize, number: usize| {
            let list = list.with_device(&user, devices()[key][number], 2_000);
            list.expect("the device is new")
        };
        let two = with(&one, 1, 1);
        let lost = Revoked {
            number: DeviceNumber::FIRST,
            reason: Reason::Lost,
        };
        let three = two.without_device(&user, lost, 3_000);
        let three = three.expect("there are two");
        let four = with(&three, 2, 2);
        let another = DeviceList::first(&user, &phone, 4_000, &mut rng(1));
        let lists = [&one, &two, &three, &four, &another].into_iter();
        lists.map(|list| list.as_bytes().to_vec()).collect()
    })
}

/// The fields of a list that is to be signed.
pub(super) struct Draft {
    other_user: bool,
    version: u64,
    created: u64,
    previous: [u8; 32],
    next: u64,
    /// Number and key of each device.
    devices: Vec<(u64, u8)>,
    /// Number and reason of each device that left.
    revoked: Vec<(u64, u8)>,
}

impl Draft {
    pub(super) const fn new() -> Self {
        Self {
            other_user: false,
            version: 1,
            created: 0,
            previous: [0; 32],
            next: 0,
            devices: Vec::new(),
            revoked: Vec::new(),
        }
    }

    /// Makes the next list out of this one, which was taken.
    pub(super) fn follows(&mut self, list: &DeviceList) {
        self.version = self.version.saturating_add(1);
        self.previous = list.hash();
    }

    /// Makes the changes of `input` up to the end of a list. Returns `false` if there are no more.
    pub(super) fn change(&mut self, input: &mut Input<'_>) -> bool {
        while let Some(what) = input.byte() {
            let argument = what >> 4;
            match what % 16 {
                0 => return true,
                1 | 2 => self.add(argument),
                3 | 4 => {
                    if let Some((number, _)) = self.remove(argument) {
                        self.revoke(number, what % 2);
                    }
                }
                5 => drop(self.remove(argument)),
                6 => self.version = self.version.wrapping_add(argument.into()),
                7 => self.version = EDGES[usize::from(argument % 8)],
                8 => self.next = self.next.wrapping_sub(argument.into()),
                9 => self.next = EDGES[usize::from(argument % 8)],
                10 => self.revoke(argument.into(), input.byte().unwrap_or(0)),
                11 => {
                    if let Some(device) = self.devices.get_mut(usize::from(argument)) {
                        device.1 = input.byte().unwrap_or(0) % KEYS;
                    }
                }
                12 => {
                    if let Some(device) = self.devices.get_mut(usize::from(argument)) {
                        device.0 = input.byte().unwrap_or(0).into();
                    }
                }
                13 => self.previous[usize::from(argument)] ^= 1,
                14 => self.created = EDGES[usize::from(argument % 8)],
                // Many at once, because the rules change with the number of revoked devices.
                _ if argument < 8 => {
                    for _ in 0..=argument {
                        self.revoke(self.next, 0);
                        self.next = self.next.saturating_add(1);
                    }
                }
                _ => self.other_user ^= argument == 15,
            }
        }
        false
    }

    /// Adds a device under the next number.
    fn add(&mut self, key: u8) {
        self.devices.push((self.next, key % KEYS));
        self.next = self.next.saturating_add(1);
    }

    fn remove(&mut self, place: u8) -> Option<(u64, u8)> {
        let place = usize::from(place);
        (place < self.devices.len()).then(|| self.devices.remove(place))
    }

    /// Enters a number in its place, and leaves out the first of more than 64.
    fn revoke(&mut self, number: u64, reason: u8) {
        let place = self.revoked.partition_point(|gone| gone.0 < number);
        self.revoked.insert(place, (number, reason));
        if self.revoked.len() > 64 {
            self.revoked.remove(0);
        }
    }

    /// The encoding, signed by the user and by each device.
    pub(super) fn encode(&self) -> Vec<u8> {
        let user = user(self.other_user);
        let mut bytes = vec![1, 6, 1];
        bytes.extend(user.public().as_bytes());
        varint(self.version, &mut bytes);
        varint(self.created, &mut bytes);
        // The first list has none before it.
        bytes.extend(if self.version == 1 {
            [0; 32]
        } else {
            self.previous
        });
        varint(self.next, &mut bytes);
        varint(self.devices.len() as u64, &mut bytes);
        for (number, key) in &self.devices {
            let signed = &devices()[usize::from(*key)];
            let place = usize::try_from(*number).unwrap_or(usize::MAX);
            let device = signed.get(place).unwrap_or(&signed[0]);
            varint(*number, &mut bytes);
            bytes.extend(device.identity.as_bytes());
            bytes.extend(device.signature.as_bytes());
        }
        varint(self.revoked.len() as u64, &mut bytes);
        for (number, reason) in &self.revoked {
            varint(*number, &mut bytes);
            bytes.push(*reason);
        }
        let message = [b"sprag device list".as_slice(), &bytes].concat();
        let key = SigningKey::from_seed(&seed(self.other_user));
        bytes.extend(key.sign(&message).as_bytes());
        bytes
    }

    /// Tells whether the devices have signed what the list says of them.
    pub(super) fn is_signed(&self) -> bool {
        let mut devices = self.devices.iter();
        !self.other_user && devices.all(|(number, _)| *number < u64::from(NUMBERS))
    }
}

/// The encoding of a list up to its signature, made of its fields alone.
pub(super) fn content_of(list: &DeviceList) -> Vec<u8> {
    let number = |number: DeviceNumber| u64::from(number.to_u32());
    let mut bytes = vec![1, 6, 1];
    bytes.extend(list.user().as_bytes());
    varint(list.version(), &mut bytes);
    varint(list.created(), &mut bytes);
    bytes.extend(list.previous());
    varint(number(list.next_number()), &mut bytes);
    varint(list.devices().len() as u64, &mut bytes);
    for device in list.devices() {
        varint(number(device.number), &mut bytes);
        bytes.extend(device.identity.as_bytes());
        bytes.extend(device.signature.as_bytes());
    }
    varint(list.revoked().len() as u64, &mut bytes);
    for gone in list.revoked() {
        varint(number(gone.number), &mut bytes);
        bytes.push(gone.reason.to_byte());
    }
    bytes
}

fn varint(mut number: u64, output: &mut Vec<u8>) {
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
