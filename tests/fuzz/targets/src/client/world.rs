//! Three clients, and the messages, files and bundles that travel between them.

use std::sync::LazyLock;

use rand::rngs::StdRng;
use sprag::decode_file_header;
use sprag_client::{ClientError, Incoming, IncomingFile, Outgoing, Receipt, Sender};
use sprag_wire::{ContentKind, decode_renew};

use super::party::{Fault, NAMES, Party};
use super::stranger::Stranger;
use crate::parties::{ANY_SUITE, rng};

/// A message on its way, or a file's header.
#[derive(Clone)]
pub(super) struct Carried {
    pub(super) bytes: Vec<u8>,
    plaintext: Vec<u8>,
    from: usize,
    to: [u8; 32],
    is_file: bool,
    receipt: Option<Receipt>,
    acknowledged: bool,
}

pub(super) struct World {
    pub(super) parties: [Party; 3],
    pub(super) carried: Vec<Carried>,
    /// All bundles that were published, by any of the clients.
    pub(super) bundles: Vec<Vec<u8>>,
    stranger: Option<Stranger>,
    pub(super) now: u64,
    pub(super) rng: StdRng,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            parties: [21, 22, 23].map(Party::new),
            carried: Vec::new(),
            bundles: Vec::new(),
            stranger: None,
            now: 1_000,
            rng: rng(24),
        };
        // Each client has published a bundle. Alice and Bob have talked, and Carol knows nobody.
        for party in &mut world.parties {
            world.bundles.push(party.publish(&mut world.rng));
        }
        world.add(0, 1, &world.bundles[1].clone()).ok();
        for (sender, receiver) in [(0, 1), (1, 0), (0, 1)] {
            world.encrypt(sender, receiver, 3);
            world.decrypt(
                receiver,
                world.carried.len() - 1,
                Sender::Named(NAMES[sender]),
            );
            world.acknowledge(receiver, world.carried.len() - 1);
        }
        world
    }

    /// A world in which nothing has happened since Alice and Bob talked.
    pub(super) fn start() -> Self {
        static START: LazyLock<World> = LazyLock::new(World::new);
        let [alice, bob, carol] = &START.parties;
        Self {
            parties: [alice.reopened(), bob.reopened(), carol.reopened()],
            carried: START.carried.clone(),
            bundles: START.bundles.clone(),
            stranger: None,
            now: START.now,
            rng: rng(25),
        }
    }

    pub(super) fn allow_x3dh(&mut self, party: usize) {
        self.parties[party].client.set_policy(ANY_SUITE);
    }

    pub(super) fn add(&mut self, party: usize, name: usize, bundle: &[u8]) -> Result<(), Fault> {
        let rng = &mut self.rng;
        self.parties[party].attempt(|client| client.add(NAMES[name], bundle, rng).map(|_| ()))
    }

    pub(super) fn encrypt(&mut self, from: usize, name: usize, padding: u8) {
        let mut plaintext = self.carried.len().to_le_bytes().to_vec();
        plaintext.resize(plaintext.len() + usize::from(padding), 0x70);
        let outgoing = Outgoing::new(&plaintext);
        let rng = &mut self.rng;
        let encrypt =
            |client: &mut super::party::MemoryClient| client.encrypt(NAMES[name], outgoing, rng);
        if let Ok(bytes) = self.parties[from].attempt(encrypt) {
            self.carry((from, name), (bytes, plaintext), false);
        }
    }

    pub(super) fn encrypt_file(&mut self, from: usize, name: usize) {
        let rng = &mut self.rng;
        let file = self.parties[from].attempt(|client| client.encrypt_file(NAMES[name], rng));
        if let Ok(file) = file {
            let key = file.key.as_plaintext().to_vec();
            self.carry((from, name), (file.header, key), true);
        }
    }

    fn carry(
        &mut self,
        (from, name): (usize, usize),
        (bytes, plaintext): (Vec<u8>, Vec<u8>),
        is_file: bool,
    ) {
        let peer = self.parties[from].client.status(NAMES[name]);
        self.carried.push(Carried {
            bytes,
            plaintext,
            from,
            to: *peer.expect("it was sent to").identity.as_bytes(),
            is_file,
            receipt: None,
            acknowledged: false,
        });
    }

    /// Decrypts a message or a file. It may open only for the client that it was sent to, only to the
    /// plaintext that was encrypted, and not after it was acknowledged.
    pub(super) fn decrypt(&mut self, party: usize, index: usize, sender: Sender<'_>) {
        let carried = self.carried[index].clone();
        let opened = if carried.is_file {
            self.open_file(party, &carried.bytes, sender)
        } else {
            self.open(party, Incoming::new(&carried.bytes), sender)
        };
        let Ok((plaintext, receipt)) = opened else {
            return;
        };
        assert_eq!(plaintext, carried.plaintext);
        assert_eq!(self.parties[party].identity.as_bytes(), &carried.to);
        assert!(!carried.acknowledged, "opened after it was acknowledged");
        assert!(carried.receipt.is_none_or(|first| first == receipt));
        let from = &self.parties[carried.from].identity;
        let name = self.parties[party].name_of(from, "");
        assert!(!name.is_empty(), "the sender has no name");
        assert!(sender == Sender::AnyPeer || sender == Sender::Named(&name));
        self.carried[index].receipt = Some(receipt);
    }

    /// Decrypts bytes that no client sent, which must be refused.
    pub(super) fn decrypt_forged(&mut self, party: usize, bytes: &[u8], sender: Sender<'_>) {
        let incoming = Incoming::new(bytes);
        assert!(self.open(party, incoming, sender).is_err());
        let incoming = Incoming {
            message: bytes,
            associated_data: b"other",
        };
        assert!(self.open(party, incoming, sender).is_err());
        assert!(self.open_file(party, bytes, sender).is_err());
    }

    pub(super) fn stranger(&mut self) -> &mut Stranger {
        self.stranger.get_or_insert_with(Stranger::new)
    }

    /// Lets a client read a content of the stranger, in a session that begins if there is none or `begins` is set.
    pub(super) fn take_content(
        &mut self,
        party: usize,
        sender: Sender<'_>,
        ((kind, payload), begins): ((ContentKind, &[u8]), bool),
    ) {
        if begins || !self.stranger().has_begun(party) {
            let bundle = self.parties[party].client.publish_reusable();
            let bundle = bundle.expect("it has an account");
            self.stranger().begin(party, &bundle);
        }
        let message = self.stranger().write(party, kind, payload);
        let rng = &mut self.rng;
        let incoming = Incoming::new(&message);
        let received = self.parties[party].attempt(|client| client.decrypt(sender, incoming, rng));
        let Ok(received) = received else {
            return;
        };
        // Nobody has invited a device or waits for a welcome.
        let may_be_taken = match kind {
            ContentKind::Renew => decode_renew(payload).is_ok(),
            ContentKind::Nothing => payload.is_empty(),
            _ => false,
        };
        assert!(may_be_taken, "a client has taken this {kind} of a stranger");
        assert_eq!(received.content, kind);
        assert!(received.opened.plaintext.is_empty());
    }

    fn open(
        &mut self,
        party: usize,
        incoming: Incoming<'_>,
        sender: Sender<'_>,
    ) -> Result<(Vec<u8>, Receipt), Fault> {
        let rng = &mut self.rng;
        let received =
            self.parties[party].attempt(|client| client.decrypt(sender, incoming, rng))?;
        Ok((received.opened.plaintext, received.receipt))
    }

    fn open_file(
        &mut self,
        party: usize,
        bytes: &[u8],
        sender: Sender<'_>,
    ) -> Result<(Vec<u8>, Receipt), Fault> {
        let (header, chunks) = decode_file_header(bytes).map_err(|_| ClientError::NotAFile)?;
        if !chunks.is_empty() {
            return Err(ClientError::NotAFile);
        }
        let file = IncomingFile {
            now: 0,
            commitment: &header.commitment,
            messages: &header.messages,
        };
        let rng = &mut self.rng;
        let file = self.parties[party].attempt(|client| client.decrypt_file(sender, file, rng))?;
        assert_eq!(file.key.commitment(), header.commitment);
        Ok((file.key.as_plaintext().to_vec(), file.receipt))
    }

    /// Acknowledges a message if it was sent to `party` and `party` has opened it.
    pub(super) fn acknowledge(&mut self, party: usize, index: usize) {
        let carried = &mut self.carried[index];
        let is_receiver = self.parties[party].identity.as_bytes() == &carried.to;
        if let Some(receipt) = carried.receipt.filter(|_| is_receiver) {
            carried.acknowledged = true;
            let acknowledged = self.parties[party].attempt(|client| client.acknowledge(&receipt));
            acknowledged.expect("the store is intact");
        }
    }

    /// Lets two clients renew their session and talk, which must be possible after any program.
    pub(super) fn finish(mut self) {
        for (one, other) in [(0, 1), (1, 0)] {
            let bundle = self.parties[other].publish(&mut self.rng);
            let identity = self.parties[other].identity;
            let name = self.parties[one].name_of(&identity, "a new name");
            let rng = &mut self.rng;
            let renewed = self.parties[one].attempt(|client| client.renew(&name, &bundle, rng));
            renewed.expect("the bundle is genuine");
            let message = self.parties[one]
                .attempt(|client| client.encrypt(&name, Outgoing::new(b"last"), rng))
                .expect("there is a bundle");
            let sender = self.parties[other].name_of(&self.parties[one].identity, "a new name");
            let incoming = Incoming::new(&message);
            let received = self.parties[other]
                .attempt(|client| client.decrypt(Sender::Named(&sender), incoming, rng))
                .expect("the message is genuine");
            assert_eq!(received.opened.plaintext, b"last");
        }
    }
}
