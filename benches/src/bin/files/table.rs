//! The turns, and the table of them.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::Result;
use crate::process::{Usage, measure};
use crate::subjects::{Files, Subject, all};

/// The size of the file in bytes.
pub(crate) const LENGTH: u64 = 1 << 30;

/// The usage of a command, and the seconds after which its output was on the disk.
type Turn = (Usage, f64);

/// The turns of a subject, as it encrypts and as it decrypts.
type Turns = [Vec<Turn>; 2];

/// Measures all subjects in turns, and prints the table.
pub(crate) fn run() -> Result<()> {
    let files = Files::new()?;
    let mut subjects = all(&files)?;
    write_random(&files.plain)?;
    let mut turns: Vec<Turns> = subjects.iter().map(|_| Turns::default()).collect();
    // The first turn warms up.
    for turn in 0..=TURNS {
        for index in 0..subjects.len() {
            // Each turn begins with another subject.
            let index = (index + turn) % subjects.len();
            let measured = take_turn(&mut subjects[index], &files)?;
            if turn > 0 {
                for (turns, measured) in turns[index].iter_mut().zip(measured) {
                    turns.push(measured);
                }
            }
        }
        eprintln!("turn {turn} of {TURNS}");
    }
    println!("<!-- bench: files -->");
    for (direction, name) in ["encrypt", "decrypt"].into_iter().enumerate() {
        print(name, &subjects, |index| &turns[index][direction]);
    }
    println!("\n<!-- end -->");
    Ok(())
}

/// Encrypts and decrypts once. What comes back must be what was encrypted.
fn take_turn(subject: &mut Subject, files: &Files) -> Result<[Turn; 2]> {
    let encrypted = timed(subject.writes, &files.encrypted, || {
        measure(&subject.encrypt)
    })?;
    let decrypted = timed(subject.writes, &files.decrypted, || {
        measure(&subject.decrypt)
    })?;
    if subject.writes {
        if !is_same(&files.plain, &files.decrypted)? {
            return Err(format!("{} brings back another file", subject.name).into());
        }
        fs::remove_file(&files.encrypted)?;
        fs::remove_file(&files.decrypted)?;
    }
    Ok([encrypted, decrypted])
}

/// Brings the output to the disk, so that no subject waits for the bytes of the one before.
fn timed(writes: bool, output: &Path, run: impl FnOnce() -> Result<Usage>) -> Result<Turn> {
    let start = Instant::now();
    let usage = run()?;
    if writes {
        File::open(output)?.sync_all()?;
    }
    Ok((usage, start.elapsed().as_secs_f64()))
}

fn write_random(path: &Path) -> Result<()> {
    let mut rng = StdRng::seed_from_u64(1);
    let mut block = vec![0; BLOCK];
    let mut file = File::create(path)?;
    for _ in 0..LENGTH / BLOCK as u64 {
        rng.fill_bytes(&mut block);
        file.write_all(&block)?;
    }
    Ok(file.sync_all()?)
}

fn is_same(one: &Path, other: &Path) -> Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let mut blocks = [vec![0; BLOCK], vec![0; BLOCK]];
    let [block, expected] = &mut blocks;
    for _ in 0..LENGTH / BLOCK as u64 {
        one.read_exact(block)?;
        other.read_exact(expected)?;
        if block != expected {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Prints the medians of the turns, and the medians of the ratios of `sprag` in each turn to the others.
fn print<'a>(name: &str, subjects: &[Subject], turns: impl Fn(usize) -> &'a Vec<Turn>) {
    println!(
        "\n| {name} | wall | 10 % to 90 % | on the disk | CPU, program | CPU, all | memory | `sprag` to it: wall | \
         CPU, program | CPU, all |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    );
    let all_cpu = |turn: &Turn| turn.0.user + turn.0.system;
    let sprag = turns(SPRAG);
    for (index, subject) in subjects.iter().enumerate() {
        let turns = turns(index);
        let median = |of: fn(&Turn) -> f64| quantile(turns.iter().map(of), 50);
        let ratio = |of: fn(&Turn) -> f64| {
            let ratios = sprag
                .iter()
                .zip(turns)
                .map(|(sprag, turn)| of(sprag) / of(turn));
            let ratio = quantile(ratios, 50);
            // A copy takes no time of the program's own.
            if ratio < NO_RATIO {
                format!("{ratio:.2}")
            } else {
                "–".to_owned()
            }
        };
        let wall: fn(&Turn) -> f64 = |turn| turn.0.wall;
        let spread = |percent| quantile(turns.iter().map(wall), percent);
        println!(
            "| {} | {:.2} s | {:.2} to {:.2} s | {} | {:.2} s | {:.2} s | {:.0} MB | {} | {} | {} |",
            subject.name,
            median(wall),
            spread(10),
            spread(90),
            if subject.writes {
                format!("{:.2} s", median(|turn| turn.1))
            } else {
                String::new()
            },
            median(|turn| turn.0.user),
            median(all_cpu),
            quantile(turns.iter().map(|turn| turn.0.memory), 100) / 1e6,
            ratio(wall),
            ratio(|turn| turn.0.user),
            ratio(all_cpu),
        );
    }
}

fn quantile(values: impl Iterator<Item = f64>, percent: usize) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let index = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(index).copied().unwrap_or_default()
}

const TURNS: usize = 7;

/// The least ratio that says nothing.
const NO_RATIO: f64 = 100.0;

/// The place of `sprag` among the subjects.
const SPRAG: usize = 2;

const BLOCK: usize = 1 << 20;
