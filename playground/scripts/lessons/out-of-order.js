"use strict";

// Messages that come late, twice or damaged, and the gap beyond which the session must be renewed.
(function (playground) {
  const { publish, begin, alice, bob, deliver, double, damage, RATCHET, state, status, read, sameRoot, acquainted } =
    playground.script;

  /** @type {Lesson} */
  const lesson = {
    id: "out-of-order",
    title: "Messages out of order, and the budget",
    short: "Out of order",
    question: "The wire delays, doubles, damages and loses envelopes. How much can the two bear?",
    seed: 4n,
    sections: [
      { document: RATCHET, section: "§2.6", title: "Out-of-order messages" },
      { document: RATCHET, section: "§3.5", title: "Decrypting messages" },
      { document: RATCHET, section: "§8.4", title: "Deletion of skipped message keys" },
    ],
    steps: [
      {
        text:
          "Alice sends three messages, and the last one overtakes the others. Its header says that it is number 2 " +
          "of its chain, counted from 0, so Bob turns the chain forward and keeps the message keys that he skips.",
        look: "bob",
        do: [...acquainted, alice("One."), alice("Two."), alice("Three."), deliver(5)],
        claims: [
          {
            id: "two-skipped",
            words: "Bob holds two skipped message keys.",
            holds: (view) => status(view, "bob")?.skipped_keys === 2,
          },
        ],
      },
      {
        text: "The second message comes late. Bob finds its key among the skipped ones, reads, and wipes the key.",
        look: "bob",
        do: [deliver(4)],
        claims: [
          { id: "late-read", words: "Bob has read it.", holds: (view) => read(view, "bob", 4) },
          {
            id: "one-left",
            words: "One skipped message key is left.",
            holds: (view) => status(view, "bob")?.skipped_keys === 1,
          },
        ],
      },
      {
        text:
          "The wire copies the first message and damages the copy. Bob refuses the damaged one, and it costs him " +
          "nothing: a message that is refused changes nothing, so the genuine one still opens.",
        look: "wire",
        do: [double(3), damage(6), deliver(6), deliver(3)],
        claims: [
          {
            id: "damaged-refused",
            words: "The damaged copy was refused.",
            holds: (view) => state(view, 6) === "refused",
          },
          { id: "genuine-read", words: "Bob has read the genuine one.", holds: (view) => read(view, "bob", 3) },
        ],
      },
      {
        text: "A copy of a message that Bob has read is refused too: its key is wiped, so no message opens twice.",
        look: "wire",
        do: [alice("Four."), double(7), deliver(7), deliver(8)],
        claims: [
          { id: "copy-refused", words: "The copy was refused.", holds: (view) => state(view, 8) === "refused" },
          {
            id: "read-once",
            words: "Bob has read the message once.",
            holds: (view) =>
              view.parties.bob.talk.filter((line) => line.from === "alice" && line.text === "Four.").length === 1,
          },
        ],
      },
      {
        text:
          "There is a limit, because Alice, or a thief of her keys, could claim to be millions of messages ahead and " +
          "keep Bob computing: he bridges 25,000 missing messages of a chain and no more. He answers, Alice begins a new chain, and of " +
          "its first 25,001 messages the wire holds 50 back and loses the others. The one after them is refused.",
        look: "bob",
        do: [
          bob("All here."),
          deliver(9),
          { do: "send_many", who: "alice", count: 25_001 },
          alice("Can you read this?"),
          deliver(61),
        ],
        claims: [
          {
            id: "over-budget",
            words: "Bob refuses the message after the gap.",
            holds: (view) => state(view, 61) === "refused",
          },
          {
            id: "unchanged",
            words: "He holds no skipped message key for it: nothing has changed.",
            holds: (view) => status(view, "bob")?.skipped_keys === 0,
          },
        ],
      },
      {
        text:
          "Had Bob read one message of the new chain, his next answer would have ended it. (Step back and deliver " +
          "one to try.) But if all are lost, Alice never hears a new ratchet key, and all that she sends lies behind " +
          "the gap. Then the session must be renewed: Bob publishes a fresh bundle, and Alice begins again.",
        look: "handshake",
        do: [publish, begin, alice("And this?"), deliver(62)],
        claims: [
          { id: "renewed", words: "Bob reads Alice in the new session.", holds: (view) => read(view, "bob", 62) },
          sameRoot,
        ],
      },
    ],
  };

  playground.lessons.push(lesson);
})((globalThis.playground ??= {}));
