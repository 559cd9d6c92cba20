use super::Backend;

/// The accelerated backend where the build has none: no processor supports it.
pub(super) struct Accelerated;

impl Accelerated {
    pub(super) const fn is_supported() -> bool {
        false
    }
}

impl Backend for Accelerated {}
