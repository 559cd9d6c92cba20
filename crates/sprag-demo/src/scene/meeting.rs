//! The bundle and the handshake.

use alloc::vec::Vec;

use sprag::hazmat::{self, KeyUse, view_bundle};
use sprag::{Initiation, Policy};

use super::history::History;
use super::view::{BundleKey, BundleView, Fingerprint, HandshakeView, PublicView, SecretView};
use super::{Error, Event, Published, Scene, SuiteName};

impl Scene {
    /// Lets Bob publish a bundle for each suite. The one for PQXDH is shown, until Alice takes the other.
    pub(super) fn publish(&mut self) -> Result<Vec<Event>, Error> {
        let [_, bob] = &mut self.actors;
        let pqxdh = bob.party.account.publish(&mut self.rng);
        let x3dh = bob.party.account.publish_x3dh(&mut self.rng)?;
        self.bundle = Some(bundle_view(SuiteName::Pqxdh, &pqxdh)?);
        self.published = Some(Published { x3dh, pqxdh });
        Ok(Vec::from([Event::Published]))
    }

    /// Lets Alice begin a session with the bundle, which is taken off the server.
    pub(super) fn begin(&mut self, suite: SuiteName) -> Result<Vec<Event>, Error> {
        let [alice, _] = &self.actors;
        // Two who have a session renew it, with a fresh bundle if there is none.
        let mut events = Vec::new();
        if self.published.is_none() && alice.party.session.is_some() {
            events = self.publish()?;
        }
        let Published { x3dh, pqxdh } = self.published.take().ok_or(Error::NoBundle)?;
        let bundle = match suite {
            SuiteName::X3dh => x3dh,
            SuiteName::Pqxdh => pqxdh,
        };
        // Begin the session.
        let initiation = Initiation {
            policy: Policy::default().allow_x3dh(),
            ordinal: self.begun + 1,
        };
        let [alice, _] = &mut self.actors;
        let account = &alice.party.account;
        let begun = hazmat::initiate(account, &bundle, &initiation, &mut self.rng);
        let (session, handshake) = begun?;
        self.begun = initiation.ordinal;
        // Note the keys that came of it.
        let root = handshake.derived.iter().find(|key| key.name == "RK");
        let root = root.map_or(Fingerprint([0; 8]), |root| Fingerprint::of(&root.key));
        self.first_roots.insert(*session.id(), root);
        if let Some(chain) = session.ratchet_view().sending() {
            let name = *chain.ratchet_key().as_bytes();
            alice.order.push((*session.id(), name));
        }
        alice.history = Some(History::new(root, &session));
        alice.party.begin(session);
        self.bundle = Some(bundle_view(suite, &bundle)?);
        self.handshake = Some(handshake_view(&handshake));
        events.push(Event::Began { suite });
        Ok(events)
    }
}

fn bundle_view(suite: SuiteName, bundle: &[u8]) -> Result<BundleView, Error> {
    let keys = view_bundle(bundle)?;
    let keys = keys.iter().map(|key| {
        let (kind, signed) = match key.usage {
            KeyUse::SignedPrekey => ("signed", true),
            KeyUse::OneTimePrekey => ("one-time", false),
            KeyUse::KemPrekey => ("kem", true),
            _ => ("identity", false),
        };
        BundleKey {
            name: key.name,
            kind,
            fingerprint: Fingerprint(key.fingerprint),
            id: key.id,
            signed,
        }
    });
    Ok(BundleView {
        suite,
        bytes: bundle.len(),
        keys: keys.collect(),
    })
}

fn handshake_view(handshake: &hazmat::HandshakeView) -> HandshakeView {
    let secrets = |secrets: &[hazmat::SecretView]| {
        let secrets = secrets.iter().map(|secret| SecretView {
            name: secret.name,
            of: secret.of.clone(),
            fingerprint: Fingerprint::of(&secret.key),
        });
        secrets.collect()
    };
    let public = handshake.public.iter().map(|key| PublicView {
        name: key.name,
        fingerprint: Fingerprint(key.fingerprint),
    });
    HandshakeView {
        suite: SuiteName::of(handshake.suite),
        inputs: secrets(&handshake.agreements),
        derived: secrets(&handshake.derived),
        public: public.collect(),
        associated_data: Fingerprint(handshake.associated_data),
    }
}
