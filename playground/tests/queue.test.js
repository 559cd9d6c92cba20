"use strict";

const assert = require("node:assert/strict");
const test = require("node:test");
const { playground, envelope } = require("./support.js");

const ids = (envelopes) => envelopes.map(({ id }) => id);
const sent = (...numbers) => numbers.map((id) => envelope({ id }));

test("envelopes wait in the order in which they were sent", () => {
  const queue = new playground.Queue();
  assert.deepEqual(ids(queue.update(sent(1, 2))), [1, 2]);
  assert.deepEqual(ids(queue.update(sent(1, 2, 3))), [1, 2, 3]);
});

test("an envelope that was moved stays where it is", () => {
  const queue = new playground.Queue();
  queue.update(sent(1, 2, 3));
  queue.move(3, 0);
  assert.deepEqual(ids(queue.update(sent(1, 2, 3, 4))), [3, 1, 2, 4]);
  queue.move(3, 99);
  queue.move(1, -5);
  queue.move(77, 0);
  assert.deepEqual(ids(queue.update(sent(1, 2, 3, 4))), [1, 2, 4, 3]);
  assert.equal(queue.place(4), 2);
});

test("envelopes that are not on their way leave the queue", () => {
  const queue = new playground.Queue();
  queue.update(sent(1, 2, 3));
  const wire = [envelope({ id: 1, state: "delivered" }), envelope({ id: 2, state: "dropped" }), envelope({ id: 3 })];
  assert.deepEqual(ids(queue.update(wire)), [3]);
});

test("a copy comes behind its original, or last if that has arrived", () => {
  const queue = new playground.Queue();
  queue.update(sent(1, 2));
  const copy = envelope({ id: 3, copy_of: 1 });
  assert.deepEqual(ids(queue.update([...sent(1, 2), copy])), [1, 3, 2]);
  const another = new playground.Queue();
  assert.deepEqual(ids(another.update([envelope({ id: 1, state: "delivered" }), ...sent(2), copy])), [2, 3]);
});

test("another scenario begins with an empty queue", () => {
  const queue = new playground.Queue();
  queue.update(sent(1, 2));
  queue.move(2, 0);
  queue.clear();
  assert.deepEqual(ids(queue.update(sent(1, 2))), [1, 2]);
});
