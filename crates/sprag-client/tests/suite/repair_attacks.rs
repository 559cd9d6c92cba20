//! The thief of a session, who has no identity key: requests and renewals that are written by hand.

use sprag::file::FileKey;
use sprag::records::Rotation;
use sprag_client::limits::MAX_REQUESTS;
use sprag_client::{
    ClientError, ContentKind, Error, IncomingFile, Outgoing, OwedKind, Reason, Received,
    RenewReason, Sender, WireError,
};
use sprag_wire::{Content, Copied, Renew, RenewRole, encode_copy, encode_renew};

use crate::device_lists::{ByHand, encoded, known, read};
use crate::repair::{owed, written};
use crate::support::CONTENT;
use crate::two_clients::{Refusal, Two, records};

impl ByHand {
    /// A bundle for any number of readers.
    fn bundle(&self) -> Vec<u8> {
        let bundle = self.core.publish_reusable(self.list.as_bytes());
        bundle.expect("the list is short")
    }

    fn rotates(&mut self, now: u64, two: &mut Two) {
        let rotation = Rotation {
            now,
            keep: 1_000,
            drop_by: 0,
            redate: false,
        };
        self.core.rotate(&rotation, &mut two.rng).unwrap();
    }

    /// Writes a renewal, or a request if there is a bundle.
    fn renews(&mut self, bundle: &[u8], two: &mut Two) -> Vec<u8> {
        let role = if bundle.is_empty() {
            RenewRole::Renewal
        } else {
            RenewRole::Request
        };
        self.renews_as(role, bundle, two)
    }

    fn renews_as(&mut self, role: RenewRole, bundle: &[u8], two: &mut Two) -> Vec<u8> {
        let renew = Renew {
            role,
            reason: RenewReason::Gap,
            unread: Vec::new(),
            bundle,
        };
        self.says(ContentKind::Renew, &encode_renew(&renew).unwrap(), two)
    }

    fn says(&mut self, kind: ContentKind, payload: &[u8], two: &mut Two) -> Vec<u8> {
        let content = Content {
            kind,
            payload,
            known: 1,
            ..self.content()
        };
        let content = encoded(&content);
        self.encrypt(&content, &mut two.rng)
    }

    /// Reads a message of Bob's in the session that there is.
    fn hears(&mut self, message: &[u8]) {
        self.session.decrypt_with_ad(message, CONTENT).unwrap();
    }
}

/// A user whose session with Bob both have used.
fn confirmed(two: &mut Two) -> ByHand {
    let mut carol = known(two);
    let answer = bob_says(two);
    carol.hears(&answer);
    let text = carol.says(ContentKind::Text, b"more", two);
    read(two, &text).unwrap();
    let answer = bob_says(two);
    carol.hears(&answer);
    carol
}

fn bob_says(two: &mut Two) -> Vec<u8> {
    let text = Outgoing::new(b"to Carol");
    two.bob.encrypt("carol", text, &mut two.rng).unwrap()
}

fn ignored(two: &Two) -> u32 {
    let status = two.bob.status("carol").unwrap();
    status.devices[0].ignored_requests
}

/// A message that must be refused, and changes nothing.
fn refused(two: &mut Two, message: &[u8]) -> Refusal {
    let before = records(&two.bob);
    let refusal = read(two, message).unwrap_err();
    assert_eq!(records(&two.bob), before);
    assert_eq!(owed(&two.bob), []);
    refusal
}

fn granted(received: &Received) -> bool {
    assert_eq!(received.content, ContentKind::Renew);
    assert_eq!(received.renewed, None);
    received.requested == Some(RenewReason::Gap)
}

#[test]
fn a_request_with_the_bundle_of_another_is_refused() {
    let mut two = Two::new(990);
    let mut carol = confirmed(&mut two);
    let thief = ByHand::new(&mut two);
    let bundle = thief.bundle();
    let message = carol.renews(&bundle, &mut two);
    let refusal = ClientError::ForeignBundle(thief.identity());
    assert_eq!(refused(&mut two, &message), refusal);
    // Nor is one taken without a bundle, or with one that is damaged.
    let message = carol.renews_as(RenewRole::Request, &[], &mut two);
    let refusal = refused(&mut two, &message);
    assert_eq!(refusal, Error::Wire(WireError::Truncated).into());
    let mut bundle = carol.bundle();
    bundle[100] ^= 1;
    let message = carol.renews(&bundle, &mut two);
    assert!(matches!(
        refused(&mut two, &message),
        ClientError::Protocol(_)
    ));
}

#[test]
fn a_request_with_an_old_or_a_used_bundle_is_refused() {
    let mut two = Two::new(991);
    let mut carol = confirmed(&mut two);
    carol.rotates(5, &mut two);
    let old = carol.bundle();
    carol.rotates(10, &mut two);
    let message = carol.renews(&carol.bundle(), &mut two);
    assert!(granted(&read(&mut two, &message).unwrap()));
    assert_eq!(owed(&two.bob), [OwedKind::Renewal]);
    let before = records(&two.bob);
    let message = carol.renews(&old, &mut two);
    let refusal = Err(ClientError::OldBundle("carol".into()));
    assert_eq!(read(&mut two, &message), refusal);
    assert_eq!(records(&two.bob), before);
    // A bundle for one reader, with which a session began, is used.
    let mut two = Two::established(992);
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    two.bob.renew("alice", &bundle, &mut two.rng).unwrap();
    let text = two.bob_sends(b"the bundle is used");
    two.alice_reads(&text).unwrap();
    let refusal = two.alice_asks_with(&bundle);
    assert_eq!(refusal, ClientError::UsedBundle("alice".into()));
}

impl Two {
    /// Bob's refusal of a request that a thief of Alice's session writes, with this bundle of hers.
    fn alice_asks_with(&mut self, bundle: &[u8]) -> Refusal {
        let renew = Renew {
            role: RenewRole::Request,
            reason: RenewReason::Gap,
            unread: Vec::new(),
            bundle,
        };
        let list = self.alice.device_list().unwrap();
        let content = Content {
            kind: ContentKind::Renew,
            version: list.version(),
            hash: *list.hash().first_chunk().unwrap(),
            known: 1,
            list: None,
            payload: &encode_renew(&renew).unwrap(),
        };
        let content = encoded(&content);
        let mut session = crate::support::newest_session(&self.alice, &self.secrets[0]);
        let message = session.encrypt_with_ad(&content, CONTENT, &mut self.rng);
        self.bob_reads(&message.unwrap()).unwrap_err()
    }
}

#[test]
fn a_request_that_comes_again_does_nothing() {
    let mut two = Two::new(993);
    let mut carol = confirmed(&mut two);
    let message = carol.renews(&carol.bundle(), &mut two);
    assert!(granted(&read(&mut two, &message).unwrap()));
    written(&mut two.bob, &mut two.rng);
    let before = records(&two.bob);
    let refusal = Err(ClientError::AlreadyRead("carol".into()));
    assert_eq!(read(&mut two, &message), refusal);
    assert_eq!(records(&two.bob), before);
}

/// Each request has the true bundle of the device, so a session that begins by it is with the owner. Only the work must be
/// bounded.
#[test]
fn a_thousand_requests_of_a_thief_begin_few_sessions() {
    // Nobody answers: one is outstanding.
    let mut two = Two::new(994);
    let mut carol = confirmed(&mut two);
    let mut handshakes = 0;
    for _ in 0..1_000 {
        let message = carol.renews(&carol.bundle(), &mut two);
        read(&mut two, &message).unwrap();
        handshakes += two.bob.write_owed(&mut two.rng).unwrap().len();
    }
    assert_eq!((handshakes, ignored(&two)), (1, 999));
    // Nothing is written: the requests are granted up to the limit.
    let mut two = Two::new(995);
    let mut carol = confirmed(&mut two);
    let mut grants = 0;
    for _ in 0..1_000 {
        let message = carol.renews(&carol.bundle(), &mut two);
        grants += usize::from(granted(&read(&mut two, &message).unwrap()));
    }
    assert_eq!(grants, usize::from(MAX_REQUESTS));
    assert_eq!(ignored(&two), 1_000 - u32::from(MAX_REQUESTS));
    // A text of the owner's sets the count back.
    let text = carol.says(ContentKind::Text, b"more", &mut two);
    read(&mut two, &text).unwrap();
    let message = carol.renews(&carol.bundle(), &mut two);
    assert!(granted(&read(&mut two, &message).unwrap()));
    assert_eq!(owed(&two.bob), [OwedKind::Renewal]);
    written(&mut two.bob, &mut two.rng);
    assert_eq!(owed(&two.bob), []);
    let message = carol.renews(&carol.bundle(), &mut two);
    assert!(
        !granted(&read(&mut two, &message).unwrap()),
        "one is outstanding"
    );
}

/// A program that sends files alone, as the command does, says by them that the session works.
#[test]
fn a_file_sets_the_count_of_requests_back() {
    let mut two = Two::new(1_001);
    let mut carol = confirmed(&mut two);
    for _ in 0..=MAX_REQUESTS {
        let message = carol.renews(&carol.bundle(), &mut two);
        read(&mut two, &message).unwrap();
    }
    assert_eq!(ignored(&two), 1);
    let key = FileKey::generate(&mut two.rng);
    let commitment = key.commitment();
    let copied = Copied {
        user: *two.bob.user_id().unwrap().as_bytes(),
        payload: key.as_plaintext(),
    };
    let content = encoded(&Content {
        kind: ContentKind::FileKey,
        payload: encode_copy(&copied).unwrap().expose(),
        ..carol.content()
    });
    let label = [CONTENT, b"sprag file", &commitment].concat();
    let session = &mut carol.session;
    let message = session.encrypt_with_ad(&content, &label, &mut two.rng);
    let message = message.unwrap();
    let file = IncomingFile {
        commitment: &commitment,
        messages: &[&message],
        now: 0,
    };
    let sender = Sender::Named("carol");
    two.bob.decrypt_file(sender, file, &mut two.rng).unwrap();
    let message = carol.renews(&carol.bundle(), &mut two);
    assert!(granted(&read(&mut two, &message).unwrap()));
}

#[test]
fn a_request_in_an_old_session_is_ignored_and_nobody_sees_a_difference() {
    let mut two = Two::new(996);
    let mut carol = confirmed(&mut two);
    let mut thief = known_again(&mut two, &mut carol);
    let message = thief.renews(&carol.bundle(), &mut two);
    let received = read(&mut two, &message).unwrap();
    assert!(received.old_session && !granted(&received));
    assert_eq!((owed(&two.bob), ignored(&two)), (Vec::new(), 1));
    // In the session that followed, it is granted.
    let message = carol.renews(&carol.bundle(), &mut two);
    assert!(granted(&read(&mut two, &message).unwrap()));
    assert_eq!(owed(&two.bob), [OwedKind::Renewal]);
}

/// Begins a session of Carol's that both use, and returns what a thief has of the one before.
fn known_again(two: &mut Two, carol: &mut ByHand) -> ByHand {
    let mut newer = carol.begins_again(two);
    core::mem::swap(&mut newer.session, &mut carol.session);
    for _ in 0..2 {
        let text = carol.says(ContentKind::Text, b"anew", two);
        read(two, &text).unwrap();
        let answer = bob_says(two);
        carol.hears(&answer);
    }
    let text = carol.says(ContentKind::Text, b"anew", two);
    read(two, &text).unwrap();
    newer
}

#[test]
fn only_the_first_message_of_a_session_renews() {
    let mut two = Two::new(997);
    let mut carol = confirmed(&mut two);
    let message = carol.renews(&[], &mut two);
    assert_eq!(refused(&mut two, &message), ClientError::MisplacedRenewal);
    // In a session that begins, it is a renewal.
    let mut newer = carol.begins_again(&mut two);
    let message = newer.renews(&[], &mut two);
    let received = read(&mut two, &message).unwrap();
    assert!(received.new_session);
    assert_eq!(received.renewed, Some(RenewReason::Gap));
    assert_eq!(owed(&two.bob), [OwedKind::Answer]);
    // A renewal is never answered by a renewal, and an answer by nothing.
    let answer = written(&mut two.bob, &mut two.rng);
    assert_eq!(answer.kind, ContentKind::Nothing);
    newer.hears(&answer.message);
    let nothing = newer.says(ContentKind::Nothing, &[], &mut two);
    let received = read(&mut two, &nothing).unwrap();
    assert_eq!(received.content, ContentKind::Nothing);
    assert_eq!(owed(&two.bob), []);
    let nothing = newer.says(ContentKind::Nothing, b"?", &mut two);
    let trailing = Error::Wire(WireError::Trailing);
    assert_eq!(refused(&mut two, &nothing), trailing.into());
}

#[test]
fn a_renewal_ranks_above_all_sessions_that_its_receiver_knows() {
    let mut two = Two::new(998);
    let carol = confirmed(&mut two);
    for _ in 0..3 {
        let bundle = carol.bundle();
        two.bob.renew("carol", &bundle, &mut two.rng).unwrap();
        bob_says(&mut two);
    }
    // The ordinal of her session is 1, because she was put back to the state of her first day.
    let mut newer = carol.begins_again(&mut two);
    let text = newer.says(ContentKind::Text, b"no renewal", &mut two);
    let rank_before = sending_id(&two);
    read(&mut two, &text).unwrap();
    let mut newest = carol.begins_again(&mut two);
    let message = newest.renews(&[], &mut two);
    let received = read(&mut two, &message).unwrap();
    let answer = bob_says(&mut two);
    newest.hears(&answer);
    assert_ne!(sending_id(&two), rank_before);
    assert!(!received.old_session);
}

/// A fingerprint of the session that Bob sends to Carol in.
fn sending_id(two: &Two) -> [u8; 8] {
    let status = two.bob.status("carol").unwrap();
    status.session.unwrap().root_fingerprint
}

#[test]
fn a_retired_or_lost_device_neither_renews_nor_asks() {
    for reason in [Reason::Retired, Reason::Lost] {
        let mut two = Two::new(999);
        let mut carol = known(&mut two);
        let mut laptop = ByHand::new(&mut two);
        let number = carol.lists_device(laptop.core.identity_pair(), &mut two.rng);
        laptop.list = carol.list.clone();
        laptop.writes(&mut two).unwrap();
        let bundle = laptop.bundle();
        carol.revokes(number, reason);
        carol.writes(&mut two).unwrap();
        let message = laptop.renews(&bundle, &mut two);
        let refusal = read(&mut two, &message).unwrap_err();
        match reason {
            Reason::Retired => {
                assert_eq!(refusal, ClientError::RetiredDevice(laptop.identity()));
                let nothing = laptop.says(ContentKind::Nothing, &[], &mut two);
                assert_eq!(read(&mut two, &nothing), Err(refusal));
            }
            _ => assert!(matches!(
                refusal,
                ClientError::LostDevice(_) | ClientError::SessionEnded
            )),
        }
        assert!(!owed(&two.bob).contains(&OwedKind::Renewal));
    }
}
