//! A directory of prekeys, from which parties begin sessions with others that are offline.
//!
//! ```sh
//! cargo run -p sprag-x3dh --example prekey_directory
//! ```
//!
//! The directory composes a bundle for each reader and gives each one-time prekey out once. It is not trusted: the
//! second half of the example shows which lies are found out, and when. In a program `sprag-wire` has the bytes of
//! uploads, bundles and initial messages, and the directory stores its state before it answers.
#![expect(
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    reason = "a program with a terminal and all of std"
)]

use core::error::Error;
use std::collections::BTreeMap;

use sprag_primitives::OsRng;
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, Tag};
use sprag_primitives::hkdf::Hkdf;
use sprag_x3dh::pqxdh::{self, Bundle, InitialMessage};
use sprag_x3dh::{
    Agreement, Error as HandshakeError, IdentityKey, IdentityKeyPair, KemPrekeyPair, KemPrekeyUse,
    LastResortKemPrekeyPair, LastResortKemPrekeyTerms, OneTimePrekeyPair, PrekeyId, Responded,
    ResponderKeys, SecretBytes, SignedPrekeyPair, SignedPrekeyTerms, Slot, Suite, Upload,
    VerifiedUpload,
};

type Result<T> = core::result::Result<T, Box<dyn Error>>;

/// The server. It knows public keys alone.
#[derive(Default)]
struct Directory(BTreeMap<[u8; 32], VerifiedUpload>);

impl Directory {
    /// Takes an upload. The server has to authenticate its sender in another way, for example by a login, because
    /// no signature covers an upload as a whole.
    fn upload(&mut self, upload: Upload) -> core::result::Result<(), HandshakeError> {
        let identity = *upload.identity.as_bytes();
        let upload = upload.verify()?;
        match self.0.get_mut(&identity) {
            Some(present) => present.merge(upload),
            None => {
                self.0.insert(identity, upload);
                Ok(())
            }
        }
    }

    /// A bundle for one reader.
    fn bundle(&mut self, identity: &IdentityKey) -> Option<Bundle> {
        let upload = self.0.get_mut(identity.as_bytes())?;
        Some(upload.next_bundle())
    }
}

/// A party that others write to while it is offline.
struct Receiver {
    identity: IdentityKeyPair,
    signed_prekey: SignedPrekeyPair,
    last_resort: LastResortKemPrekeyPair,
    one_time: BTreeMap<PrekeyId, OneTimePrekeyPair>,
    one_time_kem: BTreeMap<PrekeyId, KemPrekeyPair>,
    next_id: PrekeyId,
}

impl Receiver {
    fn new() -> Self {
        let identity = IdentityKeyPair::generate(&mut OsRng);
        // The time is 0, "not stated". A peer that limits the age of bundles demands one.
        let suite = Suite::Pqxdh;
        let (id, created) = (1, 0);
        let terms = SignedPrekeyTerms { suite, id, created };
        let signed_prekey = SignedPrekeyPair::generate(terms, &identity, &mut OsRng);
        let terms = LastResortKemPrekeyTerms { id: 2, created };
        let public = signed_prekey.public();
        let last_resort = LastResortKemPrekeyPair::generate(terms, &public, &identity, &mut OsRng);
        Self {
            identity,
            signed_prekey,
            last_resort,
            one_time: BTreeMap::new(),
            one_time_kem: BTreeMap::new(),
            next_id: 3,
        }
    }

    /// An upload with `count` new one-time prekeys of each kind. Their private halves must be stored before it leaves.
    fn replenish(&mut self, count: usize) -> Upload {
        let mut upload = Upload {
            identity: *self.identity.public(),
            signed_prekey: self.signed_prekey.public(),
            last_resort_kem_prekey: self.last_resort.public(),
            one_time_prekeys: Vec::new(),
            one_time_kem_prekeys: Vec::new(),
        };
        for _ in 0..count {
            // A number names one key for ever, so the prekeys of all kinds take turns.
            let (id, kem_id) = (self.next_id, self.next_id + 1);
            self.next_id += 2;
            let pair = OneTimePrekeyPair::generate(id, &mut OsRng);
            upload.one_time_prekeys.push(pair.public());
            self.one_time.insert(id, pair);
            let (pair, public) =
                KemPrekeyPair::generate_one_time(kem_id, &self.identity, &mut OsRng);
            upload.one_time_kem_prekeys.push(public);
            self.one_time_kem.insert(kem_id, pair);
        }
        upload
    }

    /// Reads the first message of a session. If it is authentic, the one-time prekeys that it used are deleted.
    fn read(&mut self, first: &First) -> Result<Vec<u8>> {
        // Find the keys that the message names.
        let used = first.initial.curve().one_time_prekey;
        let one_time_prekey = match used {
            Some(id) => Some(self.one_time.get(&id).ok_or("one-time prekey is gone")?),
            None => None,
        };
        let last_resort = Some(self.last_resort.pair());
        let kem_prekey = self
            .one_time_kem
            .get(&first.initial.kem().prekey)
            .or(last_resort.filter(|pair| pair.id() == first.initial.kem().prekey))
            .ok_or("one-time KEM prekey is gone")?;
        let keys = ResponderKeys {
            identity: &self.identity,
            signed_prekey: &self.signed_prekey,
            one_time_prekey,
        };
        // Come to the secret and to the name of the initiator, which travels sealed. Open the text under the secret.
        let Responded {
            initiator,
            agreement,
        } = pqxdh::respond(&keys, kem_prekey, &first.initial)?;
        let names = [initiator.identity, *self.identity.public()];
        let mut buffer = first.ciphertext.clone();
        let ciphertext = Ciphertext {
            buffer: &mut buffer,
            tag: &first.tag,
        };
        let key = message_key(&agreement);
        let associated_data = associated_data(&names, &agreement);
        ChaCha20Poly1305::open(&key, &NONCE, &associated_data, ciphertext)?;
        // Only now is the message known to be genuine: a forged one must not destroy a prekey.
        used.map(|id| self.one_time.remove(&id));
        self.one_time_kem.remove(&first.initial.kem().prekey);
        Ok(buffer)
    }
}

/// The first message of a session, as it travels.
struct First {
    initial: InitialMessage,
    ciphertext: Vec<u8>,
    tag: Tag,
}

/// Begins a session with the owner of `bundle` and encrypts `text` in it. The ratchet would go on from here.
fn write(sender: &IdentityKeyPair, bundle: Bundle, text: &[u8]) -> Result<First> {
    let names = [*sender.public(), bundle.curve.identity];
    let initiated = pqxdh::initiate(sender, &bundle.verify()?, 1, &mut OsRng)?;
    let key = message_key(&initiated.agreement);
    let associated_data = associated_data(&names, &initiated.agreement);
    let mut ciphertext = text.to_vec();
    let tag = ChaCha20Poly1305::seal(&key, &NONCE, &associated_data, &mut ciphertext)?;
    Ok(First {
        initial: initiated.message,
        ciphertext,
        tag,
    })
}

/// The key of the one message. Nothing else is encrypted under it, so its nonce can be constant.
fn message_key(agreement: &Agreement) -> SecretBytes<32> {
    let secret = agreement.shared_secret.as_secret();
    Hkdf::from_pseudorandom_key(secret).expand(b"example first message")
}

/// The names of both parties, the initiator's first, and the hash of the KEM prekey (PQXDH §3.3 and §4.12).
fn associated_data(names: &[IdentityKey; 2], agreement: &Agreement) -> Vec<u8> {
    let names = names.map(|name| name.encode());
    let hash = agreement.kem_prekey_hash.unwrap_or_default();
    [names.concat().as_slice(), &hash].concat()
}

const NONCE: [u8; ChaCha20Poly1305::NONCE_LENGTH] = [0; ChaCha20Poly1305::NONCE_LENGTH];

fn main() -> Result<()> {
    let mut directory = Directory::default();
    let alice = IdentityKeyPair::generate(&mut OsRng);
    let mut bob = Receiver::new();
    honest(&mut directory, &alice, &mut bob)?;
    lying(&mut directory, &alice, &mut bob)?;
    println!("5 sessions began; 5 lies did not");
    Ok(())
}

/// Bob uploads, and others begin sessions with him until his one-time prekeys are used up.
fn honest(directory: &mut Directory, alice: &IdentityKeyPair, bob: &mut Receiver) -> Result<()> {
    let upload = bob.replenish(2);
    directory.upload(upload.clone())?;
    // An upload that arrives again is refused, because its one-time prekeys would be given out twice.
    let again = directory.upload(upload.clone());
    assert_eq!(
        again,
        Err(HandshakeError::DuplicateId(upload.one_time_prekeys[0].id))
    );

    // Each reader gets prekeys of its own, and from the third on there are none left but the last resort.
    let mut bundles = Vec::new();
    for _ in 0..3 {
        let name = bob.identity.public();
        bundles.push(directory.bundle(name).ok_or("Bob is not known")?);
    }
    let one_time = |bundle: &Bundle| bundle.curve.one_time_prekey.map(|prekey| prekey.id);
    assert_ne!(one_time(&bundles[0]), one_time(&bundles[1]));
    assert_eq!(one_time(&bundles[2]), None);
    assert_ne!(bundles[2].kem_prekey.usage, KemPrekeyUse::OneTime);
    for bundle in bundles {
        let first = write(alice, bundle, b"hello")?;
        assert_eq!(bob.read(&first)?, b"hello");
    }
    assert!(bob.one_time.is_empty() && bob.one_time_kem.is_empty());

    // The next upload adds to what is left.
    directory.upload(bob.replenish(2))?;
    let bundle = directory.bundle(bob.identity.public());
    let first = write(alice, bundle.ok_or("Bob is not known")?, b"hello again")?;
    assert_eq!(bob.read(&first)?, b"hello again");
    Ok(())
}

/// The directory, or somebody who broke into it, wants to read what Alice writes to Bob.
fn lying(directory: &mut Directory, alice: &IdentityKeyPair, bob: &mut Receiver) -> Result<()> {
    let genuine = directory.bundle(bob.identity.public());
    let genuine = genuine.ok_or("Bob is not known")?;
    let mut liar = Receiver::new();
    let own = liar.replenish(1).verify()?.next_bundle();

    // Lie 1: a signed prekey of its own under Bob's name. Alice refuses it, because Bob did not sign it.
    let mut bundle = genuine.clone();
    bundle.curve.signed_prekey = own.curve.signed_prekey;
    let refused = HandshakeError::InvalidSignature(Slot::SignedPrekey);
    assert_eq!(bundle.verify().err(), Some(refused));

    // Lie 2: a KEM prekey of its own. Refused for the same reason.
    let mut bundle = genuine.clone();
    bundle.kem_prekey = own.kem_prekey.clone();
    let refused = HandshakeError::InvalidSignature(Slot::OneTimeKemPrekey);
    assert_eq!(bundle.verify().err(), Some(refused));

    // Lie 3: a one-time prekey of its own, which no signature covers. Alice writes, and Bob cannot read it; but
    // neither can the directory, because it lacks the other keys. It could have dropped the message as well.
    let mut bundle = genuine.clone();
    let pair = OneTimePrekeyPair::generate(0, &mut OsRng);
    if let Some(prekey) = &mut bundle.curve.one_time_prekey {
        prekey.key = pair.public().key;
    }
    assert_ne!(bundle, genuine);
    let first = write(alice, bundle, b"secret")?;
    assert!(bob.read(&first).is_err());

    // Lie 4: a whole bundle of its own. It verifies! The signatures say that one owner made all keys, but not that
    // the owner is Bob. So Alice compares the identity key with the one that she has from Bob himself.
    let claimed = own.curve.identity;
    assert!(own.verify().is_ok());
    assert_ne!(claimed, *bob.identity.public());

    // Lie 5: the same bundle for two readers. The session that reaches Bob first is read and uses the prekeys up,
    // and the other is refused, so that no key protects two sessions.
    let first = write(alice, genuine.clone(), b"first")?;
    let second = write(alice, genuine, b"second")?;
    assert_eq!(bob.read(&first)?, b"first");
    assert!(bob.read(&second).is_err());
    Ok(())
}
