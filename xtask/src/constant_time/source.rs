//! The names of functions for which memcheck has no name, because they are inlined from another unit of code.

use std::fs;

/// The name of the function around `place`, a file and a line.
pub(super) fn function_at(place: &str) -> Option<String> {
    let (file, line) = place.rsplit_once(':')?;
    let text = fs::read_to_string(file).ok()?;
    function_of_line(&text, line.parse().ok()?)
}

/// The last function that begins in the first `line` lines of `text`.
fn function_of_line(text: &str, line: usize) -> Option<String> {
    let above = text.lines().take(line);
    above.filter_map(begun).last().map(str::to_owned)
}

/// The name of the function that begins in `line`, if one does.
fn begun(line: &str) -> Option<&str> {
    let (qualifiers, rest) = line.split_once("fn ")?;
    let is_qualifier = |character: char| character.is_alphabetic() || " ()".contains(character);
    let end = rest.find(|character: char| !character.is_alphanumeric() && character != '_')?;
    (end > 0 && qualifiers.chars().all(is_qualifier)).then_some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
        impl A {\n\
        /// Calls fn two.\n\
        pub(crate) const fn one<T>() {\n\
            let two: fn (u8);\n\
        }\n\
        fn three() {}\n";

    #[test]
    fn a_line_is_in_the_function_that_began_last() {
        let at = |line| function_of_line(SOURCE, line);
        assert_eq!(at(2), None);
        assert_eq!(at(4).as_deref(), Some("one"));
        assert_eq!(at(6).as_deref(), Some("three"));
    }
}
