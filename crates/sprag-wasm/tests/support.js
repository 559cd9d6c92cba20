// Parts that several tests use.
import assert from "node:assert/strict";

/** The bytes of a text. */
export const bytes = (text) => new TextEncoder().encode(text);

/** The text of bytes. */
export const text = (content) => new TextDecoder().decode(content);

/** The hexadecimal digits of bytes. */
export const hex = (content) => Buffer.from(content).toString("hex");

/** Demands that `call` throws an error of this package's with this code. */
export function refused(code, call) {
  assert.throws(call, (error) => {
    assert.ok(error instanceof Error, `${error}`);
    assert.deepEqual([error.name, error.code], ["SpragError", code], error.message);
    assert.notEqual(error.message, "");
    return true;
  });
}
