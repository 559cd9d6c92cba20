//! A warning for a home that others can read or write.

use std::path::Path;

/// Tells the user, once in a process, of the first of `paths` that others than its owner can use. A closed standard error
/// is no failure, and neither is a path that cannot be looked at.
#[cfg(unix)]
pub(super) fn warn_of_others(paths: &[&Path]) {
    use std::fs;
    use std::io::{Write as _, stderr};
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Once;

    static TOLD: Once = Once::new();
    const OTHERS_WRITE: u32 = 0o022;
    const OTHERS: u32 = 0o077;
    TOLD.call_once(|| {
        // What is neither a file nor a folder is refused elsewhere, and its permissions say nothing.
        let mode = |path: &Path| match fs::metadata(path) {
            Ok(there) if there.is_file() || there.is_dir() => there.permissions().mode(),
            _ => 0,
        };
        // Whoever can write is worse than whoever can read, so that is told first.
        for (bits, verb) in [(OTHERS_WRITE, "change"), (OTHERS, "reach")] {
            if let Some(path) = paths.iter().find(|path| mode(path) & bits != 0) {
                let path = path.display().to_string().replace(char::is_control, "?");
                drop(writeln!(
                    stderr(),
                    "sprag: warning: other users can {verb} {path}: `chmod go= {path}` keeps them out"
                ));
                return;
            }
        }
    });
}

/// Does nothing, because permissions are another matter here, and the user's data folder is the user's alone.
#[cfg(not(unix))]
pub(super) const fn warn_of_others(_: &[&Path]) {}
