"use strict";

const assert = require("node:assert/strict");
const test = require("node:test");
const { agreement } = require("./support.js").playground;

const key = (name, kind, signed) => ({ name, kind, signed, id: 1, fingerprint: "0011" });
const bundle = {
  bytes: 1900,
  keys: [
    key("IK_B", "identity", false),
    key("SPK_B", "signed", true),
    key("OPK_B", "one-time", false),
    key("PQPK_B", "kem", true),
  ],
};
const named = (name, of) => ({ name, of, fingerprint: "2233" });
const handshake = {
  suite: "pqxdh",
  inputs: [
    named("DH1", ["IK_A", "SPK_B"]),
    named("DH2", ["EK_A", "IK_B"]),
    named("DH3", ["EK_A", "SPK_B"]),
    named("DH4", ["EK_A", "OPK_B"]),
    named("SS", ["PQPK_B"]),
  ],
  derived: [
    named("SK", ["DH1", "DH2", "DH3", "DH4", "SS"]),
    named("RK", ["SK"]),
    named("HKA", ["SK"]),
    named("NHKB", ["SK"]),
    named("KS", ["DH2", "DH3", "DH4", "SS"]),
  ],
  public: [named("IK_A"), named("EK_A")],
  associated_data: "4455",
};

test("a bundle alone is explained without what Alice will make of it", () => {
  assert.deepEqual(agreement.steps(null, null), []);
  assert.deepEqual(
    agreement.steps(bundle, null).map(({ title }) => title),
    ["The bundle", "The signatures"],
  );
});

test("each input of the derivation has a step of its own, in order, and names its keys", () => {
  const steps = agreement.steps(bundle, handshake);
  const inputs = steps.filter(({ title }) => /^(DH\d|SS)$/.test(title));
  assert.deepEqual(
    inputs.map(({ title }) => title),
    ["DH1", "DH2", "DH3", "DH4", "SS"],
  );
  assert.deepEqual(inputs[0].lit, ["DH1", "IK_A", "SPK_B"]);
  for (const { text } of inputs) assert.match(text, /Why: (?!it makes)/);
});

test("each derived secret is explained after those that it comes from", () => {
  const steps = agreement.steps(bundle, handshake);
  assert.deepEqual(
    steps.slice(-4).map(({ title }) => title),
    ["SK", "From SK", "KS", "What travels"],
  );
  const text = (wanted) => steps.find(({ title }) => title === wanted).text;
  assert.match(text("SK"), /^SK is derived from DH1, DH2, DH3, DH4 and SS together\. ./);
  assert.match(text("From SK"), /^SK gives RK \(the first root key\), HKA .* and NHKB /);
  assert.match(text("What travels"), /ciphertext from which Bob gets SS/);
});

test("X3DH has no post-quantum part, and without a one-time prekey three agreements", () => {
  const derived = [named("SK", ["DH1", "DH2", "DH3"]), named("RK", ["SK"])];
  const steps = agreement.steps(bundle, { ...handshake, suite: "x3dh", inputs: handshake.inputs.slice(0, 3), derived });
  assert.match(steps.find(({ title }) => title === "SK").text, /DH1, DH2 and DH3 together/);
  assert.ok(!steps.some(({ title, text }) => title === "What travels" && text.includes("SS")));
});

test("only keys that Bob signed are said to be signed", () => {
  assert.match(agreement.steps(bundle, null)[1].text, /^Bob signed SPK_B and PQPK_B with/);
});

test("each line leads from a key to the agreement that it feeds", () => {
  const { lines, feeds, kdf, alice, bob, inputs, outputs, width, height } = agreement.places(bundle, handshake);
  assert.deepEqual(
    lines.map(({ name, of }) => `${of} ${name}`),
    ["IK_A DH1", "SPK_B DH1", "EK_A DH2", "IK_B DH2", "EK_A DH3", "SPK_B DH3", "EK_A DH4", "OPK_B DH4", "PQPK_B SS"],
  );
  const place = (name) => outputs.find((output) => output.name === name);
  for (const { name, y1 } of feeds) {
    const from = name === "SK" || name === "KS" ? kdf : place("SK");
    assert.equal(y1, from.y + from.height, name);
    assert.ok(y1 < place(name).y, name);
  }
  for (const box of [...alice, ...bob, ...inputs, ...outputs]) {
    assert.ok(box.x >= 0 && box.x + box.width <= width && box.y + box.height <= height, box.name);
  }
});
