//! The two ends of a ratchet session, ours and the Python party's, behind one trait.

use rand::rngs::StdRng;

use crate::our_party::OurParty;
use crate::peer::{Peer, Refusal};
use crate::pqxdh_handshake;
use crate::their_party::TheirParty;
use crate::x3dh_handshake::{self, OneTime, OursBegan, TheirsBegan};

/// A message on its way.
#[derive(Clone)]
pub(crate) struct Envelope {
    /// The header, clear or encrypted.
    pub(crate) header: Vec<u8>,
    /// The ciphertext, with the tag at its end.
    pub(crate) ciphertext: Vec<u8>,
}

impl Envelope {
    /// The header, which must have `N` bytes.
    pub(crate) fn header<const N: usize>(&self) -> [u8; N] {
        let header = self.header.as_slice().try_into();
        header.expect("both parties have the same variant of the ratchet")
    }
}

/// One end of a session.
pub(crate) trait Party {
    fn seal(&mut self, plaintext: &[u8]) -> Envelope;

    fn open(&mut self, envelope: &Envelope) -> Result<Vec<u8>, Refusal>;

    /// Tells whether this end can send. A responder that has received nothing yet cannot.
    fn can_send(&self) -> bool;

    /// The associated data that this end computed. A test that alters it makes a genuine message look like
    /// one of another session.
    fn associated_data(&mut self) -> &mut [u8];

    /// Keeps a copy of the state as it is now.
    fn keep(&mut self);

    /// Exchanges the state and the copy that was kept.
    fn exchange_with_kept(&mut self);
}

/// The two ends of a session, the initiator first.
pub(crate) type Parties = [Box<dyn Party>; 2];

/// The end that is the initiator.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Initiator {
    Ours,
    Theirs,
}

/// The variants of the ratchet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Headers {
    Clear,
    Encrypted,
}

/// The handshakes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handshake {
    X3dh,
    Pqxdh,
}

/// A kind of session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) initiator: Initiator,
    pub(crate) handshake: Handshake,
    pub(crate) headers: Headers,
}

impl Kind {
    /// The kinds over X3DH: with each variant of the ratchet, and with each end as the initiator.
    pub(crate) const EACH_OVER_X3DH: [Self; 4] = [
        Self::over_x3dh(Initiator::Ours, Headers::Clear),
        Self::over_x3dh(Initiator::Theirs, Headers::Clear),
        Self::over_x3dh(Initiator::Ours, Headers::Encrypted),
        Self::over_x3dh(Initiator::Theirs, Headers::Encrypted),
    ];

    pub(crate) const fn over_x3dh(initiator: Initiator, headers: Headers) -> Self {
        Self {
            initiator,
            handshake: Handshake::X3dh,
            headers,
        }
    }

    /// Begins a new session with a new handshake. Each end has the keys that it computed itself.
    pub(crate) fn begin(self, peer: Peer, rng: StdRng) -> Parties {
        match self.initiator {
            Initiator::Ours => self.ours_begins(peer, rng),
            Initiator::Theirs => self.theirs_begins(peer, rng),
        }
    }

    fn ours_begins(self, mut peer: Peer, mut rng: StdRng) -> Parties {
        let at = (&mut peer, "");
        let run: OursBegan = match self.handshake {
            Handshake::X3dh => x3dh_handshake::ours_begins(at, OneTime::With, &mut rng),
            Handshake::Pqxdh => pqxdh_handshake::ours_begins(at, &mut rng),
        };
        let theirs = TheirParty::responder(peer, &run, self.headers);
        let ours = OurParty::initiator(run, self.headers, rng);
        [Box::new(ours), Box::new(theirs)]
    }

    fn theirs_begins(self, mut peer: Peer, mut rng: StdRng) -> Parties {
        let at = (&mut peer, "");
        let run: TheirsBegan = match self.handshake {
            Handshake::X3dh => x3dh_handshake::theirs_begins(at, OneTime::With, &mut rng),
            Handshake::Pqxdh => pqxdh_handshake::theirs_begins(at, &mut rng),
        };
        let theirs = TheirParty::initiator(peer, &run, self.headers);
        let ours = OurParty::responder(run, self.headers, rng);
        [Box::new(theirs), Box::new(ours)]
    }
}
