"use strict";

// The reason for which the root keys of the two sides differ.
(function (playground) {
  /**
   * @param {View} view of two parties that have a session each, with different root keys
   * @returns {string} a clause
   */
  function difference({ parties, wire }) {
    // Every session has a first root key of its own. Only Alice begins sessions here.
    const [alice, bob] = [parties.alice, parties.bob].map(({ chains }) => chains?.root[0]?.fingerprint);
    if (alice !== bob) return "Alice has begun a new session, and Bob has not heard of it";
    return wire.some((envelope) => isComing(envelope, wire))
      ? "a new ratchet key is still on its way"
      : "no envelope with the new ratchet key has arrived whole, and none is on its way";
  }

  /** Whether an envelope will bring its receiver a ratchet key that is the newest of its sender and not there yet. */
  function isComing({ from, state, damaged, header }, wire) {
    if (state !== "in_flight" || damaged) return false;
    const sent = wire.filter((other) => other.from === from);
    const newest = sent.findLast(({ copy_of: original }) => original === null)?.header.key;
    return header.key === newest && !sent.some((other) => other.state === "delivered" && other.header.key === newest);
  }

  playground.difference = difference;
})((globalThis.playground ??= {}));
