//! A user without a client, who writes contents by hand.

use rand::rngs::StdRng;
use sprag::Session;
use sprag::records::AccountCore;
use sprag_devices::{DeviceList, UserKeyPair};
use sprag_wire::{
    Content, ContentKind, Renew, RenewReason, RenewRole, decode_bundle, encode_content,
    encode_renew,
};

use crate::parties::{ANY_SUITE, rng};

/// The start of the associated data of a message that carries a content.
const LABEL: &[u8] = b"sprag content\x01";

pub(super) struct Stranger {
    core: AccountCore,
    list: DeviceList,
    /// The session with each of the clients, once it has begun.
    sessions: [Option<Session>; 3],
    /// The number of sessions that have begun.
    begun: u32,
    rng: StdRng,
}

impl Stranger {
    pub(super) fn new() -> Self {
        let mut rng = rng(26);
        let core = AccountCore::generate_at(1_000, &mut rng);
        let user = UserKeyPair::generate(&mut rng);
        let list = DeviceList::first(&user, core.identity_pair(), 1_000, &mut rng);
        Self {
            core,
            list,
            sessions: [const { None }; 3],
            begun: 0,
            rng,
        }
    }

    /// Begins a session with a client by its bundle, in the place of one that there may be.
    pub(super) fn begin(&mut self, party: usize, bundle: &[u8]) {
        let bundle = decode_bundle(bundle).expect("a client published it").keys;
        let bundle = bundle.verify(&ANY_SUITE).expect("it is signed");
        self.begun += 1;
        let session = self
            .core
            .initiate_verified(&bundle, self.begun, &mut self.rng);
        self.sessions[party] = Some(session.expect("the bundle is genuine"));
    }

    pub(super) const fn has_begun(&self, party: usize) -> bool {
        self.sessions[party].is_some()
    }

    /// A message to a client with a content that has an honest header, and any payload.
    pub(super) fn write(&mut self, party: usize, kind: ContentKind, payload: &[u8]) -> Vec<u8> {
        let hash = self.list.hash();
        let content = Content {
            kind,
            version: self.list.version(),
            hash: *hash.first_chunk().expect("a hash is longer"),
            known: 0,
            list: Some(self.list.as_bytes()),
            payload,
        };
        let content = encode_content(&content).expect("the list is short");
        let session = self.sessions[party].as_mut().expect("it has begun");
        let message = session.encrypt_with_ad(content.expose(), LABEL, &mut self.rng);
        message.expect("a session encrypts")
    }

    /// The payload of a genuine request for a new session.
    pub(super) fn request(&self) -> Vec<u8> {
        let bundle = self.core.publish_reusable(self.list.as_bytes());
        let renew = Renew {
            role: RenewRole::Request,
            reason: RenewReason::Lost,
            unread: vec![[7; 32]],
            bundle: &bundle.expect("the list is short"),
        };
        encode_renew(&renew).expect("it keeps the bounds")
    }
}
