//! The page relies on these names.

use serde_json::{Value, json};
use sprag_demo::scene::{Scene, Step};

use crate::support::{Alice, Bob, Play};

/// The names of an object's fields.
fn fields(object: &Value) -> Vec<&str> {
    let fields = object.as_object().unwrap().keys();
    fields.map(String::as_str).collect()
}

fn sorted(names: &str) -> Vec<&str> {
    let mut names: Vec<&str> = names.split_whitespace().collect();
    names.sort_unstable();
    names
}

/// A scene that shows one of everything.
fn shown() -> Value {
    let mut play = Play::acquainted();
    let [_late, shown] = [(); 2].map(|()| play.send(Alice));
    play.read(shown);
    play.step(Step::Steal { who: Bob });
    play.send_many(Alice, 51);
    play.image()
}

#[test]
fn a_view_has_these_fields() {
    let view = shown();
    let bob = &view["parties"]["bob"];
    let chain = &bob["chains"]["chains"][2];
    let many = view["wire"].as_array().unwrap().last().unwrap();
    for (object, names) in [
        (
            &view,
            "version phase steps parties wire bundle handshake thief same_root in_flight",
        ),
        (&view["parties"], "alice bob"),
        (bob, "session status chains talk"),
        (
            &bob["status"],
            "sent received dh_steps root_fingerprint skipped_keys suite",
        ),
        (&bob["talk"][0], "from text envelope late"),
        (&bob["chains"], "root chains"),
        (&bob["chains"]["root"][0], "fingerprint wiped"),
        (&bob["chains"]["root"][3], "fingerprint wiped key"),
        (chain, "direction root ended before links next"),
        (&chain["links"][0], "n chain message state envelope key"),
        (&chain["links"][1], "n chain message state envelope"),
        (&chain["next"], "n chain key"),
        (
            &view["wire"][0],
            "id from to text kind bytes hex state copy_of damaged header thief",
        ),
        (
            many,
            "id from to text kind bytes hex state copy_of damaged header thief many",
        ),
        (&many["header"], "key pn n"),
        (&many["thief"], "loot reason why"),
        (&view["bundle"], "suite bytes keys"),
        (
            &view["bundle"]["keys"][0],
            "name kind fingerprint id signed",
        ),
        (
            &view["handshake"],
            "suite inputs derived public associated_data",
        ),
        (&view["handshake"]["inputs"][0], "name of fingerprint"),
        (&view["handshake"]["derived"][0], "name of fingerprint"),
        (&view["handshake"]["public"][0], "name fingerprint"),
        (&view["thief"], "victim at_step locked_out"),
    ] {
        assert_eq!(fields(object), sorted(names));
    }
}

#[test]
fn a_view_has_these_values() {
    let view = shown();
    let bob = &view["parties"]["bob"];
    let chain = &bob["chains"]["chains"][2];
    let many = view["wire"].as_array().unwrap().last().unwrap();
    for (value, expected) in [
        (&view["version"], json!(1)),
        (&view["phase"], json!("agreed")),
        (&view["thief"]["victim"], json!("bob")),
        (&bob["status"]["suite"], json!("pqxdh")),
        (&chain["direction"], json!("receiving")),
        (&chain["links"][0]["state"], json!("skipped")),
        (&chain["links"][1]["state"], json!("wiped")),
        (&view["wire"][0]["kind"], json!("first")),
        (&view["wire"][0]["state"], json!("delivered")),
        (&view["wire"][2]["state"], json!("in_flight")),
        (&many["state"], json!("dropped")),
        (&many["thief"]["loot"], json!("text")),
        (&many["thief"]["reason"], json!("peers_chain")),
    ] {
        assert_eq!(*value, expected);
    }
    let digits = view["handshake"]["associated_data"].as_str().unwrap();
    assert!(digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
}

#[test]
fn strangers_have_nothing_to_show() {
    let view = json!(Scene::new(1).view(true));
    let party = json!({ "session": false, "status": null, "chains": null, "talk": [] });
    let expected = json!({
        "version": 1, "phase": "strangers", "steps": 0,
        "parties": { "alice": party, "bob": party },
        "wire": [], "bundle": null, "handshake": null, "thief": null, "same_root": null, "in_flight": 0,
    });
    assert_eq!(view, expected);
}

#[test]
fn steps_and_events_have_these_forms() {
    let mut scene = Scene::new(1);
    let refused = |envelope: u32| {
        json!({
            "event": "refused", "envelope": envelope, "who": "bob", "code": "not-authentic",
            "words": "message is not authentic",
        })
    };
    let delivered = |envelope: u32, late: bool| {
        json!({
            "event": "delivered", "envelope": envelope, "who": "bob", "new_chain": !late, "skipped": 0,
            "late": late,
        })
    };
    for (step, events) in [
        (
            json!({ "do": "publish" }),
            json!([{ "event": "published" }]),
        ),
        (
            json!({ "do": "begin", "suite": "x3dh" }),
            json!([{ "event": "began", "suite": "x3dh" }]),
        ),
        (
            json!({ "do": "send", "who": "alice", "text": "a" }),
            json!([{ "event": "sent", "envelope": 1 }]),
        ),
        (
            json!({ "do": "double", "envelope": 1 }),
            json!([{ "event": "doubled", "envelope": 1, "copy": 2 }]),
        ),
        (
            json!({ "do": "damage", "envelope": 2 }),
            json!([{ "event": "damaged", "envelope": 2 }]),
        ),
        (
            json!({ "do": "deliver", "envelope": 2 }),
            json!([refused(2)]),
        ),
        (
            json!({ "do": "deliver", "envelope": 1 }),
            json!([{ "event": "ratcheted", "who": "bob", "key": "first" }, delivered(1, false)]),
        ),
        (
            json!({ "do": "steal", "who": "alice" }),
            json!([{ "event": "stolen", "who": "alice" }]),
        ),
        (
            json!({ "do": "send_many", "who": "bob", "count": 1 }),
            json!([{ "event": "ratcheted", "who": "bob", "key": "own" }, { "event": "sent", "envelope": 3 }]),
        ),
        (
            json!({ "do": "drop", "envelope": 3 }),
            json!([{ "event": "dropped", "envelope": 3 }]),
        ),
    ] {
        let parsed: Step = serde_json::from_value(step.clone()).unwrap();
        assert_eq!(json!(parsed), step);
        assert_eq!(json!(scene.apply(parsed).unwrap()), events, "{step}");
    }
}

#[test]
fn what_is_no_step_is_refused() {
    for text in [
        "",
        "{}",
        "[]",
        r#"{"do":"fly"}"#,
        r#"{"do":"send","who":"alice"}"#,
        r#"{"do":"send","who":"carol","text":""}"#,
        r#"{"do":"send","who":"alice","text":"","more":1}"#,
        r#"{"do":"begin","suite":"x25519"}"#,
        r#"{"do":"deliver","envelope":-1}"#,
        r#"{"do":"deliver","envelope":4294967296}"#,
        r#"{"do":"publish"} x"#,
    ] {
        assert!(serde_json::from_str::<Step>(text).is_err(), "{text}");
    }
}
