//! A disk in memory: files, folders and the names in them.

use core::hash::{Hash, Hasher};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::hash::DefaultHasher;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use crate::log::{Change, NodeId};

/// A file or a folder. Contents are shared between the copies of a disk until one of them changes.
#[derive(Clone, Debug, Hash)]
pub(crate) enum Node {
    File(Arc<Vec<u8>>),
    Folder(BTreeMap<String, NodeId>),
}

impl Node {
    pub(crate) fn empty_file() -> Self {
        Self::File(Arc::new(Vec::new()))
    }

    pub(crate) const fn empty_folder() -> Self {
        Self::Folder(BTreeMap::new())
    }
}

/// The device and the number of a file or folder, by which the system knows it.
pub(crate) type SystemId = (u64, u64);

pub(crate) fn system_id(metadata: &fs::Metadata) -> SystemId {
    (metadata.dev(), metadata.ino())
}

/// A disk. Its root is the node at place 0.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    nodes: Vec<Node>,
}

const ROOT: NodeId = NodeId(0);

impl Disk {
    /// A disk with nothing on it.
    pub(crate) fn empty() -> Self {
        Self {
            nodes: vec![Node::empty_folder()],
        }
    }

    /// The content of the file `name` in the root.
    pub(crate) fn file(&self, name: &str) -> Option<&[u8]> {
        let Node::Folder(names) = &self.nodes[ROOT.0] else {
            return None;
        };
        match &self.nodes[names.get(name)?.0] {
            Node::File(content) => Some(content),
            Node::Folder(_) => None,
        }
    }

    /// Reads the folder at `path`, and returns also the numbers by which the system knows what is in it.
    pub(crate) fn read(path: &Path) -> io::Result<(Self, HashMap<SystemId, NodeId>)> {
        let mut disk = Self { nodes: Vec::new() };
        let mut ids = HashMap::new();
        disk.read_node(path, &mut ids)?;
        Ok((disk, ids))
    }

    fn read_node(
        &mut self,
        path: &Path,
        ids: &mut HashMap<SystemId, NodeId>,
    ) -> io::Result<NodeId> {
        let metadata = fs::symlink_metadata(path)?;
        let node = self.add(Node::empty_folder());
        ids.insert(system_id(&metadata), node);
        self.nodes[node.0] = if metadata.is_dir() {
            let mut names = BTreeMap::new();
            for entry in fs::read_dir(path)? {
                let path = entry?.path();
                let name = path.file_name().and_then(|name| name.to_str());
                let name = name.expect("the names are ours").to_owned();
                names.insert(name, self.read_node(&path, ids)?);
            }
            Node::Folder(names)
        } else {
            assert!(metadata.is_file(), "{} is no file", path.display());
            Node::File(Arc::new(fs::read(path)?))
        };
        Ok(node)
    }

    /// Adds a node that has no name yet.
    pub(crate) fn add(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId(self.nodes.len() - 1)
    }

    /// Makes a change. One that was prepared by others that were lost does what can still be done, as the
    /// journal of a file system would.
    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Write { file, offset, data } => {
                let content = self.content(*file);
                let end = offset + data.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*offset..end].copy_from_slice(data);
            }
            Change::Resize { file, length } => self.content(*file).resize(*length, 0),
            Change::Link { entry, node } => {
                self.names(entry.folder).insert(entry.name.clone(), *node);
            }
            Change::Unlink { entry } => {
                self.names(entry.folder).remove(&entry.name);
            }
            Change::Rename { from, to, node } => {
                self.names(from.folder).remove(&from.name);
                self.names(to.folder).insert(to.name.clone(), *node);
            }
        }
    }

    fn content(&mut self, file: NodeId) -> &mut Vec<u8> {
        match &mut self.nodes[file.0] {
            Node::File(content) => Arc::make_mut(content),
            Node::Folder(_) => panic!("a folder has no content"),
        }
    }

    fn names(&mut self, folder: NodeId) -> &mut BTreeMap<String, NodeId> {
        match &mut self.nodes[folder.0] {
            Node::Folder(names) => names,
            Node::File(_) => panic!("a file has no names in it"),
        }
    }

    /// Writes the disk to the empty folder at `path`.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        self.write_node(ROOT, path)
    }

    fn write_node(&self, node: NodeId, path: &Path) -> io::Result<()> {
        match &self.nodes[node.0] {
            Node::File(content) => fs::write(path, content.as_slice()),
            Node::Folder(names) => {
                if node != ROOT {
                    fs::create_dir(path)?;
                }
                let mut names = names.iter();
                names.try_for_each(|(name, node)| self.write_node(*node, &path.join(name)))
            }
        }
    }

    /// The path of a file or folder, if it has a name.
    pub(crate) fn path_of(&self, node: NodeId) -> Option<String> {
        if node == ROOT {
            return Some(".".to_owned());
        }
        self.path_below(ROOT, node)
    }

    fn path_below(&self, folder: NodeId, node: NodeId) -> Option<String> {
        let Node::Folder(names) = &self.nodes[folder.0] else {
            return None;
        };
        names.iter().find_map(|(name, inner)| {
            let rest = self
                .path_below(*inner, node)
                .map(|rest| format!("{name}/{rest}"));
            rest.or_else(|| (*inner == node).then(|| name.clone()))
        })
    }

    /// A hash of everything that has a name. Equal disks have equal hashes.
    pub(crate) fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash_node(ROOT, &mut hasher);
        hasher.finish()
    }

    fn hash_node(&self, node: NodeId, hasher: &mut DefaultHasher) {
        match &self.nodes[node.0] {
            Node::File(content) => (0_u8, content).hash(hasher),
            Node::Folder(names) => {
                (1_u8, names.len()).hash(hasher);
                for (name, node) in names {
                    name.hash(hasher);
                    self.hash_node(*node, hasher);
                }
            }
        }
    }
}
