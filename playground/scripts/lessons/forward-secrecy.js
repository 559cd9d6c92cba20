"use strict";

// What a thief can read of the messages before the theft.
(function (playground) {
  const { alice, bob, deliver, stealFrom, RATCHET, loot, status, read, acquainted } = playground.script;

  /** @type {Lesson} */
  const lesson = {
    id: "forward-secrecy",
    title: "Forward secrecy",
    short: "Forward secrecy",
    question: "A thief copies the keys on Alice’s phone. What becomes of the messages of yesterday?",
    seed: 2n,
    sections: [
      { document: RATCHET, section: "§2.2", title: "Symmetric-key ratchet" },
      { document: RATCHET, section: "§8.1", title: "Secure deletion" },
      { document: RATCHET, section: "§8.4", title: "Deletion of skipped message keys" },
    ],
    steps: [
      {
        text:
          "Alice and Bob have talked for a while. Look at the key chains: each message is a link with a message key " +
          "of its own. A hollow link is a key that was used and wiped.",
        look: "chains",
        do: [...acquainted, alice("Let us meet at noon."), deliver(3)],
        claims: [
          {
            id: "wiped",
            words: "Every message key that Alice has used is wiped.",
            holds: (view) =>
              view.parties.alice.chains?.chains.every((chain) => chain.links.every((link) => link.state === "wiped")) ??
              false,
          },
        ],
      },
      {
        text:
          "Bob sends two messages, and the wire delivers the second one first. Alice keeps the skipped message key " +
          "of the first, because it may still come.",
        look: "chains",
        do: [bob("At the fountain."), bob("Bring the map."), deliver(5)],
        claims: [
          {
            id: "one-skipped",
            words: "Alice holds one skipped message key.",
            holds: (view) => status(view, "alice")?.skipped_keys === 1,
          },
        ],
      },
      {
        text:
          "A thief copies Alice’s keys. The thief has also recorded everything that ever travelled. The " +
          "recordings are of no use: the keys of these messages are gone, and a chain only turns forward. That is " +
          "forward secrecy. (Texts that the phone has stored are another matter: this is about what travels.)",
        look: "thief",
        do: [stealFrom("alice")],
        claims: [
          {
            id: "behind",
            words: "The thief cannot read any message that Alice had sent or read before the theft.",
            holds: (view) => [1, 2, 3, 5].every((id) => loot(view, id) !== undefined && loot(view, id) !== "text"),
          },
          {
            id: "skipped-is-loot",
            words: "The message that Alice still waits for is readable: its skipped key was among the loot.",
            holds: (view) => loot(view, 4) === "text",
          },
        ],
      },
      {
        text:
          "The late message arrives. Alice uses its key and wipes it. The copy that the thief took does not vanish, " +
          "so skipped keys must not be kept for ever: the library keeps 2,000 at most, and none of a chain that ended " +
          "32 turns ago.",
        look: "thief",
        do: [deliver(4)],
        claims: [
          { id: "late", words: "Alice has read the late message.", holds: (view) => read(view, "alice", 4) },
          {
            id: "none-skipped",
            words: "She holds no skipped message key any more.",
            holds: (view) => status(view, "alice")?.skipped_keys === 0,
          },
        ],
      },
    ],
  };

  playground.lessons.push(lesson);
})((globalThis.playground ??= {}));
