"use strict";

// The order in which the envelopes on the wire will arrive. The order is the page's own: a scenario knows only which
// envelope was delivered when.
(function (playground) {
  /** The envelopes of one direction that are on their way, the next to arrive first. */
  class Queue {
    /** @type {number[]} */
    #order = [];

    /**
     * Takes the envelopes that are on their way. Those that were there keep their places, and new ones go to the end;
     * but a copy goes behind its original.
     * @param {Envelope[]} wire of this direction
     * @returns {Envelope[]} in the order of arrival
     */
    update(wire) {
      const flying = new Map(wire.filter(({ state }) => state === "in_flight").map((found) => [found.id, found]));
      const known = new Set(this.#order);
      this.#order = this.#order.filter((id) => flying.has(id));
      for (const [id, { copy_of: original }] of flying) {
        if (known.has(id)) continue;
        const place = original === null ? -1 : this.#order.indexOf(original);
        if (place < 0) this.#order.push(id);
        else this.#order.splice(place + 1, 0, id);
      }
      return this.#order.map((id) => flying.get(id));
    }

    /**
     * Moves an envelope to another place.
     * @param {number} id
     * @param {number} place from 0, the next to arrive; places beyond the end are the last one
     */
    move(id, place) {
      const from = this.#order.indexOf(id);
      if (from < 0) return;
      this.#order.splice(from, 1);
      this.#order.splice(Math.max(0, Math.min(place, this.#order.length)), 0, id);
    }

    /** @param {number} id @returns {number} the place of the envelope, or -1 */
    place(id) {
      return this.#order.indexOf(id);
    }

    /** Forgets the order, for another scenario. */
    clear() {
      this.#order = [];
    }
  }

  playground.Queue = Queue;
})((globalThis.playground ??= {}));
