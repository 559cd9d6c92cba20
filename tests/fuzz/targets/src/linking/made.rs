//! Values that are made field by field, with lengths at which behaviour may change, and what they must encode to.

use sprag_wire::limits::{
    MAX_BUNDLE_LENGTH, MAX_DEVICE_NAME_LENGTH, MAX_LIST_LENGTH, MAX_MESSAGE_LENGTH,
    MAX_PEER_NAME_LENGTH, MAX_UNREAD_MESSAGES, MAX_WELCOME_PEERS,
};
use sprag_wire::{
    Acceptance, Error, Invitation, PeerState, Recovered, Renew, RenewReason, RenewRole, Signature,
    Welcome, WelcomePeer, decode_acceptance, decode_invitation, decode_recovered, decode_renew,
    decode_welcome, encode_acceptance, encode_invitation, encode_recovered, encode_renew,
    encode_welcome,
};

use crate::input::Input;

/// The contents of all blocks.
static FILLER: [u8; MAX_BUNDLE_LENGTH + 1] = [b'n'; MAX_BUNDLE_LENGTH + 1];

const NUMBERS: [u64; 8] = [
    0,
    1,
    127,
    128,
    16_384,
    u32::MAX as u64,
    u64::MAX - 1,
    u64::MAX,
];
const REASONS: [RenewReason; 4] = [
    RenewReason::Gap,
    RenewReason::Fork,
    RenewReason::Lost,
    RenewReason::Restored,
];
const STATES: [PeerState; 4] = [
    PeerState::Unverified,
    PeerState::Scanned,
    PeerState::Compared,
    PeerState::Changed,
];

/// Makes the next value of the input and checks its encoding, which is returned.
///
/// A value beyond a bound must be refused by the encoder, and its bytes by the decoder. They are no base for edits then.
pub(super) fn made(input: &mut Input<'_>) -> Option<Vec<u8>> {
    match input.index(5)? {
        0 => invitation(input),
        1 => acceptance(input),
        2 => welcome(input),
        3 => recovered(input),
        _ => renew(input),
    }
}

fn invitation(input: &mut Input<'_>) -> Option<Vec<u8>> {
    let invitation = Invitation {
        expiry: NUMBERS[input.index(NUMBERS.len())?],
        list: block(input, MAX_LIST_LENGTH)?,
        bundle: block(input, MAX_BUNDLE_LENGTH)?,
    };
    let expected = [
        vec![1, 8],
        number(invitation.expiry),
        encoded(invitation.list),
        encoded(invitation.bundle),
    ]
    .concat();
    let fits =
        invitation.list.len() <= MAX_LIST_LENGTH && invitation.bundle.len() <= MAX_BUNDLE_LENGTH;
    let written = encode_invitation(&invitation);
    let read = decode_invitation(&expected);
    if !fits {
        assert_eq!(written, Err(Error::Oversized));
        assert_eq!(read, Err(Error::Oversized));
        return None;
    }
    assert_eq!(written.as_ref(), Ok(&expected));
    assert_eq!(read, Ok(invitation));
    Some(expected)
}

fn acceptance(input: &mut Input<'_>) -> Option<Vec<u8>> {
    let device = NUMBERS[input.index(NUMBERS.len())?];
    let device = u32::try_from(device).unwrap_or(u32::MAX);
    let acceptance = Acceptance {
        secret: &[0x5e; 16],
        number: device,
        signature: Signature::from_bytes([0x51; 64]),
        bundle: block(input, MAX_BUNDLE_LENGTH)?,
        name: text(block(input, MAX_DEVICE_NAME_LENGTH)?),
    };
    let expected = [
        vec![0x5e; 16],
        number(device.into()),
        vec![0x51; 64],
        encoded(acceptance.bundle),
        encoded(acceptance.name.as_bytes()),
    ]
    .concat();
    let fits = acceptance.bundle.len() <= MAX_BUNDLE_LENGTH
        && acceptance.name.len() <= MAX_DEVICE_NAME_LENGTH;
    let written = encode_acceptance(&acceptance);
    let read = decode_acceptance(&expected);
    if !fits {
        assert_eq!(written.err(), Some(Error::Oversized));
        assert_eq!(read, Err(Error::Oversized));
        return None;
    }
    assert_eq!(
        written.expect("it keeps the bounds").expose(),
        expected.as_slice()
    );
    assert_eq!(read, Ok(acceptance));
    Some(expected)
}

fn welcome(input: &mut Input<'_>) -> Option<Vec<u8>> {
    let key = (input.byte()? % 2 == 1).then_some(&[0x4b; 32]);
    let count = [
        0,
        1,
        2,
        3,
        127,
        128,
        MAX_WELCOME_PEERS,
        MAX_WELCOME_PEERS + 1,
    ];
    let count = count[input.index(count.len())?];
    // Three peers take turns.
    let mut different = Vec::new();
    for _ in 0..3 {
        different.push(WelcomePeer {
            name: text(block(input, MAX_PEER_NAME_LENGTH)?),
            list: block(input, MAX_LIST_LENGTH)?,
            state: STATES[input.index(STATES.len())?],
        });
    }
    let peers: Vec<_> = different.iter().copied().cycle().take(count).collect();
    let welcome = Welcome { key, peers };
    let written = encode_welcome(&welcome);
    // What is longer than any message is not written here either, because it would take long.
    let peers = &welcome.peers;
    let lengths: usize = peers
        .iter()
        .map(|peer| peer.name.len() + peer.list.len())
        .sum();
    if lengths > MAX_MESSAGE_LENGTH {
        assert_eq!(written.err(), Some(Error::Oversized));
        return None;
    }
    let mut expected = vec![u8::from(key.is_some())];
    expected.extend(key.into_iter().flatten());
    expected.extend(number(count as u64));
    for peer in peers {
        expected.extend(encoded(peer.name.as_bytes()));
        expected.extend(encoded(peer.list));
        let state = STATES.iter().position(|state| *state == peer.state)?;
        expected.push(u8::try_from(state).ok()?);
    }
    let fits = count <= MAX_WELCOME_PEERS
        && peers.iter().all(|peer| {
            peer.name.len() <= MAX_PEER_NAME_LENGTH && peer.list.len() <= MAX_LIST_LENGTH
        });
    let read = decode_welcome(&expected);
    if !fits {
        assert_eq!(written.err(), Some(Error::Oversized));
        assert_eq!(read, Err(Error::Oversized));
        return None;
    }
    let written = written.expect("it keeps the bounds");
    assert_eq!(written.expose(), expected.as_slice());
    assert_eq!(read.as_ref(), Ok(&welcome));
    // Edits of many peers find no more than edits of a few.
    (count <= 3).then_some(expected)
}

fn recovered(input: &mut Input<'_>) -> Option<Vec<u8>> {
    let recovered = Recovered {
        seed: &[0x4b; 32],
        list: block(input, MAX_LIST_LENGTH)?,
    };
    let expected = [vec![0x4b; 32], encoded(recovered.list)].concat();
    let written = encode_recovered(&recovered);
    let read = decode_recovered(&expected);
    if recovered.list.len() > MAX_LIST_LENGTH {
        assert_eq!(written.err(), Some(Error::Oversized));
        assert_eq!(read, Err(Error::Oversized));
        return None;
    }
    assert_eq!(
        written.expect("it keeps the bounds").expose(),
        expected.as_slice()
    );
    assert_eq!(read, Ok(recovered));
    Some(expected)
}

fn renew(input: &mut Input<'_>) -> Option<Vec<u8>> {
    let is_renewal = input.byte()? % 2 == 1;
    let reason = input.index(REASONS.len())?;
    let counts = [
        0,
        1,
        2,
        MAX_UNREAD_MESSAGES - 1,
        MAX_UNREAD_MESSAGES,
        MAX_UNREAD_MESSAGES + 1,
    ];
    let count = counts[input.index(counts.len())?];
    let renew = Renew {
        role: if is_renewal {
            RenewRole::Renewal
        } else {
            RenewRole::Request
        },
        reason: REASONS[reason],
        unread: vec![[0x48; 32]; count],
        bundle: block(input, MAX_BUNDLE_LENGTH)?,
    };
    let expected = [
        vec![u8::from(is_renewal), u8::try_from(reason + 1).ok()?],
        number(count as u64),
        vec![0x48; 32 * count],
        encoded(renew.bundle),
    ]
    .concat();
    let written = encode_renew(&renew);
    let read = decode_renew(&expected);
    let too_much = count > MAX_UNREAD_MESSAGES || renew.bundle.len() > MAX_BUNDLE_LENGTH;
    // A renewal with a bundle is refused for one reason or the other.
    if too_much || (is_renewal && !renew.bundle.is_empty()) {
        assert!(written.is_err() && read.is_err());
        return None;
    }
    assert_eq!(written.as_ref(), Ok(&expected));
    assert_eq!(read, Ok(renew));
    Some(expected)
}

/// Bytes of a length that the input chooses, at most one above `limit`.
fn block(input: &mut Input<'_>, limit: usize) -> Option<&'static [u8]> {
    let lengths = [0, 1, 7, 63, 127, 128, limit - 1, limit, limit + 1];
    let length = lengths[input.index(lengths.len())?];
    FILLER.get(..length)
}

fn text(block: &[u8]) -> &str {
    str::from_utf8(block).expect("it is ASCII")
}

/// A block as it is encoded: its length, and the bytes.
fn encoded(block: &[u8]) -> Vec<u8> {
    let mut encoded = number(block.len() as u64);
    encoded.extend(block);
    encoded
}

/// A number as it is encoded: seven bits in each byte, the lowest first.
pub(super) fn number(mut number: u64) -> Vec<u8> {
    let mut encoded = Vec::new();
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            encoded.push(low);
            return encoded;
        }
        encoded.push(low | 0x80);
    }
}
