"use strict";

const assert = require("node:assert/strict");
const test = require("node:test");
const { playground, envelope } = require("./support.js");

const wire = [
  envelope({ id: 1, from: "alice" }),
  envelope({ id: 2, from: "bob" }),
  envelope({ id: 3, from: "alice" }),
  envelope({ id: 4, from: "alice", copy_of: 3 }),
  envelope({ id: 5, from: "bob" }),
];

const step = (...events) => ({ events });
const began = step({ event: "published" }, { event: "began", suite: "pqxdh" });
const sent = (id) => step({ event: "sent", envelope: id });
const read = (id, who) => step({ event: "delivered", envelope: id, who });
const stolen = step({ event: "stolen" });
const healed = (entry) => step(...entry.events, { event: "healed" });

/** A conversation of one session, in which each side has read the other. */
const acquainted = [began, sent(1), read(1, "bob"), sent(2), read(2, "alice")];

test("Alice is in the session that she began last, and Bob in the one of which he has read", () => {
  const present = (...log) => playground.sessions(log, wire).present;
  assert.deepEqual(present(), { alice: 0, bob: 0 });
  assert.deepEqual(present(began, sent(1)), { alice: 1, bob: 0 });
  assert.deepEqual(present(...acquainted), { alice: 1, bob: 1 });
  assert.deepEqual(present(...acquainted, began, sent(3)), { alice: 2, bob: 1 });
  assert.deepEqual(present(...acquainted, began, sent(3), read(4, "bob")), { alice: 2, bob: 2 });
});

test("an envelope is of its sender’s session, and a copy of its original’s", () => {
  const { of } = playground.sessions([...acquainted, began, sent(3), sent(5)], wire);
  assert.deepEqual(wire.map(of), [1, 1, 2, 2, 1]);
});

test("the recovery names the way of each side", () => {
  const recovery = (...later) => {
    const thief = { victim: "alice", at_step: acquainted.length + 1, locked_out: true };
    return playground.recovery({ thief, wire }, [...acquainted, stolen, ...later]);
  };
  assert.deepEqual(recovery(sent(3), read(3, "bob"), healed(sent(5))), { alice: "ratchet", bob: "ratchet" });
  assert.deepEqual(recovery(began, sent(3), healed(read(3, "bob"))), { alice: "renewal", bob: "renewal" });
  assert.deepEqual(recovery(sent(3), read(3, "bob"), sent(5), healed(began)), { alice: "renewal", bob: "ratchet" });
  // What comes after the recovery does not count.
  assert.deepEqual(recovery(healed(sent(3)), began), { alice: "ratchet", bob: "ratchet" });
});

test("there is no recovery while the thief listens", () => {
  const thief = { victim: "alice", at_step: acquainted.length + 1, locked_out: false };
  assert.equal(playground.recovery({ thief, wire }, [...acquainted, stolen]), null);
  assert.equal(playground.recovery({ thief: null, wire }, acquainted), null);
});
