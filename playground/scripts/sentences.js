"use strict";

// What happened in a step, as one sentence for people who know no cryptography.
(function (playground) {
  const { name, other, pronoun, possessive, count, enumeration, labels } = playground.words;

  /**
   * The sentence for a step.
   * @param {Pick<Entry, "step" | "events">} entry
   * @param {Envelope[]} wire all envelopes, for their names
   * @param {Pick<Entry, "events">[]} [earlier] the steps before it
   * @returns {string}
   */
  function tell({ step, events }, wire, earlier = []) {
    const about = {
      step,
      events,
      wire,
      earlier,
      label: labels(wire),
      has: (kind) => events.find(({ event }) => event === kind),
    };
    const sentence = TELLERS[step.do](about);
    return about.has("healed") ? `${sentence} ${HEALED}` : sentence;
  }

  const HEALED = "From here on the thief is locked out: what was stolen does not lead to the new keys of either side.";

  /** The most skipped message keys that a session keeps, as the library has it. */
  const MAX_SKIPPED_KEYS = 2_000;

  const TELLERS = {
    publish: ({ earlier }) => {
      // A conversation can go on by itself, or begin anew with the bundle.
      if (happened(earlier, "began")) {
        return (
          "Bob publishes a fresh bundle of public keys. The session goes on as it is, until Alice begins a new one " +
          "with the bundle."
        );
      }
      if (happened(earlier, "published")) {
        return "Bob publishes a fresh bundle of public keys in place of the last one.";
      }
      return (
        "Bob publishes a bundle of public keys on a server and goes offline; anybody may fetch it, and no secret is " +
        "in it."
      );
    },

    begin: ({ step, has, earlier }) => {
      const bundle = has("published") ? "Bob publishes a fresh bundle, and Alice takes it" : "Alice takes Bob’s bundle";
      const suite = step.suite === "x3dh" ? "X3DH" : "PQXDH";
      const secret = happened(earlier, "began")
        ? `the first secret of a new session by ${suite}, without waiting for an answer`
        : `the first secret by ${suite}, though Bob is not there`;
      return `${bundle}, verifies its signatures and computes ${secret}.`;
    },

    send: (about) => {
      const { id, from, kind } = newest(about);
      const parts = [`encrypts ${called(about, id)} under a message key that is used once and wiped`];
      if (ratcheted(about, "own")) {
        parts.unshift("makes a new ratchet key, takes a DH ratchet step with it");
      }
      const handshake =
        kind === "first" ? `; the handshake travels in front, because ${name(other(from))} has not answered yet` : "";
      return `${name(from)} ${enumeration(parts)}${handshake}.`;
    },

    send_many: ({ step, has }) =>
      `${name(step.who)} encrypts ${count(step.count, "message")}, each under a message key of its own` +
      `${has("dropped") ? "; the first are on the wire, and the wire loses the others" : ""}.`,

    deliver: (about) => {
      const refused = about.has("refused");
      if (refused) return refusal(about, refused);
      const delivered = about.has("delivered");
      const { from, to } = envelope(about, delivered.envelope);
      const label = called(about, delivered.envelope);
      if (delivered.late) {
        const how = isOfEarlierSession(about, delivered.envelope)
          ? "it belongs to an earlier session, which still serves for late messages"
          : `${pronoun(to)} had kept its skipped message key, uses it and wipes it`;
        return `${name(to)} reads ${label} late: ${how}.`;
      }
      const parts = [`reads ${label}`];
      if (delivered.new_chain) {
        parts.unshift(`finds a new ratchet key of ${name(from)}, takes a DH ratchet step with it`);
      }
      if (delivered.skipped > MAX_SKIPPED_KEYS) {
        parts.push(
          `keeps no more than the newest ${count(MAX_SKIPPED_KEYS, "skipped message key")}, though ` +
            `${count(delivered.skipped, "message")} have not arrived`,
        );
      } else if (delivered.skipped > 0) {
        parts.push(`keeps ${count(delivered.skipped, "skipped message key")} for what has not arrived`);
      }
      return `${name(to)} ${enumeration(parts)}.`;
    },

    double: (about) => {
      const { copy_of: original, to } = newest(about);
      return `The wire makes a copy of ${called(about, original)}: ${name(to)} should read only one of the two.`;
    },

    damage: (about) =>
      `The wire changes a byte of ${called(about, about.step.envelope)}; nobody can see that from outside.`,

    drop: (about) => {
      const { id, to, copy_of: original } = envelope(about, about.step.envelope);
      const sign = original === null ? `; only a later message can tell ${name(to)} that one is missing` : "";
      return `The wire loses ${called(about, id)}${sign}.`;
    },

    steal: ({ step }) =>
      `A thief copies all keys of ${name(step.who)}’s session at this moment, then only listens; ` +
      `${name(step.who)} notices nothing.`,
  };

  function refusal(about, { envelope: id, words }) {
    const { to } = envelope(about, id);
    return (
      `${name(to)} refuses ${called(about, id)} (“${words ?? "it cannot be read"}”), and nothing changes on ` +
      `${possessive(to)} side.`
    );
  }

  function ratcheted({ events }, key) {
    return events.some((event) => event.event === "ratcheted" && event.key === key);
  }

  /** Tells whether a step before had an event of this kind. */
  function happened(earlier, kind) {
    return earlier.some(({ events }) => events.some(({ event }) => event === kind));
  }

  /** Tells whether an envelope is of a session before the one in which its receiver is. */
  function isOfEarlierSession(about, id) {
    const { present, of } = playground.sessions(about.earlier, about.wire);
    const late = envelope(about, id);
    return of(late) < present[late.to];
  }

  /** The name of an envelope within a sentence. */
  function called({ label }, id) {
    const found = label.get(id) ?? "an envelope";
    return found.startsWith("copy ") ? `the ${found}` : found;
  }

  function envelope({ wire }, id) {
    return wire.find((envelope) => envelope.id === id) ?? UNKNOWN;
  }

  /** The envelope that the step made. */
  function newest(about) {
    const made = about.events.find(({ event }) => event === "sent" || event === "doubled");
    return envelope(about, made?.copy ?? made?.envelope);
  }

  const UNKNOWN = { id: 0, from: "alice", to: "bob", kind: "later", copy_of: null };

  playground.tell = tell;
})((globalThis.playground ??= {}));
