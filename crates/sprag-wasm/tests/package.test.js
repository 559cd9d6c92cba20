// The package itself: its interface, and the absence of what only the playground has.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import * as sprag from "sprag-wasm";
import * as web from "sprag-wasm/web";

const folder = new URL(".", import.meta.resolve("sprag-wasm"));
const file = (name) => readFileSync(new URL(name, folder));
const wasm = file("sprag_wasm_bg.wasm");

/** The names that the interface has: all that the WebAssembly has, without the functions that load it. */
const NAMES = [
  "Account", "FileKey", "Session", "User", "bundleDeviceList", "contentAssociatedData", "decodeContent", "decodeCopy",
  "decodeDeviceList", "decodeFile", "encodeContent", "encodeCopy", "encodeFileHeader", "fileAssociatedData", "kind",
  "sessionId", "withDeviceList",
];

test("the package has this interface, and everything has a type", () => {
  assert.deepEqual(Object.keys(sprag).sort(), NAMES);
  assert.deepEqual(Object.keys(web).sort(), [...NAMES, "default", "initSync"].sort());
  const types = file("sprag_wasm.d.ts").toString();
  for (const name of NAMES) {
    assert.match(types, new RegExp(`export (class|function) ${name}\\b`));
  }
  const exported = (text) => [...text.matchAll(/^ {2}(\w+),$/gm)].map(([, name]) => name);
  assert.deepEqual(exported(file("index.js").toString()), NAMES);
  const typed = exported(file("index.d.ts").toString());
  const declared = [...types.matchAll(/export (?:interface|type) (\w+)/g)].map(([, name]) => name);
  const ofLoading = ["InitInput", "InitOutput", "SyncInitInput"];
  assert.deepEqual(typed.sort(), [...NAMES, ...declared.filter((name) => !ofLoading.includes(name))].sort());
});

test("every error code in the types is in the README", () => {
  const [, union] = file("sprag_wasm.d.ts").toString().match(/export type ErrorCode =(.*?);/s);
  const codes = [...union.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code);
  const readme = file("README.md").toString();
  assert.deepEqual(codes.filter((code) => !readme.includes(`\`${code}\``)), []);
  assert.ok(codes.length > 40);
});

test("the package has neither the seeded generator nor the views of keys of the playground", () => {
  const exported = WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({ name }) => name);
  const foreign = /scene|playground|hazmat|thief|show_?keys|rng/i;
  assert.deepEqual(exported.filter((name) => foreign.test(name)), []);
  // The names of the steps and of the fields of a view, which the scene cannot do without.
  for (const word of ["send_many", "in_flight", "root_fingerprint", "locked_out", "same_root"]) {
    assert.equal(wasm.includes(word), false, word);
  }
  for (const name of readdirSync(fileURLToPath(folder)).filter((name) => /\.(js|d\.ts)$/.test(name))) {
    assert.doesNotMatch(file(name).toString(), /\bScene\b|playground/, name);
  }
});

test("the package names no folder of the machine that built it", () => {
  for (const word of ["/home/", "/root/", "/Users/", "/.cargo/"]) {
    assert.equal(wasm.includes(word), false, word);
  }
});

test("a browser gets the same interface, and fetches the WebAssembly beside the module", () => {
  // A browser fetches by address. Here it is an address of a file, which Node.js does not fetch by itself.
  const program = `
    import { readFileSync } from "node:fs";
    const fetched = [];
    globalThis.fetch = async (url) => {
      fetched.push(String(url));
      return new Response(readFileSync(url), { headers: { "Content-Type": "application/wasm" } });
    };
    const sprag = await import(${JSON.stringify(new URL("browser.js", folder).href)});
    const identity = new sprag.Account().identity.length;
    console.log(JSON.stringify({ fetched, identity, names: Object.keys(sprag).sort() }));
  `;
  const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  const fetched = [new URL("sprag_wasm_bg.wasm", folder).href];
  assert.deepEqual(JSON.parse(printed), { fetched, identity: 32, names: NAMES });
});
