//! Two parties that exchange messages, of each kind that is measured.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sprag::{Account, Session};
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{Ciphertext, Tag};
use sprag_primitives::snapshot::Snapshot;
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::{DoubleRatchet, Header, Message, RootKey};
use vodozemac::olm::{self, OlmMessage, SessionConfig};

/// A party of a session in which both have received.
pub(crate) trait Party: Sized + 'static {
    /// A message, or the room for one.
    type Message: Clone + 'static;

    /// Two parties with nothing in flight.
    fn pair() -> [Self; 2];

    /// The room for a message with this text. An interface that encrypts in place has the text there already.
    fn room(text: &[u8]) -> Self::Message;

    fn encrypt(&mut self, text: &[u8], message: &mut Self::Message);

    /// Decrypts and tells whether the message was genuine.
    fn decrypt(&mut self, message: &mut Self::Message) -> bool;

    /// Changes a message so that it is not authentic: its header if that is encrypted, its ciphertext otherwise.
    fn forge(message: &mut Self::Message);

    /// A second party with the same state.
    fn copy(&self) -> Self;
}

/// A session of the facade, with encrypted headers and padding.
pub(crate) struct Facade {
    pub(crate) session: Session,
    rng: StdRng,
}

/// The ratchet with clear headers, which encrypts in place.
pub(crate) struct Clear {
    ratchet: DoubleRatchet,
    rng: StdRng,
}

#[derive(Clone)]
pub(crate) struct ClearMessage {
    pub(crate) header: Option<Header>,
    pub(crate) buffer: Vec<u8>,
    tag: Tag,
}

/// A session of vodozemac's Olm, with clear headers. It draws from `rand`'s generator of the thread, which is seeded by
/// the operating system and is of the same kind as [`StdRng`].
pub(crate) struct Olm(pub(crate) olm::Session);

/// As long as the associated data of a session of the facade.
pub(crate) const ASSOCIATED_DATA: [u8; 180] = [7; 180];

impl Party for Facade {
    type Message = Vec<u8>;

    fn pair() -> [Self; 2] {
        let mut rng = StdRng::seed_from_u64(10);
        let [alice, mut bob] = [(); 2].map(|()| Account::generate(&mut rng));
        let bundle = bob.publish(&mut rng);
        let session = alice.initiate(&bundle, &mut rng);
        let mut alice = session.expect("the bundle is genuine");
        let first = alice.encrypt(&[], &mut rng).expect("it is short");
        let (mut bob, _) = bob.accept(&first).expect("it is genuine");
        let answer = bob.encrypt(&[], &mut rng).expect("it is short");
        alice.decrypt(&answer).expect("it is genuine");
        let mut seed = 11;
        [alice, bob].map(|session| {
            seed += 1;
            let rng = StdRng::seed_from_u64(seed);
            Self { session, rng }
        })
    }

    fn room(_: &[u8]) -> Vec<u8> {
        Vec::new()
    }

    fn encrypt(&mut self, text: &[u8], message: &mut Vec<u8>) {
        let encrypted = self.session.encrypt(text, &mut self.rng);
        *message = encrypted.expect("it is short");
    }

    fn decrypt(&mut self, message: &mut Vec<u8>) -> bool {
        self.session.decrypt(message).is_ok()
    }

    fn forge(message: &mut Vec<u8>) {
        // In the header, which begins after the envelope.
        message
            .iter_mut()
            .skip(10)
            .take(1)
            .for_each(|byte| *byte ^= 1);
    }

    fn copy(&self) -> Self {
        let session = Session::from_snapshot(self.session.snapshot().expose());
        Self {
            session: session.expect("it is ours"),
            rng: StdRng::seed_from_u64(13),
        }
    }
}

impl Party for Clear {
    type Message = ClearMessage;

    fn pair() -> [Self; 2] {
        let mut rng = StdRng::seed_from_u64(20);
        let pair = KeyPair::generate(&mut rng);
        let root = || RootKey::new(SecretBytes::copy_from(&[5; 32]));
        let alice = DoubleRatchet::initiator(root(), *pair.public(), &mut rng);
        let alice = alice.expect("the key contributes");
        let bob = DoubleRatchet::responder(root(), &pair);
        let mut seed = 21;
        let [mut alice, mut bob] = [alice, bob].map(|ratchet| {
            seed += 1;
            let rng = StdRng::seed_from_u64(seed);
            Self { ratchet, rng }
        });
        let mut message = Self::room(&[]);
        alice.encrypt(&[], &mut message);
        assert!(bob.decrypt(&mut message));
        bob.encrypt(&[], &mut message);
        assert!(alice.decrypt(&mut message));
        [alice, bob]
    }

    fn room(text: &[u8]) -> ClearMessage {
        ClearMessage {
            header: None,
            buffer: text.to_vec(),
            tag: [0; 16],
        }
    }

    fn encrypt(&mut self, _: &[u8], message: &mut ClearMessage) {
        let buffer = &mut message.buffer;
        let sealed = self
            .ratchet
            .encrypt(&ASSOCIATED_DATA, buffer, &mut self.rng);
        let sealed = sealed.expect("it is short");
        (message.header, message.tag) = (Some(sealed.header), sealed.tag);
    }

    fn decrypt(&mut self, message: &mut ClearMessage) -> bool {
        let ClearMessage {
            header,
            buffer,
            tag,
        } = message;
        let Some(header) = header else { return false };
        let ciphertext = Ciphertext { buffer, tag };
        let message = Message { header, ciphertext };
        self.ratchet.decrypt(&ASSOCIATED_DATA, message).is_ok()
    }

    fn forge(message: &mut ClearMessage) {
        let first = message.buffer.iter_mut().take(1);
        first.for_each(|byte| *byte ^= 1);
    }

    fn copy(&self) -> Self {
        let ratchet = DoubleRatchet::from_snapshot(self.ratchet.to_snapshot().expose());
        Self {
            ratchet: ratchet.expect("it is ours"),
            rng: StdRng::seed_from_u64(23),
        }
    }
}

impl Party for Olm {
    type Message = (usize, Vec<u8>);

    fn pair() -> [Self; 2] {
        let (alice, mut bob) = (olm::Account::new(), olm::Account::new());
        let key = crate::olm_accounts::one_time_key(&mut bob).0;
        let config = SessionConfig::version_1();
        let session = alice.create_outbound_session(config, bob.curve25519_key(), key);
        let mut sender = session.expect("the keys contribute");
        let Ok(OlmMessage::PreKey(first)) = sender.encrypt([]) else {
            unreachable!("nobody has answered")
        };
        let accepted = bob.create_inbound_session(config, alice.curve25519_key(), &first);
        let mut receiver = accepted.expect("the message is genuine").session;
        let answer = receiver.encrypt([]).expect("it is short");
        sender.decrypt(&answer).expect("it is genuine");
        [sender, receiver].map(Self)
    }

    fn room(_: &[u8]) -> Self::Message {
        (0, Vec::new())
    }

    fn encrypt(&mut self, text: &[u8], message: &mut Self::Message) {
        *message = self.0.encrypt(text).expect("it is short").to_parts();
    }

    fn decrypt(&mut self, (kind, bytes): &mut Self::Message) -> bool {
        let message = OlmMessage::from_parts(*kind, bytes);
        message.is_ok_and(|message| self.0.decrypt(&message).is_ok())
    }

    fn forge((_, bytes): &mut Self::Message) {
        // In the ciphertext, before the message authentication code of 8 bytes.
        bytes
            .iter_mut()
            .rev()
            .skip(20)
            .take(1)
            .for_each(|byte| *byte ^= 1);
    }

    fn copy(&self) -> Self {
        Self(olm::Session::from_pickle(self.0.pickle()))
    }
}

/// Text that no compressor shortens.
pub(crate) fn text(length: usize) -> Vec<u8> {
    let mut text = vec![0; length];
    StdRng::seed_from_u64(30).fill_bytes(&mut text);
    text
}
