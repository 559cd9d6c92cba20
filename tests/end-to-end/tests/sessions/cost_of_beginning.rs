//! The cost of beginning a session: the operations that the specifications force, and no other.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag::{Account, Initiation, Policy};
use sprag_primitives::operations::{Counts, counted};

/// The counts of the slow operations, without the hashes.
fn slow(counts: Counts) -> Counts {
    Counts {
        hmac: 0,
        hkdf: 0,
        ..counts
    }
}

#[test]
fn publishing_generates_two_keys_and_signs_one() {
    let mut rng = StdRng::seed_from_u64(1);
    let mut account = Account::generate(&mut rng);
    let (_, counts) = counted(|| account.publish(&mut rng));
    let expected = Counts {
        // The curve key's, and the signature's.
        base_point_multiplication: 2,
        kem_key_generation: 1,
        ..Counts::default()
    };
    assert_eq!(slow(counts), expected);
}

#[test]
fn a_post_quantum_session_costs_one_encapsulation_more_than_a_classical_one() {
    let mut rng = StdRng::seed_from_u64(2);
    let [alice, mut bob] = [(); 2].map(|()| Account::generate(&mut rng));
    let policy = Policy::default().allow_x3dh();
    let bundles = [
        bob.publish_x3dh(&mut rng).unwrap(),
        bob.publish(&mut rng),
        bob.publish_reusable(),
    ];
    for (bundle, (kem, one_time)) in bundles.iter().zip([(0, 1), (1, 1), (1, 0)]) {
        let initiation = Initiation {
            policy,
            ..Initiation::default()
        };
        let (message, counts) = counted(|| {
            let session = alice.initiate_with(bundle, &initiation, &mut rng);
            session.unwrap().encrypt(b"first", &mut rng).unwrap()
        });
        // Three or four agreements of the handshake, and the ratchet's first.
        let diffie_hellman = 4 + one_time;
        let expected = Counts {
            diffie_hellman,
            base_point_multiplication: 2,
            signature_verification: 1 + kem,
            encapsulation: kem,
            // The initiator's, the header's and the message's.
            seal: 3,
            ..Counts::default()
        };
        assert_eq!(slow(counts), expected, "initiate {kem} {one_time}");

        let (_, counts) = counted(|| bob.accept_under(&policy, &message, &[]).unwrap());
        let expected = Counts {
            diffie_hellman,
            // The decapsulation key is generated from its seed.
            kem_key_generation: kem,
            decapsulation: kem,
            open: 3,
            ..Counts::default()
        };
        assert_eq!(slow(counts), expected, "accept {kem} {one_time}");
    }
}

#[test]
fn a_first_message_that_is_refused_costs_no_more_than_one_that_is_accepted() {
    let mut rng = StdRng::seed_from_u64(3);
    let [alice, mut bob] = [(); 2].map(|()| Account::generate(&mut rng));
    let bundle = bob.publish(&mut rng);
    let mut session = alice.initiate(&bundle, &mut rng).unwrap();
    let message = session.encrypt(b"first", &mut rng).unwrap();
    let mut forged = message.clone();
    *forged.last_mut().unwrap() ^= 1;
    let (refused, costs) = counted(|| bob.accept(&forged).map(|_| ()));
    assert!(refused.is_err());
    let (accepted, genuine) = counted(|| bob.accept(&message).map(|_| ()));
    assert!(accepted.is_ok());
    assert_eq!(costs, genuine);
    let (refused, costs) = counted(|| bob.accept(&message).map(|_| ()));
    assert!(refused.is_err());
    assert_eq!(
        slow(costs),
        Counts::default(),
        "a repeat is known by its id"
    );
}
