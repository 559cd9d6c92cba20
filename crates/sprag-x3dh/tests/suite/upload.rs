//! Uploads of a party to a directory: the faults that are refused, and the bundles handed out.

use sprag_primitives::xeddsa::Signature;
use sprag_x3dh::{
    Error, KemPrekey, KemPrekeyPair, KemPrekeyUse, LastResortKemPrekeyPair,
    LastResortKemPrekeyTerms, OneTimePrekey, OneTimePrekeyPair, ResponderKeys, SignedPrekey,
    SignedPrekeyPair, SignedPrekeyTerms, Slot, Suite, Upload, pqxdh,
};

use crate::support::{
    ALICE, BOB, CAROL, IDS, Ids, PQXDH_TERMS, Responder, X3DH_TERMS, identity, rng,
};

const ONE_TIME: [u32; 3] = [30, 10, 20];
const ONE_TIME_KEM: [u32; 2] = [50, 40];

/// A party with several one-time prekeys of both kinds.
struct Stock {
    party: Responder,
    one_time: [OneTimePrekeyPair; 3],
    one_time_kem: [(KemPrekeyPair, KemPrekey); 2],
}

impl Stock {
    fn new(secret: [u8; 32]) -> Self {
        let (party, mut rng) = (Responder::new(secret), rng(4));
        Self {
            one_time: ONE_TIME.map(|id| OneTimePrekeyPair::generate(id, &mut rng)),
            one_time_kem: ONE_TIME_KEM
                .map(|id| KemPrekeyPair::generate_one_time(id, &party.identity, &mut rng)),
            party,
        }
    }

    fn upload(&self) -> Upload {
        Upload {
            identity: *self.party.identity.public(),
            signed_prekey: self.party.pqxdh_signed_prekey.public(),
            last_resort_kem_prekey: self.party.last_resort.public(),
            one_time_prekeys: self
                .one_time
                .each_ref()
                .map(OneTimePrekeyPair::public)
                .into(),
            one_time_kem_prekeys: self
                .one_time_kem
                .each_ref()
                .map(|(_, key)| key.clone())
                .into(),
        }
    }

    /// Initiates with `bundle`, and returns true if this party responds with the same agreement.
    fn agrees(&self, bundle: pqxdh::Bundle) -> bool {
        let bundle = bundle.verify().expect("the bundle is genuine");
        let alices = pqxdh::initiate(&identity(ALICE), &bundle, 1, &mut rng(1))
            .expect("the bundle is another's");
        let keys = ResponderKeys {
            identity: &self.party.identity,
            signed_prekey: &self.party.pqxdh_signed_prekey,
            one_time_prekey: alices.message.curve().one_time_prekey.map(|id| {
                let mut pairs = self.one_time.iter();
                pairs.find(|pair| pair.id() == id).expect("it is its own")
            }),
        };
        let one_time_kem = self.one_time_kem.iter().map(|(pair, _)| pair);
        let kem_prekey = one_time_kem
            .chain([self.party.last_resort.pair()])
            .find(|pair| pair.id() == alices.message.kem().prekey)
            .expect("it is its own");
        pqxdh::respond(&keys, kem_prekey, &alices.message)
            .is_ok_and(|responded| responded.agreement == alices.agreement)
    }
}

#[track_caller]
fn refused(error: Error, alter: impl FnOnce(&mut Upload)) {
    let mut upload = Stock::new(BOB).upload();
    assert!(upload.clone().verify().is_ok());
    alter(&mut upload);
    assert_eq!(upload.verify(), Err(error));
}

#[test]
fn a_genuine_upload_verifies_and_keeps_its_content() {
    let upload = Stock::new(BOB).upload();
    assert_eq!(upload.clone().verify().unwrap().upload(), &upload);
    let small = Upload {
        one_time_prekeys: Vec::new(),
        one_time_kem_prekeys: Vec::new(),
        ..upload
    };
    assert!(small.verify().is_ok());
}

#[test]
fn a_bad_signature_is_refused_wherever_it_is() {
    refused(Error::InvalidSignature(Slot::SignedPrekey), |upload| {
        spoil(&mut upload.signed_prekey.signature);
    });
    refused(
        Error::InvalidSignature(Slot::LastResortKemPrekey),
        |upload| {
            spoil(&mut upload.last_resort_kem_prekey.signature);
        },
    );
    for index in 0..ONE_TIME_KEM.len() {
        refused(Error::InvalidSignature(Slot::OneTimeKemPrekey), |upload| {
            spoil(&mut upload.one_time_kem_prekeys[index].signature);
        });
    }
}

#[test]
fn a_one_time_kem_prekey_in_the_place_of_the_last_resort_prekey_is_refused() {
    refused(Error::OtherUse(Slot::OneTimeKemPrekey), |upload| {
        upload.last_resort_kem_prekey = Responder::new(BOB).one_time_kem_prekey;
    });
    refused(
        Error::InvalidSignature(Slot::LastResortKemPrekey),
        |upload| {
            upload.last_resort_kem_prekey = KemPrekey {
                usage: upload.last_resort_kem_prekey.usage,
                ..Responder::new(BOB).one_time_kem_prekey
            };
        },
    );
}

#[test]
fn a_last_resort_prekey_among_the_one_time_kem_prekeys_is_refused() {
    for index in 0..ONE_TIME_KEM.len() {
        let last_resort = Responder::numbered(
            BOB,
            Ids {
                last_resort: 7,
                ..IDS
            },
        )
        .last_resort
        .public();
        let one_time = KemPrekey {
            usage: KemPrekeyUse::OneTime,
            ..last_resort.clone()
        };
        refused(Error::OtherUse(Slot::LastResortKemPrekey), |upload| {
            upload.one_time_kem_prekeys[index] = last_resort;
        });
        refused(Error::InvalidSignature(Slot::OneTimeKemPrekey), |upload| {
            upload.one_time_kem_prekeys[index] = one_time;
        });
    }
}

#[test]
fn a_signed_prekey_for_x3dh_is_refused() {
    refused(Error::OtherUse(Slot::SignedPrekey), |upload| {
        upload.signed_prekey = Responder::new(BOB).x3dh_signed_prekey.public();
    });
    refused(Error::InvalidSignature(Slot::SignedPrekey), |upload| {
        let genuine = Responder::new(BOB).x3dh_signed_prekey.public();
        let suite = Suite::Pqxdh;
        upload.signed_prekey = SignedPrekey {
            terms: SignedPrekeyTerms {
                suite,
                ..X3DH_TERMS
            },
            ..genuine
        };
    });
}

#[test]
fn what_is_anothers_is_refused() {
    let carols = || Stock::new(CAROL).upload();
    refused(Error::InvalidSignature(Slot::SignedPrekey), |upload| {
        upload.identity = carols().identity;
    });
    refused(Error::InvalidSignature(Slot::SignedPrekey), |upload| {
        upload.signed_prekey = carols().signed_prekey;
    });
    refused(
        Error::InvalidSignature(Slot::LastResortKemPrekey),
        |upload| {
            upload.last_resort_kem_prekey = carols().last_resort_kem_prekey;
        },
    );
    for index in 0..ONE_TIME_KEM.len() {
        refused(Error::InvalidSignature(Slot::OneTimeKemPrekey), |upload| {
            upload
                .one_time_kem_prekeys
                .swap_with_slice(&mut carols().one_time_kem_prekeys);
            upload.one_time_kem_prekeys.swap(0, index);
        });
        refused(Error::InvalidSignature(Slot::OneTimeKemPrekey), |upload| {
            upload.one_time_kem_prekeys[index] = carols().one_time_kem_prekeys[index].clone();
        });
    }
}

#[test]
fn two_prekeys_of_one_number_are_refused_in_every_pair_of_places() {
    let places = 2 + ONE_TIME.len() + ONE_TIME_KEM.len();
    let bob = Stock::new(BOB);
    for first in 0..places {
        for second in 0..first {
            let mut upload = bob.upload();
            renumber(&mut upload, &bob.party, first);
            assert!(upload.clone().verify().is_ok());
            renumber(&mut upload, &bob.party, second);
            let expected = Err(Error::DuplicateId(7));
            assert_eq!(upload.verify(), expected, "places {second} and {first}");
        }
    }
}

/// Puts a genuine prekey with the number 7 in one place of the upload.
fn renumber(upload: &mut Upload, party: &Responder, place: usize) {
    let id = 7;
    match place {
        0 => {
            let terms = SignedPrekeyTerms { id, ..PQXDH_TERMS };
            let prekey = SignedPrekeyPair::generate(terms, &party.identity, &mut rng(5));
            upload.signed_prekey = prekey.public();
            let last_resort = &mut upload.last_resort_kem_prekey;
            *last_resort = party.adopt_kem(last_resort, &upload.signed_prekey);
        }
        1 => {
            let prekey = KemPrekey {
                id,
                ..party.last_resort.public()
            };
            upload.last_resort_kem_prekey = party.adopt_kem(&prekey, &upload.signed_prekey);
        }
        2..5 => upload.one_time_prekeys[place - 2].id = id,
        _ => {
            let prekey = &mut upload.one_time_kem_prekeys[place - 5];
            prekey.id = id;
            *prekey = party.adopt_kem(prekey, &upload.signed_prekey);
        }
    }
}

#[test]
fn each_one_time_prekey_is_given_out_once_and_in_order() {
    let bob = Stock::new(BOB);
    let mut directory = bob.upload().verify().unwrap();
    let given: Vec<_> = (0..6).map(|_| directory.next_bundle()).collect();

    let one_time: Vec<Option<OneTimePrekey>> = given
        .iter()
        .map(|bundle| bundle.curve.one_time_prekey)
        .collect();
    let expected = bob.one_time.each_ref().map(|pair| Some(pair.public()));
    assert_eq!(one_time, [expected.as_slice(), &[None; 3]].concat());

    let last_resort = bob.party.last_resort.public();
    let [first, second] = bob.one_time_kem.each_ref().map(|(_, public)| public);
    let kem: Vec<&KemPrekey> = given.iter().map(|bundle| &bundle.kem_prekey).collect();
    let expected = [[first, second], [&last_resort; 2], [&last_resort; 2]];
    assert_eq!(kem, expected.concat());
}

#[test]
fn a_key_that_was_given_out_is_not_left() {
    let bob = Stock::new(BOB);
    let mut directory = bob.upload().verify().unwrap();
    for given in 1..5 {
        let whole = bob.upload();
        directory.next_bundle();
        let left = Upload {
            one_time_prekeys: whole.one_time_prekeys.into_iter().skip(given).collect(),
            one_time_kem_prekeys: whole.one_time_kem_prekeys.into_iter().skip(given).collect(),
            ..bob.upload()
        };
        assert_eq!(directory.upload(), &left);
        assert!(left.verify().is_ok());
    }
}

#[test]
fn every_bundle_verifies_and_leads_to_an_agreement() {
    let bob = Stock::new(BOB);
    let mut directory = bob.upload().verify().unwrap();
    for _ in 0..5 {
        let bundle = directory.next_bundle();
        let signed_prekey = bob.party.pqxdh_signed_prekey.public();
        assert_eq!(bundle.curve.identity, *bob.party.identity.public());
        assert_eq!(bundle.curve.signed_prekey, signed_prekey);
        assert!(bob.agrees(bundle));
    }
}

#[test]
fn a_later_upload_replaces_the_lasting_keys_and_adds_the_others_after_those_that_are_left() {
    let bob = Stock::new(BOB);
    let later = later_upload(&bob.party);
    let mut directory = bob.upload().verify().unwrap();
    directory.next_bundle();
    directory.merge(later.clone().verify().unwrap()).unwrap();
    let whole = bob.upload();
    let one_time = [&whole.one_time_prekeys[1..], &later.one_time_prekeys];
    let one_time_kem = [
        &whole.one_time_kem_prekeys[1..],
        &later.one_time_kem_prekeys,
    ];
    let expected = Upload {
        one_time_prekeys: one_time.concat(),
        one_time_kem_prekeys: one_time_kem.concat(),
        ..later
    };
    assert_eq!(directory.upload(), &expected);
}

#[test]
fn an_upload_with_the_same_lasting_keys_adds_one_time_keys() {
    let bob = Stock::new(BOB);
    let (whole, later) = (bob.upload(), later_upload(&bob.party));
    let mut directory = whole.clone().verify().unwrap();
    let same = Upload {
        signed_prekey: whole.signed_prekey,
        last_resort_kem_prekey: whole.last_resort_kem_prekey,
        ..later
    };
    directory.merge(same.verify().unwrap()).unwrap();
    assert_eq!(
        directory.upload().one_time_prekeys.len(),
        ONE_TIME.len() + 1
    );
    assert_eq!(directory.upload().signed_prekey, whole.signed_prekey);
}

#[test]
fn an_upload_that_may_not_be_merged_changes_nothing() {
    let bob = Stock::new(BOB);
    let later = later_upload(&bob.party);
    let carols = Stock::new(CAROL).upload();
    let mut present = later.clone().verify().unwrap();
    let mut refuse = |upload: Upload, error: Error| {
        assert_eq!(present.merge(upload.verify().unwrap()), Err(error));
        assert_eq!(present.upload(), &later);
    };
    refuse(carols, Error::OtherOwner);
    refuse(bob.upload(), Error::OlderUpload);
    // It was merged before.
    refuse(later.clone(), Error::DuplicateId(LATER_ONE_TIME));
    let mut again = later.clone();
    again.one_time_prekeys.clear();
    refuse(again, Error::DuplicateId(LATER_ONE_TIME_KEM));
    // A lasting key has the number of a one-time prekey that is left.
    let mut signed = later.clone();
    (signed.one_time_prekeys, signed.one_time_kem_prekeys) = (Vec::new(), Vec::new());
    let terms = SignedPrekeyTerms {
        id: LATER_ONE_TIME,
        ..later.signed_prekey.terms
    };
    let prekey = SignedPrekeyPair::generate(terms, &bob.party.identity, &mut rng(7));
    signed.signed_prekey = prekey.public();
    let last_resort = &later.last_resort_kem_prekey;
    signed.last_resort_kem_prekey = bob.party.adopt_kem(last_resort, &signed.signed_prekey);
    refuse(signed, Error::DuplicateId(LATER_ONE_TIME));
}

const LATER_ONE_TIME: u32 = 70;
const LATER_ONE_TIME_KEM: u32 = 80;

/// An upload of `party` with new keys of each kind, made a second after those of [`Stock`].
fn later_upload(party: &Responder) -> Upload {
    let mut rng = rng(6);
    let created = PQXDH_TERMS.created + 1;
    let terms = SignedPrekeyTerms {
        id: 60,
        created,
        ..PQXDH_TERMS
    };
    let last_resort = LastResortKemPrekeyTerms { id: 61, created };
    let one_time = OneTimePrekeyPair::generate(LATER_ONE_TIME, &mut rng);
    let (_, one_time_kem) =
        KemPrekeyPair::generate_one_time(LATER_ONE_TIME_KEM, &party.identity, &mut rng);
    let signed_prekey = SignedPrekeyPair::generate(terms, &party.identity, &mut rng).public();
    Upload {
        identity: *party.identity.public(),
        signed_prekey,
        last_resort_kem_prekey: LastResortKemPrekeyPair::generate(
            last_resort,
            &signed_prekey,
            &party.identity,
            &mut rng,
        )
        .public(),
        one_time_prekeys: vec![one_time.public()],
        one_time_kem_prekeys: vec![one_time_kem],
    }
}

fn spoil(signature: &mut Signature) {
    let mut bytes = *signature.as_bytes();
    bytes[0] ^= 1;
    *signature = Signature::from_bytes(bytes);
}
