use sprag::{Account, Initiation, Policy};

use crate::backends::on_each_backend;
use crate::watched_rng::{Watched, nothing_was_found};

const POLICY: Policy = Policy::post_quantum().allow_x3dh();

#[test]
fn accounts_leave_no_key_when_they_publish_and_rotate() {
    on_each_backend(|| {
        let mut rng = Watched::new(1);
        let mut account = Account::generate_at(1, &mut rng);
        account.publish(&mut rng);
        let _ = account.publish_reusable();
        account.publish_x3dh(&mut rng).unwrap();
        account.replenish_to(20, &mut rng).unwrap();
        for now in 2..14 {
            account.rotate(now, 5, &mut rng).unwrap();
            account.publish(&mut rng);
        }
        account.expire(1_000);
        drop(account);
        nothing_was_found(&rng);
        assert!(rng.keys > 100);
    });
}

#[test]
fn accounts_leave_no_key_when_they_are_stored() {
    on_each_backend(|| {
        let mut rng = Watched::new(2);
        let mut account = Account::generate(&mut rng);
        account.replenish_to(20, &mut rng).unwrap();
        let snapshot = account.snapshot();
        drop(Account::from_snapshot(snapshot.expose()).unwrap());
        // The reading of damaged snapshots is given up halfway.
        for length in (0..snapshot.expose().len()).step_by(97) {
            Account::from_snapshot(&snapshot.expose()[..length]).unwrap_err();
        }
        drop(snapshot);
        nothing_was_found(&rng);
    });
}

#[test]
fn accounts_leave_no_key_when_they_accept_and_refuse() {
    on_each_backend(|| {
        let mut rng = Watched::new(3);
        let [alice, mut bob] = [(); 2].map(|()| Account::generate(&mut rng));
        let bundles = [
            bob.publish(&mut rng),
            bob.publish_reusable(),
            bob.publish_x3dh(&mut rng).unwrap(),
        ];
        for bundle in bundles {
            let initiation = Initiation {
                policy: POLICY,
                ..Initiation::default()
            };
            let session = alice.initiate_with(&bundle, &initiation, &mut rng);
            let mut session = session.unwrap();
            let message = session.encrypt(b"first", &mut rng).unwrap();
            let mut forged = message.clone();
            *forged.last_mut().unwrap() ^= 1;
            bob.accept_under(&POLICY, &forged, &[]).unwrap_err();
            drop(bob.accept_under(&POLICY, &message, &[]).unwrap());
            bob.accept_under(&POLICY, &message, &[]).unwrap_err();
            let mut damaged = bundle;
            damaged[70] ^= 1;
            alice
                .initiate_with(&damaged, &initiation, &mut rng)
                .unwrap_err();
        }
        drop((alice, bob));
        nothing_was_found(&rng);
    });
}
