// The program in the README, run as it stands there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

test("the program in the README runs, and is short", () => {
  const readme = new URL(import.meta.resolve("sprag-wasm").replace(/[^/]*$/, "README.md"));
  const [, program] = readFileSync(readme, "utf8").match(/```js\n(.*?)```/s);
  assert.ok(program.trimEnd().split("\n").length <= 15);
  const file = fileURLToPath(new URL("readme-program.mjs", import.meta.url));
  writeFileSync(file, program);
  assert.equal(execFileSync(process.execPath, [file], { encoding: "utf8" }), "hello\nhi\n");
});
