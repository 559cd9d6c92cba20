//! Claims and lists of a party that writes its contents by hand.

use rand::rngs::StdRng;
use sprag::records::AccountCore;
use sprag::{IdentityKey, Policy, Session};
use sprag_client::{ClientError, Incoming, Outgoing, Reason, Received, Sender, SkipReason};
use sprag_devices::{Device, DeviceList, DeviceNumber, Revoked, UserKeyPair};
use sprag_wire::{Content, ContentKind, decode_bundle, encode_content};
use sprag_x3dh::IdentityKeyPair;

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
        let bundle = two.bob.publish(&mut two.rng).unwrap();
        let bundle = decode_bundle(&bundle).unwrap().keys;
        let bundle = bundle.verify(&Policy::default()).unwrap();
        let session = core.initiate_verified(&bundle, 1, &mut two.rng).unwrap();
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
    }
    assert!(two.bob.peers().unwrap().is_empty());
    // With her own list she is read.
    let content = encoded(&carol.content());
    let message = carol.encrypt(&content, &mut two.rng);
    assert!(read(&mut two, &message).unwrap().new_peer);
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
