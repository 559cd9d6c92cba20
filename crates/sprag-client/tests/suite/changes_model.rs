//! Random schedules of two users whose devices come and go: they are linked, removed, put back to earlier states, lost and
//! recovered, hand over the user key and repair their sessions, while messages are lost, doubled and reordered and each write
//! may fail.

use std::rc::Rc;

use std::collections::BTreeSet;

use rand::RngExt;
use rand::seq::SliceRandom;
use sprag_client::{
    Acceptance, Accepted, Admission, Client, ClientError, ContentKind, DeviceRepair, Invitation,
    Reason, Recovering, Recovery, RepairOutcome, SigningStatus,
};
use sprag_devices::{Device as Listed, Revoked};

use crate::changes_world::{Counts, State, USERS, What, World};
use crate::device_model::{run_schedule, schedules};
use crate::failing_stores::Crash;
use crate::records_by_hand::key_of;

type Refusal = ClientError<Crash>;

/// A device that is being linked.
struct Link {
    old: usize,
    invitation: Invitation,
    new: Option<(usize, Rc<Accepted>)>,
    /// The welcome, and the version of the list in it.
    welcome: Option<(Vec<u8>, u64)>,
}

/// A recovery file: the store that it was made from, and the device.
struct File {
    store: sprag_client::MemoryStore,
    device: usize,
}

struct Schedule {
    world: World,
    links: [Option<Link>; 2],
    /// The device that each user takes for the one that signs.
    signers: [usize; 2],
    files: Vec<File>,
}

impl Schedule {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed);
        world.faults = false;
        for reader in [0, 1] {
            introduce(&mut world, reader, 1 - reader);
        }
        let files = [0, 1].map(|device| File {
            store: world.devices[device].store().clone(),
            device,
        });
        let mut schedule = Self {
            world,
            links: [None, None],
            signers: [0, 1],
            files: files.into(),
        };
        // Both users begin with two devices.
        for user in [0, 1] {
            for _ in 0..4 {
                schedule.link(user);
            }
        }
        schedule.introduce_all();
        schedule.world.faults = true;
        schedule
    }

    fn step(&mut self) {
        let world = &mut self.world;
        world.now += 60;
        let running = world.running();
        let Some(device) = world.pick(&running) else {
            return;
        };
        let user = world.devices[device].user;
        match world.rng.random_range(0..100) {
            0..22 => {
                let busy = world.devices.iter().any(|device| device.flying.len() >= 6);
                if !busy {
                    self.world
                        .send(device)
                        .map_or_else(|refusal| is_plausible(&refusal), drop);
                }
            }
            22..60 => self.deliver(device),
            60..66 => {
                let backup = world.devices[device].store().clone();
                world.devices[device].backups.push(backup);
            }
            66..70 => world.put_back(device),
            70..75 if world.devices[device].state == State::PutBack => world.notice(device),
            75..79 => {
                let of = world.rng.random_range(0..2);
                self.repair((device, of), false);
            }
            79..82 => self.write_owed(device),
            82..90 => self.link(user),
            90..93 => self.revoke(user),
            93..95 => self.grant(user),
            95..97 => self.lose(device),
            97..100 => self.recover(user),
            _ => {}
        }
    }

    fn deliver(&mut self, device: usize) {
        let granted = self.world.counts.granted;
        self.world.deliver(device);
        // The user hears who signs now.
        if self.world.counts.granted > granted {
            self.signers[self.world.devices[device].user] = device;
        }
    }

    fn write_owed(&mut self, device: usize) {
        let views = self.world.views(device);
        let owed = self
            .world
            .act(device, |client, _, rng| client.write_owed(rng));
        for owed in owed.into_iter().flatten() {
            let message = (&owed.message.identity, &*owed.message.message);
            self.world.post((device, views), What::Control, message);
        }
    }

    /// The device of a user that may sign. Whatever the client says of itself, somebody must have named the newest list to it.
    fn signer(&mut self, user: usize) -> Option<usize> {
        let signer = self.signers[user];
        let welcome = self.links[user]
            .as_ref()
            .and_then(|link| link.welcome.as_ref());
        let welcomed = welcome.map_or(0, |(_, version)| *version);
        let newest = self.world.newest_version(user).max(welcomed);
        let list = self.world.newest_list(user);
        if self.world.devices[signer].state != State::Lives || self.world.is_removed(signer) {
            return None;
        }
        let own = self.world.views(signer)[user];
        let place = &mut self.world.devices[signer];
        let (unsure, heard) = (place.unsure, place.heard);
        match place.client().signing() {
            Ok(SigningStatus::Signs) if !unsure => return Some(signer),
            Ok(SigningStatus::Signs) => {
                assert!(
                    heard >= Some(own),
                    "device {signer} signs by what nobody told it"
                );
                if newest == own {
                    place.unsure = false;
                    return Some(signer);
                }
                // Whoever told it did not know what was signed in the state that is lost. The user does.
                self.world.counts.stale += 1;
            }
            Ok(SigningStatus::Unsure { .. }) => {
                self.world.counts.unsure += 1;
                let refused = self
                    .world
                    .act(signer, |client, now, rng| client.invite(now, 600, rng));
                assert!(refused.is_err());
            }
            _ => return None,
        }
        // A device that was put back to before it handed signing over knows nothing of that, but its user does.
        let mut letters = self.world.devices.iter().flat_map(|device| &device.flying);
        if letters.any(|letter| letter.what == What::Grant && letter.from == signer) {
            return None;
        }
        // The newest list is had by hand, if it is anywhere.
        let list = list.filter(|list| list.version() == newest)?;
        let import =
            |client: &mut Client<_>, _, rng: &mut _| client.import_own_list(list.as_bytes(), rng);
        let imported = self.world.act(signer, import).is_ok();
        let signing = self.world.devices[signer].client().signing();
        let has =
            self.world.views(signer)[user] == newest && matches!(signing, Ok(SigningStatus::Signs));
        if imported || has {
            self.world.devices[signer].unsure = false;
        }
        None
    }

    /// The other devices in the newest list that a device knows of its own user.
    fn listed(&mut self, device: usize) -> Vec<(usize, Listed)> {
        let list = self.world.devices[device].client().device_list().unwrap();
        let others = list.devices().iter().filter_map(|listed| {
            let other = self.world.find(&listed.identity)?;
            (other != device).then_some((other, *listed))
        });
        others.collect()
    }

    /// Goes one step further in linking a device.
    fn link(&mut self, user: usize) {
        let Some(link) = self.links[user].take() else {
            return self.invite(user);
        };
        self.links[user] = match link {
            Link { new: None, .. } => self.accept(user, link),
            Link { welcome: None, .. } => self.admit(user, link),
            link => self.welcome(user, link),
        };
    }

    fn invite(&mut self, user: usize) {
        let Some(old) = self.signer(user) else {
            return;
        };
        if self.listed(old).len() >= 2 {
            return;
        }
        let invited = self
            .world
            .act(old, |client, now, rng| client.invite(now, 100_000, rng));
        let link = invited.map(|invitation| Link {
            old,
            invitation,
            new: None,
            welcome: None,
        });
        self.links[user] = link.ok();
    }

    fn accept(&mut self, user: usize, mut link: Link) -> Option<Link> {
        let installed = self.world.install(user, |store, key, now, rng| {
            let acceptance = Acceptance {
                invitation: &link.invitation.bytes,
                code: &link.invitation.code,
                name: "laptop",
                now,
            };
            Client::accept_invitation(store, key, acceptance, rng).map(drop)
        });
        let Ok(new) = installed else {
            return Some(link);
        };
        let place = &mut self.world.devices[new];
        place.state = State::Waits;
        let accepted = place.client().acceptance_again().unwrap();
        link.new = Some((new, Rc::new(accepted)));
        Some(link)
    }

    fn admit(&mut self, user: usize, mut link: Link) -> Option<Link> {
        let (new, accepted) = link.new.clone()?;
        match self.world.devices[link.old].state {
            State::Lives if !self.world.is_removed(link.old) => {}
            State::PutBack => return Some(link),
            _ => return self.abandon(new),
        }
        // It may be admitted already, by a program that was interrupted then.
        let client = self.world.devices[link.old].client();
        if let Ok(Some(device)) = client.admitted(&accepted.message) {
            let Ok(welcome) = client.welcome_again(device.number) else {
                return self.abandon(new);
            };
            link.welcome = Some((welcome, self.world.views(link.old)[user]));
            return Some(link);
        }
        if self.signer(user) != Some(link.old) {
            return if self.world.chance(0.2) {
                self.abandon(new)
            } else {
                Some(link)
            };
        }
        let admitted = self.world.act(link.old, |client, now, rng| {
            let admission = Admission {
                acceptance: &accepted.message,
                digits: &accepted.digits,
                now,
            };
            client.admit(admission, rng)
        });
        match admitted {
            Ok(linked) if !self.world.faults || self.world.chance(0.9) => {
                link.welcome = Some((linked.welcome, linked.list.version()));
                Some(link)
            }
            // The welcome got lost.
            Ok(_) | Err(ClientError::Store(_)) => Some(link),
            Err(
                ClientError::NoInvitation
                | ClientError::OtherInvitation
                | ClientError::SessionEnded
                | ClientError::Protocol(_)
                | ClientError::Change(_),
            ) => self.abandon(new),
            Err(refusal) => panic!("{refusal:?}"),
        }
    }

    fn welcome(&mut self, user: usize, link: Link) -> Option<Link> {
        let (new, _) = link.new.as_ref()?;
        let (welcome, _) = link.welcome.as_ref()?;
        let welcomed = self.world.act(*new, |client, now, rng| {
            client.accept_welcome(welcome, now, rng)
        });
        let place = &mut self.world.devices[*new];
        match welcomed {
            Ok(_) => {}
            Err(ClientError::Store(_)) => {
                if place.client().device_list().is_err() {
                    return Some(link);
                }
            }
            Err(refusal) => panic!("user {user}: {refusal:?}"),
        }
        place.state = State::Lives;
        self.world.counts.linked += 1;
        None
    }

    /// Gives up a device that was not welcomed.
    fn abandon(&mut self, new: usize) -> Option<Link> {
        self.gone(new);
        None
    }

    fn gone(&mut self, device: usize) {
        self.world.disturb(device);
        let place = &mut self.world.devices[device];
        place.state = State::Lost;
        place.client = None;
        place.flying.clear();
    }

    /// Removes a device of a user: one that is gone, or else any.
    fn revoke(&mut self, user: usize) {
        let Some(signer) = self.signer(user) else {
            return;
        };
        let listed = self.listed(signer);
        let waits = |device: usize| {
            self.links[user]
                .as_ref()
                .is_some_and(|link| link.new.as_ref().is_some_and(|(new, _)| *new == device))
        };
        let is_gone = |device: usize| self.world.devices[device].state == State::Lost;
        let gone = listed.iter().find(|(device, _)| is_gone(*device));
        let others: Vec<_> = listed
            .iter()
            .filter(|(device, _)| !waits(*device))
            .collect();
        let Some((device, number)) = gone
            .or_else(|| others.first().copied())
            .map(|(device, listed)| (*device, listed.number))
        else {
            return;
        };
        let lost = is_gone(device) || self.world.chance(0.5);
        let reason = if lost { Reason::Lost } else { Reason::Retired };
        let views = self.world.views(signer);
        let revoked = self.world.act(signer, |client, now, rng| {
            client.revoke(Revoked { number, reason }, now, rng)
        });
        // A program that was interrupted may have signed all the same.
        let list = self.world.devices[signer].client().device_list().unwrap();
        if list.device(number).is_none() {
            self.world.removed(device, (list.version(), lost));
        }
        let mut views = views;
        views[user] = list.version();
        if let Ok(revocation) = revoked {
            self.world.devices[signer].unsure = false;
            if let Some(notice) = revocation.notice {
                let message = (&notice.identity, &*notice.message);
                self.world.post((signer, views), What::Notice, message);
            }
        }
    }

    /// Hands signing over, or writes the user key for the same device again.
    fn grant(&mut self, user: usize) {
        let signer = self.signers[user];
        if self.world.devices[signer].state != State::Lives || self.world.is_removed(signer) {
            return;
        }
        let granted = match self.world.devices[signer].client().signing() {
            Ok(SigningStatus::Granted(identity)) => self.world.find(&identity),
            _ if self.signer(user).is_some() && self.links[user].is_none() => {
                let others = self.world.partners_of(user);
                let others: Vec<_> = others
                    .into_iter()
                    .filter(|other| *other != signer)
                    .collect();
                self.world.pick(&others)
            }
            _ => None,
        };
        let Some(other) = granted else {
            return;
        };
        let number = self
            .listed(signer)
            .into_iter()
            .find(|(listed, _)| *listed == other);
        let Some((_, Listed { number, .. })) = number else {
            return;
        };
        let views = self.world.views(signer);
        let grant = self
            .world
            .act(signer, |client, _, rng| client.grant(number, rng));
        if let Ok(message) = grant {
            let message = (&message.identity, &*message.message);
            self.world.post((signer, views), What::Grant, message);
        }
    }

    /// Loses the store of a device.
    fn lose(&mut self, device: usize) {
        let user = self.world.devices[device].user;
        let others = self.world.partners_of(user);
        // Somebody must be left who knows the peers.
        if others.iter().any(|other| *other != device) {
            self.world.counts.lost_stores += 1;
            self.gone(device);
        }
    }

    /// Recovers a user whose signing device is gone, or has handed signing over to one that is gone.
    fn recover(&mut self, user: usize) {
        let signer = self.signers[user];
        let gone = |device: usize| {
            self.world.devices[device].state == State::Lost || self.world.is_removed(device)
        };
        let is_gone = gone(signer) || {
            let client = self.world.devices[signer].client.as_ref();
            match client.map(Client::signing) {
                Some(Ok(SigningStatus::Granted(identity))) => {
                    self.world.find(&identity).is_none_or(gone)
                }
                Some(Ok(SigningStatus::NoUserKey)) => true,
                _ => false,
            }
        };
        let Some(list) = self.world.newest_list(user).filter(|_| is_gone) else {
            return;
        };
        // The user key may be on its way, or the newest list.
        let mut letters = self.world.devices.iter().flat_map(|device| &device.flying);
        let is_flying = letters.any(|letter| {
            letter.what == What::Grant && self.world.devices[letter.from].user == user
        });
        if is_flying
            || self.world.newest_version(user) > list.version()
            || self.links[user].is_some()
        {
            return;
        }
        let recovery = self.open_file(user);
        let partners = self.world.partners_of(user);
        if let Some(partner) = self
            .world
            .pick(&partners)
            .filter(|_| self.world.rng.random())
        {
            self.import(user, partner, &recovery);
            return;
        }
        if list.devices().len() >= 5 {
            return;
        }
        let recovered = self.world.install(user, |store, key, now, rng| {
            let recovering = Recovering {
                recovery: &recovery,
                list: &list,
                now,
            };
            Client::recover(store, key, recovering, rng).map(drop)
        });
        if let Ok(device) = recovered {
            self.signers[user] = device;
            self.world.counts.recovered += 1;
        }
    }

    /// Gives the user key from a recovery file to a device, which signs from then on.
    fn import(&mut self, user: usize, partner: usize, recovery: &Recovery) {
        // It may have been granted the key by a program that was interrupted.
        let place = &mut self.world.devices[partner];
        let signs = matches!(place.client().signing(), Ok(SigningStatus::Signs));
        let signs = signs && !place.unsure;
        let imported = self.world.act(partner, |client, _, rng| {
            client.import_user_key(recovery, rng)
        });
        if imported.is_ok() {
            self.signers[user] = partner;
            let place = &mut self.world.devices[partner];
            place.unsure = !signs;
            place.heard = None;
            self.world.counts.recovered += 1;
        }
    }

    fn open_file(&mut self, user: usize) -> Recovery {
        let world = &mut self.world;
        let file = self
            .files
            .iter()
            .find(|file| world.devices[file.device].user == user);
        let file = file.expect("each user has one");
        let key = key_of(&world.devices[file.device].secret);
        let client = Client::open(file.store.clone(), &key).unwrap();
        let sealed = client
            .export_recovery(b"passphrase", &mut world.rng)
            .unwrap();
        Recovery::open(&sealed, b"passphrase").unwrap()
    }

    /// Repairs the sessions of a device with those of a user, and sends what that takes.
    fn repair(&mut self, (device, user): (usize, usize), again: bool) {
        let own = self.world.devices[device].user;
        let views = self.world.views(device);
        let name = USERS[user];
        let repairs = self
            .world
            .act(device, |client, now, rng| match (user == own, again) {
                (true, false) => client.repair_own_devices(now, rng),
                (true, true) => client.repair_own_devices_again(now, rng),
                (false, false) => client.repair(name, now, rng),
                (false, true) => client.repair_again(name, now, rng),
            });
        for repair in repairs.into_iter().flatten() {
            self.hand_over((device, views), repair);
        }
    }

    fn hand_over(&mut self, (device, views): (usize, [u64; 2]), repair: DeviceRepair) {
        let Some(other) = self.world.find(&repair.identity) else {
            return;
        };
        match repair.outcome {
            RepairOutcome::Renewal(message) | RepairOutcome::Request(message) => {
                let message = (&repair.identity, &*message);
                self.world.post((device, views), What::Control, message);
            }
            RepairOutcome::Offer(bundle) => {
                let lost = self.world.faults && self.world.chance(0.2);
                let runs = self.world.running().contains(&other);
                if !lost && runs {
                    self.take((other, device), &bundle);
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, (reader, owner): (usize, usize), bundle: &[u8]) {
        take(&mut self.world, (reader, owner), bundle);
    }

    /// Ends all faults, brings the devices together, and checks that they are.
    fn heal(&mut self) {
        self.world.faults = false;
        for device in self.world.running() {
            if self.world.devices[device].state == State::PutBack {
                self.world.notice(device);
            }
        }
        for user in [0, 1] {
            for _ in 0..4 {
                if self.links[user].is_some() {
                    self.link(user);
                }
            }
            if let Some(Link {
                new: Some((new, _)),
                ..
            }) = self.links[user].take()
            {
                self.gone(new);
            }
        }
        self.deliver_all();
        // Somebody repairs each pair that is broken.
        let mut calls = BTreeSet::new();
        let partners = self.world.partners();
        for one in &partners {
            for other in &partners {
                if one < other && self.world.is_broken(*one, *other) {
                    // A device that was put back may not know that there is the other.
                    let which = self.world.rng.random_range(0..3);
                    let users = [*one, *other].map(|device| self.world.devices[device].user);
                    if which != 0 || !self.world.lists(*other, *one) {
                        calls.insert((*one, users[1]));
                    }
                    if which != 1 || !self.world.lists(*one, *other) {
                        calls.insert((*other, users[0]));
                    }
                }
            }
        }
        let mut calls: Vec<_> = calls.into_iter().collect();
        calls.shuffle(&mut self.world.rng);
        self.repair_all(calls);
        // A renewal by a bundle from before the other was put back is refused there. Its user then repairs once more, and has
        // no bundle left.
        let refused = self.world.refused.clone().into_iter();
        let again: BTreeSet<_> = refused
            .filter(|(from, _)| self.world.partners().contains(from))
            .map(|(from, to)| (from, self.world.devices[to].user))
            .collect();
        self.repair_all(again.into_iter().collect());
        self.introduce_all();
        // Two messages each way are enough.
        self.exchange(false);
        self.exchange(true);
        self.world.broken.clear();
        self.world.check();
        self.world.faults = true;
    }

    fn repair_all(&mut self, calls: Vec<(usize, usize)>) {
        self.world.refused.clear();
        for call in calls {
            self.repair(call, true);
        }
        self.deliver_all();
    }

    fn deliver_all(&mut self) {
        loop {
            let running = self.world.running().into_iter();
            let mut flying =
                running.filter(|device| !self.world.devices[*device].flying.is_empty());
            let Some(device) = flying.next() else {
                return;
            };
            self.deliver(device);
        }
    }

    /// Exchanges bundles between devices that cannot reach each other.
    fn introduce_all(&mut self) {
        let partners = self.world.partners();
        for one in &partners {
            for other in &partners {
                if one < other && !self.reaches(*one, *other) && !self.reaches(*other, *one) {
                    introduce(&mut self.world, *one, *other);
                    introduce(&mut self.world, *other, *one);
                }
            }
        }
    }

    fn reaches(&mut self, from: usize, to: usize) -> bool {
        let identity = self.world.devices[to].identity;
        let is_own = self.world.devices[to].user == self.world.devices[from].user;
        let name = USERS[self.world.devices[to].user];
        let client = self.world.devices[from].client();
        if is_own {
            let devices = client.own_devices().unwrap();
            devices
                .iter()
                .any(|device| device.identity == identity && device.can_be_reached)
        } else {
            let status = client.status(name);
            let mut devices = status.into_iter().flat_map(|status| status.devices);
            devices.any(|device| device.identity == identity && device.can_be_reached)
        }
    }

    /// Each device sends a text, which all others get, and read if they must.
    fn exchange(&mut self, must: bool) {
        let mut partners = self.world.partners();
        partners.shuffle(&mut self.world.rng);
        for from in partners.clone() {
            if must {
                self.world.broken.clear();
            }
            let sent = self.world.send(from);
            if !must {
                // Who cannot reach the other user writes to the devices of its own.
                if let Err(refusal) = sent {
                    is_plausible(&refusal);
                    let own = self.world.devices[from].user;
                    self.repair((from, own), true);
                }
                self.deliver_all();
                continue;
            }
            let sent = sent.expect("it reaches the other user");
            for to in &partners {
                let identity = self.world.devices[*to].identity;
                let mut messages = sent.messages.iter();
                let message = messages.find(|message| message.identity == identity);
                let kinds = [ContentKind::Text, ContentKind::Copy];
                let is_sent = message.is_some_and(|message| kinds.contains(&message.kind));
                let skipped = &sent.skipped;
                assert!(
                    is_sent || *to == from,
                    "{from} does not write to {to}: {skipped:?}"
                );
            }
            self.deliver_all();
        }
    }
}

/// Takes a bundle of a device as its owner's user has handed it over.
fn take(world: &mut World, (reader, owner): (usize, usize), bundle: &[u8]) {
    let name = USERS[world.devices[owner].user];
    let is_own = world.devices[owner].user == world.devices[reader].user;
    let taken = world.act(reader, |client, _, rng| {
        if is_own {
            client.renew_own_device(bundle, rng)
        } else {
            client.renew(name, bundle, rng)
        }
    });
    // It may be of a device that was removed.
    drop(taken);
}

fn introduce(world: &mut World, reader: usize, owner: usize) {
    let bundle = world
        .act(owner, |client, _, rng| client.publish(rng))
        .unwrap();
    take(world, (reader, owner), &bundle);
}

/// A text cannot be sent for these reasons while devices are astray.
fn is_plausible(refusal: &Refusal) {
    let plausible = matches!(
        refusal,
        ClientError::Store(_)
            | ClientError::NoBundle(_)
            | ClientError::AwaitsList(_)
            | ClientError::UnknownPeer(_)
            | ClientError::Removed
    );
    assert!(plausible, "{refusal:?}");
}

/// Runs one schedule, with faults and their repair once or twice.
fn come_and_go(seed: u64) -> Counts {
    let mut schedule = Schedule::new(60_000 + seed);
    for _ in 0..=seed % 2 {
        for _ in 0..50 {
            schedule.step();
        }
        schedule.heal();
    }
    schedule.world.counts
}

#[test]
fn devices_that_come_and_go_read_each_other_and_nobody_else_does() {
    let seeds = schedules(200);
    let schedules = seeds.end - seeds.start;
    let mut total = Counts::default();
    for seed in seeds {
        total.add(&run_schedule(seed, || come_and_go(seed)));
    }
    let enough = [
        (total.crashes, 4 * schedules),
        (total.lost, schedules),
        (total.linked, 3 * schedules),
        (total.revoked, schedules / 2),
        (total.put_back, schedules / 2),
        (total.recovered, schedules / 10),
        (total.granted, schedules / 4),
        (total.unsure, schedules / 10),
        (total.renewed, schedules),
        (total.attempts, 20 * schedules),
    ];
    for (number, least) in enough {
        assert!(number >= least, "{total:?}");
    }
}
