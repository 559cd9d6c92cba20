//! The backends of the primitives, one of which is in use at a time.

pub(crate) use sprag_primitives::backend_choice::Backend;

/// The backends that this machine runs.
pub(crate) fn available() -> Vec<Backend> {
    let all = Backend::ALL.into_iter();
    all.filter(|backend| backend.is_available()).collect()
}

/// The name of a backend in the tables.
pub(crate) const fn name_of(backend: Backend) -> &'static str {
    match backend {
        Backend::Portable => "portable",
        Backend::Accelerated => "accelerated",
    }
}
