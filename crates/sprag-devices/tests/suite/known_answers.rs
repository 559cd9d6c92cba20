//! The encodings, ids and numbers against values that another implementation computed: XEdDSA over integers of any size,
//! and Ed25519 and the hashes of OpenSSL.

use core::convert::Infallible;

use sprag_devices::rand_core::{TryCryptoRng, TryRng};
use sprag_devices::{
    Device, DeviceList, DeviceNumber, Reason, Revoked, SafetyNumber, SafetyNumberHalf, ScanCode,
    UserId, UserKey,
};
use sprag_primitives::hash::sha256;

use crate::support::{identity, user};

const A: u8 = 0x11;
const B: u8 = 0x22;

#[test]
fn user_keys_and_ids() {
    for (seed, key, id) in [
        (
            A,
            "d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737",
            "ed4e1a59dda87b8e96fa81e0fe5b2d9b7f9b14b60f3935d8b01cd1e47023c5c1",
        ),
        (
            B,
            "a09aa5f47a6759802ff955f8dc2d2a14a5c99d23be97f864127ff9383455a4f0",
            "b50c2994aa525163dc195481187029bda67e37ab6892d036fac269c9926fb10c",
        ),
    ] {
        let user = user(seed);
        assert_eq!(hex::encode(user.public().as_bytes()), key);
        assert_eq!(user.public().id().to_string(), id);
        let read = UserKey::from_bytes(user.public().as_bytes());
        assert_eq!(read, Ok(*user.public()));
    }
}

#[test]
fn the_first_list_and_its_device_signature() {
    let first = first_list();
    let signature = "0645d5325ba4ece841ec2c36917f3138c00cb143cdc02fe0456f5a11f9cbeaa69064d367da3db82fd53aece08\
                     1cb627504faf6b807eca740f5ec6bd973f56708";
    let [device] = first.devices() else {
        panic!("one device");
    };
    assert_eq!(hex::encode(device.signature.as_bytes()), signature);
    let expected = "010601d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737010000000000000000000000000000\
                    000000000000000000000000000000000000000101005dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e01\
                    24b3ef220645d5325ba4ece841ec2c36917f3138c00cb143cdc02fe0456f5a11f9cbeaa69064d367da3db82fd53aece081cb\
                    627504faf6b807eca740f5ec6bd973f5670800c2048b0383a48fea34d2f3961bf2e98b167c6efc101910f5b6393507912c57\
                    cef5f700c246aa45ada4590ad64ee20738a6f525c3b62584c48fa9d608418cdd00";
    assert_eq!(hex::encode(first.as_bytes()), expected);
    is(
        &first,
        233,
        "0246c65b53b55bf60d8a391808bd5e23e606681e483c7fbbe542b1940963a8b5",
    );
}

#[test]
fn the_second_and_the_third_list() {
    let user = user(A);
    let first = first_list();
    let added = Device::sign(
        &identity(4),
        user.public(),
        DeviceNumber::new(1),
        &mut Counting(0),
    );
    let second = first.with_device(&user, added, 1_800_000_000).unwrap();
    is(
        &second,
        334,
        "22da0e7338c15993c972d96fd3997af9f17914a0ff597473bbf319ebf934c1ce",
    );
    let lost = Revoked {
        number: added.number,
        reason: Reason::Lost,
    };
    let third = second.without_device(&user, lost, 1_800_000_300).unwrap();
    is(
        &third,
        239,
        "3a10a5cecf3e82633547a156495a7a442ba75e3d91e192916a52bc7c0f87365e",
    );
}

#[test]
fn safety_numbers() {
    let [a, b] = ids();
    for (id, half) in [
        (a, "598253167547836141511032389277"),
        (b, "145794928997785722135442420620"),
    ] {
        assert_eq!(SafetyNumberHalf::of(&id).digits(), half.as_bytes());
    }
    let number = "14579 49289 97785 72213 54424 20620 59825 31675 47836 14151 10323 89277";
    assert_eq!(SafetyNumber::between(&a, &b).to_string(), number);
    assert_eq!(SafetyNumber::between(&b, &a).to_string(), number);
}

#[test]
fn codes_to_scan() {
    let [own, peer] = ids();
    let code = "SPRAG:AHWU4GSZ3WUHXDUW7KA6B7S3FWNX7GYUWYHTSNOYWAONDZDQEPC4DNIMFGKKUUSRMPOBSVEBDBYCTPNGPY32W2ES2A3P\
                VQTJZGJG7MIM";
    assert_eq!(ScanCode { own, peer }.to_string(), code);
    assert_eq!(code.parse(), Ok(ScanCode { own, peer }));
}

fn ids() -> [UserId; 2] {
    [A, B].map(|seed| user(seed).public().id())
}

fn first_list() -> DeviceList {
    DeviceList::first(&user(A), &identity(3), 0, &mut Counting(0))
}

/// Asserts the length and the hash of a list, and that it is read back.
fn is(list: &DeviceList, length: usize, hash: &str) {
    assert_eq!(list.as_bytes().len(), length);
    assert_eq!(hex::encode(sha256(&[list.as_bytes()])), hash);
    assert_eq!(hex::encode(list.hash()), hash);
    assert_eq!(DeviceList::decode(list.as_bytes()).as_ref(), Ok(list));
}

/// Randomness that counts up from its first byte: the `Z` of the values.
struct Counting(u8);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        for byte in destination {
            *byte = self.0;
            self.0 += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}
