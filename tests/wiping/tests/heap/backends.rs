use std::thread;

use sprag_primitives::backend_choice::{Backend, with};

/// Runs `test` on each backend that this processor has, each on a thread of its own, which watches no other's keys.
pub(crate) fn on_each_backend(test: fn()) {
    for backend in Backend::ALL {
        let thread = thread::Builder::new().name(format!("{backend:?}"));
        let running = thread.spawn(move || with(backend, test));
        let ran = running.expect("threads can be started").join();
        assert!(ran.is_ok(), "it panicked on the thread {backend:?}");
    }
}
