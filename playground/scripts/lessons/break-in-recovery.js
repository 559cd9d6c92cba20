"use strict";

// How a conversation heals from a theft.
(function (playground) {
  const { alice, bob, deliver, stealFrom, RATCHET, loot, sameRoot, acquainted } = playground.script;

  /** @type {Lesson} */
  const lesson = {
    id: "break-in-recovery",
    title: "Break-in recovery",
    short: "Break-in recovery",
    question: "The thief has Alice’s keys. Is the conversation lost for ever?",
    seed: 3n,
    sections: [
      { document: RATCHET, section: "§2.3", title: "Diffie-Hellman ratchet" },
      { document: RATCHET, section: "§8.2", title: "Recovery from compromise" },
      { document: RATCHET, section: "§8.5", title: "Deferring new ratchet key generation" },
    ],
    steps: [
      {
        text:
          "Alice and Bob are in the middle of a conversation. Alice has just sent a message that Bob has not " +
          "received.",
        look: "wire",
        do: [...acquainted, alice("How are you?")],
        claims: [
          {
            id: "on-the-way",
            words: "One envelope is on the way.",
            holds: (view) => view.in_flight === 1,
          },
        ],
      },
      {
        text:
          "A thief copies Alice’s keys. Alice notices nothing and goes on, in the same chain. The thief turns the " +
          "copied chain key forward and reads along.",
        look: "thief",
        do: [stealFrom("alice"), alice("I have news.")],
        claims: [
          {
            id: "thief-reads-alice",
            words: "The thief reads what Alice sends next.",
            holds: (view) => loot(view, 4) === "text",
          },
          {
            id: "not-what-was-sent",
            words: "What she sent before the theft stays closed.",
            holds: (view) => loot(view, 3) !== undefined && loot(view, 3) !== "text",
          },
        ],
      },
      {
        text:
          "Bob answers with a new ratchet key. That does not help yet: he combines it with the ratchet key of Alice " +
          "that was copied, so the thief can compute the result, too. Recovery takes a new key from both.",
        look: "thief",
        do: [deliver(3), deliver(4), bob("Tell me!")],
        claims: [
          {
            id: "thief-reads-bob",
            words: "The thief reads Bob’s answer.",
            holds: (view) => loot(view, 5) === "text",
          },
          {
            id: "still-in",
            words: "The thief is not locked out.",
            holds: (view) => view.thief?.locked_out === false,
          },
        ],
      },
      {
        text:
          "Alice receives it and answers. For that she makes a new ratchet key, from randomness that the thief has " +
          "never seen. From here on her messages are closed.",
        look: "chains",
        do: [deliver(5), alice("I found a flat.")],
        claims: [
          {
            id: "closed-to-thief",
            words: "The thief cannot read Alice’s new message.",
            holds: (view) => loot(view, 6) !== undefined && loot(view, 6) !== "text",
          },
        ],
      },
      {
        text:
          "Bob receives her new key and answers with one of his own. Both have ratcheted since the theft: the thief " +
          "is locked out. For one more turn the thief still sees message numbers, because header keys " +
          "are made one turn ahead.",
        look: "thief",
        do: [deliver(6), bob("Congratulations!"), deliver(7)],
        claims: [
          {
            id: "locked-out",
            words: "The thief is locked out.",
            holds: (view) => view.thief?.locked_out === true,
          },
          sameRoot,
        ],
      },
      {
        text:
          "One turn later the thief sees nothing but noise. The session has healed because the two went on talking, " +
          "and neither had to notice the theft. A thief who does not only listen but takes part in the conversation " +
          "is another matter: against that Alice must replace her keys.",
        look: "thief",
        do: [alice("Come and see it."), deliver(8), bob("I will."), deliver(9)],
        claims: [
          {
            id: "noise",
            words: "Of the newest messages the thief sees neither text nor header.",
            holds: (view) => loot(view, 8) === "nothing" && loot(view, 9) === "nothing",
          },
        ],
      },
    ],
  };

  playground.lessons.push(lesson);
})((globalThis.playground ??= {}));
