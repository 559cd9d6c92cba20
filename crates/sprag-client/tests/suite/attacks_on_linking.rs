//! Attacks on the linking of devices and on the right to sign: messages that are kept back, and devices that were removed.

use sprag_client::{ClientError, DeviceNumber, SigningStatus};

use crate::two_clients::{MemoryClient, Two, records};

const NOW: u64 = 1_800_000_000;
const LAPTOP: DeviceNumber = DeviceNumber::new(1);

/// Signing goes to the laptop and back, and one of two copies of the first grant comes after that. The laptop must not sign
/// beside the device that signs.
#[test]
fn a_grant_that_comes_late_makes_no_second_signer() {
    let mut two = Two::established(1800);
    let (mut laptop, _) = two.bob_links();
    let granted = two.bob.grant(LAPTOP, &mut two.rng).unwrap();
    let kept_back = two.bob.grant(LAPTOP, &mut two.rng).unwrap();
    laptop
        .accept_welcome(&granted.message, NOW, &mut two.rng)
        .unwrap();
    let hands_back = |laptop: &mut MemoryClient, two: &mut Two| {
        let list = laptop.device_list().unwrap();
        two.bob
            .import_own_list(list.as_bytes(), &mut two.rng)
            .unwrap();
        laptop.grant(DeviceNumber::FIRST, &mut two.rng).unwrap()
    };
    let refused_late = |laptop: &mut MemoryClient, two: &mut Two| {
        let before = records(laptop);
        let late = laptop.accept_welcome(&kept_back.message, NOW, &mut two.rng);
        assert_eq!(late.map(drop), Err(ClientError::OldList(String::new())));
        assert_eq!(records(laptop), before);
    };
    // A second copy makes no further list.
    refused_late(&mut laptop, &mut two);
    assert_eq!(laptop.signing(), Ok(SigningStatus::Signs));
    // Before the laptop has seen that Bob signs again, and after.
    let granted = hands_back(&mut laptop, &mut two);
    let back = two.bob.accept_welcome(&granted.message, NOW, &mut two.rng);
    let list = back.unwrap().list;
    let identity = two.bob.identity().unwrap();
    refused_late(&mut laptop, &mut two);
    assert_eq!(laptop.signing(), Ok(SigningStatus::Granted(identity)));
    laptop
        .import_own_list(list.as_bytes(), &mut two.rng)
        .unwrap();
    refused_late(&mut laptop, &mut two);
    assert_eq!(laptop.signing(), Ok(SigningStatus::NoUserKey));
    assert_eq!(two.bob.signing(), Ok(SigningStatus::Signs));
}
