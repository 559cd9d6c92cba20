//! `cargo xtask fuzz`: runs the fuzz targets one after the other, with cargo-fuzz on a nightly toolchain.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, io};

use crate::Result;
use crate::command::{Outcome, cargo, run as execute, succeeds};
use crate::workspace::Workspace;

/// The targets, each with the greatest length of its inputs.
const TARGETS: [(&str, u32); 6] = [
    ("bundles", 16_384),
    ("messages", 4_096),
    ("snapshots", 2_048),
    ("files", 512),
    ("receive", 1_024),
    ("client", 1_024),
];
const MINUTES: u32 = 30;

// No sanitizer is needed, because the crates have no `unsafe` code. The manifest turns on the checks of
// debug builds.
const OPTIONS: &str = "-O --sanitizer none --fuzz-dir tests/fuzz";

/// The most files of a corpus in git.
const MAX_KEPT_FILES: usize = 150;
/// The most bytes of a corpus in git.
const MAX_KEPT_BYTES: u64 = 300_000;

/// The prefix of the names of seeds.
const SEED: &str = "seed-";

/// The job that the arguments after `fuzz` ask for.
#[derive(Debug, Eq, PartialEq)]
enum Job {
    /// Run these targets, each for this number of minutes.
    Run(&'static [(&'static str, u32)], u32),
    /// Write the seeds again.
    Seeds,
    /// Replace the corpora of these targets in git by inputs that were found since.
    Keep(&'static [(&'static str, u32)]),
}

/// Does the job that the arguments of the program ask for. The first argument is `fuzz`.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let arguments: Vec<String> = env::args().skip(2).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let job = job(&arguments).ok_or("usage: fuzz [TARGET] [MINUTES] | seeds | keep [TARGET]")?;
    let test = "test -p fuzz-targets --test corpora -- --ignored write_the_seeds";
    // Only the seeds can be written without cargo-fuzz.
    match job {
        Job::Seeds => execute(&mut cargo(test)),
        Job::Run(targets, minutes) => {
            check_tools()?;
            for target in targets {
                println!("{}", fuzz(workspace, *target, minutes)?);
            }
            Ok(Outcome::Done)
        }
        Job::Keep(targets) => {
            check_tools()?;
            for target in targets {
                println!("{}", keep(workspace, *target)?);
            }
            Ok(Outcome::Done)
        }
    }
}

fn job(arguments: &[&str]) -> Option<Job> {
    match arguments {
        ["seeds"] => Some(Job::Seeds),
        ["keep"] => Some(Job::Keep(&TARGETS)),
        ["keep", name] => find(name).map(Job::Keep),
        [] => Some(Job::Run(&TARGETS, MINUTES)),
        [one] if find(one).is_none() => Some(Job::Run(&TARGETS, one.parse().ok()?)),
        [name] => Some(Job::Run(find(name)?, MINUTES)),
        [name, minutes] => Some(Job::Run(find(name)?, minutes.parse().ok()?)),
        _ => None,
    }
}

fn find(name: &str) -> Option<&'static [(&'static str, u32)]> {
    let index = TARGETS.iter().position(|target| target.0 == name)?;
    TARGETS.get(index..=index)
}

/// Fails unless a nightly toolchain and cargo-fuzz are installed.
fn check_tools() -> Result<()> {
    if !succeeds(nightly().arg("--version")) {
        return Err("no nightly toolchain: `rustup toolchain install nightly`".into());
    }
    if !succeeds(nightly().args(["fuzz", "--version"])) {
        return Err("no cargo-fuzz: `cargo install --locked cargo-fuzz`".into());
    }
    Ok(())
}

/// The cargo of the nightly toolchain.
fn nightly() -> Command {
    let mut command = Command::new("rustup");
    // Without this, cargo would call the stable cargo that runs this program.
    command.env_remove("CARGO");
    command.args(["run", "nightly", "cargo"]);
    command
}

/// Runs a target, and returns a line with its figures.
fn fuzz(workspace: &Workspace, (name, length): (&str, u32), minutes: u32) -> Result<String> {
    let found = found(workspace, name)?;
    let seconds = u64::from(minutes) * 60;
    let options = format!("-max_total_time={seconds} -max_len={length} -timeout=60");
    let corpora = [found.as_path(), &kept(name)];
    let log = found.with_extension("log");
    println!("{name}: {minutes} minutes, log in {}", log.display());
    match call(name, &corpora, (&options, &log)) {
        Ok(text) => Ok(format!("{name}: {}", figures(&text))),
        Err(error) => Err(format!("fuzz: {name}: {error}").into()),
    }
}

/// Replaces the corpus in git, except for the seeds.
///
/// The new corpus is chosen from a minimal set of inputs that covers as much code as all inputs together.
fn keep(workspace: &Workspace, (name, length): (&str, u32)) -> Result<String> {
    // Merge all inputs to the minimal set, in a folder that is empty at first.
    let found = found(workspace, name)?;
    let merged = found.with_extension("merged");
    if merged.exists() {
        fs::remove_dir_all(&merged)?;
    }
    fs::create_dir(&merged)?;
    let kept = kept(name);
    let options = format!("-merge=1 -max_len={length} -timeout=60");
    let corpora = [merged.as_path(), &found, &kept];
    call(name, &corpora, (&options, &found.with_extension("log")))?;

    // Remove the old corpus, but not its seeds.
    let (seeds, others): (Vec<_>, Vec<_>) = sizes(&kept)?.into_iter().partition(is_seed);
    for (path, _) in others {
        fs::remove_file(path)?;
    }
    // Copy inputs of all sizes, as many as the limits allow beside the seeds.
    let inputs = sizes(&merged)?;
    let all = inputs.len();
    let mut bytes: u64 = seeds.iter().map(|(_, size)| size).sum();
    let chosen = spread(inputs, MAX_KEPT_FILES.saturating_sub(seeds.len()));
    let mut files = seeds.len();
    for (path, size) in chosen {
        if bytes + size <= MAX_KEPT_BYTES {
            fs::copy(&path, kept.join(path.file_name().unwrap_or_default()))?;
            (files, bytes) = (files + 1, bytes + size);
        }
    }
    Ok(format!(
        "{name}: {files} files, {bytes} bytes, of {all} inputs"
    ))
}

/// Chooses at most `count` of the inputs, evenly from all sizes, because small inputs reach no deep code.
fn spread(mut inputs: Vec<(PathBuf, u64)>, count: usize) -> Vec<(PathBuf, u64)> {
    inputs.sort_by(|one, other| (one.1, &one.0).cmp(&(other.1, &other.0)));
    let step = inputs.len().div_ceil(count.max(1)).max(1);
    inputs.into_iter().step_by(step).take(count).collect()
}

/// Builds a target and runs it over `corpora`. Returns the output, which goes to the log too.
fn call(name: &str, corpora: &[&Path], (options, log): (&str, &Path)) -> Result<String> {
    // Build the target first, on the terminal, so that errors of the compiler do not end in the log.
    let fuzz = |what: &str| {
        let mut command = nightly();
        let options = OPTIONS.split(' ');
        command.args(["fuzz", what]).args(options).arg(name);
        command
    };
    execute(&mut fuzz("build"))?;
    // Run it.
    let mut command = fuzz("run");
    command.args(corpora).args(["--", "-print_final_stats=1"]);
    command.args(options.split(' '));
    let status = command
        .stdout(Stdio::null())
        .stderr(File::create(log)?)
        .status()?;
    let text = String::from_utf8_lossy(&fs::read(log)?).into_owned();
    if status.success() {
        return Ok(text);
    }
    // Show the end of the log, which names the input that failed.
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(40)..].join("\n");
    Err(format!("{tail}\nit failed: {status}").into())
}

/// The figures of a run from its `log`: the number of executions, their speed and the coverage.
fn figures(log: &str) -> String {
    // The last line with coverage has the final one.
    let covered = log.lines().rev().find_map(|line| {
        let begin = line.find("cov: ")?;
        let end = line.find(" lim: ").or(line.find(" exec/s: "))?;
        line.get(begin..end)
    });
    // The other figures stand in lines of their own at the end.
    let stat = |name: &str| {
        let mut lines = log.lines().rev();
        let value = lines.find_map(|line| line.strip_prefix(name));
        value.map_or("?", str::trim)
    };
    format!(
        "{} executions, {} a second, {}",
        stat("stat::number_of_executed_units:"),
        stat("stat::average_exec_per_sec:"),
        covered.unwrap_or("cov: ?")
    )
}

/// The folder of the corpus that is kept in git.
fn kept(name: &str) -> PathBuf {
    Path::new("tests/fuzz/corpus").join(name)
}

/// The folder of the corpus that grows from run to run. It is created if it does not exist.
fn found(workspace: &Workspace, name: &str) -> io::Result<PathBuf> {
    let folder = workspace.target_directory().join("fuzz").join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The files in `folder` with their sizes.
fn sizes(folder: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let entries = fs::read_dir(folder)?.map(|entry| {
        let entry = entry?;
        Ok((entry.path(), entry.metadata()?.len()))
    });
    entries.collect()
}

fn is_seed((path, _): &(PathBuf, u64)) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.starts_with(SEED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_a_target_minutes_or_both() {
        let bundles = find("bundles").unwrap();
        assert_eq!(job(&[]), Some(Job::Run(&TARGETS, MINUTES)));
        assert_eq!(job(&["2"]), Some(Job::Run(&TARGETS, 2)));
        assert_eq!(job(&["bundles"]), Some(Job::Run(bundles, MINUTES)));
        assert_eq!(job(&["bundles", "2"]), Some(Job::Run(bundles, 2)));
        assert_eq!(job(&["keep", "bundles"]), Some(Job::Keep(bundles)));
        assert_eq!(job(&["keep"]), Some(Job::Keep(&TARGETS)));
        assert_eq!(job(&["seeds"]), Some(Job::Seeds));
        for wrong in [
            &["none"][..],
            &["none", "2"],
            &["bundles", "x"],
            &["keep", "2"],
        ] {
            assert_eq!(job(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_spread_is_of_all_sizes_and_no_more_than_asked_for() {
        let inputs = |sizes: &[u64]| {
            let inputs = sizes.iter().map(|size| (PathBuf::from("x"), *size));
            inputs.collect::<Vec<_>>()
        };
        let sizes = |count| {
            let spread = spread(inputs(&[5, 1, 4, 2, 3]), count).into_iter();
            spread.map(|(_, size)| size).collect::<Vec<_>>()
        };
        assert_eq!(sizes(9), [1, 2, 3, 4, 5]);
        assert_eq!(sizes(5), [1, 2, 3, 4, 5]);
        assert_eq!(sizes(3), [1, 3, 5]);
        assert_eq!(sizes(2), [1, 4]);
        assert_eq!(sizes(0), [0; 0]);
        assert_eq!(spread(Vec::new(), 2), []);
    }

    #[test]
    fn figures_are_those_of_the_last_line_that_has_some() {
        let log = "#1\tNEW    cov: 3 ft: 4 corp: 1/1b lim: 4 exec/s: 0\n\
            #9\tDONE   cov: 7 ft: 8 corp: 2/9b lim: 4 exec/s: 5 rss: 6Mb\n\
            stat::number_of_executed_units: 9\nstat::average_exec_per_sec:     5\n";
        let expected = "9 executions, 5 a second, cov: 7 ft: 8 corp: 2/9b";
        assert_eq!(figures(log), expected);
        assert_eq!(figures(""), "? executions, ? a second, cov: ?");
    }
}
