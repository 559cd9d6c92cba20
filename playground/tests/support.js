"use strict";

// Loads the parts of the page that need no browser, in the order of `index.html`.
const fs = require("node:fs");
const path = require("node:path");

const folder = path.join(__dirname, "..");
const page = fs.readFileSync(path.join(folder, "index.html"), "utf8");
const pure = new Set("words link player sentences layout agreement lessons queue roots sessions zones".split(" "));

for (const [, name] of page.matchAll(/<script defer src="scripts\/([a-z\/-]+)\.js">/g)) {
  if (pure.has(name) || name.startsWith("lessons/")) require(path.join(folder, "scripts", `${name}.js`));
}

/**
 * An envelope with usual values.
 * @param {object} values those that are not usual
 */
function envelope(values) {
  return {
    from: "alice",
    to: values.from === "bob" ? "alice" : "bob",
    text: "text",
    kind: "later",
    bytes: 98,
    hex: "0103ff",
    state: "in_flight",
    copy_of: null,
    damaged: false,
    header: { key: "00", pn: 0, n: 0 },
    thief: null,
    ...values,
  };
}

module.exports = { playground: globalThis.playground, envelope, folder, page };
