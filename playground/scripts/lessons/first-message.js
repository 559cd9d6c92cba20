"use strict";

// A first message to someone who is offline.
(function (playground) {
  const { publish, begin, alice, bob, deliver, RATCHET, PQXDH, X3DH, envelope, read, sameRoot } = playground.script;

  /** @type {Lesson} */
  const lesson = {
    id: "first-message",
    title: "A first message to someone offline",
    short: "A first message",
    question: "How can Alice encrypt to Bob when they have never met and his phone is off?",
    seed: 1n,
    sections: [
      { document: PQXDH, section: "§3", title: "The PQXDH protocol" },
      { document: X3DH, section: "§3", title: "The X3DH protocol" },
      { document: RATCHET, section: "§7.1", title: "Integration with PQXDH" },
    ],
    steps: [
      {
        text:
          "Alice and Bob have never met. Alice wants to write to him, but Bob is often offline, so they cannot " +
          "agree on a secret together first. Press Next: Bob prepares for people like her.",
        look: "handshake",
        claims: [
          {
            id: "strangers",
            words: "Neither side has a session.",
            holds: (view) => !view.parties.alice.session && !view.parties.bob.session,
          },
        ],
      },
      {
        text:
          "Bob publishes a bundle: public keys that anybody may have. He keeps the private halves. Then he goes " +
          "offline. The server that holds the bundle learns no secret from it, and Alice would notice if it " +
          "replaced a key that Bob signed.",
        look: "handshake",
        do: [publish],
        claims: [
          {
            id: "bundle",
            words: "A bundle lies on the server, with an identity key and signed prekeys.",
            holds: (view) =>
              view.bundle !== null &&
              view.bundle.keys.some((key) => key.kind === "identity") &&
              view.bundle.keys.some((key) => key.signed),
          },
        ],
      },
      {
        text:
          "Alice fetches the bundle. She combines each key of hers with keys of Bob, and a key derivation function " +
          "makes one secret of all the results. Step through the drawing to see which key feeds what. She has a " +
          "session; Bob has not heard of her yet.",
        look: "handshake",
        do: [begin],
        claims: [
          {
            id: "one-sided",
            words: "Alice has a session and Bob has none.",
            holds: (view) => view.parties.alice.session && !view.parties.bob.session,
          },
          {
            id: "five-inputs",
            words: "Five secrets feed the first one: DH1, DH2, DH3, DH4 and the post-quantum SS.",
            holds: (view) => view.handshake?.inputs.map((input) => input.name).join() === "DH1,DH2,DH3,DH4,SS",
          },
        ],
      },
      {
        text:
          "She can write at once, more than once. Each message carries the handshake in front until Bob answers, " +
          "because any of them may be the first that reaches him. That is why they are so long.",
        look: "wire",
        do: [alice("Hello Bob, this is Alice."), alice("Are you there?")],
        claims: [
          {
            id: "handshake-in-front",
            words: "Both envelopes carry the handshake.",
            holds: (view) => envelope(view, 1)?.kind === "first" && envelope(view, 2)?.kind === "first",
          },
        ],
      },
      {
        text:
          "Bob is back. The second message reaches him first. From the handshake in front of it and his private " +
          "keys he computes the same secret as Alice, and reads. He wipes the one-time prekeys, so the same " +
          "handshake never begins a second session.",
        look: "bob",
        do: [deliver(2)],
        claims: [
          {
            id: "bob-reads",
            words: "Bob has a session and has read the message.",
            holds: (view) => view.parties.bob.session && read(view, "bob", 2),
          },
          sameRoot,
        ],
      },
      {
        text:
          "The other message comes too, and Bob answers. His answer carries a new ratchet key, and when Alice has " +
          "it, she knows that he has the session: from then on she leaves the handshake out.",
        look: "wire",
        do: [deliver(1), bob("Hello Alice! I was asleep."), deliver(3), alice("Good morning.")],
        claims: [
          { id: "alice-reads", words: "Alice has read Bob’s answer.", holds: (view) => read(view, "alice", 3) },
          {
            id: "no-handshake",
            words: "Alice’s next envelope has no handshake and is much shorter.",
            holds: (view) =>
              envelope(view, 4)?.kind === "later" &&
              (envelope(view, 4)?.bytes ?? Infinity) * 2 < (envelope(view, 1)?.bytes ?? 0),
          },
        ],
      },
    ],
  };

  playground.lessons.push(lesson);
})((globalThis.playground ??= {}));
