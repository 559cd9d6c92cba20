//! Genuine bytes of each encoding, as a client writes them.

use std::sync::OnceLock;

use sprag::Account;
use sprag_devices::{Device, DeviceList, DeviceNumber, IdentityKeyPair, SecretBytes, UserKeyPair};
use sprag_wire::{
    Acceptance, Invitation, PeerState, Recovered, Renew, RenewReason, RenewRole, Welcome,
    WelcomePeer, encode_acceptance, encode_invitation, encode_recovered, encode_renew,
    encode_welcome, unread_hash,
};

use crate::parties::rng;

/// The names and the bytes. The first are an invitation.
pub(crate) fn bases() -> &'static [(&'static str, Vec<u8>)] {
    static BASES: OnceLock<Vec<(&str, Vec<u8>)>> = OnceLock::new();
    BASES.get_or_init(make)
}

fn make() -> Vec<(&'static str, Vec<u8>)> {
    let mut rng = rng(31);
    let mut account = Account::generate_at(1_000, &mut rng);
    let one_time = account.publish(&mut rng);
    let user = UserKeyPair::from_seed(&SecretBytes::copy_from(&SEED));
    let list = DeviceList::first(&user, &pair(41), 1_000, &mut rng);
    let invitation = Invitation {
        expiry: 1_600,
        list: list.as_bytes(),
        bundle: &one_time,
    };
    let invitation = encode_invitation(&invitation).expect("list and bundle are short");
    let recovered = Recovered {
        seed: &SEED,
        list: list.as_bytes(),
    };
    let recovered = encode_recovered(&recovered).expect("the list is short");
    let mut bases = vec![
        ("invitation", invitation),
        ("recovered", recovered.into_public()),
    ];
    bases.extend(acceptances(&user, &account.publish_reusable()));
    bases.extend(welcomes());
    bases.extend(renewals(&one_time));
    bases
}

fn acceptances(user: &UserKeyPair, bundle: &[u8]) -> [(&'static str, Vec<u8>); 2] {
    let number = DeviceNumber::new(1);
    let device = Device::sign(&pair(42), user.public(), number, &mut rng(32));
    [("acceptance", "tablet"), ("acceptance-unnamed", "")].map(|(base, name)| {
        let acceptance = Acceptance {
            secret: b"the secret of it",
            number: number.to_u32(),
            signature: device.signature,
            bundle,
            name,
        };
        let encoded = encode_acceptance(&acceptance).expect("bundle and name are short");
        (base, encoded.into_public())
    })
}

/// Welcomes with several peers, each with a list of its own, and with the user key.
fn welcomes() -> [(&'static str, Vec<u8>); 3] {
    let lists = [43, 44, 45].map(|key| {
        let peer = UserKeyPair::from_seed(&SecretBytes::copy_from(&[key; 32]));
        DeviceList::first(&peer, &pair(key), 2_000, &mut rng(key.into()))
    });
    let states = [
        ("bob", PeerState::Scanned),
        ("Zo\u{eb}", PeerState::Changed),
        ("", PeerState::Unverified),
    ];
    let peers = states.into_iter().zip(&lists);
    let peers = peers.map(|((name, state), list)| WelcomePeer {
        name,
        list: list.as_bytes(),
        state,
    });
    let peers: Vec<_> = peers.collect();
    [
        ("welcome", None, 3),
        ("welcome-key", Some(&SEED), 1),
        ("welcome-key-alone", Some(&SEED), 0),
    ]
    .map(|(base, key, count)| {
        let peers = peers[..count].to_vec();
        let encoded = encode_welcome(&Welcome { key, peers }).expect("there are few peers");
        (base, encoded.into_public())
    })
}

fn renewals(bundle: &[u8]) -> [(&'static str, Vec<u8>); 2] {
    let request = Renew {
        role: RenewRole::Request,
        reason: RenewReason::Lost,
        unread: vec![unread_hash(b"1")],
        bundle,
    };
    let renewal = Renew {
        role: RenewRole::Renewal,
        reason: RenewReason::Gap,
        unread: vec![unread_hash(b"1"), unread_hash(b"2")],
        bundle: b"",
    };
    [("renew-request", request), ("renewal", renewal)].map(|(base, renew)| {
        let encoded = encode_renew(&renew);
        (base, encoded.expect("it keeps the bounds"))
    })
}

fn pair(key: u8) -> IdentityKeyPair {
    IdentityKeyPair::from_secret(&SecretBytes::copy_from(&[key; 32]))
}

const SEED: [u8; 32] = [40; 32];
