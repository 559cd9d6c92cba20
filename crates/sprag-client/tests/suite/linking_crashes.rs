//! Linking, revoking and granting over stores that fail before or after any commit. Whatever was interrupted is done again and
//! ends as if nothing had happened, and no message that was released is released again under the same key.

use core::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use rand::rngs::StdRng;
use sprag_client::{
    Acceptance, Accepted, Admission, Client, ClientError, DeviceNumber, Incoming, MemoryStore,
    Outgoing, Reason, Sender, SigningStatus, Store as _, StoreKey,
};
use sprag_devices::Revoked;
use sprag_primitives::operations::seals;

use crate::failing_stores::{Crash, Fault, FaultyStore};
use crate::support::rng;
use crate::two_clients::client;

const NOW: u64 = 1_800_000_000;
const LAPTOP: DeviceNumber = DeviceNumber::new(1);

type Device = Client<FaultyStore>;
type Refusal = ClientError<Crash>;

/// A store of which the program can be started again.
struct Place {
    key: StoreKey,
    fault: Rc<Cell<Fault>>,
}

impl Place {
    fn new(rng: &mut StdRng) -> Self {
        Self {
            key: StoreKey::generate(rng),
            fault: Rc::new(Cell::new(Fault::Never)),
        }
    }

    fn store(&self) -> FaultyStore {
        FaultyStore {
            records: MemoryStore::new(),
            fault: self.fault.clone(),
        }
    }

    /// Ends a program that failed, and starts it again.
    fn again(&self, client: Device) -> Device {
        let opened = Client::open(client.into_store(), &self.key);
        opened.map_err(drop).expect("the store is whole")
    }

    /// Does something during whose commit the store fails, and starts the program again. Nothing of a failure before the
    /// commit is left.
    fn fails<T>(
        &self,
        mut client: Device,
        fault: Fault,
        act: impl FnOnce(&mut Device) -> Result<T, Refusal>,
    ) -> Device {
        let before = client.store().records.scan(&[]).unwrap();
        self.fault.set(fault);
        let failed = act(&mut client);
        assert!(matches!(failed, Err(ClientError::Store(Crash))));
        let after = client.store().records.scan(&[]).unwrap();
        assert_eq!(before == after, fault == Fault::Before);
        self.again(client)
    }
}

/// Bob's device, which knows Alice.
fn bob(rng: &mut StdRng) -> (Place, Device) {
    let place = Place::new(rng);
    let bob = Client::create(place.store(), &place.key, rng);
    let mut bob = bob.map_err(drop).unwrap();
    let (mut alice, _) = client(rng);
    let bundle = alice.publish(rng).unwrap();
    bob.add("alice", &bundle, rng).map_err(drop).unwrap();
    (place, bob)
}

/// A new device accepts an invitation in a store that fails.
fn accepts(
    place: &Place,
    (acceptance, fault): (Acceptance<'_>, Fault),
    rng: &mut StdRng,
) -> (Device, Accepted) {
    let mut store = place.store();
    place.fault.set(fault);
    let failed = Client::accept_invitation(&mut store, &place.key, acceptance, rng);
    assert!(matches!(failed, Err(ClientError::Store(Crash))));
    if fault == Fault::After {
        let laptop = Client::open(store, &place.key).map_err(drop).unwrap();
        let accepted = laptop.acceptance_again().map_err(drop).unwrap();
        return (laptop, accepted);
    }
    assert!(store.records.scan(&[]).unwrap().is_empty());
    let accepted = Client::accept_invitation(store, &place.key, acceptance, rng);
    accepted.map_err(drop).unwrap()
}

/// Bob and his laptop, which was linked although the store of each failed at each step.
fn linked(fault: Fault, rng: &mut StdRng) -> [(Place, Device); 2] {
    let (home, mut bob) = bob(rng);
    // After the failure the code is lost, and Bob invites again.
    bob = home.fails(bob, fault, |bob| bob.invite(NOW, 600, rng));
    let invitation = bob.invite(NOW, 600, rng).map_err(drop).unwrap();
    let acceptance = Acceptance {
        invitation: &invitation.bytes,
        code: &invitation.code,
        name: "laptop",
        now: NOW,
    };
    let place = Place::new(rng);
    let (mut laptop, accepted) = accepts(&place, (acceptance, fault), rng);
    let admission = Admission {
        acceptance: &accepted.message,
        digits: &accepted.digits,
        now: NOW,
    };
    bob = home.fails(bob, fault, |bob| bob.admit(admission, rng));
    let admitted = bob.admit(admission, rng);
    let welcome = match (fault, admitted) {
        (Fault::Before, Ok(linked)) => linked.welcome,
        (Fault::After, Err(ClientError::NoInvitation)) => {
            bob.welcome_again(LAPTOP).map_err(drop).unwrap()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(bob.device_list().map_err(drop).unwrap().version(), 2);
    laptop = place.fails(laptop, fault, |laptop| {
        laptop.accept_welcome(&welcome, NOW, rng)
    });
    if fault == Fault::Before {
        let welcomed = laptop.accept_welcome(&welcome, NOW, rng);
        assert_eq!(welcomed.map_err(drop).unwrap().peers, ["alice"]);
    }
    assert_eq!(laptop.peers().map_err(drop).unwrap().len(), 1);
    [(home, bob), (place, laptop)]
}

/// A copy of a message of Bob's, which the laptop reads.
fn copied(bob: &mut Device, laptop: &mut Device, rng: &mut StdRng) {
    let sent = bob.encrypt_to_user("alice", Outgoing::new(b"hi"), rng);
    let sent = sent.map_err(drop).unwrap();
    let copy = sent.messages.iter().find(|message| message.own).unwrap();
    let read = laptop.decrypt(Sender::AnyPeer, Incoming::new(&copy.message), rng);
    assert_eq!(read.map_err(drop).unwrap().opened.plaintext, b"hi");
}

#[test]
fn linking_goes_on_after_a_crash_at_any_step() {
    for (seed, fault) in [(1500, Fault::Before), (1501, Fault::After)] {
        let rng = &mut rng(seed);
        let ((), sealed) = seals(|| {
            let [(_, mut bob), (_, mut laptop)] = linked(fault, rng);
            let [one, other] = [&bob, &laptop].map(|device| device.device_list().map_err(drop));
            assert_eq!(one.unwrap(), other.unwrap());
            copied(&mut bob, &mut laptop, rng);
        });
        let different: BTreeSet<_> = sealed.iter().copied().collect();
        assert_eq!(
            different.len(),
            sealed.len(),
            "a key seals twice under one nonce"
        );
    }
}

#[test]
fn revoking_goes_on_after_a_crash_at_any_step() {
    for (seed, fault) in [(1502, Fault::Before), (1503, Fault::After)] {
        let rng = &mut rng(seed);
        let [(home, mut bob), (place, mut laptop)] = linked(fault, rng);
        let lost = Revoked {
            number: LAPTOP,
            reason: Reason::Lost,
        };
        // If the notice was lost with the program, the list tells the laptop.
        bob = home.fails(bob, fault, |bob| bob.revoke(lost, NOW, rng));
        if fault == Fault::Before {
            bob.revoke(lost, NOW, rng).map_err(drop).unwrap();
        }
        let list = bob.device_list().map_err(drop).unwrap();
        assert_eq!((list.version(), list.devices().len()), (3, 1));
        place.fault.set(fault);
        let failed = laptop.import_own_list(list.as_bytes(), rng);
        assert!(matches!(failed, Err(ClientError::Store(Crash))));
        let mut store = laptop.into_store();
        let opened = Client::open(&mut store, &place.key);
        match (fault, opened.map(drop)) {
            (Fault::After, Err(ClientError::Removed)) | (Fault::Before, Ok(())) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn granting_goes_on_after_a_crash_at_any_step() {
    for (seed, fault) in [(1504, Fault::Before), (1505, Fault::After)] {
        let rng = &mut rng(seed);
        let [(home, mut bob), (place, mut laptop)] = linked(fault, rng);
        bob = home.fails(bob, fault, |bob| bob.grant(LAPTOP, rng));
        let granted = bob.grant(LAPTOP, rng).map_err(drop).unwrap().message;
        laptop = place.fails(laptop, fault, |laptop| {
            laptop.accept_welcome(&granted, NOW, rng)
        });
        if fault == Fault::Before {
            laptop
                .accept_welcome(&granted, NOW, rng)
                .map_err(drop)
                .unwrap();
        }
        let signing = laptop.signing().map_err(drop);
        assert_eq!(signing, Ok(SigningStatus::Signs));
        assert_eq!(laptop.device_list().map_err(drop).unwrap().version(), 3);
        let refused = bob.invite(NOW, 600, rng).map(drop);
        assert!(matches!(refused, Err(ClientError::Granted(_))));
    }
}
