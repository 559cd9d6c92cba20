"use strict";

// The sessions of a scenario, and the way in which it recovered from a theft. Alice can begin a further session at any
// time, and Bob follows when he reads a message of it.
(function (playground) {
  /**
   * Follows the sessions of both sides through the steps of a scenario.
   * @param {Pick<Entry, "events">[]} log
   * @param {Envelope[]} wire
   * @returns {{present: {alice: number, bob: number}, of: (envelope: Envelope) => number}} the number of the session
   *   that each side is in, from 1, or 0 without one; and the number of the session of an envelope, copies included
   */
  function sessions(log, wire) {
    const present = { alice: 0, bob: 0 };
    const envelopes = new Map(wire.map((found) => [found.id, found]));
    const numbers = new Map();
    const of = ({ id, copy_of: original }) => numbers.get(original ?? id) ?? 0;
    for (const { event, envelope: id, who } of log.flatMap(({ events }) => events)) {
      const envelope = envelopes.get(id);
      // Alice is in the session that she began last, and Bob in the last one of which he has read anything.
      if (event === "began") present.alice += 1;
      if (event === "sent" && envelope !== undefined) numbers.set(id, present[envelope.from]);
      if (event === "delivered" && who === "bob" && envelope !== undefined) {
        present.bob = Math.max(present.bob, of(envelope));
      }
    }
    return { present, of };
  }

  /**
   * The way in which each side locked the thief out: by the ratchet, or by a session that began after the theft.
   * @param {View} view
   * @param {Entry[]} log the steps so far
   * @returns {{alice: "ratchet" | "renewal", bob: "ratchet" | "renewal"} | null} nothing unless the thief is locked out
   */
  function recovery({ thief, wire }, log) {
    if (thief === null || !thief.locked_out) return null;
    const isHealed = ({ events }) => events.some(({ event }) => event === "healed");
    const healed = log.findIndex((entry, at) => at >= thief.at_step && isHealed(entry));
    const stolen = sessions(log.slice(0, thief.at_step), wire).present[thief.victim];
    const { alice, bob } = sessions(log.slice(0, healed + 1), wire).present;
    const way = (present) => (present > stolen ? "renewal" : "ratchet");
    return { alice: way(alice), bob: way(bob) };
  }

  playground.sessions = sessions;
  playground.recovery = recovery;
})((globalThis.playground ??= {}));
