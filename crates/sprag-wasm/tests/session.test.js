// Accounts and sessions as a program in JavaScript sees them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Account, FileKey, Session, decodeFile, kind, sessionId } from "sprag-wasm";
import { bytes, hex, refused, text } from "./support.js";

const NOW = 1_800_000_000;
const DAY = 86_400;

/** Two parties with a session each, of which Alice began hers. */
function begun() {
  const bob = new Account();
  const alice = new Account();
  const session = alice.initiate(bob.publish());
  const { session: replies } = bob.accept(session.encrypt(bytes("first")));
  return { alice, bob, session, replies };
}

test("a first message says who wrote it and in which session", () => {
  const bob = new Account();
  const alice = new Account();
  const session = alice.initiate(bob.publish());
  const message = session.encrypt(bytes("hello"));
  assert.equal(kind(message), "prekey-message");
  assert.equal(hex(sessionId(message)), hex(session.id));
  const opened = bob.accept(message);
  assert.equal(text(opened.plaintext), "hello");
  assert.equal(hex(opened.sender), hex(alice.identity));
  assert.equal(hex(opened.sessionId), hex(session.id));
  assert.equal(opened.suite, "pqxdh");
  assert.deepEqual(Object.keys(opened.oneTimeKeys).sort(), ["ec", "kem"]);
  assert.ok(opened.session instanceof Session);
  assert.equal(hex(opened.session.peer), hex(alice.identity));
  assert.equal(hex(session.peer), hex(bob.identity));
  // Of the two, only the initiator began the session, and the answer confirms it to her.
  assert.deepEqual([session.isInitiator, session.isUnanswered, session.isConfirmed], [true, true, false]);
  assert.deepEqual([opened.session.isInitiator, opened.session.messagesToAnswer], [false, 1]);
  const answer = opened.session.encrypt(bytes("hi"));
  assert.equal(sessionId(answer), undefined);
  assert.equal(kind(answer), "message");
  session.decrypt(answer);
  assert.deepEqual([session.isUnanswered, session.isConfirmed], [false, true]);
});

test("messages arrive in any order, and the states agree when nothing is in flight", () => {
  const { session, replies } = begun();
  const [one, two, three] = ["one", "two", "three"].map((word) => session.encrypt(bytes(word)));
  assert.equal(text(replies.decrypt(three).plaintext), "three");
  assert.equal(replies.status().skippedKeys, 2);
  assert.equal(text(replies.decrypt(one).plaintext), "one");
  assert.equal(text(replies.decrypt(two).plaintext), "two");
  refused("duplicate", () => replies.decrypt(two));
  session.decrypt(replies.encrypt(bytes("answer")));
  const [ours, theirs] = [session.status(), replies.status()];
  assert.equal(hex(ours.rootFingerprint), hex(theirs.rootFingerprint));
  assert.deepEqual([ours.sent, ours.received, theirs.sent, theirs.received], [4, 1, 1, 4]);
  assert.deepEqual([ours.suite, ours.skippedKeys, theirs.skippedKeys], ["pqxdh", 0, 0]);
  assert.ok(ours.dhSteps > 0);
});

test("associated data must be the same on both sides", () => {
  const { session, replies } = begun();
  const message = session.encrypt(bytes("text"), bytes("data"));
  refused("not-authentic", () => replies.decrypt(message));
  refused("not-authentic", () => replies.decrypt(message, bytes("other")));
  assert.equal(text(replies.decrypt(message, bytes("data")).plaintext), "text");
  // The same with a first message.
  const bob = new Account();
  const first = new Account().initiate(bob.publish()).encrypt(bytes("text"), bytes("data"));
  refused("not-authentic", () => bob.accept(first));
  // In the place of the options they would not be authenticated.
  refused("argument", () => bob.accept(first, bytes("data")));
  bob.accept(first, { associatedData: bytes("data") });
});

test("snapshots bring back accounts and sessions", () => {
  const { alice, bob, session, replies } = begun();
  const again = Session.fromSnapshot(replies.snapshot());
  assert.equal(text(again.decrypt(session.encrypt(bytes("more"))).plaintext), "more");
  const account = Account.fromSnapshot(bob.snapshot());
  assert.equal(hex(account.identity), hex(bob.identity));
  account.accept(alice.initiate(account.publish(), { ordinal: 2 }).encrypt(bytes("again")));
  refused("snapshot", () => Account.fromSnapshot(session.snapshot()));
  refused("snapshot", () => Session.fromSnapshot(new Uint8Array(100)));
});

test("a repeat names its session", () => {
  const bob = new Account();
  const session = new Account().initiate(bob.publish());
  const message = session.encrypt(bytes("hello"));
  bob.accept(message);
  assert.throws(() => bob.accept(message), (error) => {
    assert.equal(error.code, "repeat-of");
    assert.equal(hex(error.sessionId), hex(session.id));
    return true;
  });
});

test("bundles are held to the policy", () => {
  const bob = new Account(NOW);
  const alice = new Account();
  // X3DH is accepted only where both ask for it.
  const bundle = bob.publishX3dh();
  refused("not-accepted", () => alice.initiate(bundle));
  refused("not-accepted", () => alice.initiate(bundle, { allowX3dh: "yes" }));
  const session = alice.initiate(bundle, { allowX3dh: true });
  const message = session.encrypt(bytes("hello"));
  refused("not-accepted", () => bob.accept(message));
  assert.equal(bob.accept(message, { allowX3dh: true }).suite, "x3dh");
  // Age and clock.
  const dated = bob.publish();
  refused("stale", () => alice.initiate(dated, { now: NOW + 8 * DAY, maxAge: 7 * DAY }));
  refused("in-future", () => alice.initiate(dated, { now: NOW - 2 * DAY }));
  alice.initiate(dated, { now: NOW + 0.5, maxAge: 7 * DAY });
  refused("stale", () => alice.initiate(new Account().publish(), { now: NOW, maxAge: 7 * DAY }));
  refused("argument", () => alice.initiate(dated, { maxAge: DAY }));
  assert.equal(alice.initiate(dated, { ordinal: 7 }).ordinal, 7);
});

test("prekeys are replaced, counted and uploaded", () => {
  const bob = new Account(NOW);
  const early = new Account().initiate(bob.publishReusable()).encrypt(bytes("early"));
  const late = new Account().initiate(bob.publishReusable()).encrypt(bytes("late"));
  bob.rotate(NOW + DAY, DAY);
  assert.deepEqual([bob.prekeysCreated, bob.previousPrekeys], [NOW + DAY, 1]);
  bob.accept(early);
  assert.equal(bob.expire(NOW + DAY), false);
  assert.equal(bob.expire(NOW + 3 * DAY), true);
  refused("prekey-gone", () => bob.accept(late));
  assert.equal(kind(bob.replenish(5)), "upload");
  assert.deepEqual(bob.oneTimePrekeys(), { ec: 5, kem: 5, uploadedEc: 5, uploadedKem: 5 });
  bob.replenishFrom(99, 100);
  assert.equal(bob.oneTimePrekeys().uploadedEc, 6);
  refused("oversized", () => bob.replenish(1_001));
  bob.redate(NOW, 0);
  assert.equal(bob.prekeysCreated, NOW);
});

test("of two sessions both sides prefer the same", () => {
  const { alice, bob, session, replies } = begun();
  const other = alice.initiate(bob.publish(), { ordinal: 2 });
  const { session: others } = bob.accept(other.encrypt(bytes("second")));
  assert.deepEqual([other.isPreferredTo(session), session.isPreferredTo(other)], [true, false]);
  assert.deepEqual([others.isPreferredTo(replies), replies.isPreferredTo(others)], [true, false]);
});

test("what is no bundle or message is refused, and changes nothing", () => {
  const { bob, session, replies } = begun();
  const message = session.encrypt(bytes("text"));
  const before = hex(replies.snapshot());
  refused("truncated", () => replies.decrypt(new Uint8Array()));
  refused("unknown-version", () => replies.decrypt(bytes("no message")));
  refused("other-kind", () => replies.decrypt(bob.publish()));
  const damaged = message.slice();
  damaged[damaged.length - 1] ^= 1;
  refused("not-authentic", () => replies.decrypt(damaged));
  assert.equal(hex(replies.snapshot()), before);
  replies.decrypt(message);
  const bundle = bob.publish();
  bundle[60] ^= 1;
  refused("damaged", () => new Account().initiate(bundle));
  refused("own-bundle", () => bob.initiate(bob.publish()));
});

test("an argument of another type is refused and not taken for zeros", () => {
  const { bob, session } = begun();
  for (const wrong of ["hello", [1, 2], { length: 2 }, 5, null, undefined, new Uint16Array(2), new ArrayBuffer(2)]) {
    refused("argument", () => session.encrypt(wrong));
    refused("argument", () => session.decrypt(wrong));
    refused("argument", () => bob.initiate(wrong));
    refused("argument", () => bob.accept(wrong));
    refused("argument", () => Session.fromSnapshot(wrong));
    refused("argument", () => kind(wrong));
  }
  refused("argument", () => session.encrypt(bytes("text"), "data"));
  refused("argument", () => bob.accept(bytes("text"), "data"));
  for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    refused("argument", () => new Account(wrong));
    refused("argument", () => bob.rotate(wrong, 0));
    refused("argument", () => bob.rotate(0, wrong));
    refused("argument", () => bob.expire(wrong));
    refused("argument", () => bob.replenish(wrong));
    refused("argument", () => bob.replenishFrom(wrong, 0));
    refused("argument", () => bob.replenishFrom(0, wrong));
  }
  assert.equal(session.status().sent, 1);
});

test("an argument that cannot be read is refused, and account, session and file key go on and are wiped", () => {
  const { bob, session, replies } = begun();
  const key = new FileKey();
  const transferred = bytes("text");
  structuredClone(transferred, { transfer: [transferred.buffer] });
  const first = new Account().initiate(bob.publish()).encrypt(bytes("first"));
  for (const wrong of [transferred, Object.create(Uint8Array.prototype)]) {
    refused("argument", () => session.encrypt(wrong));
    refused("argument", () => session.encrypt(bytes("text"), wrong));
    refused("argument", () => replies.decrypt(wrong));
    refused("argument", () => bob.accept(wrong));
    refused("argument", () => bob.accept(first, { associatedData: wrong }));
    refused("argument", () => key.seal(wrong));
    refused("argument", () => key.open(wrong));
    refused("argument", () => kind(wrong));
    refused("argument", () => decodeFile(wrong));
  }
  const throwing = { get associatedData() { return assert.fail("the caller's"); } };
  refused("argument", () => bob.accept(first, throwing));
  refused("argument", () => bob.accept(first, { get allowX3dh() { return bob.identity; } }));
  assert.equal(text(replies.decrypt(session.encrypt(bytes("text"))).plaintext), "text");
  bob.accept(first);
  for (const value of [bob, session, replies, key]) {
    value.free();
  }
});

test("a length beyond 2^32 is not cut off", () => {
  class Long extends Uint8Array {
    get length() {
      return 2 ** 32 + 4;
    }
  }
  const { bob, session } = begun();
  refused("oversized", () => session.encrypt(new Long(4)));
  refused("oversized", () => session.encrypt(bytes("text"), new Long(4)));
  assert.equal(session.status().sent, 1);
  // The limit of associated data is lower than the memory.
  const long = new Uint8Array(16 * 1_024 * 1_024 + 1);
  refused("oversized", () => session.encrypt(bytes("text"), long));
  refused("oversized", () => session.decrypt(bytes("text"), long));
  refused("oversized", () => bob.accept(bytes("text"), { associatedData: long }));
});

test("no two accounts are alike, because the randomness is that of Web Cryptography", (context) => {
  assert.notEqual(hex(new Account().identity), hex(new Account().identity));
  const real = globalThis.crypto.getRandomValues;
  let drawn = 0;
  context.mock.method(globalThis.crypto, "getRandomValues", function count(array) {
    drawn += array.length;
    return real.call(this, array);
  });
  new Account();
  assert.ok(drawn >= 32, `${drawn}`);
});

test("free() ends a value", () => {
  const { session } = begun();
  session.free();
  assert.throws(() => session.encrypt(bytes("text")));
});

test("a value that is freed or of another class is refused without a code, and nothing else happens", () => {
  const { bob, session, replies } = begun();
  const freed = new Account().initiate(bob.publish());
  freed.free();
  for (const call of [() => freed.encrypt(bytes("text")), () => session.isPreferredTo(freed), () => session.isPreferredTo(bob)]) {
    assert.throws(call, (error) => error instanceof Error && error.code === undefined);
  }
  assert.equal(text(replies.decrypt(session.encrypt(bytes("text"))).plaintext), "text");
  session.free();
});
