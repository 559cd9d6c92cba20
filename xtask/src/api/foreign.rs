//! Types and traits of other crates in the public API of a library, which the library must re-export.
//!
//! A program that depends on one of our crates can then name everything that it gets from the crate or gives
//! to it, in exactly the version that the crate was built with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The crates that every program has.
const STANDARD: [&str; 3] = ["alloc", "core", "std"];

/// A problem for each type or trait of another crate that an item of the library `json` names, and that the
/// library does not re-export, neither itself nor in a module.
pub(super) fn problems(json: &Value) -> Vec<String> {
    // Find out what is re-exported: items, and modules and crates with all that they hold.
    let index = entries(&json["index"]);
    let ours = || index.values().filter(|item| item["crate_id"] == 0);
    let uses = ours().map(|item| &item["inner"]["use"]["id"]);
    let exported: BTreeSet<String> = uses.filter_map(|id| path_of(json, id)).collect();
    // Find the foreign paths that nothing covers, each with the items that name it.
    let mut missing: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for item in ours().filter(|item| !is_generated(item)) {
        let mut ids = Vec::new();
        collect(&item["inner"], &mut ids);
        for path in ids.into_iter().filter_map(|id| path_of(json, id)) {
            if !covered(&path, &exported) {
                let name = item["name"].as_str().unwrap_or("an implementation");
                missing.entry(path).or_default().insert(name);
            }
        }
    }
    let message = |(path, items)| {
        let items = Vec::from_iter::<BTreeSet<&str>>(items).join(", ");
        format!("`{path}` is not re-exported: add `pub use`; it is named by: {items}")
    };
    missing.into_iter().map(message).collect()
}

/// Tells whether the compiler writes the implementation `item`, for all types or for this one.
fn is_generated(item: &Value) -> bool {
    let implementation = &item["inner"]["impl"];
    implementation["is_synthetic"] == true || implementation["blanket_impl"].is_object()
}

/// Collects the ids of the types and traits that `value` names. An object with a path and generic arguments is
/// a mention of one.
fn collect<'a>(value: &'a Value, ids: &mut Vec<&'a Value>) {
    match value {
        Value::Object(object) => {
            if object.contains_key("path") && object.contains_key("args") {
                ids.extend(object.get("id"));
            }
            object.values().for_each(|inner| collect(inner, ids));
        }
        Value::Array(inner) => inner.iter().for_each(|inner| collect(inner, ids)),
        _ => {}
    }
}

/// The full path of the item `id`, such as `core::option::Option`. Returns `None` for the library's own items,
/// for those that every program has, and for what is no item.
fn path_of(json: &Value, id: &Value) -> Option<String> {
    let item = &json["paths"][id.as_u64()?.to_string()];
    let own = item["crate_id"] == 0;
    let parts: Vec<&str> = item["path"]
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let standard = STANDARD.contains(parts.first()?);
    (!own && !standard).then(|| parts.join("::"))
}

/// Tells whether `path` or a module around it is one of the paths `exported`.
fn covered(path: &str, exported: &BTreeSet<String>) -> bool {
    let ends = path
        .match_indices("::")
        .map(|(at, _)| at)
        .chain([path.len()]);
    ends.into_iter().any(|end| exported.contains(&path[..end]))
}

fn entries(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("rustdoc writes this object")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The description of a library with one function, which names `types::Key`, and with a re-export of `id`.
    fn described(exported: u64, function: &Value) -> Value {
        json!({
            "index": {
                "1": { "crate_id": 0, "name": "f", "inner": { "function": function } },
                "2": { "crate_id": 0, "name": null, "inner": { "use": { "id": exported } } },
                "3": { "crate_id": 7, "name": "g", "inner": { "function": mention(5) } },
            },
            "paths": {
                "1": { "crate_id": 0, "path": ["ours", "f"] },
                "4": { "crate_id": 7, "path": ["types", "keys"] },
                "5": { "crate_id": 7, "path": ["types", "keys", "Key"] },
                "6": { "crate_id": 8, "path": ["alloc", "vec", "Vec"] },
                "7": { "crate_id": 7, "path": ["types"] },
                "8": { "crate_id": 7, "path": ["types", "key"] },
            },
        })
    }

    fn mention(id: u64) -> Value {
        json!({ "resolved_path": { "path": "Key", "id": id, "args": null } })
    }

    fn count(exported: u64, function: &Value) -> usize {
        problems(&described(exported, function)).len()
    }

    #[test]
    fn a_foreign_type_is_re_exported_itself_or_with_its_module_or_crate() {
        for exported in [4, 5, 7] {
            assert_eq!(count(exported, &mention(5)), 0, "{exported}");
        }
    }

    #[test]
    fn a_foreign_type_that_is_not_re_exported_is_found_with_those_who_name_it() {
        let expected = "`types::keys::Key` is not re-exported: add `pub use`; it is named by: f";
        for exported in [1, 6, 8, 9] {
            assert_eq!(problems(&described(exported, &mention(5))), [expected]);
        }
    }

    #[test]
    fn mentions_are_found_at_any_depth() {
        let arguments = json!({ "path": "Vec", "id": 6, "args": { "types": [mention(5)] } });
        let bound = json!({ "bounds": [{ "trait": { "path": "T", "id": 5, "args": null } }] });
        for function in [
            json!({ "output": arguments }),
            json!({ "generics": [bound] }),
        ] {
            assert_eq!(count(4, &function), 0);
            assert_eq!(count(1, &function), 1);
        }
    }

    #[test]
    fn types_that_every_program_has_and_own_ones_need_no_re_export() {
        assert_eq!(count(9, &mention(6)), 0);
        assert_eq!(count(9, &mention(1)), 0);
    }

    #[test]
    fn implementations_that_the_compiler_writes_are_left_out() {
        for generated in [
            json!({ "is_synthetic": true, "blanket_impl": null, "trait": mention(5) }),
            json!({ "is_synthetic": false, "blanket_impl": {}, "trait": mention(5) }),
        ] {
            let mut json = described(9, &json!({}));
            json["index"]["1"]["inner"] = json!({ "impl": generated });
            assert_eq!(problems(&json), [""; 0]);
            json["index"]["1"]["inner"]["impl"]["is_synthetic"] = json!(false);
            json["index"]["1"]["inner"]["impl"]["blanket_impl"] = json!(null);
            assert_eq!(problems(&json).len(), 1);
        }
    }
}
