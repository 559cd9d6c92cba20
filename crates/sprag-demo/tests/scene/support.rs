use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use sprag_demo::Name;
use sprag_demo::scene::{
    ChainView, Direction, EnvelopeId, EnvelopeState, EnvelopeView, Event, PartyView, Scene, Step,
    SuiteName, View,
};

pub(crate) use sprag_demo::Name::{Alice, Bob};

/// A scene that the test plays.
pub(crate) struct Play {
    pub(crate) scene: Scene,
}

impl Play {
    pub(crate) fn strangers(seed: u64) -> Self {
        let scene = Scene::new(seed);
        Self { scene }
    }

    /// Alice has a session with Bob, who has not heard of it.
    pub(crate) fn begun(suite: SuiteName) -> Self {
        let mut play = Self::strangers(1);
        play.step(Step::Publish);
        play.step(Step::Begin { suite });
        play
    }

    /// Each has read a message of the other.
    pub(crate) fn acquainted() -> Self {
        let mut play = Self::begun(SuiteName::Pqxdh);
        play.exchange(Alice);
        play.exchange(Bob);
        play
    }

    pub(crate) fn step(&mut self, step: Step) -> Vec<Event> {
        self.scene.apply(step).unwrap()
    }

    /// Sends a text, and returns its envelope.
    pub(crate) fn send(&mut self, who: Name) -> EnvelopeId {
        let text = format!("a text of {who}");
        self.step(Step::Send { who, text });
        self.last().id
    }

    pub(crate) fn send_many(&mut self, who: Name, count: u32) -> Vec<Event> {
        self.step(Step::SendMany { who, count })
    }

    pub(crate) fn deliver(&mut self, envelope: EnvelopeId) -> Vec<Event> {
        self.step(Step::Deliver { envelope })
    }

    /// Delivers an envelope that is read.
    pub(crate) fn read(&mut self, envelope: EnvelopeId) {
        let events = self.deliver(envelope);
        let read = |event: &Event| matches!(event, Event::Delivered { .. });
        assert!(events.iter().any(read), "{events:?}");
    }

    /// Sends a text and delivers it.
    pub(crate) fn exchange(&mut self, from: Name) -> EnvelopeId {
        let envelope = self.send(from);
        self.read(envelope);
        envelope
    }

    pub(crate) fn view(&self) -> View {
        self.scene.view(false)
    }

    pub(crate) fn envelope(&self, id: EnvelopeId) -> EnvelopeView {
        let wire = self.view().wire;
        wire.into_iter().find(|envelope| envelope.id == id).unwrap()
    }

    pub(crate) fn last(&self) -> EnvelopeView {
        self.view().wire.pop().unwrap()
    }

    pub(crate) fn party(&self, name: Name) -> PartyView {
        let parties = self.view().parties;
        match name {
            Alice => parties.alice,
            Bob => parties.bob,
        }
    }

    pub(crate) fn chains(&self, name: Name, direction: Direction) -> Vec<ChainView> {
        let chains = self.party(name).chains.unwrap().chains;
        let chains = chains.into_iter();
        chains
            .filter(|chain| chain.direction == direction)
            .collect()
    }

    /// The loot and the reason that the thief has for an envelope.
    pub(crate) fn judgement(&self, id: EnvelopeId) -> (String, &'static str) {
        let judgement = self.envelope(id).thief.unwrap();
        let loot = json!(judgement.loot);
        (loot.as_str().unwrap().to_owned(), judgement.reason)
    }

    /// Everything that a page can see.
    pub(crate) fn image(&self) -> Value {
        json!(self.scene.view(true))
    }
}

/// The steps of a scene in which chance decides, and all that it shows.
pub(crate) struct Chance {
    pub(crate) play: Play,
    rng: StdRng,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let suite = if rng.random() {
            SuiteName::Pqxdh
        } else {
            SuiteName::X3dh
        };
        Self {
            play: Play::begun(suite),
            rng,
        }
    }

    /// Takes a step that chance chooses. It may be refused.
    pub(crate) fn step(&mut self) -> Vec<Event> {
        let step = self.choose();
        self.play.scene.apply(step).unwrap_or_default()
    }

    fn choose(&mut self) -> Step {
        let who = if self.rng.random() { Alice } else { Bob };
        let wire = self.play.view().wire;
        let in_flight: Vec<EnvelopeId> = wire
            .iter()
            .filter(|envelope| envelope.state == EnvelopeState::InFlight)
            .map(|envelope| envelope.id)
            .collect();
        let count = u32::try_from(wire.len()).unwrap();
        let any = self.rng.random_range(1..=count.max(1));
        // Mostly the latest envelopes, so that turns are taken.
        let place = in_flight.len().min(4);
        let place = in_flight.len() - self.rng.random_range(0..=place);
        let envelope = in_flight.get(place).copied().unwrap_or(any);
        match self.rng.random_range(0..100) {
            0..30 => Step::Send {
                who,
                text: format!("{any} of {who}"),
            },
            30..34 => Step::SendMany {
                who,
                count: [2, 60, 120][self.rng.random_range(0..3)],
            },
            34..80 => Step::Deliver { envelope },
            80..85 => Step::Double { envelope: any },
            85..88 => Step::Damage { envelope },
            88..91 => Step::Drop { envelope },
            91..98 => Step::Steal { who },
            98 => Step::Publish,
            _ => Step::Begin {
                suite: SuiteName::X3dh,
            },
        }
    }
}
