//! Work whose stack is wiped, because the compiler and the libraries that do not wipe theirs leave copies of secrets there.

use zeroize::zeroize_stack;

/// Runs `work` in a frame of its own, and overwrites the `N` bytes of stack below the caller's. Nothing that `work`
/// left may lie deeper.
///
/// A secret should not be in the result, because a result moves and leaves a copy. `work` writes it into a value of the
/// caller's that wipes itself, and the caller returns a duplicate, which is made where it goes.
#[inline(always)]
pub(crate) fn wiped<const N: usize, T>(work: impl FnOnce() -> T) -> T {
    let result = in_own_frame(work);
    zeroize_stack::<N>();
    result
}

#[inline(never)]
fn in_own_frame<T>(work: impl FnOnce() -> T) -> T {
    work()
}
