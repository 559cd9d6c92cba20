//! Claims and lists of a party that writes its contents by hand.

use rand::rngs::StdRng;
use sprag::records::AccountCore;
use sprag::{IdentityKey, Policy, Session};
use sprag_client::store::{Batch, Committed};
use sprag_client::{
    Client, ClientError, DeviceMessage, Incoming, ListAge, MemoryStore, Outgoing, Reason, Received,
    Rules, ScanCode, Scanned, Sender, SkipReason, Store as _,
};
use sprag_devices::{Device, DeviceList, DeviceNumber, Revoked, UserKeyPair};
use sprag_wire::{Content, ContentKind, Copied, decode_bundle, encode_content, encode_copy};
use sprag_x3dh::IdentityKeyPair;

use crate::records_by_hand::sealed;
use crate::two_clients::Two;

type Result<T> = core::result::Result<T, ClientError<core::convert::Infallible>>;

const LABEL: &[u8] = b"sprag content\x01";

/// A user with one device, without a client.
struct ByHand {
    core: AccountCore,
    user: UserKeyPair,
    list: DeviceList,
    session: Session,
}

impl ByHand {
    /// A user that has begun a session with Bob.
    fn new(two: &mut Two) -> Self {
        let core = AccountCore::generate_at(0, &mut two.rng);
        let user = UserKeyPair::generate(&mut two.rng);
        let list = DeviceList::first(&user, core.identity_pair(), 0, &mut two.rng);
        let session = begun(&core, two);
        Self {
            core,
            user,
            list,
            session,
        }
    }

    fn identity(&self) -> IdentityKey {
        *self.core.identity()
    }

    /// A text with an honest header.
    fn content(&self) -> Content<'_> {
        let [a, b, c, d, e, f, g, h, ..] = self.list.hash();
        Content {
            kind: ContentKind::Text,
            version: self.list.version(),
            hash: [a, b, c, d, e, f, g, h],
            known: 0,
            list: Some(self.list.as_bytes()),
            payload: b"hi",
        }
    }

    fn encrypt(&mut self, content: &[u8], rng: &mut StdRng) -> Vec<u8> {
        self.session.encrypt_with_ad(content, LABEL, rng).unwrap()
    }

    /// Sends a text with the newest list attached.
    fn writes(&mut self, two: &mut Two) -> Result<Received> {
        let content = encoded(&self.content());
        let message = self.encrypt(&content, &mut two.rng);
        read(two, &message)
    }

    /// Lists one device more, and returns it.
    fn lists_device(&mut self, device: &IdentityKeyPair, rng: &mut StdRng) -> DeviceNumber {
        let number = self.list.next_number();
        let device = Device::sign(device, self.user.public(), number, rng);
        self.list = self.list.with_device(&self.user, device, 0).unwrap();
        number
    }

    fn revokes(&mut self, number: DeviceNumber, reason: Reason) {
        let revoked = Revoked { number, reason };
        self.list = self.list.without_device(&self.user, revoked, 0).unwrap();
    }
}

/// A session with Bob that begins.
fn begun(core: &AccountCore, two: &mut Two) -> Session {
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    let bundle = decode_bundle(&bundle).unwrap().keys;
    let bundle = bundle.verify(&Policy::default()).unwrap();
    core.initiate_verified(&bundle, 1, &mut two.rng).unwrap()
}

fn encoded(content: &Content<'_>) -> Vec<u8> {
    encode_content(content).unwrap().expose().to_vec()
}

/// Bob reads a message as Carol's.
fn read(two: &mut Two, message: &[u8]) -> Result<Received> {
    let sender = Sender::Named("carol");
    two.bob
        .decrypt(sender, Incoming::new(message), &mut two.rng)
}

/// A user that Bob knows as Carol.
fn known(two: &mut Two) -> ByHand {
    let mut carol = ByHand::new(two);
    let content = encoded(&carol.content());
    let message = carol.encrypt(&content, &mut two.rng);
    assert!(read(two, &message).unwrap().new_peer);
    carol
}

#[test]
fn a_first_message_needs_a_list_that_lists_its_sender() {
    let mut two = Two::new(920);
    let other = ByHand::new(&mut two).list;
    let mut carol = ByHand::new(&mut two);
    let [a, b, c, d, e, f, g, h, ..] = other.hash();
    let without = Content {
        list: None,
        ..carol.content()
    };
    let of_another = Content {
        list: Some(other.as_bytes()),
        hash: [a, b, c, d, e, f, g, h],
        ..carol.content()
    };
    let contents = [encoded(&without), encoded(&of_another)];
    for content in contents {
        let message = carol.encrypt(&content, &mut two.rng);
        let refusal = Err(ClientError::NotListed(carol.identity()));
        assert_eq!(read(&mut two, &message), refusal);
        // Nobody is named as the sender who does not list it.
        let incoming = Incoming::new(&message);
        let read = two.bob.decrypt(Sender::AnyPeer, incoming, &mut two.rng);
        assert_eq!(read, refusal);
    }
    assert!(two.bob.peers().unwrap().is_empty());
    // With her own list she is read.
    let content = encoded(&carol.content());
    let message = carol.encrypt(&content, &mut two.rng);
    assert!(read(&mut two, &message).unwrap().new_peer);
}

#[test]
fn a_device_that_is_known_attaches_no_list_without_itself() {
    let mut two = Two::new(936);
    let mut carol = known(&mut two);
    let mut laptop = ByHand::new(&mut two);
    let number = carol.lists_device(laptop.core.identity_pair(), &mut two.rng);
    laptop.list = carol.list.clone();
    laptop.writes(&mut two).unwrap();
    carol.revokes(number, Reason::Retired);
    laptop.list = carol.list;
    let refusal = Err(ClientError::NotListed(laptop.identity()));
    assert_eq!(laptop.writes(&mut two), refusal);
    assert_eq!(two.bob.status("carol").unwrap().list_version, Some(2));
}

#[test]
fn a_header_speaks_of_the_list_that_comes_with_it() {
    let mut two = Two::new(921);
    let mut carol = ByHand::new(&mut two);
    let honest = carol.content();
    let mut hash = honest.hash;
    hash[0] ^= 1;
    let lies = [
        Content { hash, ..honest },
        Content {
            version: 2,
            ..honest
        },
    ];
    let lies = lies.map(|lie| encoded(&lie));
    for lie in lies {
        let message = carol.encrypt(&lie, &mut two.rng);
        assert_eq!(read(&mut two, &message), Err(ClientError::ListMismatch));
    }
}

#[test]
fn a_bare_text_is_no_content_whatever_is_in_it() {
    let mut two = Two::new(922);
    let mut carol = ByHand::new(&mut two);
    let content = encoded(&carol.content());
    let bare = carol.session.encrypt(&content, &mut two.rng).unwrap();
    assert!(matches!(
        read(&mut two, &bare),
        Err(ClientError::Protocol(_))
    ));
    let message = carol.encrypt(&content, &mut two.rng);
    assert_eq!(read(&mut two, &message).unwrap().opened.plaintext, b"hi");
}

#[test]
fn a_content_of_a_later_version_is_given_to_nobody_and_can_be_read_by_that_version() {
    let mut two = Two::new(923);
    let mut carol = known(&mut two);
    let mut content = encoded(&carol.content());
    // Bit 7 says that a list is attached.
    content[0] = 0x80 | 9;
    let later = carol.encrypt(&content, &mut two.rng);
    for _ in 0..2 {
        assert_eq!(read(&mut two, &later), Err(ClientError::UnknownContent(9)));
    }
    assert!(two.bob.unacknowledged().unwrap().len() == 1);
    let content = encoded(&carol.content());
    let text = carol.encrypt(&content, &mut two.rng);
    assert_eq!(read(&mut two, &text).unwrap().opened.plaintext, b"hi");
}

#[test]
fn the_key_of_a_file_comes_in_the_header_of_a_file_alone() {
    let mut two = Two::new(924);
    let mut carol = known(&mut two);
    let key = Content {
        kind: ContentKind::FileKey,
        payload: &[7; 32],
        ..carol.content()
    };
    let content = encoded(&key);
    let message = carol.encrypt(&content, &mut two.rng);
    assert_eq!(read(&mut two, &message), Err(ClientError::NotAFile));
}

#[test]
fn a_claim_withholds_texts_from_its_device_until_the_list_comes_and_raises_no_version() {
    let mut two = Two::new(925);
    let mut carol = known(&mut two);
    let version = |two: &Two| two.bob.status("carol").unwrap().list_version;
    let before = version(&two);
    let honest = encoded(&carol.content());
    let claim = Content {
        version: u64::MAX,
        list: None,
        ..carol.content()
    };
    let claim = encoded(&claim);
    let claim = carol.encrypt(&claim, &mut two.rng);
    assert_eq!(read(&mut two, &claim).unwrap().opened.plaintext, b"hi");
    // The list before it, which comes late, does not end it.
    for _ in 0..2 {
        assert_eq!(version(&two), before);
        let text = Outgoing::new(b"for Carol");
        let sent = two
            .bob
            .encrypt_to_user("carol", text, &mut two.rng)
            .unwrap();
        assert_eq!(sent.skipped[0].reason, SkipReason::AwaitsList);
        assert_eq!(sent.messages[0].kind, ContentKind::List);
        let asked = carol
            .session
            .decrypt_with_ad(&sent.messages[0].message, LABEL)
            .unwrap();
        assert!(!asked.plaintext.ends_with(b"for Carol"));
        let late = carol.encrypt(&honest, &mut two.rng);
        assert_eq!(read(&mut two, &late).unwrap().opened.plaintext, b"hi");
    }
    // Others are written to as before.
    two.alice_sends(b"1");
}

#[test]
fn a_name_is_bound_to_its_user() {
    let mut two = Two::new(926);
    drop(known(&mut two));
    let mut mallory = ByHand::new(&mut two);
    let content = encoded(&mallory.content());
    let message = mallory.encrypt(&content, &mut two.rng);
    let refusal = ClientError::OtherIdentity("carol".into());
    assert_eq!(read(&mut two, &message), Err(refusal));
}

#[test]
fn a_device_that_is_listed_is_not_crowded_out_by_those_that_left() {
    let mut two = Two::new(927);
    let mut carol = known(&mut two);
    for _ in 0..90 {
        let device = IdentityKeyPair::generate(&mut two.rng);
        let number = carol.lists_device(&device, &mut two.rng);
        let receipt = carol.writes(&mut two).unwrap().receipt;
        two.bob.acknowledge(&receipt).unwrap();
        carol.revokes(number, Reason::Retired);
        let receipt = carol.writes(&mut two).unwrap().receipt;
        two.bob.acknowledge(&receipt).unwrap();
    }
    let text = Outgoing::new(b"for Carol");
    let sent = two.bob.encrypt_to_user("carol", text, &mut two.rng);
    assert_eq!(sent.unwrap().messages[0].identity, carol.identity());
}

#[test]
fn a_peer_sends_no_copies() {
    let mut two = Two::new(928);
    let mut carol = known(&mut two);
    let alice = two.alice.user_id().unwrap();
    let copied = Copied {
        user: *alice.as_bytes(),
        payload: b"as if Bob had sent it",
    };
    let payload = encode_copy(&copied).unwrap();
    let copy = Content {
        kind: ContentKind::Copy,
        payload: payload.expose(),
        ..carol.content()
    };
    let content = encoded(&copy);
    let message = carol.encrypt(&content, &mut two.rng);
    let refusal = Err(ClientError::ForeignCopy("carol".into()));
    assert_eq!(read(&mut two, &message), refusal);
}

/// Carol, and a second device of hers that has begun a session with Bob and then leaves her list.
fn left(two: &mut Two, reason: Reason) -> (ByHand, ByHand) {
    let mut carol = known(two);
    let mut laptop = ByHand::new(two);
    let number = carol.lists_device(laptop.core.identity_pair(), &mut two.rng);
    laptop.list = carol.list.clone();
    laptop.writes(two).unwrap();
    carol.revokes(number, reason);
    assert_eq!(carol.writes(two).unwrap().gone_devices.len(), 1);
    (carol, laptop)
}

#[test]
fn a_retired_device_is_read_and_has_no_say_and_a_lost_one_is_not_read() {
    let mut two = Two::new(929);
    let (_, mut laptop) = left(&mut two, Reason::Retired);
    let text = Content {
        list: None,
        ..laptop.content()
    };
    let list = Content {
        kind: ContentKind::List,
        payload: b"",
        ..text
    };
    let [text, list] = [text, list].map(|content| encoded(&content));
    let message = laptop.encrypt(&text, &mut two.rng);
    assert!(read(&mut two, &message).unwrap().retired_device);
    let message = laptop.encrypt(&list, &mut two.rng);
    let refusal = Err(ClientError::RetiredDevice(laptop.identity()));
    assert_eq!(read(&mut two, &message), refusal);
    // Nothing is sent to it.
    let sent = two
        .bob
        .encrypt_to_user("carol", Outgoing::new(b"for Carol"), &mut two.rng)
        .unwrap();
    let to_laptop = |message: &DeviceMessage| message.identity == laptop.identity();
    assert!(!sent.messages.iter().any(to_laptop));

    let mut two = Two::new(930);
    let (_, mut laptop) = left(&mut two, Reason::Lost);
    let message = laptop.encrypt(&text, &mut two.rng);
    // Its sessions are gone, and a new one is refused by name.
    assert!(read(&mut two, &message).is_err());
    laptop.session = begun(&laptop.core, &mut two);
    let message = laptop.encrypt(&text, &mut two.rng);
    let refusal = Err(ClientError::LostDevice(laptop.identity()));
    assert_eq!(read(&mut two, &message), refusal);
}

#[test]
fn a_list_does_not_take_over_the_device_of_another_user() {
    let mut two = Two::new(931);
    let carol = known(&mut two);
    // Her device has signed for Mallory, too, against the rule that an identity belongs to one user.
    let mut mallory = ByHand::new(&mut two);
    mallory.lists_device(carol.core.identity_pair(), &mut two.rng);
    let content = encoded(&mallory.content());
    let message = mallory.encrypt(&content, &mut two.rng);
    let sender = Sender::Named("mallory");
    let read = two
        .bob
        .decrypt(sender, Incoming::new(&message), &mut two.rng);
    assert_eq!(read, Err(ClientError::KnownAs("carol".into())));
    assert_eq!(two.bob.peers().unwrap().len(), 1);
}

#[test]
fn lists_of_one_version_that_come_to_two_readers_are_evidence_once_they_meet() {
    let mut two = Two::new(932);
    let mut carol = known(&mut two);
    let honest = carol.list.clone();
    let device = IdentityKeyPair::generate(&mut two.rng);
    carol.lists_device(&device, &mut two.rng);
    carol.writes(&mut two).unwrap();
    let first = carol.list.clone();
    // Another reader got another second list, which comes to Bob through a message as well.
    carol.list = honest;
    let device = IdentityKeyPair::generate(&mut two.rng);
    carol.lists_device(&device, &mut two.rng);
    let refusal = Err(ClientError::Equivocation("carol".into()));
    assert_eq!(carol.writes(&mut two), refusal);
    let evidence = two.bob.evidence("carol").unwrap().unwrap();
    let mut lists = [first, carol.list];
    lists.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
    assert_eq!(
        [evidence.earlier(), evidence.later()],
        [&lists[0], &lists[1]]
    );
    let text = Outgoing::new(b"for Carol");
    let sent = two.bob.encrypt_to_user("carol", text, &mut two.rng);
    assert_eq!(sent, Err(ClientError::Equivocation("carol".into())));
}

#[test]
fn a_bundle_with_an_older_list_does_not_end_a_claim() {
    let mut two = Two::new(933);
    let mut carol = known(&mut two);
    let before = carol.list.clone();
    let device = IdentityKeyPair::generate(&mut two.rng);
    carol.lists_device(&device, &mut two.rng);
    let claim = Content {
        list: None,
        ..carol.content()
    };
    let claim = encoded(&claim);
    let message = carol.encrypt(&claim, &mut two.rng);
    read(&mut two, &message).unwrap();
    let awaits = |two: &Two| two.bob.status("carol").unwrap().devices[0].awaits_list;
    assert!(awaits(&two));
    // A bundle with the list that the device spoke of ends it, and one with the list before does not.
    for (list, waits) in [(before, true), (carol.list, false)] {
        let bundle = carol.core.publish_reusable(list.as_bytes()).unwrap();
        two.bob.renew("carol", &bundle, &mut two.rng).unwrap();
        assert_eq!(awaits(&two), waits);
    }
}

#[test]
fn the_rules_keep_texts_from_peers_that_are_not_verified_and_from_old_lists() {
    let mut two = Two::established(934);
    let send = |two: &mut Two| {
        let text = Outgoing::new(b"hi");
        two.alice
            .encrypt_to_user("bob", text, &mut two.rng)
            .map(drop)
    };
    two.alice.set_rules(Rules {
        verified_only: true,
        max_list_age: None,
        ..Rules::default()
    });
    assert_eq!(send(&mut two), Err(ClientError::NotVerified("bob".into())));
    // To show the number verifies nobody, and neither does a code of somebody else.
    two.alice.safety_number("bob").unwrap();
    let other = ByHand::new(&mut two).list.user_id();
    let (alice, bob) = (two.alice.user_id().unwrap(), two.bob.user_id().unwrap());
    let codes = [
        (other, alice, Scanned::PeerDiffers),
        (bob, other, Scanned::SelfDiffers),
        (other, bob, Scanned::Unrelated),
    ];
    for (own, peer, expected) in codes {
        let code = ScanCode { own, peer };
        let scanned = two.alice.scan("bob", &code, &mut two.rng);
        assert_eq!(scanned, Ok(expected));
        assert_eq!(send(&mut two), Err(ClientError::NotVerified("bob".into())));
    }
    let code = two.bob.scan_code("alice").unwrap();
    let scanned = two.alice.scan("bob", &code, &mut two.rng);
    assert_eq!(scanned, Ok(Scanned::Match));
    assert_eq!(send(&mut two), Ok(()));
    // The list does not say when it was made.
    two.alice.set_rules(Rules {
        verified_only: true,
        max_list_age: Some(ListAge {
            now: 1_000,
            seconds: 1_000,
        }),
        ..Rules::default()
    });
    let stale = Err(ClientError::StaleDeviceList("bob".into()));
    assert_eq!(send(&mut two), stale);
    // A peer that was forgotten is not verified when it comes back.
    two.alice.set_rules(Rules {
        verified_only: true,
        max_list_age: None,
        ..Rules::default()
    });
    two.alice.forget("bob", &mut two.rng).unwrap();
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    two.alice.add("bob", &bundle, &mut two.rng).unwrap();
    assert_eq!(send(&mut two), Err(ClientError::NotVerified("bob".into())));
}

#[test]
fn a_store_of_another_format_is_not_opened_as_one_of_this() {
    const FORMAT: &[u8] = &[17];
    let mut two = Two::new(935);
    let mut store = two.alice.store().clone();
    let reopened = |store: &MemoryStore| Client::open(store.clone(), &two.alice_key).map(drop);
    assert!(reopened(&store).is_ok());
    let mut batch = Batch::new();
    let later = sealed(FORMAT, &4_u32.to_le_bytes(), &two.secrets[0]);
    batch.put(FORMAT.to_vec(), later);
    assert_eq!(store.commit(&batch), Ok(Committed::Done));
    let newer = Err(ClientError::NewerStore(4));
    assert_eq!(reopened(&store), newer);
    let carried = Client::carry_over(store.clone(), &two.alice_key, 0, &mut two.rng);
    assert_eq!(carried.map(drop), newer);
    // Without a format it is the first.
    let mut batch = Batch::new();
    batch.delete(FORMAT.to_vec());
    assert_eq!(store.commit(&batch), Ok(Committed::Done));
    assert_eq!(reopened(&store), Err(ClientError::OlderStore(1)));
}
