//! Plays a scene and prints each step with its events and the state after it, as JSON: an array of
//! `{"step": …, "events": …, "view": …}`.
//!
//! ```sh
//! cargo run -p sprag-demo --features scene --example scene
//! ```

#![expect(clippy::print_stdout, reason = "an example prints")]

use core::error::Error;

use serde_json::json;
use sprag_demo::Name::{Alice, Bob};
use sprag_demo::scene::{Scene, Step, SuiteName};

fn main() -> Result<(), Box<dyn Error>> {
    let mut scene = Scene::new(1);
    let mut played = Vec::new();
    for step in steps() {
        let events = scene.apply(step.clone())?;
        played.push(json!({ "step": step, "events": events, "view": scene.view(true) }));
    }
    println!("{}", serde_json::to_string(&played)?);
    Ok(())
}

/// Something of everything: messages late, doubled, damaged and lost, a theft and its healing, and a renewal.
fn steps() -> Vec<Step> {
    let send = |who, text: &str| Step::Send {
        who,
        text: text.into(),
    };
    let deliver = |envelope| Step::Deliver { envelope };
    Vec::from([
        Step::Publish,
        Step::Begin {
            suite: SuiteName::Pqxdh,
        },
        send(Alice, "Are you there?"),
        send(Alice, "I have a question."),
        deliver(2),
        deliver(1),
        send(Bob, "Ask."),
        deliver(3),
        send(Alice, "First of all,"),
        send(Alice, "where are the keys?"),
        send(Alice, "And who has them?"),
        deliver(6),
        Step::Steal { who: Alice },
        deliver(4),
        Step::Double { envelope: 4 },
        deliver(7),
        Step::Damage { envelope: 5 },
        deliver(5),
        send(Bob, "Here and there."),
        send(Bob, "You have some."),
        deliver(8),
        Step::Drop { envelope: 9 },
        send(Alice, "So I have."),
        deliver(10),
        send(Bob, "And nobody else, by now."),
        deliver(11),
        send(Alice, "Good."),
        deliver(12),
        Step::Steal { who: Bob },
        Step::SendMany {
            who: Alice,
            count: 120,
        },
        send(Alice, "After many that are lost."),
        deliver(64),
        deliver(20),
        Step::Begin {
            suite: SuiteName::X3dh,
        },
        send(Alice, "Let us begin again."),
        deliver(65),
        send(Bob, "Fine."),
        deliver(66),
    ])
}
