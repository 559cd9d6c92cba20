//! What the handshakes promise, and what they refuse.

mod damage;
mod hostile_bundles;
mod keys;
mod policy;
mod pqxdh;
mod printing;
mod responder;
mod session_id;
mod signatures;
mod snapshot;
mod support;
mod upload;
mod work;
mod x3dh;
