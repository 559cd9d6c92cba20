//! Policies: the handshakes that a party accepts, and the age that a bundle may have.

use sprag_x3dh::{
    Bundle, Error, LastResortKemPrekeyPair, LastResortKemPrekeyTerms, Policy, SignedPrekeyPair,
    SignedPrekeyTerms, Slot, Suite, VerifiedBundle, pqxdh, x3dh,
};

use crate::support::{BOB, IDS, PQXDH_TERMS, Responder, X3DH_TERMS, rng};

const NOW: u64 = 1_767_225_600;
const WEEK: u64 = 604_800;

#[test]
fn pqxdh_alone_is_the_default() {
    let policy = Policy::default();
    assert_eq!(policy, Policy::post_quantum());
    assert_eq!(policy.accept(Suite::Pqxdh), Ok(()));
    let refused = Err(Error::NotAccepted(Suite::X3dh));
    assert_eq!(policy.accept(Suite::X3dh), refused);
    assert_eq!(policy.max_age(NOW, WEEK).accept(Suite::X3dh), refused);
}

#[test]
fn x3dh_is_accepted_where_it_is_allowed() {
    for policy in [
        Policy::default().allow_x3dh(),
        Policy::default().max_age(NOW, WEEK).allow_x3dh(),
        Policy::default().allow_x3dh().max_age(NOW, WEEK),
    ] {
        assert_eq!(policy.accept(Suite::X3dh), Ok(()));
        assert_eq!(policy.accept(Suite::Pqxdh), Ok(()));
    }
}

#[test]
fn to_allow_x3dh_is_not_to_allow_any_age() {
    let bob = Responder::new(BOB);
    for policy in [
        Policy::default().max_age(NOW, WEEK).allow_x3dh(),
        Policy::default().allow_x3dh().max_age(NOW, WEEK),
    ] {
        for stale_bundle in [x3dh_made(&bob, 1), pqxdh_made(&bob, 1)] {
            let result = stale_bundle.verify(&policy).map(|_| ());
            assert_eq!(result, stale(Slot::SignedPrekey));
        }
    }
}

#[test]
fn a_genuine_x3dh_bundle_is_not_accepted_by_default() {
    for bundle in Responder::new(BOB).x3dh_bundles() {
        assert!(bundle.verify().is_ok());
        let bundle = Bundle::X3dh(bundle);
        let refused = Err(Error::NotAccepted(Suite::X3dh));
        assert_eq!(bundle.clone().verify(&Policy::default()), refused);
        let verified = bundle.verify(&Policy::default().allow_x3dh()).unwrap();
        assert!(matches!(verified, VerifiedBundle::X3dh(_)));
    }
}

#[test]
fn nothing_in_a_pqxdh_bundle_moves_a_party_to_x3dh() {
    for policy in [Policy::default(), Policy::default().allow_x3dh()] {
        for bundle in Responder::new(BOB).pqxdh_bundles() {
            let verified = Bundle::Pqxdh(bundle.clone()).verify(&policy).unwrap();
            assert!(matches!(verified, VerifiedBundle::Pqxdh(_)));

            let mut faulty = bundle;
            faulty.curve.signed_prekey.terms.suite = Suite::X3dh;
            let result = Bundle::Pqxdh(faulty).verify(&policy);
            assert_eq!(result, Err(Error::OtherUse(Slot::SignedPrekey)));
        }
    }
}

#[test]
fn a_stripped_bundle_is_not_accepted_by_default_whatever_it_says() {
    let curve = Responder::new(BOB).pqxdh_bundle().curve;
    let mut stripped = x3dh::Bundle { curve };
    for suite in [Suite::Pqxdh, Suite::X3dh] {
        stripped.curve.signed_prekey.terms.suite = suite;
        assert_eq!(
            Bundle::X3dh(stripped).verify(&Policy::default()),
            Err(Error::NotAccepted(Suite::X3dh))
        );
    }
}

#[test]
fn the_age_of_a_signed_prekey_is_bounded_on_both_sides_of_now() {
    let bob = Responder::new(BOB);
    for (created, fresh) in edges() {
        let expected = if fresh {
            Ok(())
        } else {
            stale(Slot::SignedPrekey)
        };
        assert_eq!(verify(x3dh_made(&bob, created)), expected, "{created}");
        assert_eq!(verify(pqxdh_made(&bob, created)), expected, "{created}");
        let reusable = with_last_resort(pqxdh_made(&bob, created), &bob, NOW);
        assert_eq!(verify(reusable), expected, "{created}");
    }
}

#[test]
fn the_age_of_a_last_resort_kem_prekey_is_bounded_on_both_sides_of_now() {
    let bob = Responder::new(BOB);
    for (created, fresh) in edges() {
        let bundle = with_last_resort(pqxdh_made(&bob, NOW), &bob, created);
        let expected = if fresh {
            Ok(())
        } else {
            stale(Slot::LastResortKemPrekey)
        };
        assert_eq!(verify(bundle), expected, "{created}");
    }
}

#[test]
fn a_creation_time_that_is_not_stated_is_stale_even_where_0_is_recent() {
    let bob = Responder::new(BOB);
    let policy = Policy::default().allow_x3dh().max_age(1, 1);
    let verify = |bundle: Bundle| bundle.verify(&policy).map(|_| ());
    assert_eq!(verify(x3dh_made(&bob, 0)), stale(Slot::SignedPrekey));
    assert_eq!(verify(x3dh_made(&bob, 1)), Ok(()));
    assert_eq!(verify(pqxdh_made(&bob, 0)), stale(Slot::SignedPrekey));
    assert_eq!(verify(pqxdh_made(&bob, 1)), Ok(()));
    let last_resort = |created| with_last_resort(pqxdh_made(&bob, 1), &bob, created);
    assert_eq!(verify(last_resort(0)), stale(Slot::LastResortKemPrekey));
    assert_eq!(verify(last_resort(1)), Ok(()));
}

#[test]
fn a_one_time_kem_prekey_may_be_of_any_age() {
    let bob = Responder::new(BOB);
    for now in [1, NOW, u64::MAX] {
        let policy = Policy::default().max_age(now, 0);
        let bundle = pqxdh_made(&bob, now);
        assert!(bundle.clone().verify(&policy).is_ok());
        let last_resort = with_last_resort(bundle, &bob, now ^ 2);
        let refused = last_resort.verify(&policy).map(|_| ());
        assert_eq!(refused, stale(Slot::LastResortKemPrekey));
    }
}

#[test]
fn a_prekey_from_the_future_is_refused_in_every_slot_where_the_time_is_known() {
    const DAY: u64 = 86_400;
    let bob = Responder::new(BOB);
    let policy = Policy::default().allow_x3dh().clock(NOW);
    let verify = |bundle: Bundle| bundle.verify(&policy).map(|_| ());
    for (created, future) in [
        (0, false),
        (NOW, false),
        (NOW + DAY, false),
        (NOW + DAY + 1, true),
        (u64::MAX, true),
    ] {
        let refused = |slot| {
            if future {
                Err(Error::InFuture(slot))
            } else {
                Ok(())
            }
        };
        let signed_prekey = refused(Slot::SignedPrekey);
        assert_eq!(verify(x3dh_made(&bob, created)), signed_prekey);
        assert_eq!(verify(pqxdh_made(&bob, created)), signed_prekey);
        let last_resort = with_last_resort(pqxdh_made(&bob, NOW), &bob, created);
        assert_eq!(verify(last_resort), refused(Slot::LastResortKemPrekey));
    }
    // A clock and a limit of age are two demands, in whichever order they were made.
    for policy in [
        Policy::default().max_age(NOW, WEEK).clock(NOW),
        Policy::default().clock(NOW).max_age(NOW, WEEK),
    ] {
        let refused = |created| pqxdh_made(&bob, created).verify(&policy).map(|_| ());
        assert_eq!(refused(NOW - WEEK - 1), stale(Slot::SignedPrekey));
        let in_future = Err(Error::InFuture(Slot::SignedPrekey));
        assert_eq!(refused(NOW + DAY + 1), in_future);
        assert_eq!(refused(NOW + DAY), Ok(()));
    }
    // At the end of time nothing is later.
    let policy = Policy::default().clock(u64::MAX - 1);
    assert!(pqxdh_made(&bob, u64::MAX).verify(&policy).is_ok());
}

#[test]
fn any_age_is_accepted_where_none_is_demanded() {
    let bob = Responder::new(BOB);
    for created in [0, 1, NOW, u64::MAX] {
        let policy = Policy::default().allow_x3dh();
        assert!(x3dh_made(&bob, created).verify(&policy).is_ok());
        let bundle = with_last_resort(pqxdh_made(&bob, created), &bob, created);
        assert!(bundle.verify(&policy).is_ok());
    }
}

#[test]
fn the_age_of_a_bundle_is_what_its_owner_signed() {
    let bob = Responder::new(BOB);
    let Bundle::Pqxdh(mut bundle) = pqxdh_made(&bob, NOW - WEEK - 1) else {
        unreachable!("it is for PQXDH")
    };
    bundle.curve.signed_prekey.terms.created = NOW;
    let refused = Err(Error::InvalidSignature(Slot::SignedPrekey));
    assert_eq!(verify(Bundle::Pqxdh(bundle)), refused);
}

/// Lists creation times around the bounds of a week, each with `true` if it is within them.
fn edges() -> [(u64, bool); 9] {
    [
        (0, false),
        (1, false),
        (NOW - WEEK - 1, false),
        (NOW - WEEK, true),
        (NOW, true),
        (NOW + WEEK, true),
        (NOW + WEEK + 1, false),
        (u64::MAX - 1, false),
        (u64::MAX, false),
    ]
}

fn stale(slot: Slot) -> Result<(), Error> {
    Err(Error::Stale(slot))
}

fn verify(bundle: Bundle) -> Result<(), Error> {
    let policy = Policy::default().allow_x3dh().max_age(NOW, WEEK);
    bundle.verify(&policy).map(|_| ())
}

fn x3dh_made(bob: &Responder, created: u64) -> Bundle {
    let terms = SignedPrekeyTerms {
        created,
        ..X3DH_TERMS
    };
    let prekey = SignedPrekeyPair::generate(terms, &bob.identity, &mut rng(1));
    let mut bundle = bob.x3dh_bundle();
    bundle.curve.signed_prekey = prekey.public();
    Bundle::X3dh(bundle)
}

/// Returns a bundle with a one-time KEM prekey, whose signed prekey was made at `created`.
fn pqxdh_made(bob: &Responder, created: u64) -> Bundle {
    let terms = SignedPrekeyTerms {
        created,
        ..PQXDH_TERMS
    };
    let prekey = SignedPrekeyPair::generate(terms, &bob.identity, &mut rng(1));
    let mut bundle = bob.pqxdh_bundle();
    bundle.curve.signed_prekey = prekey.public();
    Bundle::Pqxdh(bundle)
}

fn with_last_resort(bundle: Bundle, bob: &Responder, created: u64) -> Bundle {
    let Bundle::Pqxdh(bundle) = bundle else {
        unreachable!("X3DH has no KEM prekey")
    };
    let terms = LastResortKemPrekeyTerms {
        id: IDS.last_resort,
        created,
    };
    let prekey = LastResortKemPrekeyPair::generate(
        terms,
        &bundle.curve.signed_prekey,
        &bob.identity,
        &mut rng(1),
    );
    Bundle::Pqxdh(pqxdh::Bundle {
        kem_prekey: prekey.public(),
        ..bundle
    })
}
