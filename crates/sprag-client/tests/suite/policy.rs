use rand::rngs::StdRng;
use sprag::{Error, HandshakeError, Policy, Suite};
use sprag_client::{Client, ClientError, Incoming, Outgoing, Sender};

use crate::support::{X3DH, rng};
use crate::two_clients::{MemoryClient, client, not_added, records};

const REFUSED: Error = Error::Handshake(HandshakeError::NotAccepted(Suite::X3dh));

#[test]
fn a_client_refuses_x3dh_unless_it_is_allowed_and_does_not_store_that_it_is() {
    let mut rng = rng(362);
    let (mut alice, _) = client(&mut rng);
    let (mut bob, key) = client(&mut rng);
    let bundle = bob.publish_x3dh(&mut rng).unwrap();
    assert_eq!(not_added(&mut alice, &bundle, &mut rng), REFUSED);
    alice.set_policy(X3DH);
    alice.add("bob", &bundle, &mut rng).unwrap();
    // The bundle was added under another policy than it is used under.
    alice.set_policy(Policy::default());
    let before = records(&alice);
    let refusal = alice.encrypt("bob", Outgoing::new(b"first"), &mut rng);
    assert_eq!(refusal, Err(ClientError::Protocol(REFUSED)));
    assert_eq!(records(&alice), before);
    alice.set_policy(X3DH);
    let first = alice
        .encrypt("bob", Outgoing::new(b"first"), &mut rng)
        .unwrap();
    let read = |client: &mut MemoryClient, rng: &mut StdRng| {
        let before = records(client);
        let read = client.decrypt(Sender::Named("alice"), Incoming::new(&first), rng);
        if read.is_err() {
            assert_eq!(records(client), before);
        }
        read.map(|received| received.opened.plaintext)
    };
    let refusal = Err(ClientError::Protocol(REFUSED));
    assert_eq!(read(&mut bob, &mut rng), refusal);
    bob.set_policy(X3DH);
    let mut bob = Client::open(bob.into_store(), &key).unwrap();
    assert_eq!(read(&mut bob, &mut rng), refusal);
    bob.set_policy(X3DH);
    assert_eq!(read(&mut bob, &mut rng).unwrap(), b"first");
    let status = bob.status("alice").unwrap().session.unwrap();
    assert_eq!(status.suite.to_string(), "X3DH");
}
