//! Known answers: secrets, addresses and bodies of fixed values, compared with `tests/vectors/relay.json`.
//!
//! With `SPRAG_VECTORS=write` in the environment, the test writes the file anew.

extern crate alloc;

use alloc::collections::{BTreeMap, BTreeSet};
use std::fs;

use sprag_primitives::aead::XChaCha20Poly1305;
use sprag_relay_wire::limits::DEFAULT_MESSAGE_LENGTH;
use sprag_relay_wire::{
    Address, AddressChange, AddressSecret, Epoch, Host, Invitation, MailboxSeed, MessageId,
    NumberedPrekey, PrekeyKind, PrekeyUpload, PrekeysLeft, Rates, ReceiveRequest, Received,
    Registration, RelayAddress, RelayInfo, SealedBundle, SealedPrekey, SecretBytes, Stock,
    StoredMessage, Withdraw, check_message, encode_address, encode_addresses, encode_bundle,
    encode_prekeys, encode_receive_request, encode_received, encode_registration,
    encode_relay_info, encode_stock, encode_stock_request,
};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/relay.json");

#[test]
fn known_answers() {
    let cases = [
        secrets(),
        addresses(),
        owners(),
        prekeys(),
        messages(),
        sealed_parts(),
        wrapped_messages(),
    ]
    .concat();
    let text = format!("{{\n{}\n}}\n", cases.join(",\n"));
    if std::env::var_os("SPRAG_VECTORS").is_some_and(|mode| mode == "write") {
        fs::write(PATH, &text).unwrap();
    }
    let known = fs::read_to_string(PATH).unwrap();
    for (line, known) in text.lines().zip(known.lines()) {
        assert_eq!(line, known);
    }
    assert_eq!(text.lines().count(), known.lines().count());
}

fn seed() -> MailboxSeed {
    MailboxSeed::from_bytes(&bytes_of(7))
}

fn secrets() -> Vec<String> {
    let mut mailbox = Case::default();
    mailbox.bytes("seed", seed().expose());
    let owner = seed().owner();
    mailbox.bytes("owner", owner.expose());
    mailbox.bytes("mailbox_id", owner.id().as_bytes());
    mailbox.text("authorization", owner.authorization().expose());
    let mut cases = vec![mailbox.finish("mailbox")];
    for number in [0, 1, u32::MAX] {
        let mut case = Case::default();
        case.bytes("seed", seed().expose());
        case.number("number", number.into());
        let proof = seed().proof(number);
        case.bytes("proof", proof.expose());
        let capability = proof.capability();
        case.bytes("capability", capability.expose());
        case.bytes("address_id", capability.id().as_bytes());
        case.text("authorization", capability.authorization().expose());
        cases.push(case.finish(&format!("address {number} of a mailbox")));
    }
    let mut public = Case::default();
    let (user_id, salt) = (bytes_of(11), bytes_of(13));
    public.bytes("user_id", &user_id);
    public.bytes("salt", &salt);
    let secret = AddressSecret::for_user(&user_id, &salt);
    public.bytes("secret", secret.expose());
    public.bytes("prekey_key", secret.prekey_key().expose());
    public.bytes("message_key", secret.message_key().expose());
    cases.push(public.finish("secret of a public address"));
    cases
}

fn addresses() -> Vec<String> {
    let onion = format!("{}.onion", "a2b3c4d5".repeat(7));
    let hosts = [
        ("DNS name", "relay.example.org", 5_443),
        ("IPv4 address", "192.0.2.1", 443),
        ("IPv6 address", "[2001:db8::1]", 65_535),
        ("onion service", onion.as_str(), 1),
    ];
    let cases = hosts.map(|(name, host, port)| {
        let mut case = Case::default();
        let relay = RelayAddress {
            fingerprint: bytes_of(17),
            host: Host::new(host).expect("it is a host"),
            port: port.try_into().expect("it is not zero"),
        };
        case.bytes("fingerprint", &relay.fingerprint);
        case.text("host", host.as_bytes());
        case.number("port", port.into());
        case.text("relay_text", relay.to_string().as_bytes());
        let address = Address {
            relay,
            capability: seed().proof(0).capability(),
            secret: AddressSecret::from_bytes(&bytes_of(19)),
        };
        case.bytes("capability", address.capability.expose());
        case.bytes("secret", address.secret.expose());
        case.bytes("encoded", encode_address(&address).expose());
        case.text("text", address.expose().to_string().as_bytes());
        case.finish(&format!("address with a {name}"))
    });
    cases.to_vec()
}

fn owners() -> Vec<String> {
    let mut cases = Vec::new();
    for (name, registration) in [
        ("open relay", Registration::Open),
        ("relay with invitations", Registration::Invitation),
    ] {
        let mut case = Case::default();
        let info = RelayInfo {
            epoch: Epoch::from_bytes(bytes_of(23)),
            longest_message: 1_048_576,
            days_kept: 30,
            registration,
            rates: Rates {
                messages: 60,
                messages_at_once: 240,
                requests: 600,
            },
        };
        case.bytes("epoch", info.epoch.as_bytes());
        case.number("longest_message", info.longest_message.into());
        case.number("days_kept", info.days_kept.into());
        case.number(
            "registration",
            u64::from(registration == Registration::Invitation),
        );
        case.number("messages_a_minute", info.rates.messages.into());
        case.number("messages_at_once", info.rates.messages_at_once.into());
        case.number("requests_a_minute", info.rates.requests.into());
        case.bytes("encoded", &encode_relay_info(&info));
        cases.push(case.finish(name));
    }
    let mut case = Case::default();
    case.bytes("encoded", encode_registration(None).expose());
    cases.push(case.finish("registration"));
    let mut case = Case::default();
    let invitation = Invitation::from_bytes(&bytes_of(29));
    case.bytes("invitation", invitation.as_bytes());
    case.text("text", invitation.expose().to_string().as_bytes());
    case.bytes("encoded", encode_registration(Some(&invitation)).expose());
    cases.push(case.finish("registration with an invitation"));
    let mut case = Case::default();
    let (removed, added) = (seed().proof(1).capability(), seed().proof(2));
    case.bytes("removed", removed.expose());
    case.bytes("added", added.expose());
    let changes = [AddressChange::Remove(removed), AddressChange::Add(added)];
    let encoded = encode_addresses(&changes).expect("there are two");
    case.bytes("encoded", encoded.expose());
    cases.push(case.finish("changes of addresses"));
    cases
}

fn prekeys() -> Vec<String> {
    let capability = seed().proof(0).capability();
    let mut case = Case::default();
    case.bytes("capability", capability.expose());
    case.bytes("encoded", encode_stock_request(&capability).expose());
    let request = case.finish("stock request");
    let stocks = vec![request, stock(None), stock(Some(70_009))];
    [stocks, uploads(), bundles()].concat()
}

/// The fixed part, a one-time prekey and a KEM prekey.
fn sealed() -> ([u8; 333], [u8; 77], [u8; 1_678]) {
    (bytes_of(31), bytes_of(37), bytes_of(41))
}

fn uploads() -> Vec<String> {
    let capability = || seed().proof(0).capability();
    let (fixed, one_time, kem) = sealed();
    let mut cases = Vec::new();
    for (name, withdraw) in [
        ("upload", Withdraw::Listed(BTreeSet::new())),
        (
            "upload that withdraws two",
            Withdraw::Listed([3, 70_000].into()),
        ),
        ("upload that withdraws all", Withdraw::All),
    ] {
        let mut case = Case::default();
        case.bytes("capability", capability().expose());
        match &withdraw {
            Withdraw::Listed(numbers) => {
                for (place, number) in numbers.iter().enumerate() {
                    case.number(&format!("withdrawn_{place}"), (*number).into());
                }
            }
            Withdraw::All => case.number("withdraw", 2),
        }
        case.bytes("fixed", &fixed);
        case.number("number_0", 70_001);
        case.bytes("kem_0", &kem);
        case.number("number_1", 70_002);
        case.bytes("one_time_1", &one_time);
        let sealed = |kind, bytes| SealedPrekey { kind, bytes };
        let upload = PrekeyUpload {
            capability: capability(),
            withdraw,
            fixed: Some(&fixed),
            prekeys: BTreeMap::from([
                (70_002, sealed(PrekeyKind::OneTime, &one_time[..])),
                (70_001, sealed(PrekeyKind::Kem, &kem[..])),
            ]),
        };
        let encoded = encode_prekeys(&upload).expect("it is within the limits");
        case.bytes("encoded", encoded.expose());
        cases.push(case.finish(name));
    }
    cases
}

fn bundles() -> Vec<String> {
    let (fixed, one_time, kem) = sealed();
    let mut cases = Vec::new();
    for (name, numbers) in [
        ("bundle", Some((70_002, 70_001))),
        ("bundle without one-time prekeys", None),
    ] {
        let mut case = Case::default();
        case.bytes("fixed", &fixed);
        if let Some((first, second)) = numbers {
            case.number("one_time_number", first.into());
            case.bytes("one_time", &one_time);
            case.number("kem_number", second.into());
            case.bytes("kem", &kem);
        }
        let prekey = |number, bytes| NumberedPrekey { number, bytes };
        let bundle = SealedBundle {
            fixed: &fixed,
            one_time: numbers.map(|(number, _)| prekey(number, &one_time[..])),
            kem: numbers.map(|(_, number)| prekey(number, &kem[..])),
        };
        let encoded = encode_bundle(&bundle).expect("it is within the limits");
        case.bytes("encoded", &encoded);
        cases.push(case.finish(name));
    }
    cases
}

fn stock(highest: Option<u32>) -> String {
    let mut case = Case::default();
    let mut stock = Stock {
        highest,
        held: BTreeMap::new(),
    };
    let mut name = "stock of nothing";
    if let Some(highest) = highest {
        name = "stock";
        case.number("highest", highest.into());
        case.number("kem_0", 70_001);
        case.number("one_time_1", 70_002);
        stock.held.insert(70_001, PrekeyKind::Kem);
        stock.held.insert(70_002, PrekeyKind::OneTime);
    }
    let encoded = encode_stock(&stock).expect("it is within the limits");
    case.bytes("encoded", &encoded);
    case.finish(name)
}

fn messages() -> Vec<String> {
    let wrapped = bytes_of::<3_072>(43);
    let mut case = Case::default();
    case.bytes("message", &wrapped);
    case.bytes("id", MessageId::of(&wrapped).as_bytes());
    let mut cases = vec![case.finish("message")];
    let mut case = Case::default();
    let safe = [bytes_of(47), bytes_of(53)].map(MessageId::from_bytes);
    let request = ReceiveRequest {
        wait_seconds: 60,
        after: 300,
        safe: safe.into(),
    };
    case.number("wait_seconds", 60);
    case.number("after", 300);
    for (place, id) in request.safe.iter().enumerate() {
        case.bytes(&format!("safe_{place}"), id.as_bytes());
    }
    let encoded = encode_receive_request(&request).expect("it is within the limits");
    case.bytes("encoded", &encoded);
    cases.push(case.finish("request for messages"));
    for (name, left, count) in [
        ("no messages", None, 0),
        ("one message", Some((200, 50)), 1),
        ("two messages", Some((0, 0)), 2),
    ] {
        let mut case = Case::default();
        let left = left.map(|(one_time, kem)| PrekeysLeft { one_time, kem });
        let message = |place: u64| StoredMessage {
            sequence: 301 + place,
            address: seed().proof(0).capability().id(),
            arrived: 1_800_000_000 + place,
            bytes: &wrapped,
        };
        let received = Received {
            epoch: Epoch::from_bytes(bytes_of(23)),
            more: count == 2,
            left,
            messages: (0..count).map(message).collect(),
        };
        case.bytes("epoch", received.epoch.as_bytes());
        case.number("more", received.more.into());
        if let Some(left) = left {
            case.number("one_time_left", left.one_time.into());
            case.number("kem_left", left.kem.into());
        }
        for (place, message) in received.messages.iter().enumerate() {
            case.number(&format!("sequence_{place}"), message.sequence);
            case.bytes(&format!("address_id_{place}"), message.address.as_bytes());
            case.number(&format!("arrived_{place}"), message.arrived);
            case.bytes(&format!("message_{place}"), message.bytes);
        }
        let encoded = encode_received(&received).expect("it is within the limits");
        case.bytes("encoded", &encoded);
        cases.push(case.finish(name));
    }
    cases
}

/// Sealed prekeys. No crate that a relay is built from seals or opens; a client computes the same.
fn sealed_parts() -> Vec<String> {
    let secret = AddressSecret::from_bytes(&bytes_of(19));
    let parts = [
        ("one-time prekey", 0, 70_002, bytes_of::<37>(59).to_vec()),
        ("KEM prekey", 1, 70_001, bytes_of::<1_636>(61).to_vec()),
        ("fixed part", 2, 0, bytes_of::<2_100>(67).to_vec()),
    ];
    let cases = parts.map(|(name, kind, number, content)| {
        let mut case = Case::default();
        case.bytes("secret", secret.expose());
        case.number("kind", u64::from(kind));
        case.number("number", u64::from(number));
        let nonce = bytes_of(71);
        case.bytes("nonce", &nonce);
        case.bytes("content", &content);
        let data = [&[kind][..], &u32::to_le_bytes(number)].concat();
        let sealed = sealed_under(&secret.prekey_key(), nonce, &data, content);
        case.bytes("sealed", &sealed);
        case.finish(&format!("sealed {name}"))
    });
    cases.to_vec()
}

fn wrapped_messages() -> Vec<String> {
    let secret = AddressSecret::from_bytes(&bytes_of(19));
    let capability = seed().proof(0).capability();
    // Up to 2,940 bytes, which are padded to 2,944, the least length holds them. Behind that the steps are of 128 bytes, and
    // of 256 above 4,096.
    let lengths = [0, 2_940, 2_941, 3_068, 3_069, 5_000];
    let cases = lengths.map(|length: u32| {
        let mut case = Case::default();
        case.bytes("secret", secret.expose());
        case.bytes("capability", capability.expose());
        let nonce = bytes_of(73);
        case.bytes("nonce", &nonce);
        let message = bytes_of::<5_000>(79);
        let message = &message[..usize::try_from(length).expect("it is at most 5,000")];
        case.bytes("message", message);
        let mut content = [&length.to_le_bytes()[..], message].concat();
        content.resize(padded(content.len()).max(3_032), 0);
        let key = secret.message_key();
        let wrapped = sealed_under(&key, nonce, capability.expose(), content);
        case.bytes("wrapped", &wrapped);
        case.bytes("id", MessageId::of(&wrapped).as_bytes());
        check_message(&wrapped, DEFAULT_MESSAGE_LENGTH).expect("it is long enough");
        case.finish(&format!("wrapped message of {length} bytes"))
    });
    cases.to_vec()
}

/// Joins the nonce, the ciphertext of `content` and the tag.
fn sealed_under(
    key: &SecretBytes<32>,
    nonce: [u8; 24],
    data: &[u8],
    mut content: Vec<u8>,
) -> Vec<u8> {
    let tag = XChaCha20Poly1305::seal(key, &nonce, data, &mut content);
    [&nonce[..], &content, &tag.expect("it is short")].concat()
}

/// Padme for lengths above 32, as in `docs/protocol.md`.
fn padded(length: usize) -> usize {
    let exponent = length.max(33).ilog2();
    let step = 1 << (exponent - (exponent.ilog2() + 1));
    length.next_multiple_of(step)
}

/// Different bytes: the multiples of `factor`, which is odd.
fn bytes_of<const N: usize>(factor: usize) -> [u8; N] {
    core::array::from_fn(|index| (index + 1).wrapping_mul(factor).to_le_bytes()[0])
}

/// A case as it is written.
#[derive(Default)]
struct Case {
    lines: Vec<String>,
}

impl Case {
    fn number(&mut self, field: &str, value: u64) {
        self.lines.push(format!("    \"{field}\": {value}"));
    }

    fn bytes(&mut self, field: &str, value: &[u8]) {
        let value = hex::encode(value);
        self.lines.push(format!("    \"{field}\": \"{value}\""));
    }

    /// Adds a text, which has no character that JSON would escape.
    fn text(&mut self, field: &str, value: &[u8]) {
        let value = str::from_utf8(value).expect("it is a text");
        self.lines.push(format!("    \"{field}\": \"{value}\""));
    }

    fn finish(self, name: &str) -> String {
        format!("  \"{name}\": {{\n{}\n  }}", self.lines.join(",\n"))
    }
}
