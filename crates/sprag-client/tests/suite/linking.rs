//! Devices that are linked to a user: invitations, acceptances and welcomes, and everything that is none.

use sprag::records::AccountCore;
use sprag::{Policy, Session};
use sprag_client::{
    Acceptance, Accepted, Admission, Client, ClientError, Incoming, Invitation, LinkCode,
    LinkDigits, Linked, MemoryStore, Outgoing, Reason, Sender, StoreKey,
};
use sprag_devices::{ChangeError, Device, DeviceList, DeviceNumber, Revoked, UserKey, UserKeyPair};
use sprag_wire::{
    Content, ContentKind, Welcome, decode_bundle, decode_invitation, encode_content, encode_welcome,
};

use crate::support::CONTENT;
use crate::two_clients::{MemoryClient, Refusal, Two, client, records};

const NOW: u64 = 1_800_000_000;
const TEN_MINUTES: u64 = 600;

impl Two {
    pub(crate) fn bob_invites(&mut self) -> Invitation {
        let invited = self.bob.invite(NOW, TEN_MINUTES, &mut self.rng);
        invited.expect("he has the user key")
    }

    pub(crate) fn bob_admits(&mut self, accepted: &Accepted) -> Result<Linked, Refusal> {
        self.bob_admits_by(&accepted.message, &accepted.digits)
    }

    fn bob_admits_by(&mut self, acceptance: &[u8], digits: &LinkDigits) -> Result<Linked, Refusal> {
        let admission = Admission {
            acceptance,
            digits,
            now: NOW + 60,
        };
        self.bob.admit(admission, &mut self.rng)
    }

    /// Bob's laptop, which was linked, and what linked it.
    pub(crate) fn bob_links(&mut self) -> (MemoryClient, Linked) {
        let invitation = self.bob_invites();
        let (mut laptop, _, accepted) = accepts(self, &invitation);
        let linked = self.bob_admits(&accepted).expect("all is genuine");
        laptop
            .accept_welcome(&linked.welcome, NOW, &mut self.rng)
            .expect("it waits for this");
        (laptop, linked)
    }
}

/// The laptop accepts an invitation.
pub(crate) fn accepts(
    two: &mut Two,
    invitation: &Invitation,
) -> (MemoryClient, StoreKey, Accepted) {
    let key = StoreKey::generate(&mut two.rng);
    let (laptop, accepted) = Client::accept_invitation(
        MemoryStore::new(),
        &key,
        Acceptance {
            invitation: &invitation.bytes,
            code: &invitation.code,
            name: "laptop",
            now: NOW + 30,
        },
        &mut two.rng,
    )
    .expect("the invitation is genuine");
    (laptop, key, accepted)
}

/// A new device that writes its acceptance by hand.
struct ByHand {
    core: AccountCore,
    session: Session,
}

impl ByHand {
    /// A device that begins a session with this bundle.
    fn with(bundle: &[u8], two: &mut Two) -> Self {
        let core = AccountCore::generate_at(0, &mut two.rng);
        Self::again(core, bundle, two)
    }

    fn again(core: AccountCore, bundle: &[u8], two: &mut Two) -> Self {
        let bundle = decode_bundle(bundle).unwrap().keys;
        let bundle = bundle.verify(&Policy::default()).unwrap();
        let session = core.initiate_verified(&bundle, 1, &mut two.rng).unwrap();
        Self { core, session }
    }

    /// A device that was invited.
    fn invited(invitation: &Invitation, two: &mut Two) -> Self {
        let invitation = decode_invitation(&invitation.bytes).unwrap();
        Self::with(invitation.bundle, two)
    }

    /// A message with an acceptance.
    fn accepts(&mut self, by: &Claimed<'_>, two: &mut Two) -> Vec<u8> {
        let user = by.user.copied();
        let user = user.unwrap_or_else(|| *two.bob.device_list().unwrap().user());
        let signed = Device::sign(
            self.core.identity_pair(),
            &user,
            DeviceNumber::new(by.signed_number),
            &mut two.rng,
        );
        let own_bundle = self.core.publish_reusable(&[]).unwrap();
        let payload = sprag_wire::encode_acceptance(&sprag_wire::Acceptance {
            secret: &by.secret,
            number: by.number,
            signature: signed.signature,
            bundle: by.bundle.unwrap_or(&own_bundle),
            name: "laptop",
        });
        self.says((by.kind, by.version), payload.unwrap().expose(), two)
    }

    fn says(
        &mut self,
        (kind, version): (ContentKind, u64),
        payload: &[u8],
        two: &mut Two,
    ) -> Vec<u8> {
        let content = encode_content(&Content {
            kind,
            version,
            hash: [0; 8],
            known: 1,
            list: None,
            payload,
        });
        let message =
            self.session
                .encrypt_with_ad(content.unwrap().expose(), CONTENT, &mut two.rng);
        message.unwrap()
    }

    /// The digits of this device, which it computes by itself.
    fn digits(&self, code: &LinkCode) -> LinkDigits {
        sprag_devices::link_digits(self.session.id(), code.secret(), self.core.identity())
    }
}

/// The claims in an acceptance.
struct Claimed<'a> {
    secret: [u8; 16],
    number: u32,
    signed_number: u32,
    user: Option<&'a UserKey>,
    bundle: Option<&'a [u8]>,
    kind: ContentKind,
    version: u64,
}

impl Claimed<'_> {
    /// The truth.
    fn honest(code: &LinkCode) -> Self {
        Self {
            secret: *code.secret().expose(),
            number: 1,
            signed_number: 1,
            user: None,
            bundle: None,
            kind: ContentKind::LinkAcceptance,
            version: 0,
        }
    }
}

/// Bob refuses an acceptance, both when he looks at it and when he admits it, and nothing changes.
fn refuses(two: &mut Two, (message, digits): (&[u8], &LinkDigits)) -> Refusal {
    let before = records(&two.bob);
    let looked = two.bob.read_acceptance(message, NOW + 60).unwrap_err();
    let refusal = two.bob_admits_by(message, digits).unwrap_err();
    assert_eq!(refusal, looked);
    assert_eq!(records(&two.bob), before);
    refusal
}

#[test]
fn a_device_is_linked_and_takes_part() {
    let mut two = Two::established(1000);
    two.bob
        .confirm_safety_number("alice", &mut two.rng)
        .unwrap();
    let invitation = two.bob_invites();
    let (mut laptop, _, accepted) = accepts(&mut two, &invitation);
    let before = records(&two.bob);
    let request = two.bob.read_acceptance(&accepted.message, NOW).unwrap();
    assert_eq!(records(&two.bob), before);
    assert_eq!((&*request.name, request.number.to_u32()), ("laptop", 1));
    assert_eq!(request.identity, laptop.identity().unwrap());
    // The digits are what the two compute apart from each other.
    let linked = two.bob_admits(&accepted).unwrap();
    assert_eq!(linked.left_out, Vec::<String>::new());
    let welcomed = laptop.accept_welcome(&linked.welcome, NOW, &mut two.rng);
    let welcomed = welcomed.unwrap();
    assert_eq!((&welcomed.list, welcomed.signs), (&linked.list, false));
    assert_eq!(welcomed.peers, ["alice"]);
    assert_eq!(
        laptop.device_list().unwrap(),
        two.bob.device_list().unwrap()
    );
    assert!(laptop.status("alice").unwrap().verification.is_verified());
    // The two have a session, in which copies go at once.
    let sent = two
        .bob
        .encrypt_to_user("alice", Outgoing::new(b"hi"), &mut two.rng)
        .unwrap();
    assert!(sent.skipped.is_empty());
    let copy = sent.messages.iter().find(|message| message.own).unwrap();
    let incoming = Incoming::new(&copy.message);
    let read = laptop
        .decrypt(Sender::AnyPeer, incoming, &mut two.rng)
        .unwrap();
    assert_eq!(
        (&*read.opened.plaintext, &*read.peer),
        (&b"hi"[..], "alice")
    );
    // The bundle of the laptop is handed on to Alice, who can write to it then.
    let bundles = two.bob.bundles_for("alice").unwrap();
    let bundles: Vec<&[u8]> = bundles.iter().map(Vec::as_slice).collect();
    assert_eq!(bundles.len(), 1);
    let sent = two
        .bob
        .encrypt_list("alice", &bundles, &mut two.rng)
        .unwrap();
    let received = two.alice_reads(&sent.messages[0].message).unwrap();
    assert_eq!(received.new_devices, [linked.device]);
    let sent = two
        .alice
        .encrypt_to_user("bob", Outgoing::new(b"both"), &mut two.rng)
        .unwrap();
    let to_laptop = sent.messages.iter();
    let to_laptop = { to_laptop }.find(|message| message.identity == linked.device.identity);
    let incoming = Incoming::new(&to_laptop.unwrap().message);
    let read = laptop.decrypt(Sender::Named("alice"), incoming, &mut two.rng);
    assert_eq!(read.unwrap().opened.plaintext, b"both");
    // Once Alice has answered, she knows all.
    let to_bob = sent.messages.iter().find(|sent| sent.number.to_u32() == 0);
    two.bob_reads(&to_bob.unwrap().message).unwrap();
    assert_eq!(two.bob.bundles_for("alice").unwrap(), Vec::<Vec<u8>>::new());
}

#[test]
fn an_acceptance_without_the_secret_is_refused() {
    let mut two = Two::established(1001);
    let invitation = two.bob_invites();
    let mut thief = ByHand::invited(&invitation, &mut two);
    let mut claimed = Claimed::honest(&invitation.code);
    claimed.secret[15] ^= 1;
    let message = thief.accepts(&claimed, &mut two);
    let digits = thief.digits(&invitation.code);
    let refusal = refuses(&mut two, (&message, &digits));
    assert_eq!(refusal, ClientError::WrongLinkCode);
    // Nothing but the secret was missing.
    let honest = Claimed::honest(&invitation.code);
    let message = thief.accepts(&honest, &mut two);
    assert!(two.bob_admits_by(&message, &digits).is_ok());
}

#[test]
fn an_invitation_is_accepted_once() {
    let mut two = Two::established(1002);
    let invitation = two.bob_invites();
    let (_, _, accepted) = accepts(&mut two, &invitation);
    let (_, _, second) = accepts(&mut two, &invitation);
    two.bob_admits(&accepted).unwrap();
    for accepted in [&accepted, &second] {
        let parts = (&*accepted.message, &accepted.digits);
        assert_eq!(refuses(&mut two, parts), ClientError::NoInvitation);
    }
    // Another invitation does not let it in either.
    two.bob_invites();
    let parts = (&*second.message, &second.digits);
    assert_eq!(refuses(&mut two, parts), ClientError::OtherInvitation);
    assert_eq!(two.bob.device_list().unwrap().devices().len(), 2);
}

/// The device that accepted it in the state that is lost may be another one.
#[test]
fn being_put_back_voids_an_invitation() {
    let mut two = Two::established(1021);
    let invitation = two.bob_invites();
    let (_, _, accepted) = accepts(&mut two, &invitation);
    two.bob.mark_restored(NOW, &mut two.rng).unwrap();
    let list = two.bob.device_list().unwrap();
    two.bob
        .import_own_list(list.as_bytes(), &mut two.rng)
        .unwrap();
    let parts = (&*accepted.message, &accepted.digits);
    assert_eq!(refuses(&mut two, parts), ClientError::NoInvitation);
}

#[test]
fn a_device_that_joins_by_a_list_waits_no_more() {
    let mut two = Two::established(1022);
    let invitation = two.bob_invites();
    let (mut laptop, _, accepted) = accepts(&mut two, &invitation);
    let linked = two.bob_admits(&accepted).unwrap();
    laptop.join(linked.list, &mut two.rng).unwrap();
    assert_eq!(laptop.acceptance_again(), Err(ClientError::NoPendingLink));
    let before = records(&laptop);
    let refused = laptop.accept_welcome(&linked.welcome, NOW, &mut two.rng);
    assert_eq!(refused.map(drop), Err(ClientError::NoPendingLink));
    assert_eq!(records(&laptop), before);
}

#[test]
fn an_invitation_expires_on_both_sides() {
    let mut two = Two::established(1003);
    let invitation = two.bob_invites();
    assert_eq!(invitation.expiry, NOW + TEN_MINUTES);
    let (_, _, accepted) = accepts(&mut two, &invitation);
    for (now, error) in [
        (invitation.expiry, None),
        (invitation.expiry + 1, Some(ClientError::InvitationExpired)),
    ] {
        let read = two.bob.read_acceptance(&accepted.message, now);
        assert_eq!(read.err(), error);
        let key = StoreKey::generate(&mut two.rng);
        let acceptance = Acceptance {
            invitation: &invitation.bytes,
            code: &invitation.code,
            name: "",
            now,
        };
        let mut store = MemoryStore::new();
        let joined = Client::accept_invitation(&mut store, &key, acceptance, &mut two.rng);
        assert_eq!(joined.map(drop).err(), error);
    }
    let admission = Admission {
        acceptance: &accepted.message,
        digits: &accepted.digits,
        now: invitation.expiry + 1,
    };
    let before = records(&two.bob);
    let refused = two.bob.admit(admission, &mut two.rng);
    assert_eq!(refused, Err(ClientError::InvitationExpired));
    assert_eq!(records(&two.bob), before);
}

#[test]
fn a_session_by_another_bundle_is_no_acceptance() {
    let mut two = Two::established(1004);
    let earlier = two.bob_invites();
    let (_, _, late) = accepts(&mut two, &earlier);
    let invitation = two.bob_invites();
    let published = two.bob.publish(&mut two.rng).unwrap();
    let reusable = two.bob.publish_reusable().unwrap();
    for bundle in [published, reusable] {
        let mut device = ByHand::with(&bundle, &mut two);
        let honest = Claimed::honest(&invitation.code);
        let message = device.accepts(&honest, &mut two);
        let digits = device.digits(&invitation.code);
        let refusal = refuses(&mut two, (&message, &digits));
        assert_eq!(refusal, ClientError::OtherInvitation);
    }
    // A new invitation has voided the one before.
    let parts = (&*late.message, &late.digits);
    assert_eq!(refuses(&mut two, parts), ClientError::OtherInvitation);
}

#[test]
fn a_message_that_is_no_acceptance_is_refused() {
    let mut two = Two::established(1005);
    let text = two.alice_sends(b"text");
    let digits: LinkDigits = "123456".parse().unwrap();
    assert_eq!(
        refuses(&mut two, (&text, &digits)),
        ClientError::NoInvitation
    );
    let invitation = two.bob_invites();
    assert_eq!(
        refuses(&mut two, (&text, &digits)),
        ClientError::NotAnAcceptance
    );
    // A first message with another content, and one that speaks of a list.
    let mut device = ByHand::invited(&invitation, &mut two);
    let digits = device.digits(&invitation.code);
    let honest = Claimed::honest(&invitation.code);
    for claimed in [
        Claimed {
            kind: ContentKind::Text,
            ..Claimed::honest(&invitation.code)
        },
        Claimed {
            version: 1,
            ..Claimed::honest(&invitation.code)
        },
    ] {
        let message = device.accepts(&claimed, &mut two);
        let refusal = refuses(&mut two, (&message, &digits));
        assert_eq!(refusal, ClientError::NotAnAcceptance);
    }
    let message = device.accepts(&honest, &mut two);
    assert!(two.bob.read_acceptance(&message, NOW).is_ok());
}

#[test]
fn a_device_must_have_signed_its_number_for_this_user() {
    let mut two = Two::established(1006);
    let invitation = two.bob_invites();
    let mallory = UserKeyPair::generate(&mut two.rng);
    let mut device = ByHand::invited(&invitation, &mut two);
    let digits = device.digits(&invitation.code);
    for claimed in [
        Claimed {
            user: Some(mallory.public()),
            ..Claimed::honest(&invitation.code)
        },
        Claimed {
            signed_number: 2,
            ..Claimed::honest(&invitation.code)
        },
    ] {
        let message = device.accepts(&claimed, &mut two);
        let refusal = refuses(&mut two, (&message, &digits));
        let number = DeviceNumber::new(1);
        let invalid = sprag_devices::Error::InvalidDeviceSignature(number);
        assert_eq!(refusal, ClientError::List(invalid));
    }
    // The signature is valid and the number is not the next one: the list cannot have it.
    let other = Claimed {
        number: 2,
        signed_number: 2,
        ..Claimed::honest(&invitation.code)
    };
    let message = device.accepts(&other, &mut two);
    let refusal = refuses(&mut two, (&message, &digits));
    let next = ChangeError::OtherNumber(DeviceNumber::new(1));
    assert_eq!(refusal, ClientError::Change(next));
}

#[test]
fn a_bundle_of_somebody_else_is_refused() {
    let mut two = Two::established(1007);
    let invitation = two.bob_invites();
    let mut device = ByHand::invited(&invitation, &mut two);
    let digits = device.digits(&invitation.code);
    let alice = two.alice.publish_reusable().unwrap();
    let keys = decode_bundle(&alice).unwrap().keys;
    let without_list = sprag_wire::encode_bundle(&keys, &[]).unwrap();
    let with_list = device.core.publish_reusable(b"list").unwrap();
    let foreign = ClientError::ForeignBundle(two.alice.identity().unwrap());
    for (bundle, expected) in [
        (without_list, foreign),
        (with_list, ClientError::NotAnAcceptance),
    ] {
        let claimed = Claimed {
            bundle: Some(&bundle),
            ..Claimed::honest(&invitation.code)
        };
        let message = device.accepts(&claimed, &mut two);
        let refusal = refuses(&mut two, (&message, &digits));
        assert_eq!(refusal, expected);
    }
}

#[test]
fn three_wrong_digits_void_an_invitation() {
    let mut two = Two::established(1008);
    let wrong = |right: &LinkDigits| -> LinkDigits {
        let number: u32 = right.as_str().parse().unwrap();
        format!("{:06}", (number + 1) % 1_000_000).parse().unwrap()
    };
    // After two the right ones are still taken.
    let invitation = two.bob_invites();
    let (_, _, accepted) = accepts(&mut two, &invitation);
    for left in [2, 1] {
        let refused = two.bob_admits_by(&accepted.message, &wrong(&accepted.digits));
        assert_eq!(refused, Err(ClientError::WrongDigits { left }));
    }
    two.bob_admits(&accepted).unwrap();
    // After three they are not.
    let invitation = two.bob_invites();
    let (_, _, accepted) = accepts(&mut two, &invitation);
    for left in [2, 1, 0] {
        let refused = two.bob_admits_by(&accepted.message, &wrong(&accepted.digits));
        assert_eq!(refused, Err(ClientError::WrongDigits { left }));
    }
    let parts = (&*accepted.message, &accepted.digits);
    assert_eq!(refuses(&mut two, parts), ClientError::NoInvitation);
}

/// Somebody who photographs the screen links a device of their own. The digits that the user sees are not those of that
/// device.
#[test]
fn a_thief_of_the_code_has_other_digits() {
    let mut two = Two::established(1009);
    let invitation = two.bob_invites();
    let (_, _, accepted) = accepts(&mut two, &invitation);
    let mut thief = ByHand::invited(&invitation, &mut two);
    let message = thief.accepts(&Claimed::honest(&invitation.code), &mut two);
    assert!(two.bob.read_acceptance(&message, NOW).is_ok());
    let refused = two.bob_admits_by(&message, &accepted.digits);
    assert_eq!(refused, Err(ClientError::WrongDigits { left: 2 }));
}

#[test]
fn a_device_without_the_user_key_lets_nobody_in() {
    let mut two = Two::established(1010);
    let (mut laptop, _) = two.bob_links();
    let before = records(&laptop);
    let refused = laptop.invite(NOW, TEN_MINUTES, &mut two.rng);
    assert_eq!(refused.map(drop), Err(ClientError::NoUserKey));
    let device = Device::sign(
        AccountCore::generate_at(0, &mut two.rng).identity_pair(),
        two.bob.device_list().unwrap().user(),
        DeviceNumber::new(2),
        &mut two.rng,
    );
    let refused = laptop.admit_device(device, NOW, &mut two.rng);
    assert_eq!(refused, Err(ClientError::NoUserKey));
    let gone = Revoked {
        number: DeviceNumber::FIRST,
        reason: Reason::Lost,
    };
    let refused = laptop.revoke(gone, NOW, &mut two.rng);
    assert_eq!(refused, Err(ClientError::NoUserKey));
    // Not even if an invitation that another device has written is answered to it.
    let invitation = two.bob_invites();
    let (_, _, accepted) = accepts(&mut two, &invitation);
    let admission = Admission {
        acceptance: &accepted.message,
        digits: &accepted.digits,
        now: NOW,
    };
    let refused = laptop.admit(admission, &mut two.rng);
    assert_eq!(refused, Err(ClientError::NoUserKey));
    assert_eq!(records(&laptop), before);
}

#[test]
fn a_removed_device_does_not_come_back_under_a_new_number() {
    for reason in [Reason::Retired, Reason::Lost] {
        let mut two = Two::established(1011);
        let invitation = two.bob_invites();
        let mut device = ByHand::invited(&invitation, &mut two);
        let message = device.accepts(&Claimed::honest(&invitation.code), &mut two);
        let digits = device.digits(&invitation.code);
        let number = two.bob_admits_by(&message, &digits).unwrap().device.number;
        let gone = Revoked { number, reason };
        two.bob.revoke(gone, NOW, &mut two.rng).unwrap();
        // It answers another invitation with the same key.
        let invitation = two.bob_invites();
        let decoded = decode_invitation(&invitation.bytes).unwrap();
        let mut device = ByHand::again(device.core, decoded.bundle, &mut two);
        let claimed = Claimed {
            number: 2,
            signed_number: 2,
            ..Claimed::honest(&invitation.code)
        };
        let message = device.accepts(&claimed, &mut two);
        let digits = device.digits(&invitation.code);
        let before = records(&two.bob);
        let refusal = two.bob_admits_by(&message, &digits).unwrap_err();
        assert_eq!(
            refusal,
            ClientError::Change(ChangeError::WasRevoked(number))
        );
        assert_eq!(records(&two.bob), before);
    }
}

#[test]
fn acceptances_and_welcomes_are_read_by_nothing_else() {
    let mut two = Two::established(1012);
    let invitation = two.bob_invites();
    let (mut laptop, _, accepted) = accepts(&mut two, &invitation);
    let before = records(&two.bob);
    for sender in [Sender::AnyPeer, Sender::Named("laptop")] {
        let incoming = Incoming::new(&accepted.message);
        let refused = two.bob.decrypt(sender, incoming, &mut two.rng);
        let kind = ContentKind::LinkAcceptance;
        assert_eq!(refused, Err(ClientError::LinkContent(kind)));
    }
    assert_eq!(records(&two.bob), before);
    let linked = two.bob_admits(&accepted).unwrap();
    let before = records(&laptop);
    for sender in [Sender::AnyPeer, Sender::Named("phone")] {
        let incoming = Incoming::new(&linked.welcome);
        let refused = laptop.decrypt(sender, incoming, &mut two.rng);
        assert!(refused.is_err(), "{refused:?}");
    }
    assert_eq!(records(&laptop), before);
    assert!(
        laptop
            .accept_welcome(&linked.welcome, NOW, &mut two.rng)
            .is_ok()
    );
}

#[test]
fn a_device_that_waits_takes_its_user_for_no_peer() {
    let mut two = Two::established(1013);
    let invitation = two.bob_invites();
    let (mut laptop, _, accepted) = accepts(&mut two, &invitation);
    let linked = two.bob_admits(&accepted).unwrap();
    let sent = two
        .bob
        .encrypt_to_user("alice", Outgoing::new(b"early"), &mut two.rng)
        .unwrap();
    let copy = sent.messages.iter().find(|message| message.own).unwrap();
    let before = records(&laptop);
    for sender in [Sender::AnyPeer, Sender::Named("bob")] {
        let incoming = Incoming::new(&copy.message);
        let refused = laptop.decrypt(sender, incoming, &mut two.rng);
        assert!(refused.is_err(), "{refused:?}");
    }
    assert_eq!(records(&laptop), before);
    // Welcomed, it reads the copy that came before.
    laptop
        .accept_welcome(&linked.welcome, NOW, &mut two.rng)
        .unwrap();
    let incoming = Incoming::new(&copy.message);
    let read = laptop.decrypt(Sender::AnyPeer, incoming, &mut two.rng);
    assert_eq!(read.unwrap().opened.plaintext, b"early");
}

#[test]
fn an_invitation_that_was_changed_is_not_the_one_of_the_code() {
    let mut two = Two::established(1014);
    let invitation = two.bob_invites();
    let other = two.bob_invites();
    let key = StoreKey::generate(&mut two.rng);
    let mut tried = |bytes: &[u8], code: &LinkCode| {
        let acceptance = Acceptance {
            invitation: bytes,
            code,
            name: "laptop",
            now: NOW,
        };
        let mut store = MemoryStore::new();
        let tried = Client::accept_invitation(&mut store, &key, acceptance, &mut two.rng);
        tried.map(drop)
    };
    let refused = Err(ClientError::OtherInvitation);
    for place in (0..invitation.bytes.len()).step_by(97) {
        let mut bytes = invitation.bytes.clone();
        bytes[place] ^= 1;
        assert_eq!(tried(&bytes, &invitation.code), refused, "byte {place}");
    }
    assert_eq!(tried(&other.bytes, &invitation.code), refused);
    assert_eq!(tried(&invitation.bytes, &other.code), refused);
    assert_eq!(tried(&invitation.bytes, &invitation.code), Ok(()));
}

#[test]
fn an_invitation_is_accepted_in_an_empty_store_alone() {
    let mut two = Two::established(1015);
    let invitation = two.bob_invites();
    let (carol, key) = client(&mut two.rng);
    let mut store = carol.into_store();
    let acceptance = Acceptance {
        invitation: &invitation.bytes,
        code: &invitation.code,
        name: "laptop",
        now: NOW,
    };
    let refused = Client::accept_invitation(&mut store, &key, acceptance, &mut two.rng);
    assert_eq!(refused.map(drop), Err(ClientError::AccountExists));
}

#[test]
fn an_invitation_that_was_accepted_is_told_from_others() {
    let mut two = Two::established(1034);
    let invitation = two.bob_invites();
    let (laptop, ..) = accepts(&mut two, &invitation);
    assert_eq!(laptop.has_accepted(&invitation.bytes), Ok(true));
    // One of the same device, and one of another user's.
    let newer = two.bob_invites();
    let foreign = two.alice.invite(NOW, TEN_MINUTES, &mut two.rng).unwrap();
    for other in [newer, foreign] {
        assert_eq!(laptop.has_accepted(&other.bytes), Ok(false));
    }
    let cut = &invitation.bytes[..invitation.bytes.len() - 1];
    assert!(matches!(
        laptop.has_accepted(cut),
        Err(ClientError::Protocol(_))
    ));
}

#[test]
fn what_was_written_can_be_had_again() {
    let mut two = Two::established(1016);
    let invitation = two.bob_invites();
    let (laptop, key, accepted) = accepts(&mut two, &invitation);
    let mut laptop = Client::open(laptop.into_store(), &key).unwrap();
    assert_eq!(laptop.acceptance_again().as_ref(), Ok(&accepted));
    assert_eq!(laptop.has_accepted(&invitation.bytes), Ok(true));
    let linked = two.bob_admits(&accepted).unwrap();
    let number = linked.device.number;
    assert_eq!(two.bob.welcome_again(number), Ok(linked.welcome.clone()));
    laptop
        .accept_welcome(&linked.welcome, NOW, &mut two.rng)
        .unwrap();
    assert_eq!(laptop.acceptance_again(), Err(ClientError::NoPendingLink));
    assert_eq!(
        laptop.has_accepted(&invitation.bytes),
        Err(ClientError::NoPendingLink)
    );
    // A second time it changes nothing.
    let before = records(&laptop);
    let again = laptop.accept_welcome(&linked.welcome, NOW, &mut two.rng);
    assert!(again.is_err(), "{again:?}");
    assert_eq!(records(&laptop), before);
    // Once the laptop has written, nobody needs the welcome any more.
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    laptop.renew("alice", &bundle, &mut two.rng).unwrap();
    let sent = laptop
        .encrypt_to_user("alice", Outgoing::new(b"hi"), &mut two.rng)
        .unwrap();
    let copy = sent.messages.iter().find(|message| message.own).unwrap();
    let incoming = Incoming::new(&copy.message);
    two.bob
        .decrypt(Sender::AnyPeer, incoming, &mut two.rng)
        .unwrap();
    assert_eq!(two.bob.welcome_again(number), Err(ClientError::NoWelcome));
    let devices = two.bob.own_devices().unwrap();
    assert_eq!(devices[1].name.as_deref(), Some("laptop"));
    assert!(devices[1].can_be_reached && !devices[1].awaits_welcome);
}

#[test]
fn a_device_that_waits_adds_its_user_as_no_peer() {
    let mut two = Two::established(1017);
    let invitation = two.bob_invites();
    let (mut laptop, _, accepted) = accepts(&mut two, &invitation);
    let linked = two.bob_admits(&accepted).unwrap();
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    let before = records(&laptop);
    let refused = laptop.add("me", &bundle, &mut two.rng);
    let own = sprag::Error::Handshake(sprag_client::HandshakeError::OwnBundle);
    assert_eq!(refused, Err(ClientError::Protocol(own)));
    assert_eq!(records(&laptop), before);
    let welcomed = laptop.accept_welcome(&linked.welcome, NOW, &mut two.rng);
    assert!(welcomed.is_ok());
}

/// A device that is a peer's already, by the peer's word.
#[test]
fn a_device_of_a_peer_is_not_linked() {
    let mut two = Two::established(1018);
    let invitation = two.bob_invites();
    let mut device = ByHand::invited(&invitation, &mut two);
    let list = two.alice.device_list().unwrap();
    let (pair, number) = (device.core.identity_pair(), list.next_number());
    let of_alice = Device::sign(pair, list.user(), number, &mut two.rng);
    two.alice.admit_device(of_alice, 0, &mut two.rng).unwrap();
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    two.bob.add("alice", &bundle, &mut two.rng).unwrap();
    let message = device.accepts(&Claimed::honest(&invitation.code), &mut two);
    let digits = device.digits(&invitation.code);
    let before = records(&two.bob);
    let refused = two.bob_admits_by(&message, &digits);
    assert_eq!(refused, Err(ClientError::KnownAs("alice".into())));
    assert_eq!(records(&two.bob), before);
}

#[test]
fn a_peer_with_evidence_against_it_is_not_handed_over() {
    let mut two = Two::established(1019);
    // Alice signs two second lists, in two states of her store.
    let mut other = Client::open(two.alice.store().clone(), &two.alice_key).unwrap();
    for alice in [&mut two.alice, &mut other] {
        let list = alice.device_list().unwrap();
        let device = AccountCore::generate_at(0, &mut two.rng);
        let (pair, number) = (device.identity_pair(), list.next_number());
        let device = Device::sign(pair, list.user(), number, &mut two.rng);
        alice.admit_device(device, 0, &mut two.rng).unwrap();
    }
    let [one, other] = [&mut two.alice, &mut other].map(|alice| alice.publish(&mut two.rng));
    two.bob.add("alice", &one.unwrap(), &mut two.rng).unwrap();
    let refused = two.bob.add("alice", &other.unwrap(), &mut two.rng);
    assert_eq!(refused, Err(ClientError::Equivocation("alice".into())));
    let (laptop, linked) = two.bob_links();
    assert_eq!(linked.left_out, ["alice"]);
    assert_eq!(laptop.peers(), Ok(Vec::new()));
}

/// A peer that sends what only a device of the user may send.
#[test]
fn a_peer_hands_no_key_over() {
    let mut two = Two::established(1020);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    let mut carol = ByHand::with(&bundle, &mut two);
    let user = UserKeyPair::generate(&mut two.rng);
    let list = DeviceList::first(&user, carol.core.identity_pair(), 0, &mut two.rng);
    let seed = user.seed();
    let welcome = encode_welcome(&Welcome {
        key: Some(seed.expose()),
        peers: Vec::new(),
    })
    .unwrap();
    let mut says = |kind, payload| {
        let content = encode_content(&Content {
            kind,
            version: 1,
            hash: *list.hash().first_chunk().unwrap(),
            known: 1,
            list: Some(list.as_bytes()),
            payload,
        });
        let content = content.unwrap();
        carol
            .session
            .encrypt_with_ad(content.expose(), CONTENT, &mut two.rng)
            .unwrap()
    };
    let text = says(ContentKind::Text, b"hi");
    let key = says(ContentKind::LinkWelcome, welcome.expose());
    let sender = Sender::Named("carol");
    two.bob
        .decrypt(sender, Incoming::new(&text), &mut two.rng)
        .unwrap();
    let before = records(&two.bob);
    let refused = two.bob.accept_welcome(&key, NOW, &mut two.rng);
    assert_eq!(refused, Err(ClientError::NoWelcome));
    let refused = two.bob.decrypt(sender, Incoming::new(&key), &mut two.rng);
    let kind = ContentKind::LinkWelcome;
    assert_eq!(refused, Err(ClientError::LinkContent(kind)));
    assert_eq!(records(&two.bob), before);
}
