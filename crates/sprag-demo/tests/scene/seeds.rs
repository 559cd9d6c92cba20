use crate::support::{Chance, Play};

#[test]
fn the_same_seed_and_steps_show_the_same_bytes() {
    let shown = || {
        let mut chance = Chance::new(7);
        let events: Vec<String> = (0..80)
            .map(|_| serde_json::to_string(&chance.step()).unwrap())
            .collect();
        let view = serde_json::to_string(&chance.play.scene.view(true)).unwrap();
        (events, view)
    };
    assert_eq!(shown(), shown());
}

#[test]
fn another_seed_gives_other_keys() {
    let bundles = [1, 2].map(|seed| {
        let mut play = Play::strangers(seed);
        play.step(sprag_demo::scene::Step::Publish);
        play.view().bundle.unwrap().keys
    });
    let [first, second] = bundles;
    for (first, second) in first.iter().zip(&second) {
        assert_ne!(first.fingerprint, second.fingerprint);
    }
}

/// A link to a scenario must show everybody the same, in every build. A change here needs a new `VERSION`.
#[test]
fn a_seed_gives_these_keys() {
    let mut play = Play::strangers(1);
    play.step(sprag_demo::scene::Step::Publish);
    let identity = play.view().bundle.unwrap().keys[0].fingerprint;
    assert_eq!(identity.to_string(), "f803170aa7dd55e2");
}
