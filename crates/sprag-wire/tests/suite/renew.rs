//! The payload of a content that renews a session, or asks for that.

use sprag_wire::limits::{MAX_BUNDLE_LENGTH, MAX_UNREAD_MESSAGES};
use sprag_wire::{
    Error, Renew, RenewReason, RenewRole, UNREAD_HASH_LENGTH, decode_renew, encode_renew,
    unread_hash,
};

use crate::support::{lengthened, varint};

const ROLES: [(RenewRole, u8); 2] = [(RenewRole::Request, 0), (RenewRole::Renewal, 1)];

const REASONS: [(RenewReason, u8); 4] = [
    (RenewReason::Gap, 1),
    (RenewReason::Fork, 2),
    (RenewReason::Lost, 3),
    (RenewReason::Restored, 4),
];

/// The payload as the specification lays it out.
fn layout(head: [u8; 2], unread: &[[u8; 32]], bundle: &[u8]) -> Vec<u8> {
    [
        &head,
        varint(unread.len() as u64).as_slice(),
        &unread.concat(),
        &varint(bundle.len() as u64),
        bundle,
    ]
    .concat()
}

const fn renewal(unread: Vec<[u8; 32]>) -> Renew<'static> {
    Renew {
        role: RenewRole::Renewal,
        reason: RenewReason::Lost,
        unread,
        bundle: &[],
    }
}

#[test]
fn the_check_value_of_the_specification_is_met() {
    const HASH: &str = "ad687c206598d9bbb7026bdda3dabae03c8604eb6b370084bcb8c60db6233d35";
    let hash = unread_hash(&[1, 3]);
    assert_eq!(hex::encode(hash), HASH);
    let renew = Renew {
        role: RenewRole::Request,
        reason: RenewReason::Fork,
        unread: vec![hash],
        bundle: &[],
    };
    let bytes = encode_renew(&renew).unwrap();
    assert_eq!(hex::encode(&bytes), format!("000201{HASH}00"));
    assert_eq!(decode_renew(&bytes), Ok(renew));
}

#[test]
fn a_renewal_has_these_bytes_and_is_read_back() {
    for (role, role_byte) in ROLES {
        for (reason, reason_byte) in REASONS {
            for count in [0, 1, MAX_UNREAD_MESSAGES] {
                for length in [0, 1, 127, 128, MAX_BUNDLE_LENGTH] {
                    if role == RenewRole::Renewal && length > 0 {
                        continue;
                    }
                    let unread = vec![[0x75; 32]; count];
                    let bundle = vec![0x62; length];
                    let bytes = layout([role_byte, reason_byte], &unread, &bundle);
                    let renew = Renew {
                        role,
                        reason,
                        unread,
                        bundle: &bundle,
                    };
                    assert_eq!(encode_renew(&renew), Ok(bytes.clone()));
                    assert_eq!(decode_renew(&bytes), Ok(renew));
                }
            }
        }
    }
    assert_eq!([MAX_UNREAD_MESSAGES, UNREAD_HASH_LENGTH], [32, 32]);
}

#[test]
fn reasons_have_these_numbers_and_no_others_are_read() {
    for byte in 0..=255 {
        let reason = REASONS.iter().find(|(_, number)| *number == byte);
        let reason = reason.map(|(reason, _)| *reason);
        assert_eq!(RenewReason::from_byte(byte), reason);
        assert_eq!(reason.map_or(byte, RenewReason::to_byte), byte);
        let bytes = layout([1, byte], &[], &[]);
        let read = decode_renew(&bytes);
        assert_eq!(
            read.map(|renew| renew.reason),
            reason.ok_or(Error::Malformed)
        );
        let bytes = layout([byte, 1], &[], &[]);
        let read = decode_renew(&bytes);
        let role = ROLES.iter().find(|(_, number)| *number == byte);
        let role = role.map(|(role, _)| *role).ok_or(Error::Malformed);
        assert_eq!(read.map(|renew| renew.role), role);
    }
}

#[test]
fn a_renewal_beyond_a_limit_is_neither_encoded_nor_read() {
    let unread = vec![[7; 32]; MAX_UNREAD_MESSAGES + 1];
    let bytes = layout([1, 3], &unread, &[]);
    assert_eq!(decode_renew(&bytes), Err(Error::Oversized));
    assert_eq!(encode_renew(&renewal(unread)), Err(Error::Oversized));
    // The count is refused before anything is read by it.
    let endless = [&[1, 3], varint(u64::from(u32::MAX)).as_slice()].concat();
    assert_eq!(decode_renew(&endless), Err(Error::Oversized));
    let bundle = vec![7; MAX_BUNDLE_LENGTH + 1];
    let bytes = layout([0, 3], &[], &bundle);
    assert_eq!(decode_renew(&bytes), Err(Error::Oversized));
    let request = Renew {
        role: RenewRole::Request,
        bundle: &bundle,
        ..renewal(Vec::new())
    };
    assert_eq!(encode_renew(&request), Err(Error::Oversized));
}

#[test]
fn a_renewal_with_a_bundle_is_neither_encoded_nor_read() {
    let bytes = layout([1, 3], &[], &[7]);
    assert_eq!(decode_renew(&bytes), Err(Error::Malformed));
    let renew = Renew {
        bundle: &[7],
        ..renewal(Vec::new())
    };
    assert_eq!(encode_renew(&renew), Err(Error::Malformed));
}

#[test]
fn only_the_whole_and_shortest_encoding_is_read() {
    let bytes = layout([0, 2], &[[7; 32], [8; 32]], &[9; 40]);
    for length in 0..bytes.len() {
        assert_eq!(decode_renew(&bytes[..length]), Err(Error::Truncated));
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(decode_renew(&longer), Err(Error::Trailing));
    let mut superfluous = bytes.clone();
    superfluous.splice(2..3, lengthened(&[2], 1));
    assert_eq!(decode_renew(&superfluous), Err(Error::NotCanonical));
}
