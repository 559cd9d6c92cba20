//! The state of a scene as data.

use sprag::{Session, Status};

use super::envelope::Envelope;
use super::history::Links;
use super::view::{
    EnvelopeState, Fingerprint, Parties, PartyView, Phase, StatusView, VERSION, View,
};
use super::{Actor, Scene, SuiteName};

impl Scene {
    /// The whole state. `show_keys` adds the keys that the parties hold.
    #[must_use]
    pub fn view(&self, show_keys: bool) -> View {
        let [alice, bob] = &self.actors;
        let roots = [alice, bob].map(|actor| actor.party.session.as_ref().map(Session::status));
        let same_root = match roots {
            [Some(alice), Some(bob)] => Some(alice.root_fingerprint == bob.root_fingerprint),
            _ => None,
        };
        let phase = match (&alice.party.session, &self.bundle) {
            (Some(_), _) => Phase::Agreed,
            (None, Some(_)) => Phase::Published,
            (None, None) => Phase::Strangers,
        };
        let in_flight = self.wire.iter();
        let in_flight = in_flight.filter(|envelope| envelope.state == EnvelopeState::InFlight);
        View {
            version: VERSION,
            phase,
            steps: self.steps,
            parties: Parties {
                alice: alice.view(&self.links, show_keys),
                bob: bob.view(&self.links, show_keys),
            },
            bundle: self.bundle.clone(),
            handshake: self.handshake.clone(),
            thief: self.thief.as_ref().map(super::Burglar::view),
            same_root,
            in_flight: u32::try_from(in_flight.count()).unwrap_or(u32::MAX),
            wire: self.wire.iter().map(Envelope::view).collect(),
        }
    }
}

impl Actor {
    fn view(&self, links: &Links, show_keys: bool) -> PartyView {
        let session = self.party.session.as_ref();
        let history = session.zip(self.history.as_ref());
        PartyView {
            session: session.is_some(),
            status: session.map(|session| StatusView::from(session.status())),
            chains: history.map(|(session, history)| history.view(session, links, show_keys)),
            talk: self.talk.clone(),
        }
    }
}

impl From<Status> for StatusView {
    fn from(status: Status) -> Self {
        Self {
            sent: status.sent,
            received: status.received,
            dh_steps: status.dh_steps,
            root_fingerprint: Fingerprint(status.root_fingerprint),
            skipped_keys: status.skipped_keys,
            suite: SuiteName::of(status.suite),
        }
    }
}
