// Node.js does not fetch files, so this reads the WebAssembly beside this file, and then has all of the interface.
import { readFileSync } from "node:fs";
import { initSync } from "./sprag_wasm.js";

initSync({ module: readFileSync(new URL("sprag_wasm_bg.wasm", import.meta.url)) });

export * from "./index.js";
