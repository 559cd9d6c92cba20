//! The memory of this process, which holds the passphrase and keys.

/// Has the system write no copy of this process's memory to a file when it crashes, and keep other processes of the
/// user from looking into it.
///
/// A failure is ignored, because the command works without that as well.
#[cfg(unix)]
pub(crate) fn keep_private() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).ok();
    // The limit does not hold where the system gives the memory to a program.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        set_dumpable_behavior(DumpableBehavior::NotDumpable).ok();
    }
}

#[cfg(not(unix))]
pub(crate) const fn keep_private() {}
