//! The registers of a thread that is stopped at a system call.

use nix::libc::user_regs_struct;

/// The number of a system call and its six arguments.
pub(super) type NumberAndArguments = (i64, [u64; 6]);

/// The system call that begins.
#[cfg(target_arch = "x86_64")]
pub(super) const fn number_and_arguments(registers: &user_regs_struct) -> NumberAndArguments {
    let user_regs_struct {
        orig_rax,
        rdi,
        rsi,
        rdx,
        r10,
        r8,
        r9,
        ..
    } = *registers;
    (orig_rax.cast_signed(), [rdi, rsi, rdx, r10, r8, r9])
}

/// The result of the system call that has ended; negative if it failed.
#[cfg(target_arch = "x86_64")]
pub(super) const fn result(registers: &user_regs_struct) -> i64 {
    registers.rax.cast_signed()
}

/// The system call that begins.
#[cfg(target_arch = "aarch64")]
pub(super) const fn number_and_arguments(registers: &user_regs_struct) -> NumberAndArguments {
    let [a, b, c, d, e, f, _, _, number, ..] = registers.regs;
    (number.cast_signed(), [a, b, c, d, e, f])
}

/// The result of the system call that has ended; negative if it failed.
#[cfg(target_arch = "aarch64")]
pub(super) const fn result(registers: &user_regs_struct) -> i64 {
    registers.regs[0].cast_signed()
}
