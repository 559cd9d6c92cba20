//! The replay of the inputs that are kept, on any toolchain.
#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::PathBuf;

use fuzz_targets::Target;

/// The beginning of the names of seeds. The fuzzer names an input that it finds by a hash.
const SEED: &str = "seed-";

/// The files of the corpus, in the order of names.
fn corpus(target: Target) -> Vec<PathBuf> {
    let folder = target.corpus();
    let name = folder.display();
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{name} is empty");
    files
}

fn replay(target: Target) {
    for path in corpus(target) {
        // Shown when the input fails.
        eprintln!("{}", path.display());
        target.run(&fs::read(path).unwrap());
    }
}

#[test]
fn bundles() {
    replay(Target::Bundles);
}

#[test]
fn messages() {
    replay(Target::Messages);
}

#[test]
fn snapshots() {
    replay(Target::Snapshots);
}

#[test]
fn files() {
    replay(Target::Files);
}

#[test]
fn receive() {
    replay(Target::Receive);
}

#[test]
fn client() {
    replay(Target::Client);
}

#[test]
fn every_target_has_a_corpus_and_the_seeds_are_what_the_crates_write_today() {
    for target in Target::ALL {
        let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        let kept = corpus(target).into_iter();
        let kept: Vec<_> = kept.filter(|path| name(path).starts_with(SEED)).collect();
        let seeds = target.seeds();
        assert_eq!(kept.len(), seeds.len(), "{target:?}: write the seeds again");
        for (seed, bytes) in seeds {
            let path = target.corpus().join(format!("{SEED}{seed}"));
            let same = fs::read(&path).is_ok_and(|kept| kept == bytes);
            assert!(same, "{}: write the seeds again", path.display());
        }
    }
}

#[test]
#[ignore = "writes the seeds: `cargo xtask fuzz seeds`"]
fn write_the_seeds() {
    for target in Target::ALL {
        let folder = target.corpus();
        fs::create_dir_all(&folder).unwrap();
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name().to_string_lossy().starts_with(SEED) {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        for (name, bytes) in target.seeds() {
            fs::write(folder.join(format!("{SEED}{name}")), bytes).unwrap();
        }
    }
}
