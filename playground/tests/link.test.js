"use strict";

const assert = require("node:assert/strict");
const test = require("node:test");
const { link, lessons, stepsUpTo } = require("./support.js").playground;

/** One step of each kind. */
const ALL_KINDS = [
  { do: "publish" },
  { do: "begin", suite: "pqxdh" },
  { do: "begin", suite: "x3dh" },
  { do: "send", who: "alice", text: "Grüße, 😀" },
  { do: "send", who: "bob", text: "" },
  { do: "send_many", who: "alice", count: 100_000 },
  { do: "send_many", who: "bob", count: 1 },
  { do: "deliver", envelope: 1 },
  { do: "double", envelope: 127 },
  { do: "damage", envelope: 128 },
  { do: "drop", envelope: 300 },
  { do: "steal", who: "alice" },
  { do: "steal", who: "bob" },
];

function refused(fragment, words) {
  assert.throws(
    () => link.decode(fragment),
    (error) => error instanceof link.LinkError && words.test(error.message),
  );
}

/** A fragment over these bytes with a right checksum, which the tests compute for themselves. */
function forged(bytes) {
  let sum = 0xffff_ffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb8_8320 : 0);
  }
  sum = (sum ^ 0xffff_ffff) >>> 0;
  const all = Buffer.from([...bytes, sum & 255, (sum >>> 8) & 255, (sum >>> 16) & 255, sum >>> 24]);
  return `scenario=1.${all.toString("base64url")}`;
}

test("a scenario comes back from its link", () => {
  for (const seed of [0n, 1n, 127n, 128n, 0xffff_ffff_ffff_ffffn]) {
    assert.deepEqual(link.decode(link.encode(seed, ALL_KINDS)), { seed, steps: ALL_KINDS });
    assert.deepEqual(link.decode(link.encode(seed, [])), { seed, steps: [] });
  }
});

test("a link of version 1 stays readable", () => {
  const steps = [
    { do: "publish" },
    { do: "begin", suite: "pqxdh" },
    { do: "send", who: "alice", text: "Hi" },
    { do: "deliver", envelope: 1 },
  ];
  assert.equal(link.encode(7n, steps), forged([7, 0, 1, 3, 2, 0x48, 0x69, 7, 1]));
  assert.deepEqual(link.decode("scenario=1.BwABAwJIaQcBMXWr-Q"), { seed: 7n, steps });
});

test("a link of another version is refused by its version", () => {
  refused("scenario=2.AAAA", /version 2 of the playground, and this page plays version 1/);
  refused("scenario=0.AAAA", /version 0/);
});

test("a link that was cut is refused", () => {
  const whole = link.encode(5n, ALL_KINDS);
  for (let length = "scenario=1.".length; length < whole.length; length += 1)
    refused(whole.slice(0, length), /damaged/);
  refused("scenario=", /damaged/);
});

test("a link of which a character was changed is refused", () => {
  const whole = link.encode(5n, ALL_KINDS);
  for (let at = "scenario=1.".length; at < whole.length; at += 1) {
    const other = whole[at] === "A" ? "B" : "A";
    refused(`${whole.slice(0, at)}${other}${whole.slice(at + 1)}`, /damaged/);
  }
});

test("a link with bits that belong to no byte is refused", () => {
  const bytes = [7, 0];
  const whole = forged(bytes);
  assert.equal((bytes.length + 4) % 3, 0);
  const short = forged([7]);
  const last = short.at(-1);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  refused(`${short.slice(0, -1)}${alphabet[alphabet.indexOf(last) ^ 1]}`, /its end is missing or was changed/);
  assert.deepEqual(link.decode(whole).steps, [{ do: "publish" }]);
});

test("a link with something after its end is refused", () => {
  refused(`${link.encode(5n, ALL_KINDS)}A`, /damaged/);
  refused(`${link.encode(5n, ALL_KINDS)}AA`, /damaged/);
  refused(`${link.encode(5n, ALL_KINDS)}%20`, /damaged/);
});

test("numbers outside their range are refused, and so are numbers that are not in their shortest form", () => {
  refused(forged([1, 99]), /step that is not known/);
  refused(forged([1, 7, 0]), /out of range/);
  refused(forged([1, 5, 0xa1, 0x8d, 0x06]), /out of range/);
  assert.deepEqual(link.decode(forged([1, 5, 0xa0, 0x8d, 0x06])).steps, [
    { do: "send_many", who: "alice", count: 100_000 },
  ]);
  refused(forged([1, 7, 0x81, 0x00]), /shortest form/);
  refused(forged([...Array(9).fill(0xff), 0x03]), /seed is too large/);
  refused(forged(Array(11).fill(0xff)), /number is too long/);
});

test("a scenario that ends within a step or a number is refused", () => {
  for (const bytes of [[], [0x80], [1, 7], [1, 7, 0x80], [1, 3], [1, 5, 0x80]])
    refused(forged(bytes), /its end is missing/);
});

test("texts are bounded by their characters, and have to be UTF-8", () => {
  const text = "😀".repeat(link.MAX_TEXT);
  const steps = [{ do: "send", who: "bob", text }];
  assert.deepEqual(link.decode(link.encode(1n, steps)).steps, steps);
  refused(link.encode(1n, [{ do: "send", who: "bob", text: `${text}.` }]), /text is too long/);
  refused(link.encode(1n, [{ do: "send", who: "bob", text: ".".repeat(link.MAX_TEXT + 1) }]), /text is too long/);
  refused(forged([1, 3, 5, 0x48]), /text is too long/);
  refused(forged([1, 3, 1, 0xff]), /cannot be read/);
});

test("the number of steps is bounded", () => {
  const many = Array(link.MAX_STEPS).fill(0);
  assert.equal(link.decode(forged([1, ...many])).steps.length, link.MAX_STEPS);
  refused(forged([1, ...many, 0]), /more than 2000 steps/);
});

test("a scenario that is too long for a link has none, and a link that is too long is not read", () => {
  const steps = Array(100).fill({ do: "send", who: "alice", text: "😀".repeat(link.MAX_TEXT) });
  assert.equal(link.encode(1n, steps), null);
  refused(`scenario=1.${"A".repeat(link.MAX_LENGTH)}`, /too long/);
});

test("each lesson fits into a short link", () => {
  for (const lesson of lessons) {
    const steps = stepsUpTo(lesson, lesson.steps.length - 1);
    const fragment = link.encode(lesson.seed, steps);
    assert.deepEqual(link.decode(fragment), { seed: lesson.seed, steps });
    assert.ok(fragment.length < 500, `${lesson.id} has ${fragment.length} characters`);
  }
});
