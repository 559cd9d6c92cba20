// Randomness that is missing is no silent fault. A file of its own, because the module is not used any more afterwards.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Account } from "sprag-wasm";

test("without randomness there is no key, bundle or message", (context) => {
  const bob = new Account();
  const session = new Account().initiate(bob.publish());
  context.mock.method(globalThis.crypto, "getRandomValues", () => {
    throw new Error("no randomness");
  });
  assert.throws(() => new Account(), WebAssembly.RuntimeError);
  assert.throws(() => bob.publish(), WebAssembly.RuntimeError);
  context.mock.restoreAll();
  // The account was about to change, and does nothing any more.
  assert.throws(() => bob.snapshot());
  assert.equal(session.status().sent, 0);
});
