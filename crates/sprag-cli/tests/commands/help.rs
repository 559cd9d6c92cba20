use std::process::{Command, Stdio};

use crate::support::{Two, run};
use crate::terminal::AtTerminal;

fn sprag(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprag"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "CI"] {
        command.env_remove(variable);
    }
    command
}

fn text(arguments: &[&str]) -> String {
    let output = sprag(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The names of all commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = text(&["help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| line.starts_with("  "));
    let name = |line: &str| {
        line.strip_prefix("  ")?
            .split(' ')
            .next()
            .map(str::to_owned)
    };
    let names: Vec<String> = listed
        .filter_map(name)
        .filter(|name| !name.is_empty())
        .collect();
    assert!(
        names.len() > 15 && names.contains(&"rename".to_owned()),
        "{names:?}"
    );
    names
}

#[test]
fn the_manual_has_every_command_and_exit_code() {
    let page = text(&["man"]);
    for command in commands() {
        assert!(page.contains(&format!("sprag\\-{command}(1)")), "{command}");
        if command != "help" {
            let page = text(&["man", &command]);
            assert!(
                page.contains(&format!(".TH sprag-{command} 1  \"sprag ")),
                "{page}"
            );
            assert!(page.contains(".SH SYNOPSIS"), "{page}");
        }
    }
    let (_, codes) = page.split_once(".SH \"EXIT STATUS\"").unwrap();
    for code in ["0", "1", "2", "3", "4", "5", "6", "7", "8", "130", "143"] {
        assert!(
            codes.contains(&format!(".TP\n\\fB{code}\\fR\n")),
            "{code}: {codes}"
        );
    }
    for section in ["ENVIRONMENT", "FILES"] {
        assert!(page.contains(&format!(".SH {section}")), "{page}");
    }
    let output = sprag(&["man", "nothing"]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}

/// The commands that have commands of their own, with those.
const FAMILIES: [(&str, &[&str]); 2] = [
    (
        "device",
        &["invite", "join", "add", "list", "revoke", "grant"],
    ),
    ("recovery", &["export", "import"]),
];

#[test]
fn a_command_of_a_command_has_a_page_and_is_completed() {
    let script = text(&["completions", "bash"]);
    for (command, own) in FAMILIES {
        let page = text(&["man", command]);
        let help = text(&["help", command]);
        for name in own {
            assert!(
                page.contains(&format!("sprag\\-{command}\\-{name}(1)")),
                "{page}"
            );
            assert!(help.contains(&format!("\n  {name} ")), "{help}");
            let page = text(&["man", command, name]);
            let title = format!(".TH sprag-{command}-{name} 1  \"sprag ");
            assert!(page.contains(&title), "{page}");
            assert!(
                script.contains(&format!("sprag__subcmd__{command}__subcmd__{name}"))
                    || script.contains(&format!("sprag__{command}__{name}")),
                "{command} {name}"
            );
        }
        let output = sprag(&["man", command, "nothing"]).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    }
}

#[test]
fn every_shell_completes_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = text(&["completions", shell]);
        for command in commands() {
            assert!(script.contains(&command), "{shell}: {command}");
        }
    }
    // A shell that is here takes the script.
    let script = text(&["completions", "bash"]);
    let mut bash = Command::new("bash");
    bash.arg("-n")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let read = run(&mut bash, script.as_bytes());
    assert!(read.status.success() && read.stderr.is_empty(), "{read:?}");
}

#[test]
fn the_help_has_the_exit_codes() {
    for arguments in [&["help"][..], &["--help"], &["-h"]] {
        let help = text(arguments);
        assert!(help.contains("Exit codes:"), "{help}");
        assert!(help.contains("\n  5    the passphrase is wrong"), "{help}");
    }
}

/// Variables, and the presence of colours in the output: at a terminal, and in a pipe.
type Colours = (&'static [(&'static str, &'static str)], bool, bool);
const COLOURS: [Colours; 6] = [
    (&[], true, false),
    (&[("NO_COLOR", "1")], false, false),
    (&[("NO_COLOR", "")], true, false),
    (&[("CLICOLOR", "0")], false, false),
    (&[("CLICOLOR_FORCE", "1")], true, true),
    (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false, false),
];

#[test]
fn colours_are_there_where_they_are_wanted() {
    for arguments in [&["demo", "--seed", "1"][..], &["help"]] {
        for (variables, at_terminal, in_pipe) in COLOURS {
            let set = |command: &mut Command| {
                command.env("TERM", "xterm-256color");
                command.envs(variables.iter().copied());
            };
            let mut command = sprag(arguments);
            set(&mut command);
            let output = command.output().unwrap();
            let has_colours = output.stdout.contains(&0x1b);
            assert_eq!(has_colours, in_pipe, "{arguments:?}, {variables:?}");
            let mut command = sprag(arguments);
            set(&mut command);
            let (status, screen) = AtTerminal::spawn(command).end();
            assert!(status.success(), "{screen}");
            let has_colours = screen.contains('\x1b');
            assert_eq!(has_colours, at_terminal, "{arguments:?}, {variables:?}");
        }
    }
}

#[test]
fn other_output_never_has_colours() {
    let two = Two::talking();
    for arguments in [&["status"][..], &["id"], &["status", "carol"]] {
        let mut command = two.alice.command(arguments);
        let output = run(command.env("CLICOLOR_FORCE", "1"), b"");
        assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b));
    }
}
