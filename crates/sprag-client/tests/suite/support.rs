use core::cell::RefCell;
use core::convert::Infallible;
use std::collections::BTreeMap;

use rand::rand_core::{TryCryptoRng, TryRng};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sprag::{Account, Policy, Session};
use sprag_client::Store as _;
use sprag_devices::{DeviceList, UserKeyPair};
use sprag_primitives::SecretBytes;
use sprag_primitives::hash::sha256;
use sprag_primitives::snapshot::Snapshot;
use sprag_wire::{Content, ContentKind, decode_content, encode_content};
use sprag_x3dh::{Bundle, IdentityKey, IdentityKeyPair, pqxdh, x3dh};

use crate::records_by_hand::opened;
use crate::two_clients::MemoryClient;

/// Accepts X3DH too.
pub(crate) const X3DH: Policy = Policy::post_quantum().allow_x3dh();

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// A generator whose only number is the one that makes 1 of an account's first prekey number.
pub(crate) struct FirstNumberIs1<'a>(pub(crate) &'a mut StdRng);

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

/// The ordinal in a first message, which only its receiver can read.
pub(crate) fn ordinal(message: &[u8], receiver: &Account) -> u32 {
    let snapshot = receiver.snapshot();
    let mut receiver = Account::from_snapshot(snapshot.expose()).expect("it was just written");
    let (session, _) = receiver
        .accept_under(&X3DH, message, CONTENT)
        .expect("the message begins a session");
    session.ordinal()
}

/// These bytes and their checksum, as a bundle has it at its end.
pub(crate) fn with_checksum(content: &[u8]) -> Vec<u8> {
    let hash = sha256(&[content]);
    [content, &hash[..sprag_wire::CHECKSUM_LENGTH]].concat()
}

/// A bundle without its checksum.
pub(crate) fn content(bundle: &[u8]) -> &[u8] {
    &bundle[..bundle.len() - sprag_wire::CHECKSUM_LENGTH]
}

/// The associated data of a content without any of the caller's.
pub(crate) const CONTENT: &[u8] = b"sprag content\x01";

std::thread_local! {
    /// The lists of the bundles that a test took apart, by identity. The bundle that it makes of one has the same list.
    static LISTS: RefCell<BTreeMap<[u8; 32], Vec<u8>>> = const { RefCell::new(BTreeMap::new()) };
}

fn list_of(identity: &IdentityKey) -> Vec<u8> {
    LISTS.with_borrow(|lists| lists.get(identity.as_bytes()).cloned().unwrap_or_default())
}

/// The device list of the user that an account belongs to: that of a bundle which a test took apart, or one that a user makes
/// now with this account as the only device.
pub(crate) fn list_of_account(account: &Account) -> Vec<u8> {
    let known = list_of(account.identity());
    if !known.is_empty() {
        return known;
    }
    // Two frames are in front of the identity key.
    let snapshot = account.snapshot();
    let pair = &snapshot.expose()[2 * FRAME..][..32];
    let pair = IdentityKeyPair::from_snapshot(pair).expect("it is where an account has it");
    let mut rng = rng(u64::from(account.identity().as_bytes()[0]));
    let user = UserKeyPair::generate(&mut rng);
    let list = DeviceList::first(&user, &pair, 0, &mut rng);
    remember_list(account.identity(), list.as_bytes());
    list.as_bytes().to_vec()
}

pub(crate) fn remember_list(identity: &IdentityKey, list: &[u8]) {
    LISTS.with_borrow_mut(|lists| lists.insert(*identity.as_bytes(), list.to_vec()));
}

const FRAME: usize = 7;

/// The bundle of an account with the list of its user.
pub(crate) fn with_list(account: &Account, bundle: &[u8]) -> Vec<u8> {
    let list = list_of_account(account);
    let keys = sprag_wire::decode_bundle(bundle)
        .expect("it was just made")
        .keys;
    sprag_wire::encode_bundle(&keys, &list).expect("the list is short")
}

/// A text that an account encrypts in a session by itself, as a client would with its list attached.
pub(crate) fn says(
    account: &Account,
    session: &mut Session,
    text: &[u8],
    rng: &mut StdRng,
) -> Vec<u8> {
    let list = list_of_account(account);
    let read = DeviceList::decode(&list).expect("it is genuine");
    let content = Content {
        kind: ContentKind::Text,
        version: read.version(),
        hash: *read.hash().first_chunk().expect("a hash is longer"),
        known: 1,
        list: Some(&list),
        payload: text,
    };
    let content = encode_content(&content).expect("it is short");
    let message = session.encrypt_with_ad(content.expose(), CONTENT, rng);
    message.expect("a session encrypts")
}

/// A copy of the session of a client that began last, as a thief has it.
pub(crate) fn newest_session(client: &MemoryClient, secret: &SecretBytes<32>) -> Session {
    const SESSION: u8 = 4;
    let records = client
        .store()
        .scan(&[SESSION])
        .expect("a store in memory reads");
    let contents = records.into_iter();
    let contents = contents.map(|(name, record)| opened(&name, record, secret));
    // The place in the order in which they began comes first, and the session itself last.
    let newest =
        contents.max_by_key(|content| content.first_chunk().copied().map(u64::from_le_bytes));
    let newest = newest.expect("there is a session");
    let frame = newest.windows(5).position(|five| five == b"sprag");
    let session = &newest[frame.expect("a session has a frame")..];
    Session::from_snapshot(session).expect("the record is whole")
}

/// The text of a client that a session reads by itself.
pub(crate) fn hears(session: &mut Session, message: &[u8]) -> Result<Vec<u8>, sprag::Error> {
    let opened = session.decrypt_with_ad(message, CONTENT)?;
    let content = decode_content(&opened.plaintext).expect("it is of a client");
    Ok(content.payload.to_vec())
}

fn keys_of(bundle: &[u8]) -> Result<Bundle, sprag_wire::Error> {
    let published = sprag_wire::decode_bundle(bundle)?;
    let identity = match &published.keys {
        Bundle::Pqxdh(bundle) => bundle.curve.identity,
        Bundle::X3dh(bundle) => bundle.curve.identity,
    };
    LISTS.with_borrow_mut(|lists| {
        lists.insert(*identity.as_bytes(), published.list.to_vec());
    });
    Ok(published.keys)
}

pub(crate) fn decoded(bundle: &[u8]) -> pqxdh::Bundle {
    match keys_of(bundle) {
        Ok(Bundle::Pqxdh(bundle)) => bundle,
        other => panic!("no bundle for PQXDH: {other:?}"),
    }
}

pub(crate) fn decoded_x3dh(bundle: &[u8]) -> x3dh::Bundle {
    match keys_of(bundle) {
        Ok(Bundle::X3dh(bundle)) => bundle,
        other => panic!("no bundle for X3DH: {other:?}"),
    }
}

pub(crate) fn encoded(bundle: pqxdh::Bundle) -> Vec<u8> {
    let list = list_of(&bundle.curve.identity);
    sprag_wire::encode_bundle(&Bundle::Pqxdh(bundle), &list).expect("the list is short")
}

pub(crate) fn encoded_x3dh(bundle: x3dh::Bundle) -> Vec<u8> {
    let list = list_of(&bundle.curve.identity);
    sprag_wire::encode_bundle(&Bundle::X3dh(bundle), &list).expect("the list is short")
}
