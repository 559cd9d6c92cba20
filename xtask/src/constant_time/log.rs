//! The log of memcheck: the places that depend on a value that memcheck calls uninitialised.

use std::fmt;

use super::source;

/// A place that depends on an undefined value, with the functions that called it.
pub(super) struct Find {
    /// The sentence by which memcheck describes it.
    what: String,
    /// The stack, the innermost function first, without functions of the standard library and intrinsics.
    pub(super) frames: Vec<Frame>,
}

/// A function on the stack, inlined or not.
pub(super) struct Frame {
    /// The function's name without its path and its type parameters.
    pub(super) function: String,
    /// The function's file and line. The path begins with the crate's folder.
    pub(super) place: String,
    owner: Owner,
}

/// The owner of a function's source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Owner {
    Ours,
    Dependency,
    System,
}

/// The finds in `log`. Returns `None` if memcheck did not write the log, or reports more finds than were
/// read.
pub(super) fn read(log: &str) -> Option<Vec<Find>> {
    let mut finds: Vec<Find> = Vec::new();
    for line in log.lines() {
        // Each line begins with the number of the process, as in `==7== `.
        let text = line.strip_prefix("==")?.split_once("== ")?.1;
        // A line is a frame of the last find, the beginning of a find, the summary, or of no interest.
        if let Some(frame) = frame(text.trim_start()) {
            finds.last_mut()?.frames.extend(frame);
        } else if text.starts_with("Conditional jump") || text.starts_with("Use of uninit") {
            finds.push(Find {
                what: text.to_owned(),
                frames: Vec::new(),
            });
        } else if let Some(summary) = text.strip_prefix("ERROR SUMMARY: ") {
            // The summary ends the log. Its count must agree, or a find was not recognised.
            let contexts: usize = summary.split(' ').nth(3)?.parse().ok()?;
            return (finds.len() == contexts).then_some(finds);
        }
    }
    None
}

/// Reads a line of a stack. Returns `None` if the line is something else, and `Some(None)` if the function
/// belongs to the standard library or is an intrinsic.
fn frame(line: &str) -> Option<Option<Frame>> {
    // A frame has the form `at 0x1234: function (place)`.
    let line = line.strip_prefix("at 0x").or(line.strip_prefix("by 0x"))?;
    let (function, place) = line
        .split_once(": ")?
        .1
        .strip_suffix(')')?
        .rsplit_once(" (")?;
    // Look up the name in the source if memcheck has none, before the path of the file is cut.
    let named = match function {
        UNNAMED => source::function_at(place),
        _ => None,
    };
    let (owner, place) = owner(place);
    let skipped = place.starts_with("/rustc/") || place.starts_with("libcrux-intrinsics-");
    Some((!skipped).then(|| Frame {
        function: named.unwrap_or_else(|| short(function)),
        place: place.to_owned(),
        owner,
    }))
}

/// The name that memcheck prints for an inlined function whose name is in another unit of code.
const UNNAMED: &str = "UnknownInlinedFun";

/// The owner of the file of `place`, and the place with the path cut to the crate's folder.
fn owner(place: &str) -> (Owner, &str) {
    let registry = place.split_once("/.cargo/registry/src/");
    if let Some((_, place)) = registry.and_then(|(_, rest)| rest.split_once('/')) {
        return (Owner::Dependency, place);
    }
    let folders = ["/crates/", "/tests/constant-time/"];
    let start = folders.into_iter().find_map(|folder| place.find(folder));
    start.map_or((Owner::System, place), |start| {
        (Owner::Ours, &place[start + 1..])
    })
}

/// The function's name alone: `a::B<C::D>::e<fn(F) -> G>` becomes `e`.
fn short(function: &str) -> String {
    let mut depth = 0;
    let mut name = String::new();
    for character in function.replace("->", "").chars() {
        depth += i32::from(character == '<');
        if depth == 0 {
            name.push(character);
        }
        depth -= i32::from(character == '>');
    }
    name.rsplit("::").next().unwrap_or_default().to_owned()
}

impl fmt::Display for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        for (index, frame) in self.frames.iter().take(4).enumerate() {
            let owner = match frame.owner {
                Owner::Ours => "our own",
                Owner::Dependency => "a dependency's",
                Owner::System => "the system's",
            };
            let word = if index == 0 { "in" } else { "under" };
            let (function, place) = (&frame.function, &frame.place);
            write!(f, "\n            {word} {owner} {function}, {place}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
        ==7== Memcheck, a memory error detector\n\
        ==7== \n\
        ==7== Use of uninitialised value of size 8\n\
        ==7==    at 0x1: copy<u8> (/rustc/5980/library/core/src/ptr/mod.rs:547)\n\
        ==7==    by 0x1: b::read<4, fn(b::A<C>) -> D> (/a/.cargo/registry/src/i-19/b-1.0.0/src/b.rs:2)\n\
        ==7==    by 0x2: <a::B<C> as d::E>::open (/w/crates/a/src/lib.rs:3)\n\
        ==7==    by 0x3: main (in /w/target/release/constant-time)\n\
        ==7== \n\
        ==7== ERROR SUMMARY: 1 errors from 1 contexts (suppressed: 0 from 0)\n";

    #[test]
    fn a_find_has_the_functions_above_it() {
        let [find] = &read(LOG).unwrap()[..] else {
            panic!("one find");
        };
        let frames: Vec<_> = find
            .frames
            .iter()
            .map(|frame| (&*frame.function, &*frame.place, frame.owner))
            .collect();
        let expected = [
            ("read", "b-1.0.0/src/b.rs:2", Owner::Dependency),
            ("open", "crates/a/src/lib.rs:3", Owner::Ours),
            ("main", "in /w/target/release/constant-time", Owner::System),
        ];
        assert_eq!(frames, expected);
    }

    #[test]
    fn a_log_that_ends_early_or_says_more_is_refused() {
        assert!(read(&LOG[..LOG.len() / 2]).is_none());
        assert!(read(&LOG.replace("from 1 contexts", "from 2 contexts")).is_none());
        assert!(read("").is_none());
    }
}
