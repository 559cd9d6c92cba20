// A page and the command `sprag` exchange files: the encodings of contents, files and device lists.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  Account,
  FileKey,
  User,
  bundleDeviceList,
  decodeContent,
  decodeCopy,
  decodeDeviceList,
  decodeFile,
  encodeContent,
  encodeCopy,
  encodeFileHeader,
  fileAssociatedData,
  kind,
  withDeviceList,
} from "sprag-wasm";
import { bytes, hex, text } from "./support.js";

const NOW = Math.floor(Date.now() / 1000);

let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "sprag-web-"));
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

const skip = process.env.SPRAG_BINARY ? false : "SPRAG_BINARY is not set: run `cargo xtask web`";

/** A user of the command, with a home of its own. */
class Command {
  constructor(name) {
    this.name = name;
    this.run("init");
  }

  path(name) {
    return join(folder, `${this.name}-${name}`);
  }

  run(...words) {
    const set = {
      SPRAG_HOME: this.path("home"),
      XDG_STATE_HOME: this.path("state"),
      SPRAG_PASSPHRASE: "correct horse battery staple",
    };
    return execFileSync(process.env.SPRAG_BINARY, words, { env: { ...process.env, ...set }, stdio: "pipe" });
  }

  bundle() {
    this.run("bundle", "-o", this.path("bundle"));
    return readFileSync(this.path("bundle"));
  }

  add(name, bundle) {
    writeFileSync(this.path("added"), bundle);
    this.run("add", name, this.path("added"));
  }

  encrypt(name, content) {
    writeFileSync(this.path("plain"), content);
    this.run("encrypt", name, "-i", this.path("plain"), "-o", this.path("sealed"));
    return readFileSync(this.path("sealed"));
  }

  decrypt(name, file) {
    writeFileSync(this.path("received"), file);
    this.run("decrypt", "--from", name, "-i", this.path("received"), "-o", this.path("opened"));
    return readFileSync(this.path("opened"));
  }
}

/** A user with one device: a page. */
class Page {
  constructor() {
    this.user = new User();
    this.account = new Account(NOW);
    this.list = this.user.firstDeviceList(this.account, NOW);
  }

  /** A file for the one device of the peer, whose newest list is `peer`. */
  encrypt(session, peer, content) {
    const key = new FileKey();
    const { version, hash } = decodeDeviceList(this.list);
    const payload = encodeCopy({ user: peer.user, payload: key.toBytes() });
    const told = { kind: "file-key", version, hash, known: peer.version, list: this.list, payload };
    const message = session.encrypt(encodeContent(told), fileAssociatedData(key.commitment));
    const header = encodeFileHeader(key.commitment, [message]);
    return Buffer.concat([header, key.seal(content)]);
  }

  /** The content of a file. `open` decrypts the message that is for this device. */
  decrypt(file, open) {
    const { commitment, messages, chunks } = decodeFile(file);
    assert.equal(messages.length, 1);
    const content = decodeContent(open(messages[0], fileAssociatedData(commitment)));
    assert.equal(content.kind, "file-key");
    const copied = decodeCopy(content.payload);
    assert.equal(hex(copied.user), hex(this.user.id));
    const key = FileKey.fromBytes(copied.payload);
    assert.equal(hex(key.commitment), hex(commitment));
    return { content, text: key.open(chunks) };
  }
}

test("the command reads what a page writes first, and the page reads the answer", { skip }, () => {
  const command = new Command("begun-with");
  const page = new Page();
  // The page begins a session by a bundle of the command.
  const bundle = command.bundle();
  const peer = decodeDeviceList(bundleDeviceList(bundle));
  const session = page.account.initiate(bundle, { now: NOW });
  assert.deepEqual(peer.devices.map(({ identity }) => hex(identity)), [hex(session.peer)]);
  const file = page.encrypt(session, peer, bytes("from the page"));
  assert.equal(kind(file), "file");
  assert.equal(text(command.decrypt("page", file)), "from the page");
  // The command answers in the same session.
  const answer = page.decrypt(command.encrypt("page", bytes("from the command")), (message, data) => {
    return session.decrypt(message, data).plaintext;
  });
  assert.equal(text(answer.text), "from the command");
  assert.equal(answer.content.known, 1n);
  assert.equal(answer.content.version, peer.version);
  assert.equal(hex(answer.content.hash), hex(peer.hash));
});

test("a page reads what the command writes first, and the command reads the answer", { skip }, () => {
  const command = new Command("beginner");
  const page = new Page();
  command.add("page", withDeviceList(page.account.publish(), page.list));
  // More than one chunk, the last of which is not full.
  const long = Buffer.alloc(200_000, "a long text ");
  let session;
  const first = page.decrypt(command.encrypt("page", long), (message, associatedData) => {
    const opened = page.account.accept(message, { associatedData });
    session = opened.session;
    return opened.plaintext;
  });
  assert.ok(long.equals(first.text));
  const peer = decodeDeviceList(first.content.list);
  assert.equal(hex(peer.devices[0].identity), hex(session.peer));
  for (const length of [0, 1, 65_532, 65_533, 200_000]) {
    const answer = page.encrypt(session, peer, long.subarray(0, length));
    assert.ok(long.subarray(0, length).equals(command.decrypt("page", answer)), `${length}`);
  }
});
