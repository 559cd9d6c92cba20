//! Measurements of sessions as bytes.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag::{Account, Session};
use vodozemac::olm;

use crate::backend::{Backend, available, name_of};
use crate::comparison::shown;
use crate::handshake::PLAINTEXT;
use crate::measure::{Subject, in_turns};
use crate::parties::{Facade, Olm, Party, text};

/// The table of writing and reading a session.
pub(crate) fn run() -> String {
    eprintln!("snapshots ..");
    let mut subjects = Vec::new();
    let mut names = Vec::new();
    for backend in available() {
        for (name, session) in sessions() {
            let bytes = session.snapshot();
            names.push(format!("`Session`, {name} | {}", name_of(backend)));
            subjects.push(Subject::new(backend, move || session.snapshot()));
            subjects.push(Subject::new(backend, move || {
                Session::from_snapshot(bytes.expose()).expect("it is ours")
            }));
        }
    }
    names.push(String::from("vodozemac, JSON | its own"));
    let session = Olm::pair().into_iter().next().expect("there are two").0;
    let json = pickled(&session);
    subjects.push(Subject::new(Backend::Portable, move || pickled(&session)));
    subjects.push(Subject::new(Backend::Portable, move || {
        let pickle = serde_json::from_str(&json).expect("it is a pickle");
        olm::Session::from_pickle(pickle)
    }));
    let times = in_turns(&mut subjects, 150, 20);
    let rows = names.iter().zip(times.chunks(2)).map(|(name, times)| {
        let times: Vec<_> = times.iter().map(|times| shown(times.median())).collect();
        format!("| {name} | {} |\n", times.join(" | "))
    });
    let head = "| session | backend | write | read |\n|---|---|--:|--:|\n";
    head.to_owned() + &rows.collect::<String>()
}

/// The table of sizes.
pub(crate) fn sizes() -> String {
    let mut rng = StdRng::seed_from_u64(40);
    let [alice, mut bob] = [(); 2].map(|()| Account::generate(&mut rng));
    let account = bob.snapshot().expose().len();
    let bundle = bob.publish(&mut rng);
    let session = alice.initiate(&bundle, &mut rng);
    let first = session
        .expect("the bundle is genuine")
        .encrypt(PLAINTEXT, &mut rng);
    let [mut facade, _] = Facade::pair();
    let [mut olm, _] = Olm::pair();
    let (mut message, mut theirs) = (Vec::new(), (0, Vec::new()));
    facade.encrypt(PLAINTEXT, &mut message);
    olm.encrypt(PLAINTEXT, &mut theirs);
    let pickle = pickled(&olm.0).len();
    let mut rows = vec![
        format!("| bundle with both one-time keys | {} | |", bundle.len()),
        format!(
            "| first message, 256 bytes of text | {} | |",
            first.expect("it is short").len()
        ),
        format!(
            "| message, 256 bytes of text | {} | {} |",
            message.len(),
            theirs.1.len()
        ),
        format!("| new account | {account} | |"),
    ];
    for (name, session) in sessions() {
        let peer = if name == AT_REST {
            pickle.to_string()
        } else {
            String::new()
        };
        let length = session.snapshot().expose().len();
        rows.push(format!("| session, {name} | {length} | {peer} |"));
    }
    let head = "| bytes | sprag | vodozemac |\n|---|--:|--:|\n";
    head.to_owned() + &rows.join("\n") + "\n"
}

const AT_REST: &str = "nothing in flight";

/// A session with nothing in flight, and one that keeps as many skipped keys as it can.
fn sessions() -> [(&'static str, Session); 2] {
    let [mut sender, receiver] = Facade::pair();
    let mut skipping = receiver.copy();
    let mut last = Vec::new();
    for _ in 0..=2_000 {
        sender.encrypt(&text(0), &mut last);
    }
    assert!(skipping.decrypt(&mut last), "the gap is not too long");
    [
        (AT_REST, receiver.session),
        ("2,000 skipped keys", skipping.session),
    ]
}

fn pickled(session: &olm::Session) -> String {
    serde_json::to_string(&session.pickle()).expect("a pickle has a JSON form")
}
