//! An allocator that looks into each block that is freed. The memory is that of the system's allocator.

use core::cell::{Cell, RefCell};
use std::alloc::{GlobalAlloc, Layout, System};
use std::thread_local;

pub(crate) struct Inspecting;

// SAFETY: the memory is the system's. A block is only read, and only while it is still allocated. It may have
// bytes that nobody wrote, which do no harm because they are only compared. The default `realloc` allocates,
// copies and frees, so a block that moves is inspected too.
unsafe impl GlobalAlloc for Inspecting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that no byte is uninitialised.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let bytes = unsafe { core::slice::from_raw_parts(block, layout.size()) };
        inspect(bytes);
        unsafe { System.dealloc(block, layout) }
    }
}

/// The number of bytes of a secret that must stand together to be found.
const LENGTH: usize = 16;
const MOST: usize = 4096;

/// The secrets that this thread watches. No part of the table lies on the heap.
struct Table {
    secrets: [[u8; LENGTH]; MOST],
    count: usize,
    /// A bit for each pair of bytes that a secret begins with.
    beginnings: [u64; 1024],
    found: usize,
}

thread_local! {
    static TABLE: RefCell<Table> = const {
        RefCell::new(Table {
            secrets: [[0; LENGTH]; MOST],
            count: 0,
            beginnings: [0; 1024],
            found: 0,
        })
    };
}

/// Looks for every part of `secret` from now on.
pub(crate) fn watch(secret: &[u8]) {
    TABLE.with_borrow_mut(|table| {
        for part in secret.chunks_exact(LENGTH) {
            let part: &[u8; LENGTH] = part.try_into().expect("chunks are of this length");
            let (word, bit) = place(part);
            table.beginnings[word] |= bit;
            table.secrets[table.count] = *part;
            table.count += 1;
        }
    });
}

/// The number of times that a secret was found in a freed block since the last call.
pub(crate) fn found() -> usize {
    TABLE.with_borrow_mut(|table| core::mem::take(&mut table.found))
}

/// The number of bytes other than zero in the blocks that `work` frees on this thread.
pub(crate) fn bytes_freed_by(work: impl FnOnce()) -> usize {
    BYTES.set(0);
    work();
    BYTES.get()
}

thread_local! {
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

fn inspect(block: &[u8]) {
    let not_zero = block.iter().filter(|byte| **byte != 0).count();
    // A thread that ends has neither a count nor a table any more.
    _ = BYTES.try_with(|bytes| bytes.set(bytes.get() + not_zero));
    let look = |table: &RefCell<Table>| {
        let Ok(mut table) = table.try_borrow_mut() else {
            return;
        };
        for window in block.windows(LENGTH) {
            let (word, bit) = place(window);
            if table.beginnings[word] & bit != 0
                && table.secrets[..table.count]
                    .iter()
                    .any(|part| part == window)
            {
                table.found += 1;
            }
        }
    };
    _ = TABLE.try_with(look);
}

fn place(bytes: &[u8]) -> (usize, u64) {
    let pair = usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    (pair / 64, 1 << (pair % 64))
}

#[test]
fn bytes_in_freed_blocks_are_counted() {
    let mut block = vec![7; 100];
    block.truncate(10);
    assert_eq!(bytes_freed_by(|| drop(block)), 100);
    assert_eq!(bytes_freed_by(|| drop(vec![0; 100])), 0);
}

#[test]
fn a_secret_in_a_freed_block_is_found() {
    let secret: Vec<u8> = (100..132).collect();
    watch(&secret);
    assert_eq!(found(), 0);
    drop(secret.clone());
    assert_eq!(found(), 2, "both halves");
    let mut growing = secret[..16].to_vec();
    growing.reserve_exact(1000);
    assert_eq!(found(), 1, "it moved");
    growing.fill(0);
    drop(growing);
    drop(Box::new([7_u8; 500]));
    assert_eq!(found(), 0);
    let mut embedded = vec![0; 77];
    embedded[9..9 + 16].copy_from_slice(&secret[16..]);
    drop(embedded);
    assert_eq!(found(), 1);
    let mut wiped = secret;
    wiped.fill(0);
    drop(wiped);
    assert_eq!(found(), 0);
}
