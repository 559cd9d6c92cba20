//! What the handshake promises, and what it refuses.

mod agreement;
mod bundle;
mod keys;
mod printing;
mod session_id;
mod snapshot;
mod support;
