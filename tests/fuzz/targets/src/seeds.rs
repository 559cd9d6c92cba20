//! The inputs to begin with: genuine bytes of every kind, and programs that reach far.

use rand::Rng as _;
use sprag::Account;
use sprag_client::{Client, MemoryStore, StoreKey};
use sprag_wire::CHECKSUM_LENGTH;

use crate::Target;
use crate::files;
use crate::parties::{Beginning, Begun, publish, rng, send};

type Seeds = Vec<(String, Vec<u8>)>;

pub(crate) fn of(target: Target) -> Seeds {
    match target {
        Target::Bundles => bundles(),
        Target::Messages => messages(),
        Target::Snapshots => snapshots(),
        Target::Files => chunks(),
        Target::Receive => receive(),
        Target::Client => client(),
    }
}

fn named<const N: usize>(seeds: [(&str, Vec<u8>); N]) -> Seeds {
    let seeds = seeds.into_iter();
    seeds
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .collect()
}

fn bundles() -> Seeds {
    let mut rng = rng(5);
    let mut account = Account::generate_at(1_000, &mut rng);
    let mut of = |beginning| publish(&mut account, beginning, &mut rng);
    let [one_time, reusable, x3dh] =
        [Beginning::OneTime, Beginning::Reusable, Beginning::X3dh].map(&mut of);
    let mut upload = |count| account.replenish_to(count, &mut rng).expect("it is small");
    let [empty, one, more] = [0, 1, 3].map(&mut upload);
    let extended = [x3dh.as_slice(), &[0]].concat();
    // The target adds the checksum, so that these can be edited without it.
    let content = |bytes: &[u8]| bytes[..bytes.len() - CHECKSUM_LENGTH].to_vec();
    named([
        ("content-one-time", content(&one_time)),
        ("content-reusable", content(&reusable)),
        ("content-upload", content(&one)),
        ("content-x3dh", content(&x3dh)),
        ("extended", extended),
        ("one-time", one_time),
        ("reusable", reusable),
        ("x3dh", x3dh),
        ("upload-0", empty),
        ("upload-1", one),
        ("upload-2", more),
    ])
}

fn messages() -> Seeds {
    let mut seeds = Vec::new();
    for (name, beginning) in [
        ("one-time", Beginning::OneTime),
        ("reusable", Beginning::Reusable),
        ("x3dh", Beginning::X3dh),
    ] {
        let mut begun = Begun::new(beginning);
        let first = begun.send(b"first");
        let mut bob = begun.accept(&first);
        let answer = send(&mut bob, b"", &mut begun.rng);
        seeds.push((format!("first-{name}"), first));
        seeds.push((format!("answer-{name}"), answer));
    }
    seeds.push(("file".to_owned(), file_header()));
    seeds
}

fn file_header() -> Vec<u8> {
    let mut rng = rng(6);
    let mut client = || {
        let key = StoreKey::generate(&mut rng);
        let client = Client::create(MemoryStore::new(), &key, &mut rng);
        client.expect("the store is empty")
    };
    let [mut alice, mut bob] = [client(), client()];
    let bundle = bob.publish(&mut rng).expect("it has an account");
    let added = alice.add("bob", &bundle, &mut rng);
    added.expect("the bundle is genuine");
    let file = alice.encrypt_file("bob", &mut rng);
    file.expect("bob has a bundle").header
}

fn chunks() -> Seeds {
    let whole = |file: u8, chunks: u8| {
        let mut program = vec![files::CHUNKS, file];
        for chunk in 0..chunks {
            let last = u8::from(chunk + 1 == chunks) << 7;
            program.extend([last, file, chunk]);
        }
        program
    };
    let wrapped = [&[files::WRAPPED_KEYS], files::WRAPPED_KEY.as_slice()].concat();
    let cut = [files::CHUNKS, 4, 0, 4, 0, 0x80, 4, 1, 0x80, 4, 2];
    let mixed = [
        files::CHUNKS,
        3,
        0,
        4,
        0,
        0,
        3,
        1,
        2,
        3,
        0,
        9,
        8,
        7,
        0,
        3,
        0,
    ];
    let raw = [&[files::CHUNKS, 1, 0x83, 0xc3][..], &[1; 60]].concat();
    named([
        ("empty", whole(0, 1)),
        ("short", whole(1, 1)),
        ("full", whole(2, 1)),
        ("two", whole(3, 2)),
        ("three", whole(4, 3)),
        ("cut", cut.to_vec()),
        ("mixed", mixed.to_vec()),
        ("raw", raw),
        ("wrapped-key", wrapped),
    ])
}

/// Each snapshot, once as it is and once with an edit.
fn snapshots() -> Seeds {
    let mut seeds = Vec::new();
    for base in 0..crate::snapshots::count() {
        seeds.push((format!("{base}"), vec![base]));
        let edits = [base, 0x34, 60, 0, 0x17, 90, 0];
        seeds.push((format!("{base}-edited"), edits.to_vec()));
    }
    seeds.push(("raw".to_owned(), b"\xffsprag\x02\x02".to_vec()));
    seeds
}

/// Programs for two sessions, and a random one from every start.
fn receive() -> Seeds {
    let mut seeds = named([
        (
            "turns",
            b"\x03\x00\x05\x03\x80\x05\x83\x00\x05\x03\x80\x05\x83".repeat(4),
        ),
        (
            "first",
            b"\x00\x00\x01\x00\x02\x00\x03\x04\x01\x04\x00\x0b\x02\x01".to_vec(),
        ),
        (
            "order",
            b"\x03\x00\x01\x00\x02\x00\x03\x04\x01\x04\x00\x04\x02\x04\x01".to_vec(),
        ),
        (
            "lost",
            b"\x03\x00\x01\x7a\x00\x02\x03\x80\x01\x83\x5a\x00\x02\x03\x04\x01".to_vec(),
        ),
        (
            "far",
            b"\x04\x2a\x00\x01\x03\x00\x02\x03\x00\x01\x03".to_vec(),
        ),
        (
            "gap-beyond",
            b"\x04\x3a\x00\x01\x03\x00\x01\x03\x80\x01\x83\x00\x01\x03\x00\x01\x03\x04\x02"
                .to_vec(),
        ),
        (
            "tail-beyond",
            b"\x04\x00\x01\x3a\x80\x01\x83\x00\x01\x03\x04\x01\x00\x01\x03\x80\x01\x83".to_vec(),
        ),
        (
            "full",
            b"\x05\x3a\x00\x01\x03\x2a\x00\x01\x03\x04\x01\x04\x02".to_vec(),
        ),
        (
            "damaged",
            b"\x03\x00\x01\x07\x00\x02\x05\x00\x07\x00\x00\x09\x00\x03".to_vec(),
        ),
        (
            "broken",
            b"\x03\x0c\x00\x01\x03\x0d\x03\x0e\x24\x60\x00\x03\x00\x01\x03".to_vec(),
        ),
        (
            "forged",
            b"\x03\x08\x05\x01\x03abc\x0f\x1f\x2f\x3f\x8f\x09\x89\x00\x01\x03".to_vec(),
        ),
    ]);
    // One message overtakes 34 others, and one of these arrives after each turn, until the chain is forgotten.
    let late = [
        b"\x03".as_slice(),
        &b"\x00\x01".repeat(35),
        b"\x03",
        &b"\x80\x01\x83\x00\x01\x03\x04\x23".repeat(34),
    ];
    seeds.push(("late".to_owned(), late.concat()));
    seeds.extend(random_programs(6, 240));
    seeds
}

/// Random programs, one for each of `starts` states to begin in.
fn random_programs(starts: u8, length: usize) -> Seeds {
    let mut rng = rng(15);
    let program = |start| {
        let mut program = vec![0; length];
        rng.fill_bytes(&mut program);
        program[0] = start;
        (format!("random-{start}"), program)
    };
    (0..starts).map(program).collect()
}

/// Programs for three clients, and random ones.
fn client() -> Seeds {
    let mut seeds = named([
        (
            "turns",
            b"\x02\x00\x01\x04\x01\x00\x00\x09\x01\x00\x02\x01\x00\x04\x00\x00\x05".to_vec(),
        ),
        (
            "begin",
            b"\x01\x02\x00\x00\x02\x02\x00\x04\x00\x00\x02\x02\x00\x02\x04\x02\x00\x00".to_vec(),
        ),
        (
            "file",
            b"\x0c\x00\x01\x04\x01\x00\x00\x04\x01\x00\x00\x09\x01\x00\x04\x01\x00\x00".to_vec(),
        ),
        (
            "renew",
            b"\x00\x01\x01\x00\x01\x03\x02\x00\x01\x04\x01\x00\x05\x0d\x01".to_vec(),
        ),
        (
            "rotate",
            b"\x10\x01\x0b\x01\x2b\x01\x01\x02\x01\x03\x02\x02\x01\x04\x01\x00\x02".to_vec(),
        ),
        (
            "x3dh",
            b"\x20\x01\x0e\x02\x0e\x01\x01\x02\x01\x03\x02\x02\x01\x04\x01\x00\x02".to_vec(),
        ),
        (
            "upload",
            b"\x0f\x01\x01\x02\x01\x03\x02\x02\x01\x04\x01\x00\x02".to_vec(),
        ),
        (
            "forget",
            b"\x0a\x00\x01\x02\x01\x00\x04\x00\x00\x01\x01\x00\x01\x01\x02\x00\x01".to_vec(),
        ),
        (
            "damaged",
            b"\x02\x00\x01\x07\x01\x00\x00\x05\x20\x00\x81\x00\x01\x01\x09\x70\x00".to_vec(),
        ),
        (
            "raw",
            b"\x08\x01\x05\x05\x01\x03abc\x18\x01\x05\x05\x01\x01\x02bc".to_vec(),
        ),
    ]);
    seeds.extend(random_programs(3, 200));
    seeds
}
