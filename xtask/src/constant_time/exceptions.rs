//! The exceptions: places whose branches or addresses depend on a value that memcheck takes for secret, but
//! that is public. Each has its reason.

use std::collections::BTreeMap;
use std::fmt;

use super::log::Find;

/// A place where a branch or an address may depend on a value that memcheck takes for secret.
struct Exception {
    /// The prefixes of the names of the paths that go through the place.
    paths: &'static [&'static str],
    place: Place,
    /// A prefix of the file's path, which begins with the crate's folder.
    file: &'static str,
    reason: &'static str,
}

enum Place {
    /// The function itself with the parts of the standard library in it, but no other function that it calls.
    In(&'static str),
    /// The function and all functions that it calls. They see only its arguments.
    Below(&'static str),
}

const EXCEPTIONS: &[Exception] = &[
    Exception {
        paths: &["XChaCha20", "ChaCha20", "ratchet", "header", "session"],
        place: Place::In("open"),
        file: "crates/sprag-primitives/src/backend/portable/short.rs",
        reason: AUTHENTIC,
    },
    Exception {
        paths: &["XChaCha20", "ChaCha20", "ratchet", "header", "session"],
        place: Place::In("open"),
        file: "crates/sprag-primitives/src/aead.rs",
        reason: AUTHENTIC,
    },
    Exception {
        paths: &["ChaCha20", "session"],
        place: Place::In("decrypt_inout_detached"),
        file: "chacha20poly1305-",
        reason: AUTHENTIC,
    },
    Exception {
        paths: &["X25519, Diffie-Hellman, accelerated"],
        place: Place::In("diffie_hellman"),
        file: "graviola-",
        reason: "whether the peer's key contributes is public: the caller is told",
    },
    Exception {
        paths: &["X25519, Diffie-Hellman", "ratchet", "header", "session"],
        place: Place::In("diffie_hellman"),
        file: "crates/sprag-primitives/src/x25519.rs",
        reason: "whether the peer's key contributes is public: the caller is told",
    },
    Exception {
        paths: &["ML-KEM-1024", "account", "session"],
        place: Place::Below("sample_matrix_A"),
        file: "libcrux-ml-kem-",
        reason: "A comes from rho alone, which the encapsulation key carries (FIPS 203 §5.1)",
    },
    Exception {
        paths: &["session"],
        place: Place::In("check_foreign"),
        file: "crates/sprag-x3dh/src/curve.rs",
        reason: "compares the identity keys of both parties, which are public",
    },
    Exception {
        paths: &["header", "session"],
        place: Place::Below("from_bytes"),
        file: "crates/sprag-primitives/src/x25519.rs",
        reason: "a ratchet key in a genuine header and an identity key in a genuine seal are public keys",
    },
    Exception {
        paths: &["header"],
        place: Place::In("open"),
        file: "crates/sprag-ratchet/src/headers/encrypted.rs",
        reason: "compares the ratchet keys of two genuine headers, which are public keys",
    },
    Exception {
        paths: &["session"],
        place: Place::In("within_limits"),
        file: "crates/sprag-ratchet/src/ratchet/receiving.rs",
        reason: MISSING,
    },
    Exception {
        paths: &["session"],
        place: Place::In("past"),
        file: "crates/sprag-ratchet/src/ratchet/receiving.rs",
        reason: MISSING,
    },
    Exception {
        paths: &["session, snapshot"],
        place: Place::In("get"),
        file: "crates/sprag-ratchet/src/ratchet/skipped.rs",
        reason: MISSING,
    },
    Exception {
        paths: &["session"],
        place: Place::Below("text_in"),
        file: "crates/sprag/src/padding.rs",
        reason: LENGTH,
    },
    Exception {
        paths: &["session"],
        place: Place::Below("cut"),
        file: "crates/sprag/src/session.rs",
        reason: LENGTH,
    },
];

const AUTHENTIC: &str = "whether a ciphertext is authentic is public: the caller is told";

/// The reason for the exceptions in the ratchet. They are for sessions only: the paths of the ratchet
/// itself go through the same functions without an exception.
const MISSING: &str =
    "the number of steps shows how many messages are missing, by a genuine header";

const LENGTH: &str = "the length of a genuine text shows in the work that it takes";

impl Exception {
    /// Tells whether the exception covers `find` in `path`.
    fn covers(&self, path: &str, find: &Find) -> bool {
        // `In` looks at the innermost function only, `Below` at the whole stack.
        let mut frames = find.frames.iter();
        let (name, frame) = match self.place {
            Place::In(name) => (name, frames.next()),
            Place::Below(name) => (name, frames.find(|frame| frame.function == name)),
        };
        self.paths.iter().any(|prefix| path.starts_with(prefix))
            && frame
                .is_some_and(|frame| frame.function == name && frame.place.starts_with(self.file))
    }
}

/// The number of finds that each exception covered, by the exception's index and the index of its path.
#[derive(Default)]
pub(super) struct Uses(BTreeMap<(usize, usize), usize>);

impl Uses {
    /// Tells whether an exception covers `find` in `path`, and counts the use of the exception.
    pub(super) fn excuse(&mut self, path: &str, find: &Find) -> bool {
        let Some(index) = EXCEPTIONS.iter().position(|one| one.covers(path, find)) else {
            return false;
        };
        for (place, prefix) in EXCEPTIONS[index].paths.iter().enumerate() {
            if path.starts_with(prefix) {
                *self.0.entry((index, place)).or_default() += 1;
            }
        }
        true
    }

    /// A problem for each exception, and each path of an exception, that covered no find.
    pub(super) fn unused(&self) -> Vec<String> {
        let mut unused = Vec::new();
        for (index, exception) in EXCEPTIONS.iter().enumerate() {
            for (place, prefix) in exception.paths.iter().enumerate() {
                if !self.0.contains_key(&(index, place)) {
                    unused.push(format!(
                        "{exception}: not needed in `{prefix}`: drop it there"
                    ));
                }
            }
        }
        unused
    }
}

impl fmt::Display for Uses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "excepted:")?;
        for (index, exception) in EXCEPTIONS.iter().enumerate() {
            let uses = self.0.iter().filter(|((of, _), _)| *of == index);
            let count: usize = uses.map(|(_, count)| count).sum();
            writeln!(f, "{count:>7} {exception}: {}", exception.reason)?;
        }
        Ok(())
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, name) = match self.place {
            Place::In(name) => ("in", name),
            Place::Below(name) => ("below", name),
        };
        write!(f, "{word} {name}, {}", self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells whether a find with this stack, the innermost function first, is excepted in `path`.
    fn excused(path: &str, stack: &[(&str, &str)]) -> bool {
        let mut log = "==1== Use of uninitialised value of size 8\n".to_owned();
        for (function, place) in stack {
            log += &format!("==1==    by 0x1: {function} (/a/.cargo/registry/src/i/{place})\n");
        }
        log += "==1== ERROR SUMMARY: 1 errors from 1 contexts (suppressed: 0 from 0)\n";
        let finds = super::super::log::read(&log).unwrap();
        Uses::default().excuse(path, &finds[0])
    }

    const OPEN: (&str, &str) = (
        "decrypt_inout_detached",
        "chacha20poly1305-0.11.0/src/lib.rs:1",
    );
    const MATRIX: (&str, &str) = (
        "sample_matrix_A<4>",
        "libcrux-ml-kem-0.0.11/src/matrix.rs:1",
    );
    const OTHER: (&str, &str) = ("other", "poly1305-0.9.0/src/lib.rs:1");

    #[test]
    fn an_exception_in_a_function_is_for_nothing_below_or_above_it() {
        assert!(excused("ChaCha20, a", &[OPEN, OTHER]));
        assert!(!excused("ChaCha20, a", &[OTHER, OPEN]));
        assert!(!excused("ChaCha20, a", &[(OPEN.0, OTHER.1)]));
    }

    #[test]
    fn an_exception_below_a_function_is_for_all_that_it_calls() {
        assert!(excused("account, a", &[OTHER, MATRIX]));
        assert!(!excused("account, a", &[OTHER]));
    }

    #[test]
    fn an_exception_is_for_its_paths_and_the_others_go_without() {
        assert!(!excused("account, a", &[OPEN]));
        assert!(!excused("comparison of secrets", &[MATRIX]));
    }
}
