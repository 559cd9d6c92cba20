//! `cargo xtask fuzz`: runs the fuzz targets one after the other, with cargo-fuzz on a nightly toolchain.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, io};

use fuzz_corpus::{Corpus, SEED};

use crate::Result;
use crate::command::{Outcome, run as execute, run_cargo, succeeds};
use crate::workspace::Workspace;

/// The targets, each with the greatest length of its inputs.
const TARGETS: [(&str, u32); 10] = [
    ("bundles", 16_384),
    ("messages", 4_096),
    ("content", 8_192),
    ("device_list", 4_096),
    ("linking", 4_096),
    ("relay", 8_192),
    ("snapshots", 2_048),
    ("files", 512),
    ("receive", 1_024),
    ("client", 1_024),
];
const MINUTES: u32 = 30;

// No sanitizer is needed, because the crates have no `unsafe` code. The manifest turns on the checks of
// debug builds.
const OPTIONS: &str = "-O --sanitizer none --fuzz-dir tests/fuzz/libfuzzer";

/// The most inputs of a corpus in git.
const MAX_KEPT_INPUTS: usize = 150;
/// The most bytes of all inputs of a corpus in git.
const MAX_KEPT_BYTES: usize = 300_000;

/// The job that the arguments after `fuzz` ask for.
#[derive(Debug, Eq, PartialEq)]
enum Job<'a> {
    /// Run these targets, each for this number of minutes.
    Run(&'static [(&'static str, u32)], u32),
    /// Write the seeds again.
    Seeds,
    /// Replace the inputs of these targets in git by inputs that were found since.
    Keep(&'static [(&'static str, u32)]),
    /// Put the input in a file into the corpus of the target in git.
    Add(&'static str, &'a Path),
    /// Write the inputs of all targets in git to files.
    Unpack,
}

/// Does the job that the arguments of the program ask for. The first argument is `fuzz`.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let arguments: Vec<String> = env::args().skip(2).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let usage = "usage: fuzz [TARGET] [MINUTES] | seeds | keep [TARGET] | add TARGET FILE | unpack";
    // Only a run and `keep` need cargo-fuzz.
    match job(&arguments).ok_or(usage)? {
        Job::Seeds => {
            run_cargo("test -p fuzz-targets --test corpora -- --ignored write_the_seeds")?;
        }
        Job::Run(targets, minutes) => {
            check_tools()?;
            for target in targets {
                println!("{}", fuzz(workspace, *target, minutes)?);
            }
        }
        Job::Keep(targets) => {
            check_tools()?;
            for target in targets {
                println!("{}", keep(workspace, *target)?);
            }
        }
        Job::Add(name, file) => {
            let mut corpus = Corpus::read(name)?;
            add(&mut corpus, file)?;
            corpus.write(name)?;
        }
        Job::Unpack => {
            for (name, _) in TARGETS {
                println!("{name}: {}", unpack(workspace, name)?.display());
            }
        }
    }
    Ok(Outcome::Done)
}

fn job<'a>(arguments: &[&'a str]) -> Option<Job<'a>> {
    match arguments {
        ["seeds"] => Some(Job::Seeds),
        ["unpack"] => Some(Job::Unpack),
        ["add", name, file] => Some(Job::Add(find(name)?.first()?.0, Path::new(*file))),
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
    let kept = unpack(workspace, name)?;
    // The first folder is the one that new inputs go to.
    let corpora = [found.as_path(), &kept];
    let log = found.with_extension("log");
    println!("{name}: {minutes} minutes, log in {}", log.display());
    match call(name, &corpora, (&options, &log)) {
        Ok(text) => Ok(format!("{name}: {}", figures(&text))),
        Err(error) => Err(format!("fuzz: {name}: {error}").into()),
    }
}

/// Replaces the inputs without names in the corpus in git.
///
/// The new ones are chosen from a minimal set of inputs that covers as much code as all inputs together.
fn keep(workspace: &Workspace, (name, length): (&str, u32)) -> Result<String> {
    // Merge all inputs to the minimal set, in a folder that is empty at first.
    let found = found(workspace, name)?;
    let merged = found.with_extension("merged");
    if merged.exists() {
        fs::remove_dir_all(&merged)?;
    }
    fs::create_dir(&merged)?;
    let kept = unpack(workspace, name)?;
    let options = format!("-merge=1 -max_len={length} -timeout=60");
    let corpora = [merged.as_path(), &found, &kept];
    call(name, &corpora, (&options, &found.with_extension("log")))?;

    // Choose from that set, and replace the corpus in one step.
    let mut corpus = Corpus::read(name)?;
    let inputs = contents(&merged)?;
    let all = inputs.len();
    choose(&mut corpus, inputs);
    corpus.write(name)?;
    let count = corpus.inputs().count();
    let bytes: usize = corpus.inputs().map(|(_, input)| input.len()).sum();
    Ok(format!("{name}: {count} inputs, {bytes} bytes, of {all}"))
}

/// Replaces the inputs without names by some of `inputs`, as many as the limits allow beside those with
/// names.
fn choose(corpus: &mut Corpus, mut inputs: Vec<Vec<u8>>) {
    inputs.retain(|input| !corpus.is_named(input));
    let count = MAX_KEPT_INPUTS.saturating_sub(corpus.named.len());
    let mut bytes: usize = corpus.named.values().map(Vec::len).sum();
    corpus.found.clear();
    for input in spread(inputs, count) {
        if bytes + input.len() <= MAX_KEPT_BYTES {
            bytes += input.len();
            corpus.found.insert(input);
        }
    }
}

/// Chooses at most `count` of the inputs, evenly from all sizes, because small inputs reach no deep code.
fn spread(mut inputs: Vec<Vec<u8>>, count: usize) -> Vec<Vec<u8>> {
    inputs.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    let step = inputs.len().div_ceil(count.max(1)).max(1);
    inputs.into_iter().step_by(step).take(count).collect()
}

/// Adds the input in `file` under the name of the file, so that [`keep`] does not replace it.
fn add(corpus: &mut Corpus, file: &Path) -> Result<()> {
    let name = file.file_name().and_then(|name| name.to_str());
    let name = name.ok_or("fuzz: add: the file has no name in Unicode")?;
    if name.starts_with(SEED) || corpus.named.contains_key(name) {
        return Err(format!("fuzz: add: {name} is taken: rename the file").into());
    }
    let input = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    if corpus.is_named(&input) {
        return Err(format!("fuzz: add: the input in {name} is there under another name").into());
    }
    corpus.named.insert(name.to_owned(), input);
    Ok(())
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

/// The folder of the corpus that grows from run to run. It is created if it does not exist.
fn found(workspace: &Workspace, name: &str) -> io::Result<PathBuf> {
    let folder = workspace.target_directory().join("fuzz").join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Writes the corpus in git to a folder, because the fuzzer reads files. Returns the folder.
fn unpack(workspace: &Workspace, name: &str) -> io::Result<PathBuf> {
    let folder = workspace.target_directory().join("fuzz").join(name);
    let folder = folder.with_extension("kept");
    Corpus::read(name)?.unpack(&folder)?;
    Ok(folder)
}

/// The contents of the files in `folder`.
fn contents(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let entries = fs::read_dir(folder)?;
    entries.map(|entry| fs::read(entry?.path())).collect()
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
        assert_eq!(job(&["unpack"]), Some(Job::Unpack));
        let add = Job::Add("bundles", Path::new("a/b"));
        assert_eq!(job(&["add", "bundles", "a/b"]), Some(add));
        for wrong in [
            &["none"][..],
            &["none", "2"],
            &["bundles", "x"],
            &["keep", "2"],
            &["add", "bundles"],
            &["add", "none", "a/b"],
        ] {
            assert_eq!(job(wrong), None, "{wrong:?}");
        }
    }

    /// Inputs of these lengths, no two of them alike.
    fn inputs(lengths: impl IntoIterator<Item = usize>) -> Vec<Vec<u8>> {
        let inputs = (0_u8..).zip(lengths);
        inputs.map(|(byte, length)| vec![byte; length]).collect()
    }

    fn lengths<'a>(inputs: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<usize> {
        inputs.into_iter().map(Vec::len).collect()
    }

    #[test]
    fn a_spread_is_of_all_sizes_and_no_more_than_asked_for() {
        let spread_of = |count| lengths(&spread(inputs([5, 1, 4, 2, 3]), count));
        assert_eq!(spread_of(9), [1, 2, 3, 4, 5]);
        assert_eq!(spread_of(5), [1, 2, 3, 4, 5]);
        assert_eq!(spread_of(3), [1, 3, 5]);
        assert_eq!(spread_of(2), [1, 4]);
        assert_eq!(spread_of(0), [0; 0]);
        assert_eq!(spread(Vec::new(), 2), [[0; 0]; 0]);
    }

    #[test]
    fn named_inputs_stay_and_the_limits_count_them() {
        let mut corpus = Corpus::default();
        corpus.found.insert(b"old".to_vec());
        for name in 0..MAX_KEPT_INPUTS - 2 {
            corpus.named.insert(name.to_string(), vec![1, 2]);
        }
        let before = corpus.named.clone();
        // An input that has a name takes no place.
        choose(
            &mut corpus,
            [vec![vec![1, 2]], inputs([9, 1, 5, 3])].concat(),
        );
        assert_eq!(corpus.named, before);
        assert_eq!(lengths(&corpus.found), [1, 5]);
        // Too long an input is left out.
        corpus
            .named
            .insert("large".to_owned(), vec![0; MAX_KEPT_BYTES - 300]);
        choose(&mut corpus, inputs([5]));
        assert_eq!(lengths(&corpus.found), [0; 0]);
    }

    #[test]
    fn an_added_input_has_the_name_of_its_file() {
        let file = Path::new("Cargo.toml");
        let mut corpus = Corpus::default();
        add(&mut corpus, file).unwrap();
        assert_eq!(corpus.named["Cargo.toml"], fs::read(file).unwrap());
        // Neither a name nor an input is added twice, and no name of a seed.
        let copy = corpus.named.remove("Cargo.toml").unwrap();
        corpus.named.insert("copy".to_owned(), copy);
        add(&mut corpus, file).unwrap_err();
        corpus.named.insert("Cargo.toml".to_owned(), Vec::new());
        add(&mut corpus, file).unwrap_err();
        add(&mut Corpus::default(), Path::new("none")).unwrap_err();
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
