"use strict";

const assert = require("node:assert/strict");
const test = require("node:test");
const { playground, envelope } = require("./support.js");

const sent = (id, key, more = {}) => envelope({ id, from: "alice", header: { key, pn: 0, n: 0 }, ...more });
const sessions = (alice, bob) => ({
  alice: { chains: { root: [{ fingerprint: alice }] } },
  bob: { chains: { root: [{ fingerprint: bob }] } },
});
const difference = (wire, parties = sessions("1", "1")) => playground.difference({ parties, wire });

test("a session of which the other side has not heard is the reason", () => {
  assert.match(difference([sent(1, "new")], sessions("2", "1")), /^Alice has begun a new session/);
});

test("a ratchet key that is on its way is the reason", () => {
  assert.match(difference([sent(1, "old", { state: "delivered" }), sent(2, "new")]), /on its way$/);
  assert.match(difference([sent(1, "new", { state: "dropped" }), sent(2, "new")]), /^a new ratchet key is still/);
});

test("a ratchet key that was lost is not on its way, whatever else is", () => {
  const lost = /^no envelope with the new ratchet key/;
  assert.match(difference([sent(1, "old"), sent(2, "new", { state: "dropped" })]), lost);
  assert.match(difference([sent(1, "new", { damaged: true })]), lost);
  const heard = envelope({ id: 1, from: "bob", state: "delivered" });
  const other = envelope({ id: 3, from: "bob" });
  assert.match(difference([heard, sent(2, "new", { state: "refused" }), other]), lost);
});
