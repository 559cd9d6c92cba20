//! The log of a command: what it changed on the disk, in order, and what it waited for.

use crate::disk::Disk;

/// A file or a folder: its place in the list of all that the disk ever had. A name can come to lead to another
/// node, and an unnamed file has no name at all, so neither is known by its name.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct NodeId(pub(crate) usize);

/// A name in a folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Entry {
    pub(crate) folder: NodeId,
    pub(crate) name: String,
}

/// A change of a file's content, or of the names in a folder.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Write {
        file: NodeId,
        offset: usize,
        data: Vec<u8>,
    },
    Resize {
        file: NodeId,
        length: usize,
    },
    /// A name for `node`, which may be new or may have other names.
    Link {
        entry: Entry,
        node: NodeId,
    },
    Unlink {
        entry: Entry,
    },
    Rename {
        from: Entry,
        to: Entry,
        node: NodeId,
    },
}

impl Change {
    /// Tells whether the change is one of names, and not of a content.
    pub(crate) const fn is_of_names(&self) -> bool {
        !matches!(self, Self::Write { .. } | Self::Resize { .. })
    }

    /// The files and folders that have to be synced before the change is durable.
    ///
    /// This is POSIX to the letter: a name is durable once its folder was synced, and a sync of the file does
    /// nothing for it. Some file systems promise more, but not all that people use.
    pub(crate) fn nodes(&self) -> Vec<NodeId> {
        match self {
            Self::Write { file, .. } | Self::Resize { file, .. } => vec![*file],
            Self::Link { entry, .. } | Self::Unlink { entry } => vec![entry.folder],
            Self::Rename { from, to, .. } if from.folder == to.folder => vec![to.folder],
            Self::Rename { from, to, .. } => vec![from.folder, to.folder],
        }
    }
}

/// A step of a command that the disk notices.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Change(Change),
    /// The content of this file, or the names in this folder, are on the medium.
    Sync(NodeId),
    /// Everything is on the medium.
    SyncAll,
}

/// The log of a command.
pub(crate) struct Log {
    /// The disk before the command. Files and folders that the command creates are in its list already, empty
    /// and without a name.
    pub(crate) before: Disk,
    pub(crate) events: Vec<Event>,
    /// Set if the command reported success at the end.
    pub(crate) succeeded: bool,
    /// The text on standard error.
    pub(crate) said: String,
}
