//! Welcomes that another party than a client has written, and what a new device takes of them.

use rand::rngs::StdRng;
use sprag::{Account, Error, Session, WireError};
use sprag_client::{
    Acceptance, Accepted, Client, ClientError, How, Incoming, LinkCode, MemoryStore, Sender,
    Store as _, StoreKey, Verification, Verified,
};
use sprag_devices::{Device, DeviceList, DeviceNumber, Reason, Revoked, UserKeyPair};
use sprag_primitives::snapshot::Snapshot as _;
use sprag_wire::{
    Content, ContentKind, Invitation, PeerState, Welcome, WelcomePeer, decode_acceptance,
    decode_content, encode_content, encode_invitation, encode_welcome,
};
use sprag_x3dh::IdentityKeyPair;

use crate::support::{CONTENT, list_of_account, rng, with_list};
use crate::two_clients::{MemoryClient, Refusal, client, records};

/// A device of a user that links others by hand.
struct Inviter {
    rng: StdRng,
    user: UserKeyPair,
    identity: IdentityKeyPair,
    list: DeviceList,
    account: Account,
    session: Session,
    /// The bundle that came with the acceptance.
    bundle: Vec<u8>,
    /// The new device as it has signed itself.
    device: Device,
    laptop: MemoryClient,
    accepted: Accepted,
}

impl Inviter {
    /// A device whose invitation was accepted.
    fn new(seed: u64) -> Self {
        Self::with(seed, |_, _| {})
    }

    /// [`new`](Self::new), with something that happens to the new device before it is welcomed.
    fn with(seed: u64, before: impl FnOnce(&mut MemoryClient, &mut StdRng)) -> Self {
        let mut rng = rng(seed);
        let mut account = Account::generate(&mut rng);
        let user = UserKeyPair::generate(&mut rng);
        // Two frames are in front of the identity key.
        let snapshot = account.snapshot();
        let identity = IdentityKeyPair::from_snapshot(&snapshot.expose()[14..46]).unwrap();
        let list = DeviceList::first(&user, &identity, 0, &mut rng);
        let invitation = encode_invitation(&Invitation {
            expiry: 100,
            list: list.as_bytes(),
            bundle: &account.publish(&mut rng),
        })
        .unwrap();
        let code = LinkCode::generate(&invitation, &mut rng);
        let key = StoreKey::generate(&mut rng);
        let acceptance = Acceptance {
            invitation: &invitation,
            code: &code,
            name: "laptop",
            now: 50,
        };
        let store = MemoryStore::new();
        let accepted = Client::accept_invitation(store, &key, acceptance, &mut rng);
        let (mut laptop, accepted) = accepted.unwrap();
        before(&mut laptop, &mut rng);
        // Read the acceptance as its layout says.
        let (session, opened) = account.accept_with_ad(&accepted.message, CONTENT).unwrap();
        let content = decode_content(&opened.plaintext).unwrap();
        assert_eq!(content.kind, ContentKind::LinkAcceptance);
        assert_eq!(
            (content.version, content.known, content.hash),
            (0, 1, [0; 8])
        );
        let payload = decode_acceptance(content.payload).unwrap();
        assert_eq!(
            (payload.name, payload.secret),
            ("laptop", code.secret().expose())
        );
        let device = Device {
            number: DeviceNumber::new(payload.number),
            identity: opened.sender,
            signature: payload.signature,
        };
        let bundle = payload.bundle.to_vec();
        Self {
            rng,
            user,
            identity,
            list,
            account,
            session,
            bundle,
            device,
            laptop,
            accepted,
        }
    }

    /// The list with the new device.
    fn next_list(&self) -> DeviceList {
        let list = self.list.with_device(&self.user, self.device, 0);
        list.unwrap()
    }

    fn says(
        &mut self,
        list: Option<&DeviceList>,
        (kind, payload): (ContentKind, &[u8]),
    ) -> Vec<u8> {
        let content = encode_content(&Content {
            kind,
            version: list.map_or(0, DeviceList::version),
            hash: list.map_or([0; 8], |list| *list.hash().first_chunk().unwrap()),
            known: 1,
            list: list.map(DeviceList::as_bytes),
            payload,
        });
        let content = content.unwrap();
        let rng = &mut self.rng;
        self.session
            .encrypt_with_ad(content.expose(), CONTENT, rng)
            .unwrap()
    }

    fn welcomes(&mut self, list: &DeviceList, welcome: &Welcome<'_>) -> Vec<u8> {
        let payload = encode_welcome(welcome).unwrap();
        self.says(Some(list), (ContentKind::LinkWelcome, payload.expose()))
    }

    /// The refusal of a message, which changes nothing.
    fn refusal(&mut self, message: &[u8]) -> Refusal {
        let before = records(&self.laptop);
        let refused = self.laptop.accept_welcome(message, 60, &mut self.rng);
        assert_eq!(records(&self.laptop), before);
        refused.map(drop).unwrap_err()
    }

    /// The refusal of a welcome with this list and nobody in it.
    fn refusal_of(&mut self, list: &DeviceList) -> Refusal {
        let message = self.welcomes(list, &EMPTY);
        self.refusal(&message)
    }
}

const EMPTY: Welcome<'static> = Welcome {
    key: None,
    peers: Vec::new(),
};

/// The first list of a new user with a new device.
fn somebody(rng: &mut StdRng) -> (UserKeyPair, DeviceList) {
    let user = UserKeyPair::generate(rng);
    let device = IdentityKeyPair::generate(rng);
    let list = DeviceList::first(&user, &device, 0, rng);
    (user, list)
}

#[test]
fn a_welcome_of_another_user_is_refused() {
    let mut inviter = Inviter::new(1100);
    let mallory = UserKeyPair::generate(&mut inviter.rng);
    // Another user lists the inviting device, and the new one under the signature that it made for its own user.
    let list = DeviceList::first(&mallory, &inviter.identity, 0, &mut inviter.rng);
    let refused = inviter.refusal_of(&list);
    assert_eq!(refused, ClientError::List(sprag_devices::Error::OtherUser));
    let genuine = inviter.next_list();
    let message = inviter.welcomes(&genuine, &EMPTY);
    let welcomed = inviter
        .laptop
        .accept_welcome(&message, 60, &mut inviter.rng);
    assert_eq!(welcomed.unwrap().list, genuine);
}

#[test]
fn a_list_that_does_not_follow_that_of_the_invitation_is_refused() {
    let mut inviter = Inviter::new(1101);
    let first = inviter.list.clone();
    let refused = inviter.refusal_of(&first);
    assert_eq!(refused, ClientError::OldList(String::new()));
    // The user has signed two first lists.
    let other = DeviceList::first(&inviter.user, &inviter.identity, 7, &mut inviter.rng);
    let other = other.with_device(&inviter.user, inviter.device, 0).unwrap();
    let refused = inviter.refusal_of(&other);
    assert_eq!(refused, ClientError::Equivocation(String::new()));
}

#[test]
fn a_list_without_both_devices_is_refused() {
    let mut inviter = Inviter::new(1102);
    let (user, rng) = (&inviter.user, &mut inviter.rng);
    // Somebody else has the number of the new device.
    let stranger = IdentityKeyPair::generate(rng);
    let stranger = Device::sign(&stranger, user.public(), DeviceNumber::new(1), rng);
    let without = inviter.list.with_device(user, stranger, 0).unwrap();
    // The inviting device is gone.
    let gone = Revoked {
        number: DeviceNumber::FIRST,
        reason: Reason::Retired,
    };
    let both = inviter.next_list();
    let alone = both.without_device(&inviter.user, gone, 0).unwrap();
    let identity = inviter.device.identity;
    assert_eq!(
        inviter.refusal_of(&without),
        ClientError::NotListed(identity)
    );
    let identity = *inviter.identity.public();
    assert_eq!(inviter.refusal_of(&alone), ClientError::NotListed(identity));
}

#[test]
fn a_message_that_is_no_welcome_is_refused() {
    let mut inviter = Inviter::new(1103);
    let list = inviter.next_list();
    let text = inviter.says(Some(&list), (ContentKind::Text, b"hi"));
    assert_eq!(inviter.refusal(&text), ClientError::NoWelcome);
    let payload = encode_welcome(&EMPTY).unwrap();
    let without_list = inviter.says(None, (ContentKind::LinkWelcome, payload.expose()));
    assert_eq!(inviter.refusal(&without_list), ClientError::NoDeviceList);
    let malformed = inviter.says(Some(&list), (ContentKind::LinkWelcome, &[2]));
    let malformed = inviter.refusal(&malformed);
    let error = Error::Wire(sprag_wire::Error::Malformed);
    assert_eq!(malformed, ClientError::Protocol(error));
    // The acceptance is not an answer to itself.
    let own = inviter.accepted.message.clone();
    assert_eq!(inviter.refusal(&own), ClientError::NoWelcome);
}

#[test]
fn a_key_of_another_user_is_refused() {
    let mut inviter = Inviter::new(1104);
    let list = inviter.next_list();
    let message = inviter.welcomes(
        &list,
        &Welcome {
            key: Some(&[7; 32]),
            peers: Vec::new(),
        },
    );
    let refused = inviter.refusal(&message);
    assert_eq!(refused, ClientError::List(sprag_devices::Error::OtherUser));
    let seed = inviter.user.seed();
    let welcome = Welcome {
        key: Some(seed.expose()),
        peers: Vec::new(),
    };
    let message = inviter.welcomes(&list, &welcome);
    let welcomed = inviter
        .laptop
        .accept_welcome(&message, 60, &mut inviter.rng);
    assert!(welcomed.unwrap().signs);
    assert!(inviter.laptop.invite(60, 60, &mut inviter.rng).is_ok());
}

#[test]
fn peers_are_taken_by_the_rules_for_names_and_lists() {
    let mut inviter = Inviter::new(1105);
    let mut users: Vec<_> = (0..5).map(|_| somebody(&mut inviter.rng)).collect();
    // The first user has a list of another device, too.
    let (first, _) = &users[0];
    let device = IdentityKeyPair::generate(&mut inviter.rng);
    let other = DeviceList::first(first, &device, 0, &mut inviter.rng);
    let mut lists: Vec<_> = users.drain(..).map(|(_, list)| list).collect();
    lists.push(other);
    let own = inviter.next_list();
    let peer = |name, list: usize, state| WelcomePeer {
        name,
        list: lists[list].as_bytes(),
        state,
    };
    let peers = vec![
        peer("alice", 0, PeerState::Unverified),
        peer("bob", 1, PeerState::Scanned),
        peer("carol", 2, PeerState::Compared),
        peer("dave", 3, PeerState::Changed),
        // A second user of one name, a second name of one user, and the own user.
        peer("alice", 4, PeerState::Scanned),
        peer("eve", 5, PeerState::Scanned),
        WelcomePeer {
            name: "myself",
            list: own.as_bytes(),
            state: PeerState::Scanned,
        },
    ];
    let message = inviter.welcomes(&own, &Welcome { key: None, peers });
    let welcomed = inviter
        .laptop
        .accept_welcome(&message, 60, &mut inviter.rng);
    let welcomed = welcomed.unwrap();
    assert_eq!(welcomed.peers, ["alice", "bob", "carol", "dave"]);
    assert_eq!(welcomed.left_out, ["alice", "eve", "myself"]);
    let verification = |name| inviter.laptop.status(name).unwrap().verification;
    let states = ["alice", "bob", "carol", "dave"].map(|name| match verification(name) {
        Verification::Unverified => PeerState::Unverified,
        Verification::Verified(Verified { how, .. }) => match how {
            How::Scanned => PeerState::Scanned,
            How::Compared => PeerState::Compared,
        },
        Verification::Changed(_) => PeerState::Changed,
    });
    let expected = [
        PeerState::Unverified,
        PeerState::Scanned,
        PeerState::Compared,
        PeerState::Changed,
    ];
    assert_eq!(states, expected);
    for (name, list) in ["alice", "bob", "carol", "dave"].iter().zip(&lists) {
        let status = inviter.laptop.status(name).unwrap();
        assert_eq!(status.user, Some(list.user_id()));
    }
}

#[test]
fn a_device_that_waits_takes_its_user_for_no_peer() {
    let mut inviter = Inviter::new(1110);
    let list = inviter.next_list();
    // The inviting device begins another session with the bundle that it has.
    let (account, bundle) = (&inviter.account, &inviter.bundle);
    inviter.session = account.initiate(bundle, &mut inviter.rng).unwrap();
    let text = inviter.says(Some(&list), (ContentKind::Text, b"hi"));
    let before = records(&inviter.laptop);
    for sender in [Sender::AnyPeer, Sender::Named("me")] {
        let incoming = Incoming::new(&text);
        let refused = inviter.laptop.decrypt(sender, incoming, &mut inviter.rng);
        assert_eq!(refused, Err(ClientError::NoUser));
    }
    assert_eq!(records(&inviter.laptop), before);
}

/// A peer whose list names a device of somebody else, which would get the messages of both.
#[test]
fn peers_share_no_device() {
    let mut inviter = Inviter::new(1106);
    let shared = IdentityKeyPair::generate(&mut inviter.rng);
    let rng = &mut inviter.rng;
    let users = [(); 2].map(|()| UserKeyPair::generate(rng));
    let [one, other] = users.map(|user| DeviceList::first(&user, &shared, 0, rng));
    let own = inviter.next_list();
    let peers = [("alice", &one), ("bob", &other)].map(|(name, list)| WelcomePeer {
        name,
        list: list.as_bytes(),
        state: PeerState::Unverified,
    });
    let peers = peers.to_vec();
    let message = inviter.welcomes(&own, &Welcome { key: None, peers });
    let welcomed = inviter
        .laptop
        .accept_welcome(&message, 60, &mut inviter.rng);
    let welcomed = welcomed.unwrap();
    assert_eq!(
        (welcomed.peers, welcomed.left_out),
        (vec!["alice".into()], vec!["bob".into()])
    );
}

#[test]
fn what_is_known_here_stays() {
    let mut others = rng(1);
    let [mut alice, mut bob] = [(); 2].map(|()| client(&mut others).0);
    let bundles = [&mut alice, &mut bob].map(|peer| peer.publish(&mut others).unwrap());
    let mut inviter = Inviter::with(1107, |laptop, rng| {
        for (name, bundle) in ["alice", "bob"].iter().zip(&bundles) {
            laptop.add(name, bundle, rng).unwrap();
        }
    });
    let (_, stranger) = somebody(&mut inviter.rng);
    let [alice, bob] = [alice, bob].map(|peer| peer.device_list().unwrap());
    let own = inviter.next_list();
    let peers = [("alice", &alice), ("bob", &stranger), ("bobby", &bob)];
    let peers = peers.map(|(name, list)| WelcomePeer {
        name,
        list: list.as_bytes(),
        state: PeerState::Compared,
    });
    let peers = peers.to_vec();
    let message = inviter.welcomes(&own, &Welcome { key: None, peers });
    let welcomed = inviter
        .laptop
        .accept_welcome(&message, 60, &mut inviter.rng);
    let welcomed = welcomed.unwrap();
    assert_eq!(welcomed.peers, ["alice"]);
    assert_eq!(welcomed.left_out, ["bob", "bobby"]);
    let status = inviter.laptop.status("bob").unwrap();
    assert_eq!(status.user, Some(bob.user_id()));
    assert!(!status.verification.is_verified());
    let status = inviter.laptop.status("alice").unwrap();
    assert!(status.verification.is_verified());
}

#[test]
fn a_peer_that_is_malformed_makes_the_welcome_refused() {
    let mut inviter = Inviter::new(1108);
    let (_, list) = somebody(&mut inviter.rng);
    let own = inviter.next_list();
    let mut forged = list.as_bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    for (name, list) in [
        ("alice", &forged[..]),
        ("", list.as_bytes()),
        ("a\u{0}", list.as_bytes()),
    ] {
        let peers = vec![WelcomePeer {
            name,
            list,
            state: PeerState::Unverified,
        }];
        let message = inviter.welcomes(&own, &Welcome { key: None, peers });
        let refused = inviter.refusal(&message);
        let is_expected = matches!(refused, ClientError::List(_) | ClientError::InvalidName(_));
        assert!(is_expected, "{refused:?}");
    }
}

#[test]
fn an_invitation_must_be_of_a_device_of_its_user() {
    let mut rng = rng(1109);
    let mut account = Account::generate(&mut rng);
    let (_, foreign) = somebody(&mut rng);
    let own = list_of_account(&account);
    let bundle = account.publish(&mut rng);
    let listed = with_list(&account, &bundle);
    let mut forged = own.clone();
    *forged.last_mut().unwrap() ^= 1;
    let identity = *account.identity();
    let signature = sprag_devices::Error::InvalidListSignature;
    let malformed = ClientError::Protocol(Error::Wire(WireError::Malformed));
    for (list, bundle, error) in [
        (
            foreign.as_bytes(),
            &bundle,
            Some(ClientError::NotListed(identity)),
        ),
        (&forged, &bundle, Some(ClientError::List(signature))),
        (&own, &listed, Some(malformed)),
        (&own, &bundle, None),
    ] {
        let invitation = Invitation {
            expiry: 100,
            list,
            bundle,
        };
        let invitation = encode_invitation(&invitation).unwrap();
        let code = LinkCode::generate(&invitation, &mut rng);
        let acceptance = Acceptance {
            invitation: &invitation,
            code: &code,
            name: "laptop",
            now: 50,
        };
        let key = StoreKey::generate(&mut rng);
        let mut store = MemoryStore::new();
        let accepted = Client::accept_invitation(&mut store, &key, acceptance, &mut rng);
        assert_eq!(accepted.map(drop).err(), error);
        assert_eq!(store.scan(&[]).unwrap().is_empty(), error.is_some());
    }
}
