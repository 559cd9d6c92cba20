//! Small files of the account and of its count, which may have been replaced by anything.

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::path::Path;

/// Reads a file. Of one that is longer than `limit` it reads `limit` bytes.
pub(crate) fn read_start(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.read(true);
    // Do not wait for a pipe that somebody put in the place of the file: it is refused like all that is no file.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NONBLOCK.bits();
        options.custom_flags(i32::try_from(flags).map_err(io::Error::other)?);
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
