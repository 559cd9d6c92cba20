//! The states in which a power cut can leave the disk.
//!
//! A cut can come after any event of the log. All that was synced by then is on the medium. Of each change that was
//! not, nothing, all or a part can be there, in whatever order the system wrote.

use core::ops::Range;
use std::collections::HashSet;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::disk::Disk;
use crate::log::{Change, Event, Log, NodeId};

/// The number of the kinds of cuts that are looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Thoroughness {
    /// About this many cuts. Most are of the kinds that find most.
    Sample(usize),
    /// All cuts, and random ones.
    Full,
}

/// A cut: its moment, and what became of the changes that were not synced by then.
pub(crate) struct Cut {
    /// The number of events before the cut.
    pub(crate) moment: usize,
    pub(crate) loss: Loss,
}

/// The changes that were lost, by their places among those that were not synced.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Loss {
    Nothing,
    Everything,
    /// All contents, but no names: a file that was renamed before it was synced is empty.
    Contents,
    /// All names, but no contents.
    Names,
    /// The contents of one file.
    ContentOf(NodeId),
    One(usize),
    /// One name, so that a later rename is there and an earlier one is not.
    Name(usize),
    AllBut(usize),
    AllFrom(usize),
    /// Nothing but the bytes of one write that are not in this range.
    Torn(usize, Range<usize>),
    /// The bytes of one write that are not in this range, and all changes after it.
    TornLast(usize, Range<usize>),
    Some(Vec<usize>),
}

impl Loss {
    /// The bytes that are left of the change at `place` in the list; `None` if it is lost.
    fn leaves(&self, place: usize, change: &Change) -> Option<Range<usize>> {
        let all = 0..usize::MAX;
        let lost = match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Contents => !change.is_of_names(),
            Self::Names => change.is_of_names(),
            Self::ContentOf(file) => !change.is_of_names() && change.nodes().contains(file),
            Self::One(lost) | Self::Name(lost) => place == *lost,
            Self::AllBut(left) => place != *left,
            Self::AllFrom(first) => place >= *first,
            Self::Torn(torn, left) | Self::TornLast(torn, left) if place == *torn => {
                return Some(left.clone());
            }
            Self::Torn(..) => false,
            Self::TornLast(torn, _) => place > *torn,
            Self::Some(lost) => lost.contains(&place),
        };
        (!lost).then_some(all)
    }

    /// Tells whether a sample always has cuts of this kind.
    const fn is_plain(&self) -> bool {
        matches!(
            self,
            Self::Nothing | Self::Everything | Self::Contents | Self::Names | Self::Name(_)
        )
    }
}

/// A walk along a log, which knows at each moment what is on the medium and what is not.
pub(crate) struct Walk<'a> {
    log: &'a Log,
    moment: usize,
    medium: Disk,
    /// The changes that were not synced, each with the files and folders that have yet to be.
    unsynced: Vec<(&'a Change, Vec<NodeId>)>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(log: &'a Log) -> Self {
        Self {
            log,
            moment: 0,
            medium: log.before.clone(),
            unsynced: Vec::new(),
        }
    }

    /// The walk at the end of the log.
    pub(crate) fn to_the_end(log: &'a Log) -> Self {
        let mut walk = Self::new(log);
        walk.go_to(log.events.len());
        walk
    }

    /// Goes on to a later moment.
    pub(crate) fn go_to(&mut self, moment: usize) {
        for event in &self.log.events[self.moment..moment] {
            match event {
                Event::Change(change) => self.unsynced.push((change, change.nodes())),
                Event::Sync(node) => self.sync(|other| other == node),
                Event::SyncAll => self.sync(|_| true),
            }
        }
        self.moment = moment;
    }

    /// Brings to the medium the changes that wait for nothing else than the nodes that are `synced`.
    fn sync(&mut self, synced: impl Fn(&NodeId) -> bool) {
        for (change, nodes) in &mut self.unsynced {
            nodes.retain(|node| !synced(node));
            if nodes.is_empty() {
                self.medium.apply(change);
            }
        }
        self.unsynced.retain(|(_, nodes)| !nodes.is_empty());
    }

    /// The disk after a cut at this moment.
    pub(crate) fn disk(&self, loss: &Loss) -> Disk {
        let mut disk = self.medium.clone();
        for (place, (change, _)) in self.unsynced.iter().enumerate() {
            let Some(left) = loss.leaves(place, change) else {
                continue;
            };
            match change {
                Change::Write { file, offset, data } => {
                    let left = left.start..left.end.min(data.len());
                    disk.apply(&Change::Write {
                        file: *file,
                        offset: offset + left.start,
                        data: data[left].to_vec(),
                    });
                }
                change => disk.apply(change),
            }
        }
        disk
    }

    /// The losses to look at at this moment, most instructive first.
    fn losses(&self, thoroughness: Thoroughness) -> Vec<Loss> {
        let full = thoroughness == Thoroughness::Full;
        let mut losses = vec![Loss::Nothing, Loss::Everything, Loss::Contents, Loss::Names];
        let places = 0..self.unsynced.len();
        losses.extend(
            places
                .clone()
                .map(|place| match self.unsynced[place].0.is_of_names() {
                    true => Loss::Name(place),
                    false => Loss::One(place),
                }),
        );
        losses.extend(places.clone().map(Loss::AllBut));
        for (place, (change, nodes)) in self.unsynced.iter().enumerate() {
            let Change::Write { offset, data, .. } = change else {
                continue;
            };
            losses.extend(nodes.iter().copied().map(Loss::ContentOf));
            for left in torn(*offset, data.len(), full) {
                losses.push(Loss::Torn(place, left.clone()));
                losses.push(Loss::TornLast(place, left));
            }
        }
        if full {
            losses.extend(places.clone().map(Loss::AllFrom));
            let mut rng = StdRng::seed_from_u64(self.moment as u64);
            for _ in 0..RANDOM_LOSSES {
                let lost = places.clone().filter(|_| rng.random());
                losses.push(Loss::Some(lost.collect()));
            }
        }
        losses
    }
}

/// The number of random losses that are tried at each moment.
const RANDOM_LOSSES: usize = 16;

/// The sizes of the units that a medium writes whole.
const SECTORS: [usize; 2] = [512, 4096];

/// The parts that can be left of a write of `length` bytes: the front or the rest, at borders of sectors. Without
/// `all`, only the middle one of them is used for each size.
fn torn(offset: usize, length: usize, all: bool) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    for sector in SECTORS {
        let first = offset.next_multiple_of(sector);
        let borders = (first..offset + length).step_by(sector);
        let borders: Vec<usize> = borders
            .map(|border| border - offset)
            .filter(|border| *border > 0)
            .collect();
        let some = if all {
            // The first, the last and some between are enough of a long write.
            let step = borders.len().div_ceil(MAX_BORDERS).max(1);
            borders
                .iter()
                .step_by(step)
                .chain(borders.last())
                .copied()
                .collect()
        } else {
            borders
                .get(borders.len() / 2)
                .copied()
                .into_iter()
                .collect::<Vec<_>>()
        };
        for border in some {
            for part in [0..border, border..length] {
                if !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
    }
    parts
}

/// The most borders of each size at which one write is torn.
const MAX_BORDERS: usize = 8;

/// The cuts of a log that leave the disk in different states, in the order of their moments, and the number of these
/// states. At the last moment the command has reported success, so that its cuts count on their own.
pub(crate) fn cuts(log: &Log, thoroughness: Thoroughness) -> (Vec<Cut>, usize) {
    let end = log.events.len();
    let mut walk = Walk::new(log);
    let mut known = HashSet::new();
    let (mut last, mut plain, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for moment in 0..=end {
        walk.go_to(moment);
        for loss in walk.losses(thoroughness) {
            if known.insert((walk.disk(&loss).hash(), moment == end)) {
                let cuts = match loss.is_plain() {
                    true if moment == end => &mut last,
                    true => &mut plain,
                    false => &mut others,
                };
                cuts.push(Cut { moment, loss });
            }
        }
    }
    // Take a sample evenly from all moments but the last, of which it has most.
    if let Thoroughness::Sample(size) = thoroughness {
        plain = thinned(plain, size / 2);
        let left = size.saturating_sub(last.len() + plain.len());
        others = thinned(others, left);
    }
    let mut chosen = last;
    chosen.extend(plain);
    chosen.extend(others);
    chosen.sort_by_key(|cut| cut.moment);
    (chosen, known.len())
}

/// At most `size` of `list`, evenly spaced. The last is among them.
fn thinned<T>(list: Vec<T>, size: usize) -> Vec<T> {
    let length = list.len();
    let chosen = |place: usize| (place + 1) * size / length > place * size / length;
    let numbered = list.into_iter().enumerate();
    let kept = numbered.filter(|(place, _)| size >= length || chosen(*place));
    kept.map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Node;
    use crate::log::Entry;

    const FOLDER: NodeId = NodeId(0);
    const FILE: NodeId = NodeId(1);

    fn entry(name: &str) -> Entry {
        Entry {
            folder: FOLDER,
            name: name.to_owned(),
        }
    }

    /// The log of a program that writes a file as `new`, renames it to `file`, and syncs these after the steps that
    /// the numbers say.
    fn log(syncs: &[(usize, NodeId)]) -> Log {
        let mut before = Disk::empty();
        before.add(Node::empty_file());
        let (new, file) = (entry("new"), entry("file"));
        let changes = [
            Change::Link {
                entry: new.clone(),
                node: FILE,
            },
            Change::Write {
                file: FILE,
                offset: 0,
                data: vec![1; 1000],
            },
            Change::Rename {
                from: new,
                to: file,
                node: FILE,
            },
        ];
        let mut events = Vec::new();
        for (step, change) in (1..).zip(changes) {
            events.push(Event::Change(change));
            let now = syncs.iter().filter(|(after, _)| *after == step);
            events.extend(now.map(|(_, node)| Event::Sync(*node)));
        }
        Log {
            before,
            events,
            succeeded: true,
            said: String::new(),
        }
    }

    /// The lengths that the file can have under its final name after a cut at the end; `None` if it has no name.
    fn lengths_at_the_end(log: &Log) -> HashSet<Option<usize>> {
        let (cuts, _) = cuts(log, Thoroughness::Full);
        let last = cuts.iter().filter(|cut| cut.moment == log.events.len());
        let walk = Walk::to_the_end(log);
        last.map(|cut| {
            walk.disk(&cut.loss)
                .file("file")
                .map(|content| content.len())
        })
        .collect()
    }

    #[test]
    fn a_file_that_was_not_synced_can_be_anything() {
        let lengths = lengths_at_the_end(&log(&[]));
        assert_eq!(
            lengths,
            HashSet::from([None, Some(0), Some(512), Some(1000)])
        );
    }

    #[test]
    fn a_file_that_was_renamed_before_its_content_was_synced_can_be_empty_or_torn() {
        let lengths = lengths_at_the_end(&log(&[(3, FOLDER)]));
        assert_eq!(lengths, HashSet::from([Some(0), Some(512), Some(1000)]));
    }

    #[test]
    fn a_name_whose_folder_was_not_synced_can_be_lost() {
        let lengths = lengths_at_the_end(&log(&[(2, FILE)]));
        assert_eq!(lengths, HashSet::from([None, Some(1000)]));
    }

    #[test]
    fn nothing_that_was_synced_is_lost() {
        let lengths = lengths_at_the_end(&log(&[(2, FILE), (3, FOLDER)]));
        assert_eq!(lengths, HashSet::from([Some(1000)]));
    }

    #[test]
    fn a_sync_before_a_change_does_nothing_for_it() {
        let lengths = lengths_at_the_end(&log(&[(1, FILE), (2, FOLDER)]));
        assert_eq!(
            lengths,
            HashSet::from([None, Some(0), Some(512), Some(1000)])
        );
    }

    #[test]
    fn a_torn_write_has_its_front_or_its_rest() {
        assert_eq!(torn(0, 512, true), []);
        assert_eq!(torn(500, 100, true), [0..12, 12..100]);
        assert_eq!(torn(512, 1024, false), [0..512, 512..1024]);
    }
}
