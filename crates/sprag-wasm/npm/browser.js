// Loads the WebAssembly beside this file, which bundlers find by this expression, and then has all of the interface.
import load from "./sprag_wasm.js";

await load({ module_or_path: new URL("sprag_wasm_bg.wasm", import.meta.url) });

export * from "./index.js";
