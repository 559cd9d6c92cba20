use serde_json::Value;

use crate::link::Link;
use crate::support::Two;
use crate::terminal::AtTerminal;

#[test]
fn a_terminal_shows_the_code_and_asks_for_what_the_other_screen_shows() {
    let two = Two::introduced();
    let link = Link::new(&two);
    let invitation = link.path("invitation");
    let invite = two.alice.command(&["device", "invite", "-o", &invitation]);
    let (status, screen) = AtTerminal::spawn(invite).end();
    assert!(status.success(), "{screen}");
    let code = screen.lines().next().unwrap().trim_end();
    assert!(
        code.starts_with("SPRAG-LINK:") && code.len() == 69,
        "{screen}"
    );
    assert!(screen.contains('█'), "{screen}");
    // The new device asks for the code, as it may be typed, and for a passphrase.
    let acceptance = link.path("acceptance");
    let name = "my \u{1b}[31mphone\u{202e}";
    let join = [
        "device",
        "join",
        &invitation,
        "-o",
        &acceptance,
        "--name",
        name,
    ];
    let mut join = AtTerminal::spawn(link.new.command(&join));
    join.wait_for("from SPRAG-LINK: on: ");
    join.types(&format!("{} {}\n", code[..40].to_lowercase(), &code[40..]));
    let (status, screen) = join.end();
    assert!(status.success(), "{screen}");
    let digits = screen
        .lines()
        .find(|line| line.trim_end().len() == 6)
        .unwrap();
    // The first device shows who asks, and asks for the digits.
    let welcome = link.path("welcome");
    let add = ["device", "add", &acceptance, "-o", &welcome];
    let mut add = AtTerminal::spawn(two.alice.command(&add));
    add.wait_for("type the six digits that it shows: ");
    let (first, second) = digits.trim_end().split_at(3);
    add.types(&format!(" {first} {second}\n"));
    let (status, screen) = add.end();
    assert!(status.success(), "{screen}");
    assert!(
        screen.contains("calls itself \"my \\u{1b}[31mphone\\u{202e}\""),
        "{screen}"
    );
    assert!(!screen.contains('\u{1b}'), "{screen}");
    link.welcome();
    let list = two.alice.text(&["device", "list"]);
    assert!(list.contains("my \\u{1b}[31mphone\\u{202e}"), "{list}");
}

#[test]
fn the_answer_of_nobody_is_no_attempt() {
    let two = Two::introduced();
    let link = Link::new(&two);
    link.invite(&two.alice);
    link.answer();
    let acceptance = link.path("acceptance");
    let add = ["device", "add", &acceptance];
    for _ in 0..4 {
        two.alice.refused(&add, "give --digits DIGITS");
    }
    let mut command = AtTerminal::spawn(two.alice.command(&add));
    command.wait_for("type the six digits that it shows: ");
    command.types("\u{4}");
    let (status, screen) = command.end();
    assert_eq!(status.code(), Some(1), "{screen}");
    assert!(screen.contains("this counted as no attempt"), "{screen}");
}

/// Standard output, and the object that standard error has.
fn with_object(output: std::process::Output) -> (String, Value) {
    assert!(output.status.success(), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    let object = stderr.lines().find(|line| line.starts_with('{')).unwrap();
    let object = serde_json::from_str(object).unwrap();
    (String::from_utf8(output.stdout).unwrap(), object)
}

#[test]
fn objects_are_where_the_data_are_not() {
    let two = Two::introduced();
    let link = Link::new(&two);
    let invite = two.alice.run(&["device", "invite", "--json"], b"");
    let (invitation, object) = with_object(invite);
    assert!(invitation.starts_with("-----BEGIN SPRAG INVITATION-----\n"));
    assert_eq!(object["output"], Value::Null);
    let code = two.file("code", object["code"].as_str().unwrap().as_bytes());
    let file = two.file("invitation", invitation.as_bytes());
    let join = ["device", "join", &file, "--code-file", &code, "--json"];
    let (acceptance, object) = with_object(link.new.run(&join, b""));
    assert!(acceptance.starts_with("-----BEGIN SPRAG MESSAGE-----\n"));
    let digits = object["digits"].as_str().unwrap();
    let add = ["device", "add", "-", "--digits", digits, "--json"];
    let (welcome, object) = with_object(two.alice.run(&add, acceptance.as_bytes()));
    assert_eq!(
        (&object["device"], &object["version"]),
        (&1.into(), &2.into())
    );
    assert_eq!(object["left_out"], Value::Array(Vec::new()));
    let welcomed = ["device", "join", "-", "--json"];
    let object = link.new.json(&welcomed, welcome.as_bytes());
    assert_eq!(object["fingerprint"], two.alice.text(&["id"]).trim_end());
    assert_eq!(
        (&object["device"], &object["signs"]),
        (&1.into(), &false.into())
    );
    assert_eq!(object["peers"][0], "bob");
    // In words, the other stream has what was asked for.
    let invite = two.alice.run(&["device", "invite"], b"");
    let said = String::from_utf8(invite.stderr).unwrap();
    assert!(said.starts_with("SPRAG-LINK:"), "{said}");
}
