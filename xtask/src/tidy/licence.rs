//! Licence expressions in the syntax of SPDX 2.3 Annex D, or with a slash as in older manifests.

/// The licences that `deny.toml` allows.
pub(super) fn allowed(deny: &str) -> Vec<&str> {
    let list = deny.split("\nallow = [").nth(1).unwrap_or_default();
    let list = list.split(']').next().unwrap_or_default();
    list.split('"').skip(1).step_by(2).collect()
}

/// Tells whether `expression` can be met with the licences `allowed`. Returns `None` if it is malformed.
pub(super) fn allows(expression: &str, allowed: &[&str]) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let spaced = spaced.replace('/', " OR ");
    evaluate(&Vec::from_iter(spaced.split_whitespace()), allowed)
}

/// Evaluates an expression that is cut into tokens.
fn evaluate(tokens: &[&str], allowed: &[&str]) -> Option<bool> {
    // Split at the first `operator` outside parentheses, and evaluate both sides.
    let split = |operator: &str| {
        let mut depth = 0;
        let at = tokens.iter().position(|token| {
            depth += i32::from(*token == "(") - i32::from(*token == ")");
            depth == 0 && *token == operator
        })?;
        let left = evaluate(&tokens[..at], allowed);
        Some((left, evaluate(&tokens[at + 1..], allowed)))
    };
    // `OR` comes first because it binds less tightly than `AND`.
    match (split("OR"), split("AND"), tokens) {
        (Some((left, right)), ..) => Some(left? | right?),
        (_, Some((left, right)), _) => Some(left? & right?),
        (.., ["(", inner @ .., ")"]) => evaluate(inner, allowed),
        (.., [name]) => Some(allowed.contains(name)),
        (.., [_, "WITH", _]) => Some(allowed.contains(&tokens.join(" ").as_str())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: [&str; 3] = ["MIT", "Apache-2.0", "Unicode-3.0"];

    #[test]
    fn a_single_licence_is_allowed_or_not() {
        assert_eq!(allows("MIT", &ALLOWED), Some(true));
        assert_eq!(allows("GPL-3.0-only", &ALLOWED), Some(false));
        assert_eq!(allows("mit", &ALLOWED), Some(false));
        assert_eq!(allows("MIT-0", &ALLOWED), Some(false));
    }

    #[test]
    fn one_of_a_choice_is_enough_and_all_of_a_sum_are_needed() {
        assert_eq!(allows("Unlicense OR MIT", &ALLOWED), Some(true));
        assert_eq!(
            allows("MIT OR Apache-2.0 OR LGPL-2.1-or-later", &ALLOWED),
            Some(true)
        );
        assert_eq!(allows("GPL-2.0-only OR Zlib", &ALLOWED), Some(false));
        assert_eq!(allows("MIT AND Apache-2.0", &ALLOWED), Some(true));
        assert_eq!(allows("MIT AND OpenSSL", &ALLOWED), Some(false));
        assert_eq!(allows("OpenSSL AND MIT", &ALLOWED), Some(false));
    }

    #[test]
    fn a_sum_binds_tighter_than_a_choice() {
        assert_eq!(
            allows("MIT OR Apache-2.0 AND OpenSSL", &ALLOWED),
            Some(true)
        );
        assert_eq!(
            allows("OpenSSL AND MIT OR Apache-2.0", &ALLOWED),
            Some(true)
        );
        assert_eq!(
            allows("OpenSSL AND (MIT OR Apache-2.0)", &ALLOWED),
            Some(false)
        );
        assert_eq!(
            allows("(MIT OR Apache-2.0) AND Unicode-3.0", &ALLOWED),
            Some(true)
        );
        assert_eq!(allows("((MIT))", &ALLOWED), Some(true));
    }

    #[test]
    fn a_slash_is_an_old_choice() {
        assert_eq!(allows("MIT/Apache-2.0", &ALLOWED), Some(true));
        assert_eq!(allows("Unlicense/MIT", &ALLOWED), Some(true));
        assert_eq!(allows("GPL-2.0 / Zlib", &ALLOWED), Some(false));
    }

    #[test]
    fn a_licence_with_an_exception_is_a_licence_of_its_own() {
        let exception = "Apache-2.0 WITH LLVM-exception";
        assert_eq!(allows(exception, &ALLOWED), Some(false));
        assert_eq!(allows(exception, &[exception]), Some(true));
        assert_eq!(allows(&format!("{exception} OR MIT"), &ALLOWED), Some(true));
    }

    #[test]
    fn malformed_expressions_have_no_value() {
        for expression in [
            "",
            "OR",
            "MIT OR",
            "AND MIT",
            "MIT Apache-2.0",
            "(MIT",
            "MIT)",
            "()",
            "MIT WITH",
        ] {
            assert_eq!(allows(expression, &ALLOWED), None, "{expression}");
        }
    }

    #[test]
    fn the_list_is_read_from_the_settings_of_cargo_deny() {
        let deny = "[licenses]\nallow = [\n    \"MIT\",\n    \"Zlib\",\n]\nx = [\"ISC\"]\n";
        assert_eq!(allowed(deny), ["MIT", "Zlib"]);
        assert_eq!(allowed("[licenses]\n"), [""; 0]);
    }
}
