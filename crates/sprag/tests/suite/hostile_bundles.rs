use sprag::{Error, HandshakeError, Slot};
use sprag_x3dh::OneTimePrekey;

use crate::support::{account, decoded, encoded, not_accepted, rng};

#[test]
fn a_one_time_prekey_that_nobody_signed_leads_to_a_session_with_nobody() {
    let mut rng = rng(405);
    let alice = account(&mut rng);
    let [mut bob, mut carol] = [(); 2].map(|()| account(&mut rng));
    let genuine = decoded(&bob.publish(&mut rng));
    let foreign = decoded(&carol.publish(&mut rng)).curve.one_time_prekey;
    let unknown = Error::UnknownPrekey(Slot::OneTimePrekey, 9);
    let not_authentic = Error::Handshake(HandshakeError::NotAuthentic);
    for (id, expected) in [(3, not_authentic), (9, unknown)] {
        let mut bundle = genuine.clone();
        bundle.curve.one_time_prekey = foreign.map(|prekey| OneTimePrekey { id, ..prekey });
        let session = alice.initiate(&encoded(bundle), &mut rng);
        let first = session.unwrap().encrypt(b"first", &mut rng).unwrap();
        assert_eq!(not_accepted(&mut bob, &first), expected);
        not_accepted(&mut carol, &first);
    }
    let remaining = bob.one_time_prekeys();
    assert_eq!((remaining.ec, remaining.kem), (1, 1));
}

#[test]
fn ones_own_bundle_is_refused() {
    let mut rng = rng(413);
    let mut alice = account(&mut rng);
    for bundle in [alice.publish(&mut rng), alice.publish_reusable()] {
        let refusal = alice.initiate(&bundle, &mut rng).err();
        let own_bundle = Error::Handshake(HandshakeError::OwnBundle);
        assert_eq!(refusal, Some(own_bundle));
    }
}
