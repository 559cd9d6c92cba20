//! The device list in what an account publishes. Each account of this suite is the device of no user.

use sprag::limits::MAX_LIST_LENGTH;
use sprag::records::{AccountCore, AccountRecords, GenerationId, OneTime, OneTimeKind, Place};
use sprag::{Account, Error, Initiation, Stock, WireError};
use sprag_primitives::rand_core::CryptoRng;
use sprag_x3dh::{KemPrekeyPair, OneTimePrekeyPair, PrekeyId, SessionId};

use crate::support::{Pair, X3DH, rng};

const OVERSIZED: Error = Error::Wire(WireError::Oversized);

/// Publishes something with a list.
type Publish = fn(&mut AccountCore, &[u8], &mut rand::rngs::StdRng) -> Result<Vec<u8>, Error>;

const WAYS: [Publish; 5] = [
    |core, list, rng| core.publish(&Nothing, list, rng).map(first),
    |core, list, _| core.publish_reusable(list),
    |core, list, rng| core.publish_x3dh(&Nothing, list, rng).map(first),
    |core, list, rng| core.replenish_to(&Nothing, (2, list), rng).map(first),
    |core, list, rng| {
        let left = Stock { ec: 99, kem: 98 };
        core.replenish_from(&Nothing, (left, list), rng).map(first)
    },
];

#[test]
fn a_core_publishes_the_list_that_it_is_given() {
    let mut rng = rng(901);
    let mut core = AccountCore::generate_at(7, &mut rng);
    for list in [&[][..], b"a list", &[0x6c; MAX_LIST_LENGTH]] {
        for publish in WAYS {
            let published = publish(&mut core, list, &mut rng).unwrap();
            assert_eq!(list_in(&published), list);
        }
    }
}

#[test]
fn a_list_that_is_too_long_is_refused_before_anything_is_changed() {
    let mut rng = rng(902);
    let mut core = AccountCore::generate_at(7, &mut rng);
    let before = core.snapshot();
    for publish in WAYS {
        let refused = publish(&mut core, &[0x6c; MAX_LIST_LENGTH + 1], &mut rng);
        assert_eq!(refused, Err(OVERSIZED));
        assert_eq!(core.snapshot().expose(), before.expose());
    }
}

#[test]
fn an_account_publishes_an_empty_list() {
    let mut rng = rng(903);
    let mut account = Account::generate(&mut rng);
    for published in [
        account.publish(&mut rng),
        account.publish_reusable(),
        account.publish_x3dh(&mut rng).unwrap(),
        account.replenish(&mut rng).unwrap(),
        account.replenish_to(300, &mut rng).unwrap(),
        account.replenish_from(Stock::default(), &mut rng).unwrap(),
    ] {
        assert_eq!(list_in(&published), b"");
    }
}

/// An account knows no users. A client, which does, verifies the list.
#[test]
fn an_account_ignores_the_list_of_a_bundle() {
    let mut pair = Pair::without_one_time_prekey(904);
    for bundle in [
        pair.bob.publish(&mut pair.rng),
        pair.publish_reusable(),
        pair.publish_x3dh(),
    ] {
        let keys = sprag_wire::decode_bundle(&bundle).unwrap().keys;
        for list in [&b"no list at all"[..], &[0x6c; MAX_LIST_LENGTH]] {
            let listed = sprag_wire::encode_bundle(&keys, list).unwrap();
            let session = initiate(&pair.alice, &listed, &mut pair.rng);
            assert_eq!(session.unwrap(), *pair.bob.identity().as_bytes());
        }
    }
}

/// Begins a session and returns the identity of its peer.
fn initiate(account: &Account, bundle: &[u8], rng: &mut impl CryptoRng) -> Result<[u8; 32], Error> {
    let initiation = Initiation {
        policy: X3DH,
        ordinal: 1,
    };
    let session = account.initiate_with(bundle, &initiation, rng)?;
    Ok(*session.peer().as_bytes())
}

fn list_in(published: &[u8]) -> &[u8] {
    match sprag_wire::decode_bundle(published) {
        Ok(bundle) => bundle.list,
        Err(_) => sprag_wire::decode_upload(published).unwrap().list,
    }
}

fn first<A, B>((published, _): (A, B)) -> A {
    published
}

/// The records of an account that has not kept any yet.
struct Nothing;

impl AccountRecords<Error> for Nothing {
    type Held<'a, P: 'a> = &'a OneTime<P>;

    fn one_time_prekey(&self, _: PrekeyId) -> Result<Option<&OneTime<OneTimePrekeyPair>>, Error> {
        Ok(None)
    }

    fn one_time_kem_prekey(&self, _: PrekeyId) -> Result<Option<&OneTime<KemPrekeyPair>>, Error> {
        Ok(None)
    }

    fn prekey_at(&self, _: OneTimeKind, _: Place) -> Result<Option<PrekeyId>, Error> {
        Ok(None)
    }

    fn is_remembered(&self, _: Option<GenerationId>, _: &SessionId) -> Result<bool, Error> {
        Ok(false)
    }

    fn session_at(&self, _: u32) -> Result<Option<SessionId>, Error> {
        Ok(None)
    }
}
