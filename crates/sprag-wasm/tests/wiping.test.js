// The memory of the WebAssembly holds no secret any more once a value is freed, nor what went in and out.
import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import { test } from "node:test";
import { Account, FileKey, User, decodeFile, encodeFileHeader, kind } from "sprag-wasm";
import { initSync } from "sprag-wasm/web";
import { hex } from "./support.js";

// It is loaded already, and this only returns it.
const { memory } = initSync();

/** The number of places in the memory that hold these bytes. */
function places(secret) {
  const all = Buffer.from(memory.buffer);
  let count = 0;
  for (let at = all.indexOf(secret); at >= 0; at = all.indexOf(secret, at + 1)) {
    count += 1;
  }
  return count;
}

/** The private key in a snapshot whose public key is `identity`. */
function privateKey(snapshot, identity) {
  const pkcs8 = Buffer.from("302e020100300506032b656e04220420", "hex");
  for (let at = 0; at + 32 <= snapshot.length; at += 1) {
    const secret = snapshot.subarray(at, at + 32);
    const key = createPrivateKey({ key: Buffer.concat([pkcs8, secret]), format: "der", type: "pkcs8" });
    const found = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
    if (hex(found) === hex(identity)) {
      return secret;
    }
  }
  return assert.fail("a snapshot has the private key");
}

test("an account takes its private key with it, and a snapshot leaves no copy", () => {
  const account = new Account();
  const secret = privateKey(account.snapshot(), account.identity);
  const held = places(secret);
  assert.ok(held > 0);
  const again = Account.fromSnapshot(account.snapshot());
  assert.equal(places(secret), 2 * held);
  again.free();
  assert.equal(places(secret), held);
  account.free();
  assert.equal(places(secret), 0);
});

test("a file key and a user take their keys with them", () => {
  const [key, user] = [new FileKey(), new User()];
  for (const [value, secret] of [[key, key.toBytes()], [user, user.seed()]]) {
    assert.ok(places(secret) > 0);
    value.free();
    assert.equal(places(secret), 0);
  }
});

/** The number of pieces of a text that are in the memory. The allocator writes over the beginning of what is freed. */
function pieces(content) {
  const offsets = Array.from({ length: content.length / 32 }, (_, number) => 32 * number);
  return offsets.filter((at) => places(content.subarray(at, at + 32)) > 0).length;
}

test("no plaintext stays behind", () => {
  const bob = new Account();
  const session = new Account().initiate(bob.publish());
  const secret = randomBytes(4_096);
  const message = session.encrypt(secret);
  assert.equal(pieces(secret), 0);
  const { session: replies } = bob.accept(message);
  assert.equal(pieces(secret), 0);
  replies.decrypt(session.encrypt(secret));
  assert.equal(pieces(secret), 0);
});

test("no content of a file stays behind", () => {
  // Some of these lengths leave a copy if the bytes move to have room for padding and tag.
  for (const length of [512, 4_096, 20_992, 60_672, 70_016]) {
    const [key, secret] = [new FileKey(), randomBytes(length)];
    const chunks = key.seal(secret);
    assert.equal(pieces(secret), 0, `${length} sealed`);
    key.open(chunks);
    assert.equal(pieces(secret), 0, `${length} opened`);
  }
});

test("JavaScript's copies of the parts of a file are overwritten, because the caller gets the whole alone", (context) => {
  const key = new FileKey();
  const secret = randomBytes(200_000);
  const chunks = key.seal(secret);
  // See what is put together.
  const prototype = Object.getPrototypeOf(Uint8Array.prototype);
  const { set } = prototype;
  const parts = [];
  context.mock.method(prototype, "set", function note(source, place) {
    parts.push(source);
    return set.call(this, source, place);
  });
  const content = key.open(chunks);
  context.mock.restoreAll();
  const opened = parts.filter((part) => part.buffer !== chunks.buffer);
  assert.ok(opened.length > 1);
  assert.deepEqual(opened.map((part) => part.every((byte) => byte === 0)), opened.map(() => true));
  assert.equal(hex(content), hex(secret));
});

test("a long file stays out of the memory", () => {
  const session = new Account().initiate(new Account().publish());
  const key = new FileKey();
  const header = encodeFileHeader(key.commitment, [session.encrypt(key.toBytes())]);
  const file = new Uint8Array(header.length + 64 * 1_024 * 1_024);
  file.set(header);
  const before = memory.buffer.byteLength;
  assert.equal(decodeFile(file).chunks.length, file.length - header.length);
  assert.ok(memory.buffer.byteLength - before < 1_024 * 1_024);
  assert.equal(kind(file), "file");
  // It need be no longer than any other input to tell its kind.
  assert.ok(memory.buffer.byteLength - before < 24 * 1_024 * 1_024);
});
