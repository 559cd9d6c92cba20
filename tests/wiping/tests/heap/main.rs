//! Tests that no freed block of the heap holds a part of a key, whatever succeeded or failed before.

mod accounts;
mod clients;
mod hook;
mod sessions;
mod stores;
mod watched;

#[global_allocator]
static HOOK: hook::Inspecting = hook::Inspecting;
