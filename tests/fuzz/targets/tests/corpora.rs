//! The replay of the corpora, on any toolchain.
#![expect(clippy::std_instead_of_alloc, clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::{fs, io};

use fuzz_corpus::{Corpus, SEED};
use fuzz_targets::Target;

fn replay(target: Target) {
    let corpus = Corpus::read(target.name()).unwrap();
    assert_ne!(corpus, Corpus::default(), "the corpus has no inputs");
    for (name, input) in corpus.inputs() {
        // Shown when the input fails. `cargo xtask fuzz unpack` gives it as a file of this name.
        eprintln!("{}: {name}", target.name());
        target.run(input);
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
fn content() {
    replay(Target::Content);
}

#[test]
fn device_list() {
    replay(Target::DeviceList);
}

#[test]
fn linking() {
    replay(Target::Linking);
}

#[test]
fn relay() {
    replay(Target::Relay);
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
fn every_corpus_is_of_a_target() {
    let folder = fuzz_corpus::path("any");
    let entries = fs::read_dir(folder.parent().unwrap()).unwrap();
    let packs = entries.map(|entry| entry.unwrap().path());
    let packs = packs.filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "pack")
    });
    let targets = Target::ALL.map(|target| fuzz_corpus::path(target.name()));
    assert_eq!(packs.collect::<BTreeSet<_>>(), targets.into());
}

#[test]
fn the_seeds_are_what_the_crates_write() {
    for target in Target::ALL {
        let mut corpus = Corpus::read(target.name()).unwrap();
        corpus.named.retain(|name, _| name.starts_with(SEED));
        let same = corpus.named == seeds(target);
        assert!(same, "{target:?}: run `cargo xtask fuzz seeds`");
    }
}

#[test]
#[ignore = "writes the seeds: `cargo xtask fuzz seeds`"]
fn write_the_seeds() {
    for target in Target::ALL {
        // A new target has no corpus yet.
        let mut corpus = match Corpus::read(target.name()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Corpus::default(),
            corpus => corpus.unwrap(),
        };
        corpus.named.retain(|name, _| !name.starts_with(SEED));
        corpus.named.extend(seeds(target));
        corpus.write(target.name()).unwrap();
    }
}

fn seeds(target: Target) -> BTreeMap<String, Vec<u8>> {
    let seeds = target.seeds().into_iter();
    seeds
        .map(|(name, input)| (format!("{SEED}{name}"), input))
        .collect()
}
