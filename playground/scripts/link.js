"use strict";

// A scenario as the fragment of a link: version, seed and steps.
//
// The fragment is `scenario=1.` and base64url of: the seed, the steps, and a CRC-32 of both. A number is 7 bits a byte,
// the lowest first, the top bit set on all bytes but the last; a text is its length in bytes and then UTF-8. The
// checksum finds links that a mail program cut or changed. It does not authenticate anybody.
(function (playground) {
  /** The version of steps and seeds. A link of another version would play something else than its author saw. */
  const VERSION = 1;

  /** The most characters of a fragment. Mail programs and chats cut links that are much longer. */
  const MAX_LENGTH = 16_384;

  /** The most steps, as a scene has it. */
  const MAX_STEPS = 2_000;

  /** The most characters of a text, as a scene has it. */
  const MAX_TEXT = 200;

  const MAX_COUNT = 100_000;
  const MAX_SEED = (1n << 64n) - 1n;
  const PREFIX = "scenario=";

  /** The kinds of steps. The place of each is its number in a link, so a new kind goes to the end. */
  const KINDS = [
    { step: { do: "publish" }, rest: [] },
    { step: { do: "begin", suite: "pqxdh" }, rest: [] },
    { step: { do: "begin", suite: "x3dh" }, rest: [] },
    { step: { do: "send", who: "alice" }, rest: ["text"] },
    { step: { do: "send", who: "bob" }, rest: ["text"] },
    { step: { do: "send_many", who: "alice" }, rest: ["count"] },
    { step: { do: "send_many", who: "bob" }, rest: ["count"] },
    { step: { do: "deliver" }, rest: ["envelope"] },
    { step: { do: "double" }, rest: ["envelope"] },
    { step: { do: "damage" }, rest: ["envelope"] },
    { step: { do: "drop" }, rest: ["envelope"] },
    { step: { do: "steal", who: "alice" }, rest: [] },
    { step: { do: "steal", who: "bob" }, rest: [] },
  ];

  /** A link that cannot be played. The message is a sentence for people. */
  class LinkError extends Error {}

  /**
   * The fragment for a scenario, without the `#`.
   * @param {bigint} seed
   * @param {Step[]} steps
   * @returns {string | null} nothing if the scenario is too long for a link
   */
  function encode(seed, steps) {
    const bytes = [];
    putNumber(bytes, seed);
    for (const step of steps) putStep(bytes, step);
    const sum = checksum(bytes);
    bytes.push(sum & 255, (sum >>> 8) & 255, (sum >>> 16) & 255, sum >>> 24);
    const fragment = `${PREFIX}${VERSION}.${toBase64(bytes)}`;
    return fragment.length > MAX_LENGTH ? null : fragment;
  }

  /**
   * The scenario of a fragment.
   * @param {string} fragment without the `#`
   * @returns {{seed: bigint, steps: Step[]}}
   */
  function decode(fragment) {
    // Read the version before anything else, because the rest is only known for this one.
    if (fragment.length > MAX_LENGTH) {
      throw new LinkError(
        `This link is too long: it has ${fragment.length} characters, and this page reads ${MAX_LENGTH} at most.`,
      );
    }
    const [, version, body] = /^scenario=([0-9]{1,9})\.([A-Za-z0-9_-]*)$/.exec(fragment) ?? damaged("it is incomplete");
    if (Number(version) !== VERSION) {
      throw new LinkError(
        `This link is of version ${version} of the playground, and this page plays version ${VERSION}. ` +
          "Open the link with a playground of its version, or ask for a new link.",
      );
    }
    // Check the sum, and read seed and steps.
    const all = fromBase64(body);
    const bytes = all.slice(0, -4);
    const sum = all.slice(-4).reduceRight((value, byte) => value * 256 + byte, 0);
    if (sum !== checksum(bytes)) damaged("its checksum does not fit");
    const reader = { bytes, at: 0 };
    const seed = getNumber(reader);
    if (seed > MAX_SEED) damaged("its seed is too large");
    const steps = [];
    while (reader.at < bytes.length) {
      if (steps.length === MAX_STEPS) damaged(`it has more than ${MAX_STEPS} steps`);
      steps.push(getStep(reader));
    }
    return { seed, steps };
  }

  /** @param {string} what @returns {never} */
  function damaged(what) {
    throw new LinkError(`This link is damaged: ${what}. Copy the whole link again.`);
  }

  function putStep(bytes, step) {
    const kind = KINDS.findIndex((known) => Object.entries(known.step).every(([name, value]) => step[name] === value));
    if (kind < 0) throw new Error(`a link has no step ${JSON.stringify(step)}`);
    bytes.push(kind);
    for (const name of KINDS[kind].rest) {
      if (name === "text") putText(bytes, step.text);
      else putNumber(bytes, BigInt(step[name]));
    }
  }

  function getStep(reader) {
    const kind = KINDS[getByte(reader)] ?? damaged("it has a step that is not known");
    /** @type {any} */
    const step = { ...kind.step };
    for (const name of kind.rest) {
      if (name === "text") step.text = getText(reader);
      else step[name] = getSmall(reader, name);
    }
    return step;
  }

  function putNumber(bytes, value) {
    for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128);
    bytes.push(Number(value));
  }

  function getNumber(reader) {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = getByte(reader);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return byte === 0 && shift > 0n ? damaged("a number is not in its shortest form") : value;
    }
    return damaged("a number is too long");
  }

  function getSmall(reader, name) {
    const value = getNumber(reader);
    if (value < 1n || value > BigInt(name === "count" ? MAX_COUNT : 0xffff_ffff)) damaged("a number is out of range");
    return Number(value);
  }

  function putText(bytes, text) {
    const encoded = new TextEncoder().encode(text);
    putNumber(bytes, BigInt(encoded.length));
    bytes.push(...encoded);
  }

  function getText(reader) {
    const length = Number(getNumber(reader));
    if (length > 4 * MAX_TEXT || reader.at + length > reader.bytes.length) damaged("a text is too long");
    const encoded = Uint8Array.from(reader.bytes.slice(reader.at, reader.at + length));
    reader.at += length;
    let text;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(encoded);
    } catch {
      damaged("a text cannot be read");
    }
    if (characters(text) > MAX_TEXT) damaged("a text is too long");
    return text;
  }

  function getByte(reader) {
    if (reader.at >= reader.bytes.length) damaged("its end is missing");
    return reader.bytes[reader.at++];
  }

  /** @param {string} text @returns {number} the number of its code points, by which texts are bounded */
  function characters(text) {
    return [...text].length;
  }

  function toBase64(bytes) {
    let binary = "";
    for (const byte of bytes) binary += String.fromCharCode(byte);
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function fromBase64(text) {
    if (text.length % 4 === 1) damaged("a character is missing");
    const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Array.from(binary, (character) => character.charCodeAt(0));
    // The last character may have bits that belong to no byte: only one spelling of a link is a link.
    if (toBase64(bytes) !== text) damaged("its end is missing or was changed");
    return bytes;
  }

  /** CRC-32 as in zip and PNG. */
  function checksum(bytes) {
    let sum = 0xffff_ffff;
    for (const byte of bytes) {
      sum ^= byte;
      for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb8_8320 : 0);
    }
    return (sum ^ 0xffff_ffff) >>> 0;
  }

  playground.link = {
    VERSION,
    MAX_LENGTH,
    MAX_STEPS,
    MAX_TEXT,
    MAX_COUNT,
    PREFIX,
    LinkError,
    encode,
    decode,
    characters,
  };
})((globalThis.playground ??= {}));
