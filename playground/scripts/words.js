"use strict";

// Names and numbers as people read them.
(function (playground) {
  const NAMES = { alice: "Alice", bob: "Bob" };

  /** @param {Name} who */
  const name = (who) => NAMES[who];

  /** @param {Name} who @returns {Name} the party on the other side */
  const other = (who) => (who === "alice" ? "bob" : "alice");

  /** @param {Name} who */
  const pronoun = (who) => (who === "alice" ? "she" : "he");

  /** @param {Name} who */
  const possessive = (who) => (who === "alice" ? "her" : "his");

  /** @param {number} count a number with commas between its thousands: `25,001` */
  const number = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

  /**
   * A number and its noun: `1 message`, `2 messages`.
   * @param {number} count
   * @param {string} singular
   * @param {string} [plural]
   */
  const count = (count, singular, plural = `${singular}s`) => `${number(count)} ${count === 1 ? singular : plural}`;

  /**
   * Parts as one enumeration: `a`, `a and b`, `a, b and c`.
   * @param {string[]} parts
   */
  function enumeration(parts) {
    if (parts.length < 2) return parts.join("");
    return `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`;
  }

  /** @param {string} hex two digits for each byte @returns {string} the bytes with spaces between them */
  const bytes = (hex) => (hex.match(/../g) ?? []).join(" ");

  /** @param {string} fingerprint @returns {string} groups of four digits */
  const groups = (fingerprint) => (fingerprint.match(/.{1,4}/g) ?? []).join(" ");

  /**
   * The names of all envelopes, by id: `A1` for the first message of Alice, `copy of A1` for a copy of it, and
   * `A2 to A51` for many that stand as one.
   * @param {Envelope[]} wire
   * @returns {Map<number, string>}
   */
  function labels(wire) {
    const found = new Map();
    const sent = { alice: 0, bob: 0 };
    const initial = { alice: "A", bob: "B" };
    for (const envelope of wire) {
      const { id, from, copy_of: original, many } = envelope;
      if (original !== null) {
        const label = found.get(original) ?? "an envelope";
        found.set(id, label.startsWith("copy ") ? label : `copy of ${label}`);
        continue;
      }
      const first = sent[from] + 1;
      sent[from] += many ?? 1;
      const last = many === undefined || many === 1 ? "" : ` to ${initial[from]}${number(sent[from])}`;
      found.set(id, `${initial[from]}${number(first)}${last}`);
    }
    return found;
  }

  playground.words = { name, other, pronoun, possessive, number, count, enumeration, bytes, groups, labels };
})((globalThis.playground ??= {}));
