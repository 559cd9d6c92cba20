"use strict";

// What the lessons are written with: steps of the scene, looks at its view, and the specifications. The lessons
// themselves are data, and each has a file.
//
// A lesson's step has a text, the steps of the scene that it plays, and claims, which the page checks against what the
// library really did. `look` names the part of the page that the step is about. Envelopes are numbered from 1 in the
// order in which they came to the wire, copies included.
(function (playground) {
  /** @type {Step} */
  const publish = { do: "publish" };
  /** @type {Step} */
  const begin = { do: "begin", suite: "pqxdh" };
  /** @param {string} text @returns {Step} */
  const alice = (text) => ({ do: "send", who: "alice", text });
  /** @param {string} text @returns {Step} */
  const bob = (text) => ({ do: "send", who: "bob", text });
  /** @param {number} envelope @returns {Step} */
  const deliver = (envelope) => ({ do: "deliver", envelope });
  /** @param {number} envelope @returns {Step} */
  const double = (envelope) => ({ do: "double", envelope });
  /** @param {number} envelope @returns {Step} */
  const damage = (envelope) => ({ do: "damage", envelope });
  /** @param {Name} who @returns {Step} */
  const stealFrom = (who) => ({ do: "steal", who });

  const RATCHET = "The Double Ratchet Algorithm, revision 4";
  const PQXDH = "The PQXDH Key Agreement Protocol, revision 3";
  const X3DH = "The X3DH Key Agreement Protocol, revision 1";

  /** @param {View} view @param {number} id */
  const envelope = (view, id) => view.wire.find((found) => found.id === id);

  /** @param {View} view @param {number} id */
  const state = (view, id) => envelope(view, id)?.state;

  /** @param {View} view @param {number} id */
  const loot = (view, id) => envelope(view, id)?.thief?.loot;

  /** @param {View} view @param {Name} who */
  const status = (view, who) => view.parties[who].status;

  /** @param {View} view @param {Name} who @param {number} id */
  const read = (view, who, id) => view.parties[who].talk.some((line) => line.envelope === id && line.from !== who);

  /** The bytes of an envelope after the two that tell version and kind. */
  const body = (view, id) => envelope(view, id)?.hex.slice(4) ?? "";

  const sameRoot = {
    id: "same-root",
    words: "Both sides have the same root key.",
    holds: (view) => view.same_root === true,
  };

  /** A conversation in which each side has heard the other, for the lessons that begin in the middle of one. */
  const acquainted = [publish, begin, alice("Hello Bob."), deliver(1), bob("Hello Alice."), deliver(2)];

  /**
   * The steps of the scene up to a step of a lesson, that one included.
   * @param {Lesson} lesson
   * @param {number} at counts from 0
   * @returns {Step[]}
   */
  function stepsUpTo(lesson, at) {
    return lesson.steps.slice(0, at + 1).flatMap((step) => step.do ?? []);
  }

  playground.script = {
    publish,
    begin,
    alice,
    bob,
    deliver,
    double,
    damage,
    stealFrom,
    RATCHET,
    PQXDH,
    X3DH,
    envelope,
    state,
    loot,
    status,
    read,
    body,
    sameRoot,
    acquainted,
  };
  /** @type {Lesson[]} the lessons, in their order */
  playground.lessons = [];
  playground.stepsUpTo = stepsUpTo;
})((globalThis.playground ??= {}));
