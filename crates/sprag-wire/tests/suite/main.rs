//! What travels: its bytes, and what the decoders refuse.

mod bundle;
mod canonical;
mod envelope;
mod file;
mod keys;
mod message;
mod printing;
mod properties;
mod snapshot;
mod support;
