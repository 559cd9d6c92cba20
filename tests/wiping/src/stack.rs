use core::hint::black_box;
use std::thread;

/// Runs `call` on a thread of its own, whose stack is large enough for [`left_by`].
///
/// # Panics
///
/// If `call` panics.
pub fn on_a_large_stack<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::Builder::new().stack_size(STACK).spawn(call);
    let thread = thread.expect("threads can be started");
    thread.join().expect("the call succeeds")
}

/// Runs `call` below the frame of this function, and returns the bytes that it left there, `DEPTH` of them. The thread
/// must be that of [`on_a_large_stack`].
#[inline(never)]
pub fn left_by(call: impl FnOnce()) -> Vec<u8> {
    let mut below = vec![0; DEPTH];
    // Overwrite the bytes that were left before.
    fill(DEPTH / 1024);
    step_down(call);
    copy(&mut below);
    below
}

/// The number of places in `bytes` at which 16 bytes of `secret` begin.
#[must_use]
pub fn pieces(bytes: &[u8], secret: &[u8]) -> usize {
    let known = |window: &&[u8]| secret.windows(PIECE).any(|piece| piece == *window);
    bytes.windows(PIECE).filter(known).count()
}

/// Leaves room for the frame of [`copy`] above that of `call`.
#[inline(never)]
fn step_down(call: impl FnOnce()) {
    let room = black_box([0_u8; 1024]);
    run(call);
    black_box(&room);
}

#[inline(never)]
fn run(call: impl FnOnce()) {
    call();
    // Not the last call, for which the frame would be given up.
    black_box(0_u8);
}

#[inline(never)]
fn fill(kilobytes: usize) {
    let block = black_box([0_u8; 1024]);
    if kilobytes > 0 {
        fill(kilobytes - 1);
    }
    black_box(&block);
}

/// Copies the bytes that the frames below this one have left.
#[inline(never)]
fn copy(below: &mut [u8]) {
    let here = black_box(0_u8);
    let top = (&raw const here).addr() - FRAME;
    for (address, byte) in (top - below.len()..top).zip(below) {
        // SAFETY: the stack of this thread is larger, and nothing else uses what lies below this frame.
        *byte = unsafe { core::ptr::with_exposed_provenance::<u8>(address).read_volatile() };
    }
}

/// The bytes of the stack that are searched. No call uses more.
const DEPTH: usize = 256 * 1024;
const STACK: usize = 8 * 1024 * 1024;

/// A distance in bytes, more than the frame of [`copy`] has below its byte.
const FRAME: usize = 128;

/// The number of bytes of a secret that must stand together to be found.
const PIECE: usize = 16;
