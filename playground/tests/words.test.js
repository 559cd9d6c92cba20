"use strict";

const assert = require("node:assert/strict");
const test = require("node:test");
const { playground, envelope } = require("./support.js");
const { words } = playground;

test("numbers have commas between their thousands", () => {
  const cases = { 0: "0", 999: "999", 1000: "1,000", 25001: "25,001", 1234567: "1,234,567" };
  for (const [number, text] of Object.entries(cases)) assert.equal(words.number(Number(number)), text);
});

test("a noun follows its number", () => {
  assert.equal(words.count(1, "key"), "1 key");
  assert.equal(words.count(0, "key"), "0 keys");
  assert.equal(words.count(2000, "key"), "2,000 keys");
});

test("enumerations", () => {
  assert.equal(words.enumeration([]), "");
  assert.equal(words.enumeration(["a"]), "a");
  assert.equal(words.enumeration(["a", "b"]), "a and b");
  assert.equal(words.enumeration(["a", "b", "c"]), "a, b and c");
});

test("envelopes are named by sender and number, copies by their originals", () => {
  const wire = [
    envelope({ id: 1, from: "alice" }),
    envelope({ id: 2, from: "bob" }),
    envelope({ id: 3, from: "alice", copy_of: 1 }),
    envelope({ id: 4, from: "alice", copy_of: 3 }),
    envelope({ id: 5, from: "alice", many: 999 }),
    envelope({ id: 6, from: "alice" }),
  ];
  assert.deepEqual([...words.labels(wire).values()], ["A1", "B1", "copy of A1", "copy of A1", "A2 to A1,000", "A1,001"]);
});
