//! What travels: its bytes, and what the decoders refuse.

mod bundle;
mod canonical;
mod envelope;
mod file;
mod keys;
mod layouts;
mod message;
mod printing;
mod properties;
mod signatures;
mod snapshot;
mod support;
mod upload;
mod values;
