//! The parts of the standard library that a module for browsers needs. It does without the library itself, whose panics format
//! messages that nobody could read there.

use core::arch::wasm32;
use core::panic::PanicInfo;

use dlmalloc::GlobalDlmalloc;

/// The allocator of the standard library.
#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

/// Ends the call: JavaScript catches a `RuntimeError`. A value that the call was changing refuses every further call, so that
/// no state that is half changed is used. The module should be loaded again, because nothing gave back the call's memory.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}
