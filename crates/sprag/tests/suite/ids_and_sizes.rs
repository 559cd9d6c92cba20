use std::collections::BTreeMap;

use rand::RngExt;
use sprag::{Account, Initiation, Policy};

use crate::support::{
    Pair, X3DH, account, decoded, decoded_x3dh, encoded, reloaded, rng, with_next_id,
};

/// The keys that were seen under each number.
#[derive(Default)]
struct Seen(BTreeMap<u32, Vec<u8>>);

impl Seen {
    /// Demands that a number names one key only; returns whether it is new.
    fn name(&mut self, id: u32, key: &[u8]) -> bool {
        let before = self.0.insert(id, key.to_vec());
        assert!(before.as_ref().is_none_or(|known| known == key), "{id}");
        before.is_none()
    }

    fn bundle(&mut self, bundle: &[u8]) {
        let bundle = decoded(bundle);
        let signed = bundle.curve.signed_prekey;
        self.name(signed.terms.id, signed.key.as_bytes());
        let kem = self.name(bundle.kem_prekey.id, bundle.kem_prekey.key.as_bytes());
        if let Some(prekey) = bundle.curve.one_time_prekey {
            assert!(self.name(prekey.id, prekey.key.as_bytes()));
            assert!(kem);
        }
    }

    fn x3dh(&mut self, bundle: &[u8]) {
        let bundle = decoded_x3dh(bundle);
        let signed = bundle.curve.signed_prekey;
        self.name(signed.terms.id, signed.key.as_bytes());
        let prekey = bundle
            .curve
            .one_time_prekey
            .expect("there are numbers left");
        assert!(self.name(prekey.id, prekey.key.as_bytes()));
    }

    fn upload(&mut self, upload: &[u8]) {
        let upload = sprag_wire::decode_upload(upload)
            .expect("it is well formed")
            .keys;
        upload.clone().verify().expect("it is signed");
        let (signed, last_resort) = (upload.signed_prekey, upload.last_resort_kem_prekey);
        self.name(signed.terms.id, signed.key.as_bytes());
        self.name(last_resort.id, last_resort.key.as_bytes());
        for prekey in upload.one_time_prekeys {
            assert!(self.name(prekey.id, prekey.key.as_bytes()));
        }
        for prekey in upload.one_time_kem_prekeys {
            assert!(self.name(prekey.id, prekey.key.as_bytes()));
        }
    }
}

#[test]
fn no_number_ever_names_two_prekeys_of_whatever_kind() {
    let mut pair = Pair::without_one_time_prekey(23);
    let mut seen = Seen::default();
    let mut uploaded = 0;
    for now in 1..150 {
        match pair.rng.random_range(0..7) {
            0 => seen.bundle(&pair.bob.publish_reusable()),
            1 => pair.bob.rotate(now, 3, &mut pair.rng).unwrap(),
            2 => seen.x3dh(&pair.bob.publish_x3dh(&mut pair.rng).unwrap()),
            3 => {
                uploaded += 1;
                seen.upload(&pair.bob.replenish_to(uploaded, &mut pair.rng).unwrap());
            }
            4 => pair.bob = reloaded(&pair.bob),
            5 => {
                let bundle = pair.bob.publish(&mut pair.rng);
                seen.bundle(&bundle);
                let first = pair.first_with(&bundle);
                pair.bob.accept(&first).unwrap();
            }
            _ => seen.bundle(&pair.bob.publish(&mut pair.rng)),
        }
    }
    // All numbers so far but those of prekeys that no bundle showed.
    let highest = *seen.0.last_key_value().unwrap().0;
    assert!(seen.0.len() > 150, "{}", seen.0.len());
    assert!(seen.0.len() + 40 > highest as usize);
}

#[test]
fn the_numbers_count_on_without_gaps_from_the_first_and_after_a_snapshot() {
    let mut rng = rng(320);
    let mut bob = Account::generate(&mut rng);
    let first = first_number(&bob);
    let ids = |bundle: &[u8]| {
        let bundle = decoded(bundle);
        let one_time = bundle.curve.one_time_prekey.map(|prekey| prekey.id);
        (
            bundle.curve.signed_prekey.terms.id - first,
            one_time.map(|id| id - first),
            bundle.kem_prekey.id - first,
        )
    };
    assert_eq!(ids(&bob.publish_reusable()), (0, None, 1));
    assert_eq!(ids(&bob.publish(&mut rng)), (0, Some(2), 3));
    let x3dh = decoded_x3dh(&bob.publish_x3dh(&mut rng).unwrap());
    assert_eq!(x3dh.curve.signed_prekey.terms.id - first, 4);
    let one_time = x3dh.curve.one_time_prekey.unwrap();
    assert_eq!(one_time.id - first, 5);
    bob = reloaded(&bob);
    bob.rotate(1, 1, &mut rng).unwrap();
    assert_eq!(ids(&bob.publish(&mut rng)), (6, Some(8), 9));
    bob = reloaded(&bob);
    let again = decoded_x3dh(&bob.publish_x3dh(&mut rng).unwrap());
    assert_eq!(again.curve.signed_prekey.terms.id - first, 10);
}

/// The number of an account's first signed prekey.
fn first_number(account: &Account) -> u32 {
    let bundle = decoded(&account.publish_reusable());
    bundle.curve.signed_prekey.terms.id
}

#[test]
fn the_first_number_is_drawn_below_2_to_the_31() {
    let mut rng = rng(327);
    let mut numbers: Vec<_> = (0..64)
        .map(|_| first_number(&Account::generate(&mut rng)))
        .collect();
    assert!(numbers.iter().all(|number| *number < 1 << 31));
    // Numbers that are drawn evenly are this far apart, and in both halves.
    numbers.sort_unstable();
    assert!(numbers.windows(2).all(|pair| pair[1] - pair[0] > 100));
    assert!(numbers[0] < 1 << 28 && numbers[63] > 7 << 28);
}

/// An account whose next prekeys have the longest numbers, and whose current ones state the latest time.
fn with_long_numbers(seed: u64) -> (Account, rand::rngs::StdRng) {
    let mut rng = rng(seed);
    let account = account(&mut rng);
    let mut account = with_next_id(&account, u32::MAX - 100);
    let rotated = account.rotate(u64::MAX, 1, &mut rng);
    rotated.expect("there are numbers left");
    (account, rng)
}

#[test]
fn bundles_have_the_sizes_that_are_documented() {
    let (mut longest, mut rng) = with_long_numbers(321);
    assert_eq!(longest.publish(&mut rng).len(), 1_831);
    assert_eq!(longest.publish_reusable().len(), 1_804);
    assert_eq!(longest.publish_x3dh(&mut rng).unwrap().len(), 193);
    // A directory may run out of one kind of one-time prekeys before the other.
    let mut composed = decoded(&longest.publish(&mut rng));
    composed.kem_prekey = decoded(&longest.publish_reusable()).kem_prekey;
    assert_eq!(encoded(composed).len(), 1_841);
    let mut shortest = account(&mut rng);
    assert_eq!(shortest.publish(&mut rng).len(), 1_831 - 3 * 4 - 9);
    assert_eq!(shortest.publish_reusable().len(), 1_804 - 2 * 4 - 2 * 9);
}

#[test]
fn uploads_have_the_size_that_is_documented() {
    let mut rng = rng(322);
    let mut bob = account(&mut rng);
    let length = bob.replenish(&mut rng).unwrap().len();
    assert!((165_000..175_000).contains(&length), "{length}");
}

#[test]
fn messages_have_the_sizes_that_are_documented() {
    let (mut bob, mut rng) = with_long_numbers(323);
    let alice = account(&mut rng);
    let initiation = Initiation {
        policy: X3DH,
        ordinal: u32::MAX,
    };
    let x3dh = bob.publish_x3dh(&mut rng).unwrap();
    for (bundle, overhead) in [(bob.publish(&mut rng), 1_767), (x3dh, 194)] {
        let mut session = alice.initiate_with(&bundle, &initiation, &mut rng).unwrap();
        let longest = session.encrypt(b"hello", &mut rng).unwrap();
        assert_eq!(longest.len() - 32, overhead);
        let (mut bobs, _) = bob.accept_under(&X3DH, &longest, b"").unwrap();
        assert_eq!(bobs.encrypt(b"hello", &mut rng).unwrap().len(), 32 + 98);
    }
    let shortest = Pair::new(324).send(b"").len();
    assert_eq!(shortest, 32 + 1_767 - 3 * 4);
    let shortest = Pair::without_one_time_prekey(324).send(b"").len();
    assert_eq!(shortest, 32 + 1_767 - 2 * 4 - 5);
}

#[test]
fn a_policy_is_no_part_of_what_travels() {
    let mut rng = rng(325);
    let mut bob = Account::generate_at(1_000, &mut rng);
    let alice = account(&mut rng);
    let bundle = bob.publish(&mut rng);
    let strict = Initiation {
        policy: Policy::default().max_age(1_000, 0),
        ordinal: 1,
    };
    let [mut one, mut other] = [326; 2].map(crate::support::rng);
    let strict = alice.initiate_with(&bundle, &strict, &mut one).unwrap();
    let lax = alice.initiate(&bundle, &mut other).unwrap();
    assert_eq!(strict.snapshot().expose(), lax.snapshot().expose());
}
