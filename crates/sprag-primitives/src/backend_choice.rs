//! The choice of a backend for a thread, for tests and measurements that run both in one process. Programs have no use
//! for it, because the crate chooses by itself: the accelerated backend where the build and the processor have it.
//!
//! ```
//! use sprag_primitives::backend_choice::{Backend, current, with};
//!
//! assert_eq!(with(Backend::Portable, current), Some(Backend::Portable));
//! let backend = with(Backend::Accelerated, current);
//! assert_eq!(backend.is_some(), Backend::Accelerated.is_available());
//! ```

use core::cell::Cell;
use std::thread_local;

use crate::backend::{can_accelerate, is_accelerated};

/// A backend.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a table of measurements has a column for each"
)]
pub enum Backend {
    /// The one for every processor.
    Portable,
    /// The one of the feature `accelerated`.
    Accelerated,
}

impl Backend {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Portable, Self::Accelerated];

    /// Tells whether this build and this processor have the backend.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            Self::Accelerated => can_accelerate(),
        }
    }
}

/// The backend that this thread uses now.
#[must_use]
pub fn current() -> Backend {
    if is_accelerated() {
        Backend::Accelerated
    } else {
        Backend::Portable
    }
}

/// Runs `work` with `backend` on this thread and returns its result, or returns `None` without running it if the
/// backend is not available. Other threads, and those that `work` starts, are not affected.
///
/// The portable backend is taken in the way in which it is on a processor without the instructions.
pub fn with<T>(backend: Backend, work: impl FnOnce() -> T) -> Option<T> {
    if !backend.is_available() {
        return None;
    }
    let _restored_on_drop = Restore(PORTABLE.replace(backend == Backend::Portable));
    Some(work())
}

pub(crate) fn is_portable_chosen() -> bool {
    PORTABLE.get()
}

/// The choice to which the thread returns, also when the work panics.
struct Restore(bool);

impl Drop for Restore {
    fn drop(&mut self) {
        PORTABLE.set(self.0);
    }
}

thread_local! {
    static PORTABLE: Cell<bool> = const { Cell::new(false) };
}
