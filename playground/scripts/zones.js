"use strict";

// The list of all envelopes, and the places of a theft and of the recovery from it in that list.
(function (playground) {
  /**
   * The envelopes in the order in which they were sent, each with its copies right behind it. A copy opens for a thief
   * what its original does, however late it was made, so it has no place of its own before or behind a theft.
   * @param {Envelope[]} wire
   * @returns {Envelope[]}
   */
  function grouped(wire) {
    const copies = new Map();
    for (const envelope of wire) {
      const { copy_of: original } = envelope;
      if (original !== null) copies.set(original, [...(copies.get(original) ?? []), envelope]);
    }
    const originals = wire.filter(({ copy_of: original }) => original === null);
    return originals.flatMap((envelope) => [envelope, ...(copies.get(envelope.id) ?? [])]);
  }

  /**
   * The numbers of envelopes of the grouped list that stand before the theft, and before the recovery. Either is
   * infinite if it has not happened.
   * @param {View} view
   * @param {Entry[]} log the steps so far, which tell what was sent before the theft
   * @returns {{theft: number, recovery: number}}
   */
  function zones({ thief, wire }, log) {
    if (thief === null) return { theft: Infinity, recovery: Infinity };
    const list = grouped(wire);
    // The theft lies before the first message that was sent after it.
    const events = log.slice(0, thief.at_step).flatMap((entry) => entry.events);
    const before = new Set(events.filter(({ event }) => event === "sent").map(({ envelope }) => envelope));
    const later = list.findIndex(({ id, copy_of: original }) => !before.has(original ?? id));
    const theft = later < 0 ? list.length : later;
    if (!thief.locked_out) return { theft, recovery: Infinity };
    // The recovery lies behind the last message that the thief reads, and behind the copies of that message.
    let recovery = list.findLastIndex((envelope) => envelope.thief?.loot === "text") + 1;
    while (recovery > 0 && recovery < list.length && list[recovery].copy_of !== null) recovery += 1;
    return { theft, recovery: Math.max(recovery, theft) };
  }

  playground.grouped = grouped;
  playground.zones = zones;
})((globalThis.playground ??= {}));
