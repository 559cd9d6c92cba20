//! The rules for replacing a list, and evidence against users who break them.

use sprag_devices::snapshot::Snapshot;
use sprag_devices::{
    Contradiction, DeviceList, Error, Evidence, KnownList, Reason, Replacing, Status, UserKeyPair,
};

use sprag_primitives::hash::sha256;
use sprag_primitives::operations::hashes;

use crate::support::{
    Draft, NOW, device, first, identity, number, revoked, signed, user, varint, with, without,
};

const SEED: u8 = 0x11;

fn alice() -> UserKeyPair {
    user(SEED)
}

/// The contradiction by which `known` refuses `list`, after which it must be as before, and which a third party sees.
fn evidence(known: &mut KnownList, list: &DeviceList) -> Contradiction {
    let before = known.clone();
    let Replacing::Evidence(evidence) = known.replace(list.clone()).expect("it is of the user")
    else {
        unreachable!("no evidence");
    };
    assert_eq!(*known, before);
    let verified = Evidence::verify(&evidence.encode()).expect("it is evidence");
    assert_eq!(verified, *evidence);
    assert_eq!(verified.later(), list);
    verified.contradiction()
}

/// The list after `list` with this change, which the user signs.
fn next(list: &DeviceList, change: impl Fn(&mut Draft)) -> DeviceList {
    let mut draft = Draft::of(list);
    draft.version += 1;
    draft.previous = list.hash();
    change(&mut draft);
    draft.list(SEED)
}

#[test]
fn a_newer_list_replaces_and_its_changes_are_told() {
    let alice = alice();
    let one = first(&alice, 3);
    let two = with(&one, &alice, 4);
    let three = without(&two, &alice, 0);
    let mut known = KnownList::new(one.clone());
    let Ok(Replacing::Newer(changes)) = known.replace(two.clone()) else {
        panic!("newer");
    };
    assert_eq!(changes.new_devices, [two.devices()[1]]);
    assert!(changes.gone_devices.is_empty());
    let Ok(Replacing::Newer(changes)) = known.replace(three.clone()) else {
        panic!("newer");
    };
    assert!(changes.new_devices.is_empty());
    assert_eq!(changes.gone_devices[0].device, one.devices()[0]);
    assert_eq!(changes.gone_devices[0].reason, Some(Reason::Lost));
    assert_eq!(known.list(), &three);
    // The key of a device that is gone says nothing about a sender any more.
    let gone = *identity(3).public();
    assert_eq!(known.identify(&gone), None);
    assert_eq!(known.status_of(&gone), Status::Lost);
    assert_eq!(known.status_of(identity(4).public()), Status::Listed);
    assert_eq!(known.status_of(identity(5).public()), Status::Unknown);
}

/// A server rolls back.
#[test]
fn old_lists_and_the_same_list_change_nothing() {
    let alice = alice();
    let one = first(&alice, 3);
    let two = with(&one, &alice, 4);
    let mut known = KnownList::new(two.clone());
    assert_eq!(known.replace(one), Ok(Replacing::Old));
    assert_eq!(known.replace(two.clone()), Ok(Replacing::Same));
    assert_eq!(known, KnownList::new(two));
}

#[test]
fn a_list_of_another_user_is_refused_whatever_its_version() {
    let alice = alice();
    let known = KnownList::new(with(&first(&alice, 3), &alice, 4));
    let mallory = user(0x22);
    let mut draft = Draft::of(&with(&first(&mallory, 3), &mallory, 4));
    for version in [2, 3, 9] {
        draft.version = version;
        let mut after = known.clone();
        let refused = after.replace(draft.list(0x22));
        assert_eq!(refused, Err(Error::OtherUser), "version {version}");
        assert_eq!(after, known);
    }
    let old = first(&mallory, 3);
    assert_eq!(known.clone().replace(old), Err(Error::OtherUser));
}

#[test]
fn versions_may_be_missed() {
    let alice = alice();
    let one = first(&alice, 3);
    let three = with(&with(&one, &alice, 4), &alice, 5);
    let mut known = KnownList::new(one);
    assert!(matches!(known.replace(three), Ok(Replacing::Newer(_))));
}

/// Two lists for two readers.
#[test]
fn one_version_with_two_contents_is_evidence() {
    let alice = alice();
    let one = first(&alice, 3);
    let two = with(&one, &alice, 4);
    let mut known = KnownList::new(two);
    let other = one.with_device(&alice, device(&alice, 5, 1), NOW).unwrap();
    let before = known.clone();
    let Ok(Replacing::Evidence(evidence)) = known.replace(other.clone()) else {
        panic!("evidence");
    };
    assert_eq!(known, before);
    assert_eq!(evidence.contradiction(), Contradiction::Equivocation);
    // The other reader comes to the same evidence.
    let mirrored = Evidence::new(&other, before.list()).unwrap();
    assert_eq!(mirrored, *evidence);
    assert_eq!(Evidence::verify(&mirrored.encode()), Ok(mirrored));
}

#[test]
fn a_list_that_does_not_follow_the_one_before_is_evidence() {
    let alice = alice();
    let one = first(&alice, 3);
    let mut known = KnownList::new(one.clone());
    let broken = next(&one, |draft| draft.previous[0] ^= 1);
    assert_eq!(evidence(&mut known, &broken), Contradiction::BrokenChain);
}

#[test]
fn numbers_are_not_taken_back_and_not_given_twice() {
    let alice = alice();
    let one = first(&alice, 3);
    let two = with(&one, &alice, 4);
    let three = without(&two, &alice, 1);
    let mut known = KnownList::new(three.clone());
    let taken_back = next(&three, |draft| {
        draft.next = 1;
        draft.revoked.clear();
    });
    assert_eq!(
        evidence(&mut known, &taken_back),
        Contradiction::NumbersTakenBack
    );
    let reused = next(&three, |draft| {
        draft.devices.push(Draft::device(&device(&alice, 5, 1)));
        draft.revoked.clear();
    });
    assert_eq!(
        evidence(&mut known, &reused),
        Contradiction::NumberReused(number(1))
    );
    let other_key = next(&three, |draft| {
        draft.devices[0] = Draft::device(&device(&alice, 5, 0));
    });
    assert_eq!(
        evidence(&mut known, &other_key),
        Contradiction::OtherIdentity(number(0))
    );
}

/// A removed device stays trusted: it is added again under a new number.
#[test]
fn the_key_of_a_revoked_device_does_not_return() {
    let alice = alice();
    let two = with(&first(&alice, 3), &alice, 4);
    let three = without(&two, &alice, 1);
    let four = with(&three, &alice, 5);
    let returned = with(&four, &alice, 4);
    let mut known = KnownList::new(two.clone());
    for list in [three.clone(), four.clone()] {
        assert!(matches!(known.replace(list), Ok(Replacing::Newer(_))));
    }
    // It is remembered over a store too.
    let bytes = known.to_snapshot();
    let mut known = KnownList::from_snapshot(bytes.expose()).unwrap();
    let expected = Contradiction::KeyReturned(number(3));
    assert_eq!(evidence(&mut known, &returned), expected);
    // A reader who missed the lists between sees it at once.
    assert_eq!(evidence(&mut KnownList::new(two), &returned), expected);
    // Our own commands do not make such a list.
    let again = device(&alice, 4, 3);
    let error = known.with_device(&alice, again, NOW).unwrap_err();
    assert_eq!(error, sprag_devices::ChangeError::WasRevoked(number(1)));
}

/// A known list as a store may have it: each list alone, with its length in front.
fn without_digests(lists: &[&DeviceList]) -> Vec<u8> {
    let block = |list: &DeviceList| {
        let length = u32::try_from(list.as_bytes().len()).expect("a list is short");
        [&length.to_le_bytes()[..], list.as_bytes()].concat()
    };
    let (newest, earlier) = lists.split_first().expect("one is the newest");
    let count = u32::try_from(earlier.len())
        .expect("they are few")
        .to_le_bytes();
    let mut bytes = [block(newest), count.to_vec()].concat();
    earlier.iter().for_each(|list| bytes.extend(block(list)));
    bytes
}

#[test]
fn a_known_list_is_read_without_hashing_and_also_from_a_store_that_has_no_digests() {
    let alice = alice();
    let two = with(&first(&alice, 3), &alice, 4);
    let three = without(&two, &alice, 1);
    let mut known = KnownList::new(two.clone());
    assert!(matches!(
        known.replace(three.clone()),
        Ok(Replacing::Newer(_))
    ));
    let bytes = known.to_snapshot();
    let (read, digests) = hashes(|| KnownList::from_snapshot(bytes.expose()));
    let read = read.unwrap();
    assert_eq!((&read, digests), (&known, 0));
    let ((hash, user), digests) = hashes(|| (read.list().hash(), read.user_id()));
    assert_eq!(digests, 0);
    assert_eq!(hash, sha256(&[three.as_bytes()]));
    assert_eq!(user, alice.public().id());
    // The digests are added where they are missing.
    let before = without_digests(&[&three, &two]);
    let read = KnownList::from_snapshot(&before).unwrap();
    assert_eq!(read, known);
    assert_eq!(read.to_snapshot().expose(), bytes.expose());
}

/// A revocation is hidden by leaving the device out.
#[test]
fn a_device_that_vanishes_is_evidence_unless_sixty_four_were_revoked() {
    let alice = alice();
    let two = with(&first(&alice, 3), &alice, 4);
    let mut known = KnownList::new(two.clone());
    let vanished = next(&two, |draft| _ = draft.devices.pop());
    assert_eq!(
        evidence(&mut known, &vanished),
        Contradiction::Vanished(number(1))
    );
    let full = |count: u64| {
        next(&two, |draft| {
            draft.devices.pop();
            draft.next = 200;
            draft.revoked = (100..100 + count).map(|gone| (gone, 0)).collect();
        })
    };
    assert_eq!(
        evidence(&mut known, &full(63)),
        Contradiction::Vanished(number(1))
    );
    let Ok(Replacing::Newer(changes)) = known.replace(full(64)) else {
        panic!("newer");
    };
    assert_eq!(changes.gone_devices[0].reason, None);
}

#[test]
fn the_keys_of_the_last_sixty_four_revoked_devices_are_remembered() {
    let alice = alice();
    let mut list = first(&alice, 1);
    let mut known = KnownList::new(list.clone());
    for round in 1..=70_u8 {
        list = with(&list, &alice, 100 + round);
        assert!(matches!(
            known.replace(list.clone()),
            Ok(Replacing::Newer(_))
        ));
        list = list
            .without_device(&alice, revoked(round.into(), Reason::Retired), NOW)
            .unwrap();
        assert!(matches!(
            known.replace(list.clone()),
            Ok(Replacing::Newer(_))
        ));
    }
    assert_eq!(list.revoked().len(), 64);
    assert_eq!(list.revoked()[0].number, number(7));
    let remembered = |round: u8| known.gone_device(identity(100 + round).public()).is_some();
    assert!((7..=70).all(remembered));
    assert!(!(1..=6).any(remembered));
    // It is bounded where it is stored.
    assert!(known.to_snapshot().expose().len() < 64 * 1024);
}

#[test]
fn a_revoked_device_is_named_however_many_were_revoked_before() {
    let alice = alice();
    let mut draft = Draft::of(&with(&first(&alice, 3), &alice, 4));
    draft.next = 200;
    draft.revoked = (100..164).map(|gone| (gone, 0)).collect();
    let list = draft.list(SEED);
    let next = without(&list, &alice, 0);
    assert_eq!(next.revoked().len(), 64);
    assert_eq!(next.status(number(0)), Status::Lost);
    assert_eq!(next.status(number(100)), Status::Unknown);
}

#[test]
fn evidence_that_shows_nothing_is_refused() {
    let alice = alice();
    let one = first(&alice, 3);
    let two = with(&one, &alice, 4);
    let other = one.with_device(&alice, device(&alice, 5, 1), NOW).unwrap();
    let foreign = first(&user(0x22), 3);
    assert_eq!(Evidence::new(&one, &two), Err(Error::NoContradiction));
    assert_eq!(Evidence::new(&one, &one), Err(Error::NoContradiction));
    assert_eq!(Evidence::new(&one, &foreign), Err(Error::OtherUser));
    let encode = |lists: [&[u8]; 2]| {
        let blocks = lists.map(|list| [&varint(list.len() as u64), list].concat());
        [vec![1], blocks.concat()].concat()
    };
    let good = Evidence::new(&two, &other).unwrap();
    let [earlier, later] = [good.earlier().as_bytes(), good.later().as_bytes()];
    assert_eq!(good.encode(), encode([earlier, later]));
    let refused = |bytes: &[u8]| Evidence::verify(bytes).unwrap_err();
    assert_eq!(refused(&encode([later, earlier])), Error::NotCanonical);
    assert_eq!(
        refused(&encode([one.as_bytes(), two.as_bytes()])),
        Error::NoContradiction
    );
    // A list that the user did not sign shows nothing.
    let forged = signed(&Draft::of(&other).content(), 0x22);
    for lists in [[two.as_bytes(), &forged], [&forged, two.as_bytes()]] {
        assert_eq!(refused(&encode(lists)), Error::InvalidListSignature);
    }
    assert_eq!(
        refused(&[&good.encode(), &[0][..]].concat()),
        Error::Trailing
    );
    assert_eq!(refused(&good.encode()[..200]), Error::Truncated);
    assert_eq!(refused(&[2]), Error::UnknownVersion(2));
    assert_eq!(
        refused(&[&[1][..], &varint(8193)].concat()),
        Error::Oversized
    );
    let bytes = good.to_snapshot();
    assert_eq!(Evidence::from_snapshot(bytes.expose()), Ok(good));
}

/// A user makes the record of itself as large as it can, in the hope that a reader keeps ever more.
#[test]
fn the_lists_of_a_user_who_replaces_one_of_sixteen_devices_again_and_again_are_bounded() {
    let alice = alice();
    let mut list = next(&first(&alice, 1), |draft| {
        for number in 1..16_u8 {
            let device = device(&alice, number + 1, number.into());
            draft.devices.push(Draft::device(&device));
        }
        draft.next = 16;
    });
    let mut known = KnownList::new(list.clone());
    let mut lengths = Vec::new();
    for round in 0..80_u8 {
        let number = 16 + u32::from(round);
        list = next(&list, |draft| {
            let (gone, ..) = draft.devices.pop().unwrap();
            draft.revoked.push((gone, 0));
            if draft.revoked.len() > 64 {
                draft.revoked.remove(0);
            }
            let device = device(&alice, 20 + round, number);
            draft.devices.push(Draft::device(&device));
            draft.next = u64::from(number) + 1;
        });
        assert!(matches!(
            known.replace(list.clone()),
            Ok(Replacing::Newer(_))
        ));
        lengths.push(known.to_snapshot().expose().len());
    }
    let most = lengths.iter().max().unwrap();
    assert!((120_000..135_000).contains(most), "{most}");
}
