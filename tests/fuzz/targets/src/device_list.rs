//! The target `device_list`: lists of a user's devices, evidence and what a store has of a user. No decoder panics, what
//! decodes has one encoding, and the rules for replacing agree with each other whatever the lists are.
//!
//! Each input is tried as a list, as evidence and as a known list, and then as a program: one that edits genuine lists, or
//! one that makes a history of lists field by field. No fuzzer finds signatures, so the program's lists come from a store,
//! whose reader does not verify any.

mod drafts;

use std::collections::BTreeSet;

use sprag_devices::ed25519::SIGNATURE_LENGTH;
use sprag_devices::limits::{MAX_DEVICES, MAX_REVOKED};
use sprag_devices::snapshot::{Snapshot as _, Writer};
use sprag_devices::{DeviceList, Error, Evidence, KnownList, Replacing};

use crate::edits::edit;
use crate::input::Input;
use drafts::{Draft, bases, content_of};

/// The first byte of a program that edits genuine lists.
pub(crate) const EDITS: u8 = 0;
/// The first byte of a program that makes a history.
pub(crate) const HISTORY: u8 = 1;

const MAX_EDITS: usize = 16;
const MAX_HISTORY: usize = 24;

pub(crate) fn run(input: &[u8]) {
    check_bytes(input);
    let mut input = Input::new(input);
    match input.byte() {
        Some(EDITS) => edits(&mut input),
        Some(HISTORY) => history(&mut input),
        _ => {}
    }
}

/// Tries bytes as each of the encodings.
fn check_bytes(bytes: &[u8]) {
    if let Ok(list) = DeviceList::decode(bytes) {
        assert_eq!(from_store(bytes), Some(list));
    }
    if let Ok(evidence) = Evidence::verify(bytes) {
        assert_eq!(evidence.encode(), bytes);
    }
    if let Ok(known) = KnownList::from_snapshot(bytes) {
        assert_stored(&known);
    }
}

/// Edits two genuine lists, and compares them.
fn edits(input: &mut Input<'_>) {
    let mut lists = Vec::new();
    for _ in 0..2 {
        let Some(base) = input.index(bases().len()) else {
            return;
        };
        let mut bytes = bases()[base].clone();
        let count = input.byte().unwrap_or(0);
        for _ in 0..usize::from(count).min(MAX_EDITS) {
            if !edit(&mut bytes, input) {
                break;
            }
        }
        check_bytes(&bytes);
        lists.extend(from_store(&bytes));
    }
    if let [one, other] = &lists[..] {
        check_pair(one, other);
        check_pair(other, one);
    }
}

/// Makes lists, and takes each by the rules for replacing.
fn history(input: &mut Input<'_>) {
    let mut draft = Draft::new();
    let mut known: Option<KnownList> = None;
    let mut last: Option<DeviceList> = None;
    for _ in 0..MAX_HISTORY {
        let more = draft.change(input);
        let bytes = draft.encode();
        if let Some(list) = from_store(&bytes) {
            match &mut known {
                Some(known) => replace(known, &list),
                None => known = Some(KnownList::new(list.clone())),
            }
            if let Some(last) = &last {
                check_pair(last, &list);
            }
            draft.follows(&list);
            last = Some(list);
        }
        if !more {
            // A reader from outside sees the same in what the user and the devices have signed.
            if draft.is_signed() {
                assert_eq!(DeviceList::decode(&bytes).ok(), from_store(&bytes));
            }
            break;
        }
    }
}

/// Takes a list, and checks what it may have changed.
fn replace(known: &mut KnownList, list: &DeviceList) {
    let before = known.clone();
    let newest = before.list();
    match known.replace(list.clone()) {
        Err(error) => {
            assert_eq!(error, Error::OtherUser);
            assert_ne!(list.user(), newest.user());
            assert_eq!(*known, before);
        }
        Ok(Replacing::Same) => {
            assert_eq!(list, newest);
            assert_eq!(*known, before);
        }
        Ok(Replacing::Old) => {
            assert!(list.version() < newest.version());
            assert_eq!(*known, before);
        }
        Ok(Replacing::Evidence(evidence)) => {
            assert_eq!(*known, before);
            assert!([evidence.earlier(), evidence.later()].contains(&list));
            assert_evidence(&evidence);
        }
        Ok(Replacing::Newer(changes)) => {
            assert!(list.version() > newest.version());
            assert_eq!(known.list(), list);
            // The devices before and after differ by the changes.
            let mut devices = newest.devices().to_vec();
            devices.retain(|device| {
                !changes
                    .gone_devices
                    .iter()
                    .any(|gone| gone.device == *device)
            });
            let numbers = |devices: &[sprag_devices::Device]| {
                let numbers = devices.iter().map(|device| device.number);
                numbers.collect::<Vec<_>>()
            };
            let expected = [numbers(&devices), numbers(&changes.new_devices)].concat();
            assert_eq!(numbers(list.devices()), expected);
            // A device that has left is remembered, and no key is of two devices.
            for gone in &changes.gone_devices {
                let identity = &gone.device.identity;
                assert_eq!(known.gone_device(identity), Some(&gone.device));
                assert!(known.identify(identity).is_none());
            }
            assert_eq!(known.replace(newest.clone()), Ok(Replacing::Old));
        }
    }
    let newest = known.list().clone();
    assert_eq!(known.replace(newest), Ok(Replacing::Same));
    assert_stored(known);
}

/// Compares the rules for replacing with evidence, for a reader that knows nothing but `one`.
fn check_pair(one: &DeviceList, other: &DeviceList) {
    let mut known = KnownList::new(one.clone());
    replace(&mut known, other);
    let evidence = Evidence::new(one, other);
    assert_eq!(evidence, Evidence::new(other, one));
    let replaced = KnownList::new(one.clone()).replace(other.clone());
    match evidence {
        Err(Error::OtherUser) => assert_eq!(replaced, Err(Error::OtherUser)),
        Err(error) => {
            assert_eq!(error, Error::NoContradiction);
            assert!(!matches!(replaced, Err(_) | Ok(Replacing::Evidence(_))));
        }
        // An older list is ignored, even if it contradicts the one that is known.
        Ok(_) if other.version() < one.version() => assert_eq!(replaced, Ok(Replacing::Old)),
        Ok(evidence) => {
            assert_evidence(&evidence);
            assert_eq!(replaced, Ok(Replacing::Evidence(evidence.into())));
        }
    }
}

fn assert_evidence(evidence: &Evidence) {
    let snapshot = evidence.to_snapshot();
    let read = Evidence::from_snapshot(snapshot.expose());
    assert_eq!(read.as_ref(), Ok(evidence));
}

fn assert_stored(known: &KnownList) {
    let snapshot = known.to_snapshot();
    let read = KnownList::from_snapshot(snapshot.expose()).expect("it was just written");
    assert_eq!(read, *known);
    assert_eq!(read.to_snapshot().expose(), snapshot.expose());
}

/// The list of these bytes as it is read from a store, which verified its signatures before.
fn from_store(bytes: &[u8]) -> Option<DeviceList> {
    let mut writer = Writer::new();
    writer.block(bytes);
    writer.length(0);
    let known = KnownList::from_snapshot(writer.finish().expose()).ok()?;
    check_list(known.list(), bytes);
    Some(known.list().clone())
}

/// Demands that a list has this one encoding, and keeps its bounds.
fn check_list(list: &DeviceList, bytes: &[u8]) {
    assert_eq!(list.as_bytes(), bytes);
    let (content, _) = bytes.split_at(bytes.len() - SIGNATURE_LENGTH);
    assert_eq!(content_of(list), content);
    // Numbers are given, in order and once.
    let devices = list.devices().iter().map(|device| device.number);
    let revoked = list.revoked().iter().map(|gone| gone.number);
    assert!((1..=MAX_DEVICES).contains(&devices.len()));
    assert!(revoked.len() <= MAX_REVOKED);
    assert!(devices.clone().is_sorted_by(|one, next| one < next));
    assert!(revoked.clone().is_sorted_by(|one, next| one < next));
    let numbers: BTreeSet<_> = devices.clone().chain(revoked.clone()).collect();
    assert_eq!(numbers.len(), devices.len() + revoked.len());
    assert!(numbers.iter().all(|number| *number < list.next_number()));
    let keys: BTreeSet<_> = { list.devices().iter() }
        .map(|device| *device.identity.as_bytes())
        .collect();
    assert_eq!(keys.len(), list.devices().len());
}

/// Genuine lists, for the first inputs.
pub(crate) fn genuine() -> &'static [Vec<u8>] {
    bases()
}
