"use strict";

// The places of a theft and of the recovery from it among all envelopes.
(function (playground) {
  /**
   * The numbers of envelopes that were sent before the theft, and before the recovery. Either is infinite if it has not
   * happened.
   * @param {View} view
   * @param {Entry[]} log the steps so far, which tell what was sent before the theft
   * @returns {{theft: number, recovery: number}}
   */
  function zones({ thief, wire }, log) {
    if (thief === null) return { theft: Infinity, recovery: Infinity };
    const before = log.slice(0, thief.at_step).flatMap(({ events }) => events);
    const theft = before.filter(({ event }) => event === "sent" || event === "doubled").length;
    if (!thief.locked_out) return { theft, recovery: Infinity };
    // The recovery lies behind the last message that the thief reads. A copy of one tells nothing new.
    const isRead = (envelope) => envelope?.thief?.loot === "text";
    let recovery = Math.max(wire.findLastIndex((envelope) => isRead(envelope) && envelope.copy_of === null) + 1, theft);
    // Copies that stand right behind it belong to it.
    while (isRead(wire[recovery]) && wire[recovery].copy_of !== null) recovery += 1;
    return { theft, recovery };
  }

  playground.zones = zones;
})((globalThis.playground ??= {}));
