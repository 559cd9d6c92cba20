use alloc::borrow::ToOwned as _;
use alloc::vec::Vec;
use std::sync::LazyLock;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sprag_demo::{DIALOGUE, Envelope, Event, Frame, Label, Name, Step, Story, tell};

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// The steps of the whole story about `contents`.
pub(crate) fn told(seed: u64, contents: &[u8]) -> Vec<Step> {
    let mut steps = Vec::new();
    tell(contents, rng(seed), &mut steps).unwrap();
    steps
}

/// The steps of many stories: about the dialogue, and about as many lines as need several bursts.
pub(crate) fn stories() -> &'static [Vec<Step>] {
    // Tell the stories once, and not for each test, because they take long without optimisation.
    static STORIES: LazyLock<Vec<Vec<Step>>> = LazyLock::new(|| {
        let lines = b"a line\n".repeat(30);
        let both = |seed| [DIALOGUE.as_bytes(), &lines].map(|contents| told(seed, contents));
        (0..40).flat_map(both).collect()
    });
    &STORIES
}

pub(crate) fn events(steps: &[Step]) -> impl Iterator<Item = &Event> {
    steps.iter().map(|step| &step.event)
}

/// The message that an event is about, if it is about one.
pub(crate) fn message(event: &Event) -> Option<Label> {
    match event {
        Event::Sent { message, .. }
        | Event::Lost { message }
        | Event::Doubled { message }
        | Event::Delayed { message }
        | Event::Delivered { message, .. }
        | Event::Refused { message, .. }
        | Event::Tried { message, .. } => Some(*message),
        _ => None,
    }
}

/// A story that the caller plays by hand, up to the meeting.
pub(crate) type ByHand = Story<StdRng, Vec<Step>>;

pub(crate) fn met(seed: u64) -> ByHand {
    let mut story = Story::new(rng(seed), Vec::new());
    story.meet().unwrap();
    story
}

/// A story in which both have read a message of the other.
pub(crate) fn acquainted(seed: u64) -> ByHand {
    let mut story = met(seed);
    for from in Name::BOTH {
        let greeting = send(&mut story, from);
        story.receive(&greeting).unwrap().unwrap();
    }
    story
}

pub(crate) fn words(words: &str) -> Frame {
    Frame::Words(words.to_owned())
}

pub(crate) fn send(story: &mut ByHand, from: Name) -> Envelope {
    story.send(from, &words("a text")).unwrap()
}
