use rand::rngs::StdRng;
use sprag::{Account, Error, HandshakeError, IdentityKey, Initiation, Kind, PrimitiveError, Slot};
use sprag_primitives::SecretBytes;
use sprag_primitives::ml_kem_1024::EncapsulationKey;
use sprag_primitives::x25519::PublicKey;
use sprag_primitives::xeddsa::Signature;
use sprag_wire::Error as WireError;
use sprag_x3dh::{
    CurveBundle, IdentityKeyPair, KemPrekeyPair, KemPrekeyUse, LastResortKemPrekeyPair,
    LastResortKemPrekeyTerms, SignedPrekeyPair, SignedPrekeyTerms, Suite, pqxdh,
};

use crate::support::{
    FirstNumberIs1, X3DH, content, decoded, decoded_x3dh, encoded, encoded_x3dh, rng, with_checksum,
};
use crate::two_clients::{MemoryClient, client, not_added};

/// A party that is given bundles, by way of an account and of a client, and allows X3DH.
struct Victim {
    rng: StdRng,
    account: Account,
    client: MemoryClient,
    bob: Account,
}

impl Victim {
    fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let (mut client, _) = client(&mut rng);
        client.set_policy(X3DH);
        Self {
            account: Account::generate(&mut rng),
            client,
            bob: Account::generate(&mut FirstNumberIs1(&mut rng)),
            rng,
        }
    }

    /// Bob's bundle with one-time prekeys, and the one without.
    fn bundles(&mut self) -> [pqxdh::Bundle; 2] {
        let for_one_reader = self.bob.publish(&mut self.rng);
        [for_one_reader, self.bob.publish_reusable()].map(|bundle| decoded(&bundle))
    }

    fn refuses(&mut self, bundle: &[u8], expected: Error) {
        let before = self.account.snapshot();
        let initiation = Initiation {
            policy: X3DH,
            ordinal: 1,
        };
        let session = self
            .account
            .initiate_with(bundle, &initiation, &mut self.rng);
        assert_eq!(session.err(), Some(expected));
        assert_eq!(self.account.snapshot().expose(), before.expose());
        let refusal = not_added(&mut self.client, bundle, &mut self.rng);
        assert_eq!(refusal, expected);
    }
}

fn unsigned(slot: Slot) -> Error {
    Error::Handshake(HandshakeError::InvalidSignature(slot))
}

fn invalid_key(slot: Slot, fault: PrimitiveError) -> Error {
    Error::Wire(WireError::InvalidKey(slot, fault))
}

fn damaged(signature: &Signature, position: usize) -> Signature {
    let mut bytes = *signature.as_bytes();
    bytes[position] ^= 1;
    Signature::from_bytes(bytes)
}

#[test]
fn every_damaged_byte_of_a_signature_is_found_in_every_slot() {
    let mut victim = Victim::new(400);
    let [one_time, reusable] = victim.bundles();
    for position in (0..64).step_by(7).chain([63]) {
        let mut bundle = one_time.clone();
        bundle.curve.signed_prekey.signature =
            damaged(&bundle.curve.signed_prekey.signature, position);
        victim.refuses(&encoded(bundle), unsigned(Slot::SignedPrekey));
        for (genuine, slot) in [
            (&one_time, Slot::OneTimeKemPrekey),
            (&reusable, Slot::LastResortKemPrekey),
        ] {
            let mut bundle = genuine.clone();
            bundle.kem_prekey.signature = damaged(&bundle.kem_prekey.signature, position);
            victim.refuses(&encoded(bundle), unsigned(slot));
        }
        let x3dh = victim.bob.publish_x3dh(&mut victim.rng).unwrap();
        let mut x3dh = decoded_x3dh(&x3dh);
        x3dh.curve.signed_prekey.signature = damaged(&x3dh.curve.signed_prekey.signature, position);
        victim.refuses(&encoded_x3dh(x3dh), unsigned(Slot::SignedPrekey));
    }
}

#[test]
fn signatures_of_one_slot_are_worth_nothing_in_another() {
    let mut victim = Victim::new(401);
    let [one_time, reusable] = victim.bundles();
    let mut bundle = one_time.clone();
    bundle.curve.signed_prekey.signature = bundle.kem_prekey.signature;
    victim.refuses(&encoded(bundle), unsigned(Slot::SignedPrekey));
    let mut bundle = one_time.clone();
    bundle.kem_prekey.signature = bundle.curve.signed_prekey.signature;
    victim.refuses(&encoded(bundle), unsigned(Slot::OneTimeKemPrekey));
    let mut bundle = one_time.clone();
    bundle.kem_prekey.signature = reusable.kem_prekey.signature;
    victim.refuses(&encoded(bundle), unsigned(Slot::OneTimeKemPrekey));
    // A signed number is no signature on another.
    let mut bundle = one_time.clone();
    bundle.curve.signed_prekey.terms.id = 77;
    victim.refuses(&encoded(bundle), unsigned(Slot::SignedPrekey));
    let mut bundle = one_time;
    bundle.kem_prekey.id = 77;
    victim.refuses(&encoded(bundle), unsigned(Slot::OneTimeKemPrekey));
}

#[test]
fn keys_that_are_swapped_between_slots_are_refused() {
    let mut victim = Victim::new(402);
    let [one_time, reusable] = victim.bundles();
    let one_time_prekey = one_time.curve.one_time_prekey.unwrap();
    let mut bundle = one_time.clone();
    bundle.curve.signed_prekey.key = one_time_prekey.key;
    victim.refuses(&encoded(bundle), unsigned(Slot::SignedPrekey));
    let mut bundle = one_time.clone();
    bundle.curve.signed_prekey.key =
        PublicKey::from_bytes(bundle.curve.identity.as_bytes()).unwrap();
    victim.refuses(&encoded(bundle), unsigned(Slot::SignedPrekey));
    let mut bundle = one_time.clone();
    let signed = bundle.curve.signed_prekey.key;
    bundle.curve.identity = IdentityKey::from_bytes(signed.as_bytes()).unwrap();
    victim.refuses(&encoded(bundle), unsigned(Slot::SignedPrekey));
    // A one-time KEM prekey is no last-resort prekey, nor the other way round.
    let mut bundle = one_time.clone();
    bundle.kem_prekey.usage = KemPrekeyUse::LastResort { created: 0 };
    victim.refuses(&encoded(bundle), unsigned(Slot::LastResortKemPrekey));
    let mut bundle = reusable.clone();
    bundle.kem_prekey.usage = KemPrekeyUse::OneTime;
    victim.refuses(&encoded(bundle), unsigned(Slot::OneTimeKemPrekey));
    let mut bundle = one_time;
    bundle.kem_prekey.key = reusable.kem_prekey.key;
    victim.refuses(&encoded(bundle), unsigned(Slot::OneTimeKemPrekey));
}

#[test]
fn signed_prekeys_are_of_one_suite() {
    let mut victim = Victim::new(403);
    let [mut bundle, _] = victim.bundles();
    let x3dh = victim.bob.publish_x3dh(&mut victim.rng).unwrap();
    let mut x3dh = decoded_x3dh(&x3dh);
    // On the wire the bundle's suite is the prekey's.
    let signed = (bundle.curve.signed_prekey, x3dh.curve.signed_prekey);
    (x3dh.curve.signed_prekey, bundle.curve.signed_prekey) = signed;
    x3dh.curve.signed_prekey.terms.suite = Suite::X3dh;
    bundle.curve.signed_prekey.terms.suite = Suite::Pqxdh;
    victim.refuses(&encoded(bundle), unsigned(Slot::SignedPrekey));
    victim.refuses(&encoded_x3dh(x3dh), unsigned(Slot::SignedPrekey));
}

#[test]
fn another_accounts_prekeys_are_refused() {
    let mut victim = Victim::new(404);
    let [one_time, reusable] = victim.bundles();
    let mut carol = Account::generate(&mut victim.rng);
    let foreign = decoded(&carol.publish(&mut victim.rng));
    let foreign_reusable = decoded(&carol.publish_reusable());
    let mut bundle = one_time.clone();
    bundle.curve.signed_prekey = foreign.curve.signed_prekey;
    victim.refuses(&encoded(bundle), unsigned(Slot::SignedPrekey));
    let mut bundle = one_time.clone();
    bundle.kem_prekey = foreign.kem_prekey;
    victim.refuses(&encoded(bundle), unsigned(Slot::OneTimeKemPrekey));
    let mut bundle = reusable;
    bundle.kem_prekey = foreign_reusable.kem_prekey;
    victim.refuses(&encoded(bundle), unsigned(Slot::LastResortKemPrekey));
    let mut bundle = one_time;
    bundle.curve.identity = foreign.curve.identity;
    victim.refuses(&encoded(bundle), unsigned(Slot::SignedPrekey));
}

/// u-coordinates of order 8, from the list that comes with Curve25519.
const ORDER_8: [&str; 2] = [
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
];

/// 2^255 − 19 + `offset`.
fn near_the_prime(offset: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xed_u8.wrapping_add(offset);
    bytes[31] = 0x7f;
    bytes
}

fn bad_points() -> Vec<([u8; 32], PrimitiveError)> {
    let mut one = [0; 32];
    one[0] = 1;
    let mut low_order = vec![[0; 32], one, near_the_prime(u8::MAX)];
    for point in ORDER_8 {
        let byte = |at| u8::from_str_radix(&point[2 * at..2 * at + 2], 16).expect("it is hex");
        low_order.push(core::array::from_fn(byte));
    }
    let mut all = Vec::new();
    for point in &low_order {
        all.push((*point, PrimitiveError::LowOrderPublicKey));
        let mut alias = *point;
        alias[31] |= 0x80;
        all.push((alias, PrimitiveError::NonCanonicalPublicKey));
    }
    // The prime is an alias of 0, the next of 1, and further ones of points of large order.
    for offset in [0, 1, 2, 9, 18] {
        let alias = near_the_prime(offset);
        all.push((alias, PrimitiveError::NonCanonicalPublicKey));
    }
    all
}

#[test]
fn points_of_small_order_and_aliases_are_refused_in_every_slot() {
    let mut victim = Victim::new(406);
    let [one_time, _] = victim.bundles();
    let pqxdh = encoded(one_time);
    let x3dh = victim.bob.publish_x3dh(&mut victim.rng).unwrap();
    // Identity; an empty list; number, time and key of the signed prekey; its signature, and a mark and a number.
    for (slot, at) in [
        (Slot::Identity, 3),
        (Slot::SignedPrekey, 38),
        (Slot::OneTimePrekey, 136),
    ] {
        for genuine in [&pqxdh, &x3dh] {
            for (point, fault) in bad_points() {
                let mut bundle = content(genuine).to_vec();
                bundle[at..at + 32].copy_from_slice(&point);
                victim.refuses(&with_checksum(&bundle), invalid_key(slot, fault));
            }
            let mut alias = content(genuine).to_vec();
            alias[at + 31] |= 0x80;
            let fault = PrimitiveError::NonCanonicalPublicKey;
            victim.refuses(&with_checksum(&alias), invalid_key(slot, fault));
        }
    }
}

#[test]
fn a_kem_key_that_fails_the_modulus_check_is_refused() {
    let mut victim = Victim::new(407);
    for (bundle, slot) in victim
        .bundles()
        .into_iter()
        .zip([Slot::OneTimeKemPrekey, Slot::LastResortKemPrekey])
    {
        let bytes = content(&encoded(bundle)).to_vec();
        let start = bytes.len() - 1_568;
        // Two coefficients of 12 bits are 3 bytes; 3329 is the least that is too large.
        for (at, coefficients) in [
            (0, [0x01, 0x0d, 0x00]),
            (3 * 200, [0xff, 0xff, 0xff]),
            (1_533, [0x00, 0x10, 0xd0]),
        ] {
            let mut bad = bytes.clone();
            bad[start + at..start + at + 3].copy_from_slice(&coefficients);
            let fault = PrimitiveError::InvalidEncapsulationKey;
            victim.refuses(&with_checksum(&bad), invalid_key(slot, fault));
        }
        // The largest that is not too large is a key, though not the one that was signed.
        let mut other = bytes;
        other[start..start + 3].copy_from_slice(&[0x00, 0x0d, 0x00]);
        victim.refuses(&with_checksum(&other), unsigned(slot));
    }
}

#[test]
fn bundles_that_are_cut_at_any_length_are_refused() {
    let mut victim = Victim::new(408);
    let bundles = victim.bundles().map(encoded);
    let x3dh = victim.bob.publish_x3dh(&mut victim.rng).unwrap();
    for bundle in bundles.into_iter().chain([x3dh]) {
        for length in 0..bundle.len() {
            let fault = if length < 3 + sprag_wire::CHECKSUM_LENGTH {
                WireError::Truncated
            } else {
                WireError::Damaged
            };
            victim.refuses(&bundle[..length], Error::Wire(fault));
        }
        // A checksum is no more than that: whoever cuts a bundle can make it right.
        let content = content(&bundle);
        for length in 0..content.len() {
            let cut = with_checksum(&content[..length]);
            let refusal = victim.bob.initiate(&cut, &mut victim.rng).err();
            if length >= 3 {
                assert_eq!(refusal, Some(Error::Wire(WireError::Truncated)), "{length}");
            }
            assert!(refusal.is_some());
        }
    }
}

/// The checksum covers the curve one-time prekey, which nobody signs, like all else.
#[test]
fn every_damaged_byte_of_a_bundle_is_found() {
    let mut victim = Victim::new(415);
    let [one_time, reusable] = victim.bundles().map(encoded);
    let x3dh = victim.bob.publish_x3dh(&mut victim.rng).unwrap();
    for bundle in [one_time, reusable, x3dh] {
        for position in 3..bundle.len() {
            let mut damaged = bundle.clone();
            damaged[position] ^= 0x10;
            victim.refuses(&damaged, Error::Wire(WireError::Damaged));
        }
    }
}

#[test]
fn bundles_that_go_on_are_refused() {
    let mut victim = Victim::new(409);
    let bundles = victim.bundles().map(encoded);
    let x3dh = victim.bob.publish_x3dh(&mut victim.rng).unwrap();
    for bundle in bundles.into_iter().chain([x3dh]) {
        for (length, fault) in [
            (bundle.len() + 1, WireError::Trailing),
            (8 * 1_024, WireError::Trailing),
            (16 * 1_024 + 1, WireError::Oversized),
        ] {
            let mut long = content(&bundle).to_vec();
            long.resize(length - sprag_wire::CHECKSUM_LENGTH, 0);
            victim.refuses(&with_checksum(&long), Error::Wire(fault));
            long = bundle.clone();
            long.resize(length, 0);
            let damaged_or_oversized = match fault {
                WireError::Trailing => WireError::Damaged,
                oversized => oversized,
            };
            victim.refuses(&long, Error::Wire(damaged_or_oversized));
        }
        let twice = [content(&bundle), content(&bundle)].concat();
        victim.refuses(&with_checksum(&twice), Error::Wire(WireError::Trailing));
        let twice = [bundle.as_slice(), &bundle].concat();
        victim.refuses(&twice, Error::Wire(WireError::Damaged));
    }
}

#[test]
fn unknown_versions_kinds_and_suites_are_named() {
    let mut victim = Victim::new(410);
    let bundles = victim.bundles().map(encoded);
    for bundle in bundles {
        for (position, value, fault) in [
            (0, 0, WireError::UnknownVersion(0)),
            (0, 2, WireError::UnknownVersion(2)),
            (1, 0, WireError::UnknownKind(0)),
            (1, 6, WireError::UnknownKind(6)),
            (1, 2, WireError::OtherKind(Kind::PrekeyMessage)),
            (1, 3, WireError::OtherKind(Kind::Message)),
            (1, 4, WireError::OtherKind(Kind::File)),
            (1, 5, WireError::OtherKind(Kind::Upload)),
            (2, 0, WireError::UnknownSuite(0)),
            (2, 3, WireError::UnknownSuite(3)),
            (2, 0xff, WireError::UnknownSuite(0xff)),
        ] {
            let mut other = bundle.clone();
            other[position] = value;
            victim.refuses(&other, Error::Wire(fault));
        }
    }
    let upload = victim.bob.replenish_to(1, &mut victim.rng).unwrap();
    victim.refuses(&upload, Error::Wire(WireError::OtherKind(Kind::Upload)));
}

#[test]
fn numbers_that_name_two_prekeys_are_refused() {
    let mut victim = Victim::new(411);
    let [one_time, _] = victim.bundles();
    let duplicate = |id| Error::Handshake(HandshakeError::DuplicateId(id));
    for id in [
        one_time.curve.signed_prekey.terms.id,
        one_time.kem_prekey.id,
    ] {
        let mut bundle = one_time.clone();
        bundle.curve.one_time_prekey.as_mut().unwrap().id = id;
        victim.refuses(&encoded(bundle), duplicate(id));
    }
    // The owner of the identity key can sign what it likes.
    let rng = &mut victim.rng;
    let identity = IdentityKeyPair::from_secret(&SecretBytes::random(rng));
    let terms = SignedPrekeyTerms {
        suite: Suite::Pqxdh,
        id: 7,
        created: 0,
    };
    let signed_prekey = SignedPrekeyPair::generate(terms, &identity, rng).public();
    let (_, kem_one_time) = KemPrekeyPair::generate_one_time(7, &identity, rng);
    let last_resort = LastResortKemPrekeyPair::generate(
        LastResortKemPrekeyTerms { id: 7, created: 0 },
        &signed_prekey,
        &identity,
        rng,
    )
    .public();
    for kem_prekey in [kem_one_time, last_resort] {
        let curve = CurveBundle {
            identity: *identity.public(),
            signed_prekey,
            one_time_prekey: one_time.curve.one_time_prekey,
        };
        let bundle = pqxdh::Bundle { curve, kem_prekey };
        victim.refuses(&encoded(bundle), duplicate(7));
    }
}

#[test]
fn a_number_that_is_not_encoded_as_short_as_can_be_is_refused() {
    let mut victim = Victim::new(412);
    for bundle in victim.bundles().map(encoded) {
        assert_eq!(bundle[36], 1);
        let mut long = content(&bundle).to_vec();
        long[36] = 0x81;
        long.insert(37, 0);
        let not_canonical = Error::Wire(WireError::NotCanonical);
        victim.refuses(&with_checksum(&long), not_canonical);
    }
}

#[test]
fn ones_own_bundle_is_refused() {
    let mut victim = Victim::new(413);
    let own_bundle = Error::Handshake(HandshakeError::OwnBundle);
    let rng = &mut victim.rng;
    let bundles = [
        victim.client.publish(rng).unwrap(),
        victim.client.publish_reusable().unwrap(),
        victim.client.publish_x3dh(rng).unwrap(),
    ];
    for bundle in bundles {
        let refusal = not_added(&mut victim.client, &bundle, rng);
        assert_eq!(refusal, own_bundle);
    }
}

#[test]
fn a_kem_key_of_all_zeros_that_was_not_signed_is_refused() {
    let mut victim = Victim::new(414);
    let [mut bundle, _] = victim.bundles();
    bundle.kem_prekey.key = EncapsulationKey::from_bytes(&[0; 1_568]).unwrap();
    victim.refuses(&encoded(bundle), unsigned(Slot::OneTimeKemPrekey));
}
