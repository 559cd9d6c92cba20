//! The contents that Alice sends: a file, or the demo's own dialogue.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use sprag_demo::DIALOGUE;
use sprag_demo::limits::MAX_CONTENTS_LENGTH;

use super::preview;
use crate::exit::Exit;
use crate::failure::Failure;

/// The contents that Alice and Bob exchange.
pub(super) struct Contents {
    /// The file's name, fit for a terminal; `None` for the demo's own dialogue.
    pub(super) name: Option<String>,
    pub(super) bytes: Vec<u8>,
}

impl Contents {
    /// The demo's own dialogue.
    pub(super) fn dialogue() -> Self {
        Self {
            name: None,
            bytes: DIALOGUE.into(),
        }
    }

    /// Reads the contents of the file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        // Escape the name first, because a name with control characters could change the terminal.
        let name = preview::escaped(path.as_os_str().as_encoded_bytes());
        let refused = |why: &str| Failure::refused(format!("{name}: {why}")).with(Exit::File);
        let unreadable = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => refused("no such file: check the name"),
            ErrorKind::IsADirectory => refused("is a directory: name a file"),
            ErrorKind::PermissionDenied => {
                refused("must not be read: change its permissions, or name another file")
            }
            _ => refused(&format!("cannot be read: {error}: name another file")),
        };
        // Some systems open a directory without an error and fail only when it is read.
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.is_dir() {
            return Err(refused("is a directory: name a file"));
        }
        // Read one byte more than is allowed, which shows that a file is too large.
        let mut bytes = Vec::new();
        file.take(MAX_CONTENTS_LENGTH as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if bytes.len() > MAX_CONTENTS_LENGTH {
            return Err(refused("is larger than 64 MiB: name a smaller file"));
        }
        let name = Some(name);
        Ok(Self { name, bytes })
    }
}
