"use strict";

const assert = require("node:assert/strict");
const test = require("node:test");
const { layout } = require("./support.js").playground;

const root = (fingerprint, wiped) => ({ fingerprint, wiped });
const link = (n, state, envelope) => ({ n, chain: `c${n}`, message: `m${n}`, state, envelope });

/** Bob's keys after a message of Alice was skipped, and his first answer. */
const chains = {
  root: [root("aaaa0000", true), root("bbbb0000", true), root("cccc0000", false)],
  chains: [
    {
      direction: "receiving",
      root: 1,
      ended: false,
      links: [link(0, "skipped", 1), link(1, "wiped", 2)],
      next: { n: 2, chain: "cc" },
    },
    { direction: "sending", root: 2, ended: false, links: [link(0, "wiped", 3)], next: { n: 1, chain: "dd" } },
  ],
};
const labels = new Map([
  [1, "A1"],
  [2, "A2"],
  [3, "B1"],
]);

test("chains hang below their root keys, and links below each other", () => {
  const drawn = layout.layout(chains, "bob", labels);
  assert.deepEqual(
    drawn.roots.map(({ index, state }) => [index, state]),
    [
      [0, "wiped"],
      [1, "wiped"],
      [2, "held"],
    ],
  );
  for (const chain of drawn.chains) {
    const from = drawn.roots[chain.root];
    assert.ok(from.x < chain.x && chain.x < from.x + layout.SIZE.rootWidth);
    const rows = [...chain.links.map(({ y }) => y), chain.next.y];
    assert.deepEqual(
      rows,
      [...rows].sort((one, two) => one - two),
    );
    assert.equal(new Set(rows).size, rows.length);
    assert.ok(rows[0] > from.y + layout.SIZE.rootHeight / 2);
  }
});

test("nothing lies on anything else or outside of the drawing", () => {
  const drawn = layout.layout(chains, "bob", labels);
  const circles = drawn.chains.flatMap((chain) => chain.links.map(({ x, y }) => ({ x, y })));
  for (const [at, one] of circles.entries()) {
    for (const two of circles.slice(at + 1)) assert.ok(Math.hypot(one.x - two.x, one.y - two.y) > 2 * 16);
    assert.ok(one.x + layout.SIZE.textX - layout.SIZE.linkX + 40 < drawn.width && one.y + 16 < drawn.height);
  }
  for (const [at, one] of drawn.roots.entries()) {
    const next = drawn.roots[at + 1];
    assert.ok(next === undefined || one.x + layout.SIZE.rootWidth + 24 < next.x);
  }
});

test("the sender of a chain is its owner or the peer", () => {
  assert.deepEqual(
    layout.layout(chains, "bob", labels).chains.map(({ sender }) => sender),
    ["alice", "bob"],
  );
  assert.deepEqual(
    layout.layout(chains, "alice", labels).chains.map(({ sender }) => sender),
    ["bob", "alice"],
  );
});

test("two chains of one root key lie beside each other", () => {
  const twice = { root: chains.root, chains: chains.chains.map((chain) => ({ ...chain, root: 2 })) };
  const [one, two] = layout.layout(twice, "bob", labels).chains;
  assert.equal(two.x - one.x, layout.SIZE.column);
});

test("a long chain says how many links are left out", () => {
  const long = { root: chains.root, chains: [{ ...chains.chains[1], before: 940 }] };
  const [chain] = layout.layout(long, "bob", labels).chains;
  assert.equal(chain.before.count, 940);
  assert.ok(chain.before.y < chain.links[0].y);
  assert.ok(layout.inWords(long, "bob", labels)[2].chains[0].links[0].startsWith("940 earlier messages"));
});

test("links are named by their envelopes, or by their numbers if the name is long or not known", () => {
  const strange = { ...chains.chains[0], links: [link(7, "wiped", 9), link(8, "wiped", null), link(9, "wiped", 1)] };
  const [chain] = layout.layout(
    { root: chains.root, chains: [strange] },
    "bob",
    new Map([
      [9, "A25,007"],
      [1, "A1"],
    ]),
  ).chains;
  assert.deepEqual(
    chain.links.map(({ label }) => label),
    ["7", "8", "A1"],
  );
});

test("links that a thief reads are marked", () => {
  const [chain] = layout.layout(chains, "bob", labels, new Set([2])).chains;
  assert.deepEqual(
    chain.links.map(({ open }) => open),
    [false, true],
  );
  assert.match(chain.links[1].title, /a thief has it, too$/);
});

test("the words have every key of the drawing and say which are wiped", () => {
  const words = JSON.stringify(layout.inWords(chains, "bob", labels));
  for (const fingerprint of ["aaaa 0000", "bbbb 0000", "cccc 0000", "m0", "m1", "cc", "dd"])
    assert.ok(words.includes(fingerprint));
  const [first, second] = layout.inWords(chains, "bob", labels);
  assert.match(first.words, /^Root key 0: fingerprint aaaa 0000, wiped\.$/);
  assert.match(second.chains[0].words, /^Receiving chain, in which Alice sends: 2 messages\.$/);
  assert.match(second.chains[0].links[0], /A1, number 0, .* skipped: kept until its message arrives/);
  assert.match(
    layout.summary(chains, "bob"),
    /^Bob’s key chains: 3 root keys, 2 chains with 3 message keys, of which 1 is kept/,
  );
});

test("keys stand in the words only if the view has them", () => {
  assert.ok(!JSON.stringify(layout.inWords(chains, "bob", labels)).includes(", key "));
  const shown = { root: [{ ...root("aaaa", false), key: "0123" }], chains: [] };
  assert.match(layout.inWords(shown, "bob", labels)[0].words, /held, key 0123\.$/);
});
