// Contents, files and device lists by themselves.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Account,
  FileKey,
  User,
  bundleDeviceList,
  contentAssociatedData,
  decodeContent,
  decodeCopy,
  decodeDeviceList,
  decodeFile,
  encodeContent,
  encodeCopy,
  encodeFileHeader,
  fileAssociatedData,
  withDeviceList,
} from "sprag-wasm";
import { bytes, hex, refused, text } from "./support.js";

const HEADER = { version: 3n, hash: new Uint8Array(8).fill(7), known: 0n };

test("a content has the bytes of docs/protocol.md, section 14", () => {
  const content = { kind: "text", ...HEADER, payload: bytes("hello") };
  const encoded = encodeContent(content);
  assert.equal(hex(encoded), "00" + "03" + "07".repeat(8) + "00" + hex(bytes("hello")));
  assert.deepEqual(decodeContent(encoded), content);
  assert.equal(text(contentAssociatedData(bytes("x"))), "sprag content\u0001x");
  assert.equal(text(contentAssociatedData()), "sprag content\u0001");
});

test("every kind of content and every version goes there and back", () => {
  const kinds = ["text", "copy", "list", "renew", "link-acceptance", "link-welcome", "nothing", "file-key"];
  for (const kind of kinds) {
    const content = {
      kind, version: 2n ** 64n - 1n, hash: new Uint8Array(8), known: 2n ** 53n + 1n, list: bytes("a list"),
      payload: new Uint8Array(),
    };
    assert.deepEqual(decodeContent(encodeContent(content)), content);
  }
});

test("a content that is not whole is refused", () => {
  const content = { kind: "text", ...HEADER, payload: bytes("hello") };
  refused("truncated", () => decodeContent(encodeContent(content).subarray(0, 10)));
  refused("unknown-content", () => decodeContent(new Uint8Array(20).fill(5)));
  for (const [key, wrong] of [
    ["kind", "letter"], ["kind", undefined], ["version", 3], ["version", -1n], ["version", 2n ** 64n],
    ["hash", new Uint8Array(7)], ["hash", new Uint8Array(9)], ["payload", "hello"], ["list", "list"],
  ]) {
    refused("argument", () => encodeContent({ ...content, [key]: wrong }));
  }
  refused("argument", () => encodeContent("hello"));
  refused("argument", () => encodeContent(undefined));
  refused("oversized", () => encodeContent({ ...content, list: new Uint8Array(8_193) }));
});

test("a copy has the user and the payload", () => {
  const copied = { user: new Uint8Array(32).fill(1), payload: bytes("hello") };
  const encoded = encodeCopy(copied);
  assert.equal(hex(encoded), "01".repeat(32) + "05" + hex(bytes("hello")));
  assert.deepEqual(decodeCopy(encoded), copied);
  refused("trailing", () => decodeCopy(new Uint8Array([...encoded, 0])));
  refused("argument", () => encodeCopy({ ...copied, user: new Uint8Array(31) }));
});

test("a file opens whole, and by its key alone", () => {
  for (const length of [0, 1, 65_532, 65_533, 131_064, 300_000]) {
    const [key, content] = [new FileKey(), new Uint8Array(length).fill(9)];
    const chunks = key.seal(content);
    assert.deepEqual(FileKey.fromBytes(key.toBytes()).open(chunks), content);
    refused("file", () => new FileKey().open(chunks));
    refused("file", () => key.open(chunks.subarray(0, chunks.length - 1)));
    refused("file", () => key.open(new Uint8Array([...chunks, 0])));
  }
  refused("argument", () => FileKey.fromBytes(new Uint8Array(31)));
  refused("argument", () => FileKey.fromBytes(new Uint8Array(33)));
  refused("argument", () => new FileKey().seal("hello"));
  refused("argument", () => new FileKey().open("hello"));
});

test("the header of a file carries its messages", () => {
  const bob = new Account();
  const message = new Account().initiate(bob.publish()).encrypt(bytes("key"));
  const { commitment } = new FileKey();
  const header = encodeFileHeader(commitment, [message, message]);
  const file = decodeFile(new Uint8Array([...header, 1, 2, 3]));
  assert.deepEqual(file, { commitment, messages: [message, message], chunks: new Uint8Array([1, 2, 3]) });
  assert.equal(hex(fileAssociatedData(commitment)), hex(bytes("sprag content\u0001sprag file")) + hex(commitment));
  refused("malformed", () => encodeFileHeader(commitment, []));
  refused("oversized", () => encodeFileHeader(commitment, Array(25).fill(message)));
  refused("argument", () => encodeFileHeader(commitment, message));
  refused("argument", () => encodeFileHeader(commitment, ["hello"]));
  refused("argument", () => encodeFileHeader(new Uint8Array(31), [message]));
  refused("truncated", () => decodeFile(header.subarray(0, 100)));
});

test("a user signs a list of one device", () => {
  const account = new Account();
  const user = new User();
  const list = user.firstDeviceList(account, 1_800_000_000);
  const { hash, ...rest } = decodeDeviceList(list);
  assert.deepEqual(rest, {
    user: user.id, version: 1n, created: 1_800_000_000, devices: [{ number: 0, identity: account.identity }],
  });
  assert.equal(hash.length, 8);
  assert.equal(hex(User.fromSeed(user.seed()).id), hex(user.id));
  list[200] ^= 1;
  refused("device-list", () => decodeDeviceList(list));
  refused("argument", () => User.fromSeed(new Uint8Array(31)));
});

test("a bundle takes a list, and begins a session all the same", () => {
  const bob = new Account();
  const list = new User().firstDeviceList(bob);
  const bundle = bob.publish();
  assert.equal(bundleDeviceList(bundle).length, 0);
  const listed = withDeviceList(bundle, list);
  assert.deepEqual(bundleDeviceList(listed), list);
  bob.accept(new Account().initiate(listed).encrypt(bytes("hello")));
  refused("truncated", () => withDeviceList(new Uint8Array(), list));
});

test("a file key encrypts one content, because a second one would be under the same nonces", () => {
  const key = new FileKey();
  const chunks = key.seal(bytes("content"));
  refused("argument", () => key.seal(bytes("another")));
  assert.equal(text(key.open(chunks)), "content");
  // A key that came in a message has encrypted the sender's content.
  const received = FileKey.fromBytes(key.toBytes());
  refused("argument", () => received.seal(bytes("another")));
  assert.equal(text(received.open(chunks)), "content");
});
