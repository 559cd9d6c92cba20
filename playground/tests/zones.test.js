"use strict";

const assert = require("node:assert/strict");
const test = require("node:test");
const { playground, envelope } = require("./support.js");

const seen = (id, loot, copyOf = null) => envelope({ id, copy_of: copyOf, thief: { loot, reason: "", why: "" } });

/** The steps: a message, another and a copy of it in one go, the theft, and whatever comes then. */
const log = [
  { events: [{ event: "sent", envelope: 1 }] },
  { events: [{ event: "ratcheted" }, { event: "sent", envelope: 2 }, { event: "doubled", envelope: 2, copy: 3 }] },
  { events: [{ event: "stolen" }] },
  { events: [{ event: "sent", envelope: 4 }] },
];
const behind = [seen(1, "header"), seen(2, "text"), seen(3, "text", 2)];
const zones = (wire, lockedOut) =>
  playground.zones({ thief: { victim: "alice", at_step: 3, locked_out: lockedOut }, wire }, log);

test("without a thief there is neither theft nor recovery", () => {
  assert.deepEqual(playground.zones({ thief: null, wire: behind }, log), { theft: Infinity, recovery: Infinity });
});

test("the theft lies behind all that was sent before it, copies included", () => {
  assert.deepEqual(zones([...behind, seen(4, "text")], false), { theft: 3, recovery: Infinity });
});

test("the recovery lies behind the last message that the thief reads", () => {
  const wire = [...behind, seen(4, "text"), seen(5, "header"), seen(6, "text"), seen(7, "header"), seen(8, "nothing")];
  assert.deepEqual(zones(wire, true), { theft: 3, recovery: 6 });
});

test("a copy stands behind its original, however late it was made", () => {
  const wire = [...behind, seen(4, "text"), seen(5, "header"), seen(6, "text", 4), seen(7, "header", 1)];
  assert.deepEqual(
    playground.grouped(wire).map(({ id }) => id),
    [1, 7, 2, 3, 4, 6, 5],
  );
});

test("a late copy of a message from before the theft is behind the theft", () => {
  const wire = [...behind, seen(4, "text"), seen(5, "header"), seen(6, "text", 4), seen(7, "header", 1)];
  assert.deepEqual(zones(wire, false), { theft: 4, recovery: Infinity });
});

test("nothing that the thief reads is ahead of the recovery, copies included", () => {
  const wire = [...behind, seen(4, "text"), seen(5, "header"), seen(6, "text", 4), seen(7, "nothing", 4)];
  const { recovery } = zones(wire, true);
  assert.deepEqual(
    playground
      .grouped(wire)
      .slice(recovery)
      .map(({ id }) => id),
    [5],
  );
});

test("the recovery is never before the theft", () => {
  assert.deepEqual(zones([seen(1, "header"), seen(2, "header"), seen(3, "header", 2), seen(4, "nothing")], true), {
    theft: 3,
    recovery: 3,
  });
});
