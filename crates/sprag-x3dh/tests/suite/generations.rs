//! The last-resort KEM prekey and the signed prekey of one generation, which no directory can join with those of
//! another.

use sprag_x3dh::{
    CurveBundle, Error, KemPrekey, KemPrekeyPair, LastResortKemPrekeyPair,
    LastResortKemPrekeyTerms, SignedPrekey, SignedPrekeyPair, SignedPrekeyTerms, Slot, Upload,
    pqxdh,
};

use crate::support::{
    BOB, CAROL, IDS, LAST_RESORT_CREATED, PQXDH_TERMS, Responder, SIGNED_CREATED, rng,
};

const REFUSED: Error = Error::InvalidSignature(Slot::LastResortKemPrekey);

/// Verifies these prekeys in a bundle and in an upload, which must have the same result.
#[track_caller]
fn verify(
    bob: &Responder,
    signed_prekey: SignedPrekey,
    last_resort: &KemPrekey,
) -> Result<(), Error> {
    let identity = *bob.identity.public();
    let bundle = pqxdh::Bundle {
        curve: CurveBundle {
            identity,
            signed_prekey,
            one_time_prekey: None,
        },
        kem_prekey: last_resort.clone(),
    };
    let upload = Upload {
        identity,
        signed_prekey,
        last_resort_kem_prekey: last_resort.clone(),
        one_time_prekeys: Vec::new(),
        one_time_kem_prekeys: vec![bob.one_time_kem_prekey.clone()],
    };
    let result = bundle.verify().map(|_| ());
    assert_eq!(upload.verify().map(|_| ()), result);
    result
}

/// Generates the prekeys of a later generation.
fn renewed(bob: &Responder) -> (SignedPrekey, KemPrekey) {
    let mut rng = rng(7);
    let terms = SignedPrekeyTerms {
        id: 101,
        created: SIGNED_CREATED + 1,
        ..PQXDH_TERMS
    };
    let signed_prekey = SignedPrekeyPair::generate(terms, &bob.identity, &mut rng).public();
    let terms = LastResortKemPrekeyTerms {
        id: 102,
        created: LAST_RESORT_CREATED + 1,
    };
    let last_resort =
        LastResortKemPrekeyPair::generate(terms, &signed_prekey, &bob.identity, &mut rng);
    (signed_prekey, last_resort.public())
}

#[test]
fn prekeys_of_one_generation_go_together_and_those_of_two_do_not() {
    let bob = Responder::new(BOB);
    let first = (bob.pqxdh_signed_prekey.public(), bob.last_resort.public());
    let second = renewed(&bob);
    assert_eq!(verify(&bob, first.0, &first.1), Ok(()));
    assert_eq!(verify(&bob, second.0, &second.1), Ok(()));
    assert_eq!(verify(&bob, second.0, &first.1), Err(REFUSED));
    assert_eq!(verify(&bob, first.0, &second.1), Err(REFUSED));
}

#[test]
fn another_key_under_the_same_number_is_refused() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let other = bob.adopt(PQXDH_TERMS, carol.pqxdh_signed_prekey.public().key);
    assert_eq!(verify(&bob, other, &bob.last_resort.public()), Err(REFUSED));
    let last_resort = bob.adopt_kem(&bob.last_resort.public(), &other);
    assert_eq!(verify(&bob, other, &last_resort), Ok(()));
}

#[test]
fn the_same_key_under_another_number_is_refused() {
    let bob = Responder::new(BOB);
    let key = bob.pqxdh_signed_prekey.public().key;
    for bit in 0..u32::BITS {
        let id = IDS.pqxdh_signed ^ (1 << bit);
        let other = bob.adopt(SignedPrekeyTerms { id, ..PQXDH_TERMS }, key);
        assert_eq!(verify(&bob, other, &bob.last_resort.public()), Err(REFUSED));
    }
}

#[test]
fn a_one_time_kem_prekey_goes_with_every_signed_prekey() {
    let bob = Responder::new(BOB);
    let (_, earlier) = KemPrekeyPair::generate_one_time(1, &bob.identity, &mut rng(8));
    let (signed_prekey, last_resort) = renewed(&bob);
    for (signed_prekey, last_resort) in [
        (bob.pqxdh_signed_prekey.public(), bob.last_resort.public()),
        (signed_prekey, last_resort),
    ] {
        let identity = *bob.identity.public();
        let bundle = pqxdh::Bundle {
            curve: CurveBundle {
                identity,
                signed_prekey,
                one_time_prekey: None,
            },
            kem_prekey: earlier.clone(),
        };
        assert!(bundle.verify().is_ok());
        let upload = Upload {
            identity,
            signed_prekey,
            last_resort_kem_prekey: last_resort,
            one_time_prekeys: Vec::new(),
            one_time_kem_prekeys: vec![earlier.clone()],
        };
        assert!(upload.verify().is_ok());
    }
}
