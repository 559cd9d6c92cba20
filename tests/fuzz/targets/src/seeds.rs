//! The inputs to begin with: genuine bytes of every kind, and programs that reach far.

use rand::Rng as _;
use sprag::Account;
use sprag_client::{Client, MemoryStore, StoreKey};
use sprag_devices::snapshot::Snapshot as _;
use sprag_devices::{DeviceList, Evidence, KnownList, LinkCode, Replacing, SecretBytes};
use sprag_wire::{
    CHECKSUM_LENGTH, Content, ContentKind, Copied, decode_bundle, decode_file_header,
    decode_upload, encode_bundle, encode_bundles, encode_content, encode_copy, encode_file_header,
    encode_upload,
};

use crate::Target;
use crate::device_list::{EDITS, HISTORY, genuine};
use crate::files;
use crate::linking;
use crate::parties::{Beginning, Begun, publish, rng, send};
use crate::relay;

type Seeds = Vec<(String, Vec<u8>)>;

pub(crate) fn of(target: Target) -> Seeds {
    match target {
        Target::Bundles => bundles(),
        Target::Messages => messages(),
        Target::Content => content(),
        Target::DeviceList => device_list(),
        Target::Linking => linking(),
        Target::Relay => relay::seeds(),
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
    // An account publishes no list. These stand for bundles and an upload of a user's device.
    let listed_bundle = |bundle: &[u8], list: &[u8]| {
        let keys = decode_bundle(bundle).expect("it is a bundle").keys;
        encode_bundle(&keys, list).expect("the list is short")
    };
    let listed = listed_bundle(&one_time, &[0x5a; 233]);
    let listed_x3dh = listed_bundle(&x3dh, &[0x5a; 100]);
    let keys = decode_upload(&one).expect("it is an upload").keys;
    let listed_upload = encode_upload(&keys, &[0x5a; 233]).expect("the list is short");
    let extended = [x3dh.as_slice(), &[0]].concat();
    // The target adds the checksum, so that these can be edited without it.
    let content = |bytes: &[u8]| bytes[..bytes.len() - CHECKSUM_LENGTH].to_vec();
    named([
        ("content-listed", content(&listed)),
        ("content-listed-upload", content(&listed_upload)),
        ("content-listed-x3dh", content(&listed_x3dh)),
        ("content-one-time", content(&one_time)),
        ("content-reusable", content(&reusable)),
        ("content-upload", content(&one)),
        ("content-x3dh", content(&x3dh)),
        ("extended", extended),
        ("listed", listed),
        ("listed-upload", listed_upload),
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
    let [file, several] = file_headers();
    seeds.push(("file".to_owned(), file));
    seeds.push(("file-3-messages".to_owned(), several));
    seeds
}

/// Contents of each kind, with and without a list, and payloads by themselves.
fn content() -> Seeds {
    let whole = |kind, (version, known), list, payload: &[u8]| {
        let content = Content {
            kind,
            version,
            hash: *b"the hash",
            known,
            list,
            payload,
        };
        encode_content(&content)
            .expect("the list is short")
            .into_public()
    };
    let list = Some([0x5a; 233].as_slice());
    let copied = Copied {
        user: [7; 32],
        payload: b"hello",
    };
    let copy = encode_copy(&copied)
        .expect("the payload is short")
        .into_public();
    let key = Copied {
        user: [7; 32],
        payload: &[9; 32],
    };
    let copied_key = encode_copy(&key)
        .expect("the payload is short")
        .into_public();
    let bundle = Account::generate(&mut rng(8)).publish_reusable();
    let bundles = encode_bundles(&[bundle.as_slice(), b"short"]).expect("there are two");
    let none_known = [
        [ContentKind::FileKey.to_byte() + 1].as_slice(),
        b"a later version",
    ]
    .concat();
    named([
        ("text", whole(ContentKind::Text, (1, 1), None, b"hello")),
        ("text-empty", whole(ContentKind::Text, (300, 0), None, b"")),
        (
            "text-latest",
            whole(ContentKind::Text, (u64::MAX, u64::MAX), None, b"hello"),
        ),
        (
            "text-listed",
            whole(ContentKind::Text, (2, 1), list, b"hello"),
        ),
        (
            "file-key",
            whole(ContentKind::FileKey, (1, 1), None, &copied_key),
        ),
        ("copy", whole(ContentKind::Copy, (1, 1), None, &copy)),
        ("list", whole(ContentKind::List, (2, 1), list, &bundles)),
        ("list-wanted", whole(ContentKind::List, (2, 0), None, b"")),
        ("payload-bundles", bundles),
        ("payload-copy", copy),
        ("unknown", none_known),
    ])
}

/// Genuine lists, evidence and a known list, and programs that edit or make lists.
fn device_list() -> Seeds {
    let lists: Vec<_> = genuine()
        .iter()
        .map(|bytes| DeviceList::decode(bytes))
        .collect();
    let lists: Result<Vec<_>, _> = lists.into_iter().collect();
    let lists = lists.expect("they are genuine");
    let mut known = KnownList::new(lists[0].clone());
    for list in &lists[1..4] {
        let replaced = known.replace(list.clone());
        assert!(matches!(replaced, Ok(Replacing::Newer(_))));
    }
    let evidence = Evidence::new(&lists[0], &lists[4]);
    let program = |rest: &[u8]| [&[HISTORY], rest].concat();
    let mut seeds = named([
        (
            "evidence",
            evidence.expect("they contradict each other").encode(),
        ),
        ("known", known.to_snapshot().expose().to_vec()),
        ("edits-none", vec![EDITS, 0, 0, 1, 0]),
        (
            "edits",
            vec![EDITS, 1, 1, 0x37, 35, 0, 2, 1, 0x10, 40, 0, 9, 9],
        ),
        (
            "history",
            program(b"\x01\x00\x11\x00\x03\x00\x21\x00\x04\x00\x31"),
        ),
        (
            "history-returns",
            program(b"\x01\x11\x00\x13\x00\x21\x00\x11"),
        ),
        ("history-vanishes", program(b"\x01\x11\x00\x15\x00\x11")),
        (
            "history-equivocates",
            program(b"\x01\x00\xf6\x1e\x00\x11\x00\x07\x17"),
        ),
        (
            "history-many",
            program(b"\x01\x11\x7f\x7f\x7f\x00\x7f\x7f\x7f\x7f\x7f\x00\x15\x00\x21"),
        ),
        (
            "history-other-user",
            program(b"\x01\x00\x11\xff\x00\xff\x21"),
        ),
    ]);
    for (place, list) in lists.iter().enumerate() {
        seeds.push((format!("list-{place}"), list.as_bytes().to_vec()));
    }
    seeds
}

/// Genuine bytes of each encoding, texts, and programs that edit or make them.
fn linking() -> Seeds {
    let program = |what: u8, rest: &[u8]| [&[what], rest].concat();
    let made = |rest| program(linking::MADE, rest);
    let mut seeds = named([
        ("edits", program(linking::EDITS, &[4, 0x37, 35, 0])),
        ("edits-none", program(linking::EDITS, &[0])),
        ("long-number", [&[7; 32][..], &[0x80, 0]].concat()),
        ("made-acceptance", made(&[1, 3, 5, 2])),
        ("made-acceptance-bounds", made(&[1, 5, 7, 7])),
        ("made-acceptance-oversized", made(&[1, 0, 1, 8])),
        ("made-invitation", made(&[0, 4, 5, 5])),
        ("made-invitation-bounds", made(&[0, 7, 7, 7])),
        ("made-invitation-oversized", made(&[0, 7, 8, 0])),
        ("made-recovered-bounds", made(&[3, 7])),
        ("made-recovered-oversized", made(&[3, 8])),
        ("made-renew-bounds", made(&[4, 0, 2, 4, 7])),
        ("made-renew-oversized", made(&[4, 0, 1, 5, 0])),
        ("made-renewal", made(&[4, 1, 3, 2, 0])),
        ("made-renewal-bundle", made(&[4, 1, 3, 0, 1])),
        (
            "made-welcome",
            made(&[2, 1, 3, 2, 5, 1, 0, 1, 2, 3, 4, 3, 0x37, 35, 0]),
        ),
        (
            "made-welcome-bounds",
            made(&[2, 0, 6, 7, 5, 0, 0, 0, 1, 1, 1, 3]),
        ),
        (
            "made-welcome-oversized",
            made(&[2, 0, 7, 1, 1, 0, 1, 1, 1, 1, 1, 2]),
        ),
        (
            "made-welcome-too-long",
            made(&[2, 0, 6, 7, 7, 0, 7, 7, 1, 7, 7, 2]),
        ),
        (
            "typed",
            program(
                linking::CODES,
                b"0123456789abcdef\x00\x04\x00\x01\x20\x00\x0c\x30\x00",
            ),
        ),
        (
            "typed-edited",
            program(
                linking::CODES,
                b"0123456789abcdef\x02\x00\x00\x03\x00\x00\x07\x30\x00",
            ),
        ),
    ]);
    seeds.extend(link_codes());
    for (name, bytes) in linking::bases() {
        seeds.push(((*name).to_owned(), bytes.clone()));
    }
    seeds
}

/// Texts of a link code and of digits, and some that are none.
fn link_codes() -> Seeds {
    let code = LinkCode::new(b"an invitation", SecretBytes::copy_from(&[7; 16]));
    let code = code.expose().to_string();
    named([
        ("code", code.clone().into_bytes()),
        ("code-small", code.to_ascii_lowercase().into_bytes()),
        ("code-cut", code[..code.len() - 1].into()),
        ("code-more", format!("{code}A").into_bytes()),
        ("code-spaced", format!("{code}{:1024}", "").into_bytes()),
        ("digits", b"012 345".to_vec()),
        ("digits-more", b"0123456".to_vec()),
    ])
}

/// The header of a file as a client writes it, and one with its message, another and the first again.
fn file_headers() -> [Vec<u8>; 2] {
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
    let header = file.expect("bob has a bundle").header;
    let (decoded, _) = decode_file_header(&header).expect("it is a header");
    let first = decoded.messages[0];
    let several = encode_file_header(&decoded.commitment, &[first, &[1, 3, 7], first]);
    let several = several.expect("they are messages");
    [header, several]
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
        (
            "contents",
            b"\x8e\x01\x03\x00\xbe\x01\x03\x01\x8e\x01\x05\x11\x9e\x01\x03\x0b\xae\x01\x03\x0d\xbe\x01\x03\x41"
                .to_vec(),
        ),
        (
            "contents-damaged",
            b"\xbe\x02\x03\x01\x8e\x02\x03\x80\x09\x20\x00\xbe\x02\x03\x02\x02ab\xae\x02\x03\x8d\x00\x40\x00"
                .to_vec(),
        ),
    ]);
    seeds.extend(random_programs(3, 200));
    seeds
}
