"use strict";

// What a header would tell, and how it is opened.
(function (playground) {
  const { alice, bob, deliver, damage, stealFrom, RATCHET, envelope, state, loot, status, read, body, acquainted } =
    playground.script;

  /** @type {Lesson} */
  const lesson = {
    id: "header-encryption",
    title: "Why headers are encrypted",
    short: "Hidden headers",
    question: "The text is secret anyway. What would the header give away?",
    seed: 5n,
    sections: [
      { document: RATCHET, section: "§4", title: "Double Ratchet with header encryption" },
      { document: RATCHET, section: "§4.6", title: "Decrypting messages" },
    ],
    steps: [
      {
        text:
          "Each message needs a header: the sender’s ratchet key, the number of the message in its chain (N), and " +
          "the length of the sender’s chain before (PN). Alice has sent three. Under the seal of each envelope you see the header, which the " +
          "page knows; on the wire you see the bytes that travel.",
        look: "wire",
        do: [...acquainted, alice("Yes."), alice("No, not at all."), alice("Perhaps.")],
        claims: [
          {
            id: "one-chain",
            words: "Under the seal, all three have the same ratchet key and the numbers 0, 1 and 2.",
            holds: (view) =>
              new Set([3, 4, 5].map((id) => envelope(view, id)?.header.key)).size === 1 &&
              [3, 4, 5].map((id) => envelope(view, id)?.header.n).join() === "0,1,2",
          },
        ],
      },
      {
        text:
          "In the clear, it would tell an observer which messages belong together: the same key means the same " +
          "conversation, a new key means an answer, and the numbers count what was missed. So the header is " +
          "encrypted as well. On the wire the three have nothing in common but the two bytes for version and kind.",
        look: "wire",
        claims: [
          {
            id: "unlike",
            words: "After the first two bytes, no two envelopes have eight bytes in common at the same place.",
            holds: (view) => unlike([3, 4, 5].map((id) => body(view, id))),
          },
          {
            id: "one-length",
            words: "Short texts of different lengths make envelopes of one length.",
            holds: (view) => {
              const lengths = new Set([3, 4, 5].map((id) => envelope(view, id)?.bytes));
              return lengths.size === 1 && !lengths.has(undefined);
            },
          },
        ],
      },
      {
        text:
          "How does Bob know which message he has? He tries his header keys: the one of the present chain, the one " +
          "that he expects next, and those of earlier chains in which messages are missing. If the next one fits, " +
          "the message begins a new chain. This one does, and its header says that two messages are missing.",
        look: "bob",
        do: [deliver(5)],
        claims: [
          {
            id: "header-first",
            words: "Bob has read the third message and holds two skipped message keys.",
            holds: (view) => read(view, "bob", 5) && status(view, "bob")?.skipped_keys === 2,
          },
        ],
      },
      {
        text:
          "The wire damages the end of the first. Bob can open its header and finds the key for its number, but " +
          "the text is not authentic, so he refuses it and keeps the key. A forged header fits none of his header " +
          "keys: he refuses that before he turns any chain, so no stranger can make him work by claiming large " +
          "numbers.",
        look: "wire",
        do: [damage(3), deliver(3)],
        claims: [
          {
            id: "forged-refused",
            words: "The damaged envelope was refused.",
            holds: (view) => state(view, 3) === "refused",
          },
          {
            id: "keys-kept",
            words: "Bob still holds both skipped message keys.",
            holds: (view) => status(view, "bob")?.skipped_keys === 2,
          },
        ],
      },
      {
        text:
          "A header key serves a whole chain, so it cannot be wiped after each message as a message key is. A thief " +
          "of Alice’s keys cannot read what she sent before, but sees the headers of her present chain.",
        look: "thief",
        do: [stealFrom("alice")],
        claims: [
          {
            id: "header-only",
            words: "Of the messages that Alice sent before the theft, the thief sees the header and not the text.",
            holds: (view) => [3, 4, 5].every((id) => loot(view, id) === "header"),
          },
        ],
      },
      {
        text:
          "Headers heal as the texts do, but one turn later, because the header key of a chain is made one turn " +
          "ahead. When both have ratcheted once more, the thief sees nothing but noise.",
        look: "thief",
        do: [
          bob("Which one?"),
          deliver(6),
          alice("The second."),
          deliver(7),
          bob("I see."),
          deliver(8),
          alice("Good."),
          deliver(9),
          bob("Good night."),
          deliver(10),
        ],
        claims: [
          {
            id: "nothing-left",
            words: "Of the newest messages the thief sees neither text nor header.",
            holds: (view) => loot(view, 9) === "nothing" && loot(view, 10) === "nothing",
          },
        ],
      },
    ],
  };

  /** No two of these have eight bytes in common at the same place: random bytes do not, even once in many seeds. */
  function unlike(bodies) {
    return bodies.every((one, at) =>
      bodies.slice(at + 1).every((two) => {
        for (let start = 0; start + 16 <= one.length; start += 2) {
          if (one.slice(start, start + 16) === two.slice(start, start + 16)) return false;
        }
        return one.length > 16;
      }),
    );
  }

  playground.lessons.push(lesson);
})((globalThis.playground ??= {}));
