//! The page as assistive technology is told of it, and the rules that can be checked there.

use serde_json::{Value, json};

use crate::page::Page;

/// A node of the accessibility tree that is not ignored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Node {
    /// The role, for example `button`.
    pub role: String,
    /// The name that a screen reader says.
    pub name: String,
    /// The level of a heading, else 0.
    pub level: u64,
    /// Set if the keyboard can reach it.
    pub focusable: bool,
    /// The politeness of a region whose changes are read out, else empty.
    pub live: String,
    /// The browser's number of the element.
    element: Value,
}

/// The roles that a reader operates or perceives, each of which needs a name.
const NAMED: [&str; 20] = [
    "button",
    "checkbox",
    "combobox",
    "dialog",
    "figure",
    "graphics-document",
    "graphics-symbol",
    "heading",
    "image",
    "img",
    "link",
    "listbox",
    "menuitem",
    "option",
    "radio",
    "searchbox",
    "slider",
    "switch",
    "tab",
    "textbox",
];

/// The roles that say nothing, which a thing that the keyboard reaches must not have.
const MUTE: [&str; 3] = ["generic", "none", "presentation"];

impl Page {
    /// The accessibility tree, in the order of reading.
    pub fn accessibility(&mut self) -> Vec<Node> {
        let tree = self.call("Accessibility.getFullAXTree", json!({}));
        let nodes = tree["nodes"].as_array().into_iter().flatten();
        nodes
            .filter(|node| node["ignored"] != true)
            .map(Node::read)
            .collect()
    }

    /// A line for each thing that a screen reader would leave its user alone with.
    pub fn accessibility_problems(&mut self) -> Vec<String> {
        let nodes = self.accessibility();
        let mut problems = Vec::new();
        // Everything to operate or perceive has a name, and everything that the keyboard reaches has a role.
        for node in &nodes {
            if NAMED.contains(&node.role.as_str()) && node.name.trim().is_empty() {
                problems.push(format!(
                    "a {} without a name: {}",
                    node.role,
                    self.describe(node)
                ));
            }
            let mute = node.focusable && MUTE.contains(&node.role.as_str());
            // Scripts and links alone bring the focus to an element whose index is -1, for example to skip what is before it.
            if mute && !self.describe(node).contains(r#""tabindex","-1""#) {
                problems.push(format!(
                    "the focus reaches a thing without a role: {}",
                    self.describe(node)
                ));
            }
        }
        // Names tell buttons apart, because readers let a screen reader list them.
        let mut buttons: Vec<&str> = nodes
            .iter()
            .filter(|node| node.role == "button")
            .map(|node| node.name.as_str())
            .collect();
        buttons.sort_unstable();
        for pair in buttons.windows(2).filter(|pair| pair[0] == pair[1]) {
            problems.push(format!("two buttons with one name: {}", pair[0]));
        }
        // Headings begin with one of level 1 and leave out no level.
        let mut last = 0;
        for heading in nodes.iter().filter(|node| node.role == "heading") {
            if heading.level > last + 1 || heading.level == 1 && last > 0 {
                problems.push(format!(
                    "a heading of level {} after {last}: {:?}",
                    heading.level, heading.name
                ));
            }
            last = heading.level;
        }
        // There is a main part, and something is read out when it changes.
        if nodes.iter().filter(|node| node.role == "main").count() != 1 {
            problems.push("not one main part".to_owned());
        }
        if nodes.iter().all(|node| node.live.is_empty()) {
            problems.push("no live region".to_owned());
        }
        if self.evaluate("document.documentElement.lang === ''") == true {
            problems.push("the page names no language".to_owned());
        }
        problems
    }

    /// The name and the attributes of the element of a node.
    fn describe(&mut self, node: &Node) -> String {
        let described = self.call("DOM.describeNode", json!({ "backendNodeId": node.element }));
        format!(
            "{} {}",
            described["node"]["nodeName"], described["node"]["attributes"]
        )
    }
}

impl Node {
    fn read(node: &Value) -> Self {
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        let properties = node["properties"].as_array();
        let property = |name: &str| {
            let mut all = properties.into_iter().flatten();
            all.find(|property| property["name"] == name)
                .map_or(&Value::Null, |property| &property["value"])
        };
        Self {
            role: text(&node["role"]),
            name: text(&node["name"]),
            level: property("level")["value"].as_u64().unwrap_or(0),
            focusable: property("focusable")["value"] == true,
            live: text(property("live")),
            element: node["backendDOMNodeId"].clone(),
        }
    }
}
