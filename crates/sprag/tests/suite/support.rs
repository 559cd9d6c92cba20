use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag::{Account, Error, Initiation, Opened, Policy, Session};
use sprag_x3dh::{Bundle, pqxdh, x3dh};

/// Accepts X3DH too.
pub(crate) const X3DH: Policy = Policy::post_quantum().allow_x3dh();

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

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
        let alice = Account::generate(&mut rng);
        let mut bob = Account::generate(&mut rng);
        let bundle = publish(&mut bob, &mut rng);
        let session = initiate(&alice, &bundle, &mut rng);
        Self {
            rng,
            bob,
            alice,
            session,
        }
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
    match sprag_wire::decode_bundle(bundle) {
        Ok(Bundle::Pqxdh(bundle)) => bundle,
        other => panic!("no bundle for PQXDH: {other:?}"),
    }
}

pub(crate) fn decoded_x3dh(bundle: &[u8]) -> x3dh::Bundle {
    match sprag_wire::decode_bundle(bundle) {
        Ok(Bundle::X3dh(bundle)) => bundle,
        other => panic!("no bundle for X3DH: {other:?}"),
    }
}

pub(crate) fn encoded(bundle: pqxdh::Bundle) -> Vec<u8> {
    sprag_wire::encode_bundle(&Bundle::Pqxdh(bundle))
}

pub(crate) fn encoded_x3dh(bundle: x3dh::Bundle) -> Vec<u8> {
    sprag_wire::encode_bundle(&Bundle::X3dh(bundle))
}

/// The account with another number for its next prekey.
pub(crate) fn with_next_id(account: &Account, next: u32) -> Account {
    let mut snapshot = account.snapshot().expose().to_vec();
    snapshot[NEXT_ID_AT..GENERATION_AT].copy_from_slice(&next.to_le_bytes());
    Account::from_snapshot(&snapshot).expect("any number may be the next")
}

/// The place of the next prekey's number in an account's snapshot, after frame and identity.
pub(crate) const NEXT_ID_AT: usize = 7 + 32;

/// The place of the current signed and last-resort prekeys in an account's snapshot.
pub(crate) const GENERATION_AT: usize = NEXT_ID_AT + 4;
