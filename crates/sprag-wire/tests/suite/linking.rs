//! Invitations, and the payloads of acceptances and welcomes.

use proptest::collection::vec;
use proptest::prelude::{any, prop_assert_eq, proptest};
use sprag_primitives::xeddsa::Signature;
use sprag_wire::limits::{
    MAX_BUNDLE_LENGTH, MAX_DEVICE_NAME_LENGTH, MAX_INVITATION_LENGTH, MAX_LIST_LENGTH,
    MAX_PEER_NAME_LENGTH, MAX_WELCOME_PEERS,
};
use sprag_wire::{
    Acceptance, Error, Invitation, Kind, PeerState, Recovered, Welcome, WelcomePeer,
    decode_acceptance, decode_invitation, decode_recovered, decode_welcome, encode_acceptance,
    encode_invitation, encode_recovered, encode_welcome, kind,
};

use crate::support::varint;

const SECRET: [u8; 16] = *b"sixteen bytes ok";
const SEED: [u8; 32] = [0x5e; 32];

fn block(bytes: &[u8]) -> Vec<u8> {
    [&varint(bytes.len() as u64)[..], bytes].concat()
}

fn invitation_bytes(expiry: u64, list: &[u8], bundle: &[u8]) -> Vec<u8> {
    [vec![1, 8], varint(expiry), block(list), block(bundle)].concat()
}

fn acceptance_bytes(number: u64, bundle: &[u8], name: &[u8]) -> Vec<u8> {
    let fixed = [SECRET.to_vec(), varint(number), vec![0x51; 64]].concat();
    [fixed, block(bundle), block(name)].concat()
}

fn acceptance<'a>(number: u32, bundle: &'a [u8], name: &'a str) -> Acceptance<'a> {
    Acceptance {
        secret: &SECRET,
        number,
        signature: Signature::from_bytes([0x51; 64]),
        bundle,
        name,
    }
}

const PEERS: [(&str, &[u8], PeerState, u8); 4] = [
    ("bob", b"a list", PeerState::Unverified, 0),
    ("zoë", &[7; 300], PeerState::Scanned, 1),
    ("c", b"", PeerState::Compared, 2),
    ("", b"x", PeerState::Changed, 3),
];

fn welcome(key: Option<&[u8; 32]>) -> Welcome<'_> {
    let peers = PEERS.map(|(name, list, state, _)| WelcomePeer { name, list, state });
    Welcome {
        key,
        peers: peers.to_vec(),
    }
}

fn welcome_bytes(key: Option<&[u8; 32]>) -> Vec<u8> {
    let mut bytes = vec![u8::from(key.is_some())];
    bytes.extend(key.into_iter().flatten());
    bytes.push(4);
    for (name, list, _, state) in PEERS {
        bytes.extend([block(name.as_bytes()), block(list), vec![state]].concat());
    }
    bytes
}

#[test]
fn an_invitation_has_these_bytes_and_is_read_back() {
    for expiry in [0, 127, 128, 1_800_000_600, u64::MAX] {
        for list in [&b""[..], &[6; 233], &[6; MAX_LIST_LENGTH]] {
            for bundle in [&b"b"[..], &[1; MAX_BUNDLE_LENGTH]] {
                let invitation = Invitation {
                    expiry,
                    list,
                    bundle,
                };
                let bytes = invitation_bytes(expiry, list, bundle);
                assert_eq!(encode_invitation(&invitation), Ok(bytes.clone()));
                assert_eq!(decode_invitation(&bytes), Ok(invitation));
                assert_eq!(kind(&bytes), Ok(Kind::Invitation));
                assert!(bytes.len() <= MAX_INVITATION_LENGTH);
            }
        }
    }
}

#[test]
fn an_invitation_is_refused_for_each_fault() {
    let bytes = invitation_bytes(300, &[6; 200], &[1; 200]);
    for length in 0..bytes.len() {
        assert_eq!(decode_invitation(&bytes[..length]), Err(Error::Truncated));
    }
    let trailing = [&bytes[..], &[0]].concat();
    assert_eq!(decode_invitation(&trailing), Err(Error::Trailing));
    let long = [&bytes[..], &[0; MAX_INVITATION_LENGTH]].concat();
    assert_eq!(decode_invitation(&long), Err(Error::Oversized));
    let mut other = bytes.clone();
    other[1] = 1;
    assert_eq!(
        decode_invitation(&other),
        Err(Error::OtherKind(Kind::Bundle))
    );
    other[..2].copy_from_slice(&[2, 8]);
    assert_eq!(decode_invitation(&other), Err(Error::UnknownVersion(2)));
    let superfluous = [&[1, 8, 0x81, 0x00][..], &block(b"l"), &block(b"b")].concat();
    assert_eq!(decode_invitation(&superfluous), Err(Error::NotCanonical));
    for (list, bundle) in [(MAX_LIST_LENGTH + 1, 1), (1, MAX_BUNDLE_LENGTH + 1)] {
        let (list, bundle) = (vec![6; list], vec![1; bundle]);
        let invitation = Invitation {
            expiry: 1,
            list: &list,
            bundle: &bundle,
        };
        assert_eq!(encode_invitation(&invitation), Err(Error::Oversized));
        let bytes = invitation_bytes(1, &list, &bundle);
        assert_eq!(decode_invitation(&bytes), Err(Error::Oversized));
    }
}

#[test]
fn an_acceptance_has_these_bytes_and_is_read_back() {
    let longest = "n".repeat(MAX_DEVICE_NAME_LENGTH);
    for number in [0, 1, 300, u32::MAX] {
        for bundle in [&b""[..], &[1; 300], &[1; MAX_BUNDLE_LENGTH]] {
            for name in ["", "laptop of zoë", &longest] {
                let bytes = acceptance_bytes(number.into(), bundle, name.as_bytes());
                let acceptance = acceptance(number, bundle, name);
                let encoded = encode_acceptance(&acceptance).unwrap();
                assert_eq!(encoded.expose(), bytes);
                assert_eq!(decode_acceptance(&bytes), Ok(acceptance));
            }
        }
    }
}

#[test]
fn an_acceptance_is_refused_for_each_fault() {
    let bytes = acceptance_bytes(300, &[1; 200], b"laptop");
    for length in 0..bytes.len() {
        assert_eq!(decode_acceptance(&bytes[..length]), Err(Error::Truncated));
    }
    let trailing = [&bytes[..], &[0]].concat();
    assert_eq!(decode_acceptance(&trailing), Err(Error::Trailing));
    let no_text = acceptance_bytes(1, b"b", &[0xff]);
    assert_eq!(decode_acceptance(&no_text), Err(Error::Malformed));
    let too_large = acceptance_bytes(1 << 32, b"b", b"n");
    assert_eq!(decode_acceptance(&too_large), Err(Error::Malformed));
    for (bundle, name) in [(MAX_BUNDLE_LENGTH + 1, 1), (1, MAX_DEVICE_NAME_LENGTH + 1)] {
        let (bundle, name) = (vec![1; bundle], "n".repeat(name));
        let encoded = encode_acceptance(&acceptance(1, &bundle, &name));
        assert_eq!(encoded.map(drop), Err(Error::Oversized));
        let bytes = acceptance_bytes(1, &bundle, name.as_bytes());
        assert_eq!(decode_acceptance(&bytes), Err(Error::Oversized));
    }
}

#[test]
fn a_welcome_has_these_bytes_and_is_read_back() {
    for key in [None, Some(&SEED)] {
        let bytes = welcome_bytes(key);
        let encoded = encode_welcome(&welcome(key)).unwrap();
        assert_eq!(encoded.expose(), bytes);
        assert_eq!(decode_welcome(&bytes), Ok(welcome(key)));
        for length in 0..bytes.len() {
            assert_eq!(decode_welcome(&bytes[..length]), Err(Error::Truncated));
        }
        let trailing = [&bytes[..], &[0]].concat();
        assert_eq!(decode_welcome(&trailing), Err(Error::Trailing));
    }
    for peer in welcome(None).peers {
        let length = block(peer.name.as_bytes()).len() + block(peer.list).len() + 1;
        assert_eq!(peer.encoded_length(), length);
    }
}

#[test]
fn a_welcome_is_refused_for_each_fault() {
    for flag in 2..=u8::MAX {
        assert_eq!(decode_welcome(&[flag, 0]), Err(Error::Malformed));
    }
    let peer = |name: &[u8], list: &[u8], state| {
        [&[0, 1][..], &block(name), &block(list), &[state]].concat()
    };
    assert!(decode_welcome(&peer(b"bob", b"list", 3)).is_ok());
    assert_eq!(
        decode_welcome(&peer(b"bob", b"list", 4)),
        Err(Error::Malformed)
    );
    assert_eq!(
        decode_welcome(&peer(&[0xff], b"list", 0)),
        Err(Error::Malformed)
    );
    for (name, list) in [(MAX_PEER_NAME_LENGTH + 1, 1), (1, MAX_LIST_LENGTH + 1)] {
        let (name, list) = ("n".repeat(name), vec![6; list]);
        let bytes = peer(name.as_bytes(), &list, 0);
        assert_eq!(decode_welcome(&bytes), Err(Error::Oversized));
        let peers = vec![WelcomePeer {
            name: &name,
            list: &list,
            state: PeerState::Unverified,
        }];
        let encoded = encode_welcome(&Welcome { key: None, peers });
        assert_eq!(encoded.map(drop), Err(Error::Oversized));
    }
}

#[test]
fn a_welcome_has_a_bounded_number_of_peers() {
    let peer = WelcomePeer {
        name: "b",
        list: b"l",
        state: PeerState::Unverified,
    };
    let most = Welcome {
        key: None,
        peers: vec![peer; MAX_WELCOME_PEERS],
    };
    let bytes = encode_welcome(&most).unwrap();
    assert_eq!(decode_welcome(bytes.expose()), Ok(most));
    let more = Welcome {
        key: None,
        peers: vec![peer; MAX_WELCOME_PEERS + 1],
    };
    assert_eq!(encode_welcome(&more).map(drop), Err(Error::Oversized));
    // All of them are there, so that only the limit can be the reason.
    let peers = b"\x01b\x01l\x00".repeat(MAX_WELCOME_PEERS + 1);
    let bytes = [&[0][..], &varint(MAX_WELCOME_PEERS as u64 + 1), &peers].concat();
    assert_eq!(decode_welcome(&bytes), Err(Error::Oversized));
    let bytes = [&[0][..], &varint(u32::MAX.into())].concat();
    assert_eq!(decode_welcome(&bytes), Err(Error::Oversized));
}

#[test]
fn the_content_of_a_recovery_file_has_these_bytes_and_is_read_back() {
    for list in [&b""[..], &[6; 233], &[6; MAX_LIST_LENGTH]] {
        let bytes = [&SEED[..], &block(list)].concat();
        let recovered = Recovered { seed: &SEED, list };
        let encoded = encode_recovered(&recovered).unwrap();
        assert_eq!(encoded.expose(), bytes);
        assert_eq!(decode_recovered(&bytes), Ok(recovered));
        for length in (0..bytes.len()).take(300) {
            assert_eq!(decode_recovered(&bytes[..length]), Err(Error::Truncated));
        }
        let trailing = [&bytes[..], &[0]].concat();
        assert_eq!(decode_recovered(&trailing), Err(Error::Trailing));
    }
    let list = [6; MAX_LIST_LENGTH + 1];
    let recovered = Recovered {
        seed: &SEED,
        list: &list,
    };
    assert_eq!(
        encode_recovered(&recovered).map(drop),
        Err(Error::Oversized)
    );
    let bytes = [&SEED[..], &block(&list)].concat();
    assert_eq!(decode_recovered(&bytes), Err(Error::Oversized));
    assert_eq!(format!("{recovered:?}"), "Recovered { .. }");
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_canonical(bytes in vec(any::<u8>(), 0..200), few in vec(0_u8..4, 0..20)) {
        for bytes in [&bytes, &few] {
            let invitation = [&[1, 8], bytes.as_slice()].concat();
            if let Ok(decoded) = decode_invitation(&invitation) {
                prop_assert_eq!(encode_invitation(&decoded), Ok(invitation));
            }
            let acceptance = [&[7; 82][..], bytes].concat();
            if let Ok(decoded) = decode_acceptance(&acceptance) {
                let again = encode_acceptance(&decoded).expect("it was decoded");
                prop_assert_eq!(again.expose(), acceptance);
            }
            if let Ok(decoded) = decode_welcome(bytes) {
                let again = encode_welcome(&decoded).expect("it was decoded");
                prop_assert_eq!(again.expose(), bytes);
            }
            let recovered = [&SEED[..], bytes].concat();
            if let Ok(decoded) = decode_recovered(&recovered) {
                let again = encode_recovered(&decoded).expect("it was decoded");
                prop_assert_eq!(again.expose(), recovered);
            }
        }
    }
}

#[test]
fn secrets_are_not_shown() {
    let acceptance = format!("{:?}", acceptance(7, b"b", "laptop"));
    assert_eq!(acceptance, "Acceptance { number: 7, .. }");
    let welcome = format!("{:?}", welcome(Some(&SEED)));
    assert_eq!(welcome, "Welcome { peers: 4, .. }");
}
