//! Measurements of a message that arrives in order, encrypted and decrypted by the ratchet with clear and
//! with encrypted headers, and by the facade.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sprag::Account;
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, XChaCha20Poly1305};
use sprag_primitives::hmac::HmacKey;
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::{
    DoubleRatchet, DoubleRatchetHE, HEADER_LENGTH, HeaderKey, Message, RootKey, SharedSecrets,
};

use crate::measure::{Subject, Times, in_turns};

const LENGTH: usize = 1_000;

/// Associated data as long as the facade's with the header, because only the length matters here.
const ASSOCIATED_DATA: [u8; 256] = [7; 256];

const ROUNDS: u32 = 60;
const TIMES: u32 = 200;

/// Measures and prints the table.
pub(crate) fn run() {
    let mut subjects = vec![
        Subject::new("floor, clear headers", || floor(false)),
        Subject::new("floor, encrypted headers", || floor(true)),
        Subject::new("clear headers", clear()),
        Subject::new("encrypted headers", encrypted()),
        Subject::new("`Session`, encrypted and padded", session()),
    ];
    let names: Vec<_> = subjects.iter().map(|subject| subject.name).collect();
    let times = in_turns(&mut subjects, ROUNDS, TIMES);
    let (floors, ours) = times.split_at(2);
    println!("| {LENGTH} bytes, encrypted and decrypted | floor | sprag | 10 % to 90 % | ratio |");
    println!("|---|--:|--:|--:|--:|");
    for ((name, ours), floor) in names.iter().skip(2).zip(ours).zip([0, 1, 1]) {
        if let Some(floor) = floors.get(floor) {
            println!("{}", row(name, ours, floor));
        }
    }
}

fn row(name: &str, ours: &Times, floor: &Times) -> String {
    let (low, high) = ours.spread();
    format!(
        "| {name} | {:.2} µs | {:.2} µs | {:.2} to {:.2} µs | {:.2} |",
        floor.median() * 1e6,
        ours.median() * 1e6,
        low * 1e6,
        high * 1e6,
        ours.ratio_to(floor)
    )
}

/// Runs the primitives that the specification forces on each side: a chain step, the message's AEAD and, if
/// the header is encrypted, the header's AEAD.
fn floor(encrypted_headers: bool) {
    let key = SecretBytes::copy_from(&[9; 32]);
    let mut header = [1; HEADER_LENGTH];
    let mut buffer = [2; LENGTH];
    let chain_step = || {
        let hmac = HmacKey::new(key.expose());
        (hmac.authenticate(&[1]), hmac.authenticate(&[2]))
    };
    let (message_key, _) = chain_step();
    let header_tag =
        encrypted_headers.then(|| XChaCha20Poly1305::seal(&key, &[3; 24], &[], &mut header));
    let tag = ChaCha20Poly1305::seal(&message_key, &[4; 12], &ASSOCIATED_DATA, &mut buffer);
    if let Some(tag) = header_tag {
        let tag = &tag.expect("40 bytes are not too long");
        let buffer = &mut header;
        XChaCha20Poly1305::open(&key, &[3; 24], &[], Ciphertext { buffer, tag })
            .expect("it was sealed under this key");
    }
    let (message_key, _) = chain_step();
    let tag = &tag.expect("a message is not too long");
    let buffer = &mut buffer;
    let ciphertext = Ciphertext { buffer, tag };
    ChaCha20Poly1305::open(&message_key, &[4; 12], &ASSOCIATED_DATA, ciphertext)
        .expect("it was sealed under this key");
}

macro_rules! in_order {
    ($alice:ident, $bob:ident, $rng:ident) => {
        move || {
            let mut buffer = [0; LENGTH];
            let sealed = $alice
                .encrypt(&ASSOCIATED_DATA, &mut buffer, &mut $rng)
                .expect("the initiator may send");
            let header = &sealed.header;
            let ciphertext = Ciphertext {
                buffer: &mut buffer,
                tag: &sealed.tag,
            };
            $bob.decrypt(&ASSOCIATED_DATA, Message { header, ciphertext })
                .expect("the message is genuine");
        }
    };
}

fn clear() -> impl FnMut() {
    let mut rng = StdRng::seed_from_u64(8);
    let pair = KeyPair::generate(&mut rng);
    let root = || RootKey::new(SecretBytes::copy_from(&[5; 32]));
    let alice = DoubleRatchet::initiator(root(), *pair.public(), &mut rng);
    let mut alice = alice.expect("the key contributes");
    let mut bob = DoubleRatchet::responder(root(), &pair);
    in_order!(alice, bob, rng)
}

fn encrypted() -> impl FnMut() {
    let mut rng = StdRng::seed_from_u64(9);
    let pair = KeyPair::generate(&mut rng);
    let secrets = || SharedSecrets {
        root: RootKey::new(SecretBytes::copy_from(&[5; 32])),
        shared_hka: HeaderKey::new(SecretBytes::copy_from(&[6; 32])),
        shared_nhkb: HeaderKey::new(SecretBytes::copy_from(&[7; 32])),
    };
    let alice = DoubleRatchetHE::initiator(secrets(), *pair.public(), &mut rng);
    let mut alice = alice.expect("the key contributes");
    let mut bob = DoubleRatchetHE::responder(secrets(), &pair);
    in_order!(alice, bob, rng)
}

fn session() -> impl FnMut() {
    let mut rng = StdRng::seed_from_u64(10);
    let [alice, mut bob] = [(); 2].map(|()| Account::generate(&mut rng));
    let bundle = bob.publish(&mut rng);
    let session = alice.initiate(&bundle, &mut rng);
    let mut alice = session.expect("the bundle is genuine");
    let first = alice.encrypt(&[], &mut rng).expect("it is short");
    let (mut bob, _) = bob.accept(&first).expect("it is genuine");
    let answer = bob.encrypt(&[], &mut rng).expect("it is short");
    alice.decrypt(&answer).expect("it is genuine");
    let mut text = [0; LENGTH];
    rng.fill_bytes(&mut text);
    move || {
        let message = alice.encrypt(&text, &mut rng).expect("it is short");
        bob.decrypt(&message).expect("it is genuine");
    }
}
