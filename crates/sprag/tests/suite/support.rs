use core::convert::Infallible;

use rand::rand_core::{TryCryptoRng, TryRng};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sprag::{Account, Error, Initiation, Opened, Policy, Session};
use sprag_primitives::SecretBytes;
use sprag_primitives::hash::sha256;
use sprag_primitives::x25519::KeyPair;
use sprag_primitives::xeddsa::SigningKey;
use sprag_x3dh::{Bundle, KemPrekeyUse, encode_ec, encode_kem, pqxdh, x3dh};

/// Accepts X3DH too.
pub(crate) const X3DH: Policy = Policy::post_quantum().allow_x3dh();

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// An account whose prekeys have numbers from 1 on, so that tests can name them. Otherwise the first number is drawn.
pub(crate) fn account(rng: &mut StdRng) -> Account {
    Account::generate(&mut FirstNumberIs1(rng))
}

/// A generator whose only number is the one that makes 1 of an account's first number.
struct FirstNumberIs1<'a>(&'a mut StdRng);

impl TryRng for FirstNumberIs1<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(2)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(destination);
        Ok(())
    }
}

impl TryCryptoRng for FirstNumberIs1<'_> {}

/// Two accounts and the session that Alice began with Bob's bundle.
pub(crate) struct Pair {
    pub(crate) rng: StdRng,
    pub(crate) bob: Account,
    pub(crate) alice: Account,
    pub(crate) session: Session,
}

impl Pair {
    pub(crate) fn new(seed: u64) -> Self {
        Self::with_bundle(seed, |bob, rng| bob.publish(rng))
    }

    pub(crate) fn without_one_time_prekey(seed: u64) -> Self {
        Self::with_bundle(seed, |bob, _| bob.publish_reusable())
    }

    pub(crate) fn x3dh(seed: u64) -> Self {
        Self::with_bundle(seed, |bob, rng| {
            bob.publish_x3dh(rng).expect("there are numbers left")
        })
    }

    pub(crate) fn with_bundle(
        seed: u64,
        publish: impl Fn(&mut Account, &mut StdRng) -> Vec<u8>,
    ) -> Self {
        let mut rng = rng(seed);
        let alice = account(&mut rng);
        let mut bob = account(&mut rng);
        let bundle = publish(&mut bob, &mut rng);
        let session = initiate(&alice, &bundle, &mut rng);
        Self {
            rng,
            bob,
            alice,
            session,
        }
    }

    /// A bundle of Bob's for any reader.
    pub(crate) fn publish_reusable(&mut self) -> Vec<u8> {
        self.bob.publish_reusable()
    }

    /// A bundle of Bob's for X3DH, with a one-time prekey.
    pub(crate) fn publish_x3dh(&mut self) -> Vec<u8> {
        let bundle = self.bob.publish_x3dh(&mut self.rng);
        bundle.expect("there are numbers left")
    }

    pub(crate) fn send(&mut self, plaintext: &[u8]) -> Vec<u8> {
        self.session
            .encrypt(plaintext, &mut self.rng)
            .expect("a session encrypts")
    }

    /// The first message of a further session of Alice's, begun with this bundle.
    pub(crate) fn first_with(&mut self, bundle: &[u8]) -> Vec<u8> {
        let mut session = initiate(&self.alice, bundle, &mut self.rng);
        session
            .encrypt(b"first", &mut self.rng)
            .expect("a session encrypts")
    }

    /// Both sessions, after Alice's first message and Bob's answer.
    pub(crate) fn established(mut self) -> (Session, Session, StdRng) {
        let first = self.send(b"first");
        let (mut bobs, _) = self.bob.accept(&first).expect("the first message is new");
        let answer = bobs.encrypt(b"answer", &mut self.rng);
        let answer = answer.expect("a session encrypts");
        self.session.decrypt(&answer).expect("the answer is new");
        (self.session, bobs, self.rng)
    }
}

fn initiate(account: &Account, bundle: &[u8], rng: &mut StdRng) -> Session {
    let initiation = Initiation {
        policy: X3DH,
        ..Initiation::default()
    };
    account
        .initiate_with(bundle, &initiation, rng)
        .expect("the bundle is genuine")
}

/// Decrypts and demands that a refusal leaves the session byte for byte as it was.
pub(crate) fn refused(session: &mut Session, message: &[u8]) -> Error {
    let before = session.snapshot();
    let error = session.decrypt(message).expect_err("it is not to open");
    assert_eq!(session.snapshot().expose(), before.expose());
    error
}

/// Accepts and demands that a refusal leaves the account byte for byte as it was.
pub(crate) fn not_accepted(account: &mut Account, message: &[u8]) -> Error {
    not_accepted_under(&Policy::default(), account, message)
}

pub(crate) fn not_accepted_under(policy: &Policy, account: &mut Account, message: &[u8]) -> Error {
    let before = account.snapshot();
    let accepted = account.accept_under(policy, message, b"");
    let error = accepted.map(|_| ()).expect_err("it is not to be accepted");
    assert_eq!(account.snapshot().expose(), before.expose());
    error
}

pub(crate) fn plaintext(opened: Result<Opened, Error>) -> Vec<u8> {
    opened.expect("the message opens").plaintext
}

/// The account as it is after being stored and loaded.
pub(crate) fn reloaded(account: &Account) -> Account {
    let snapshot = account.snapshot();
    let account = Account::from_snapshot(snapshot.expose()).expect("a snapshot is read again");
    assert_eq!(account.snapshot().expose(), snapshot.expose());
    account
}

/// Padmé, as the paper's algorithm 1 has it, and 32 bytes at least.
pub(crate) fn padded(length: usize) -> usize {
    if length <= 32 {
        return 32;
    }
    let exponent = usize::BITS - 1 - length.leading_zeros();
    let significant = u32::BITS - exponent.leading_zeros();
    let mask = (1 << (exponent - significant)) - 1;
    (length + mask) & !mask
}

pub(crate) fn decoded(bundle: &[u8]) -> pqxdh::Bundle {
    match sprag_wire::decode_bundle(bundle).map(|bundle| bundle.keys) {
        Ok(Bundle::Pqxdh(bundle)) => bundle,
        other => panic!("no bundle for PQXDH: {other:?}"),
    }
}

pub(crate) fn decoded_x3dh(bundle: &[u8]) -> x3dh::Bundle {
    match sprag_wire::decode_bundle(bundle).map(|bundle| bundle.keys) {
        Ok(Bundle::X3dh(bundle)) => bundle,
        other => panic!("no bundle for X3DH: {other:?}"),
    }
}

pub(crate) fn encoded(bundle: pqxdh::Bundle) -> Vec<u8> {
    sprag_wire::encode_bundle(&Bundle::Pqxdh(bundle), &[]).expect("there is no list")
}

pub(crate) fn encoded_x3dh(bundle: x3dh::Bundle) -> Vec<u8> {
    sprag_wire::encode_bundle(&Bundle::X3dh(bundle), &[]).expect("there is no list")
}

/// A bundle with the KEM prekey of `other`, a last-resort prekey of another generation, as the owner alone could sign it.
pub(crate) fn joined(
    owner: &Account,
    mut bundle: pqxdh::Bundle,
    other: &pqxdh::Bundle,
) -> pqxdh::Bundle {
    let KemPrekeyUse::LastResort { created } = other.kem_prekey.usage else {
        panic!("a one-time prekey is of no generation");
    };
    let signed_prekey = &bundle.curve.signed_prekey;
    let signed = [
        b"sprag last-resort KEM prekey\x01\x02".as_slice(),
        &other.kem_prekey.id.to_le_bytes(),
        &created.to_le_bytes(),
        &signed_prekey.terms.id.to_le_bytes(),
        &encode_ec(&signed_prekey.key),
        &encode_kem(&other.kem_prekey.key),
    ];
    bundle.kem_prekey = other.kem_prekey.clone();
    bundle.kem_prekey.signature =
        SigningKey::calculate_key_pair(&identity_key(owner)).sign(&signed.concat(), &mut rng(0));
    bundle
}

/// The secret identity key of an account.
pub(crate) fn identity_key(account: &Account) -> KeyPair {
    let snapshot = account.snapshot();
    let (identity, _) = snapshot.expose()[IDENTITY_AT..]
        .split_first_chunk()
        .expect("an identity follows the frame");
    KeyPair::from_secret(&SecretBytes::copy_from(identity))
}

/// Puts the right checksum at the end of a bundle.
pub(crate) fn with_checksum(mut bundle: Vec<u8>) -> Vec<u8> {
    let (content, checksum) = bundle
        .split_last_chunk_mut::<8>()
        .expect("a bundle has a checksum");
    checksum.copy_from_slice(&sha256(&[content])[..8]);
    bundle
}

/// The account with another number for its next prekey.
pub(crate) fn with_next_id(account: &Account, next: u32) -> Account {
    let mut snapshot = account.snapshot().expose().to_vec();
    snapshot[NEXT_ID_AT..NEXT_ID_AT + 4].copy_from_slice(&next.to_le_bytes());
    Account::from_snapshot(&snapshot).expect("any number may be the next")
}

/// The place of the identity in an account's snapshot, after the frames of the account and of its core.
const IDENTITY_AT: usize = 14;

/// The place of the next prekey's number in an account's snapshot.
pub(crate) const NEXT_ID_AT: usize = IDENTITY_AT + 32;

/// The place of the current signed and last-resort prekeys in an account's snapshot.
pub(crate) const GENERATION_AT: usize = NEXT_ID_AT + 2 * 4;

/// The length of a signed prekey in an account's snapshot.
pub(crate) const SIGNED_PREKEY_LENGTH: usize = 110;

/// The length of a last-resort prekey in an account's snapshot.
pub(crate) const LAST_RESORT_LENGTH: usize = 172;

/// The place of the number of sessions without a one-time prekey, in the snapshot of an account that has published
/// nothing for X3DH.
pub(crate) const REUSABLE_AT: usize = GENERATION_AT + SIGNED_PREKEY_LENGTH + LAST_RESORT_LENGTH + 1;

/// The place of the counts of one-time prekeys, in the snapshot of an account that has not rotated either: curve keys
/// in bundles and in uploads, published and kept, and the same of KEM keys.
pub(crate) const COUNTS_AT: usize = REUSABLE_AT + 4 + 4;

/// The place of the number of sessions that were accepted with a one-time prekey, in the same snapshot.
pub(crate) const ACCEPTED_AT: usize = COUNTS_AT + 2 * 16;

/// The length of a curve one-time prekey in an account's snapshot: place, number and key.
pub(crate) const EC_LENGTH: usize = 5 + 4 + 32;

/// The length of a KEM one-time prekey in an account's snapshot: place, number, seed and hash.
pub(crate) const KEM_LENGTH: usize = 5 + 4 + 64 + 32;
