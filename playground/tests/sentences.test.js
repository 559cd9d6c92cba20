"use strict";

const assert = require("node:assert/strict");
const test = require("node:test");
const { playground, envelope } = require("./support.js");
const { tell } = playground;

const wire = [
  envelope({ id: 1, from: "alice", kind: "first" }),
  envelope({ id: 2, from: "alice" }),
  envelope({ id: 3, from: "bob" }),
  envelope({ id: 4, from: "bob", copy_of: 3 }),
];

const cases = [
  [{ do: "publish" }, [{ event: "published" }], /^Bob publishes a bundle of public keys .* no secret is in it\.$/],
  [{ do: "begin", suite: "pqxdh" }, [{ event: "began" }], /computes the first secret by PQXDH/],
  [{ do: "begin", suite: "x3dh" }, [{ event: "began" }], /^Alice takes Bob’s bundle, .* by X3DH/],
  [
    { do: "begin", suite: "x3dh" },
    [{ event: "published" }, { event: "began" }],
    /^Bob publishes a fresh bundle, and Alice takes it, verifies/,
  ],
  [
    { do: "send", who: "alice", text: "" },
    [{ event: "sent", envelope: 1 }],
    /^Alice encrypts A1 .*; the handshake travels in front, because Bob has not answered yet\.$/,
  ],
  [
    { do: "send", who: "alice", text: "" },
    [{ event: "sent", envelope: 2 }],
    /^Alice encrypts A2 under a message key that is used once and wiped\.$/,
  ],
  [
    { do: "send", who: "bob", text: "" },
    [
      { event: "sent", envelope: 3 },
      { event: "ratcheted", who: "bob", key: "own" },
    ],
    /^Bob makes a new ratchet key, takes a DH ratchet step with it and encrypts B1 /,
  ],
  [
    { do: "send_many", who: "bob", count: 25_001 },
    [{ event: "dropped", envelope: 3 }],
    /^Bob encrypts 25,001 messages, .*; the first are on the wire, and the wire loses the others\.$/,
  ],
  [{ do: "send_many", who: "bob", count: 2 }, [], /^Bob encrypts 2 messages, each under a message key of its own\.$/],
  [
    { do: "deliver", envelope: 2 },
    [{ event: "delivered", envelope: 2, who: "bob", new_chain: false, skipped: 0, late: false }],
    /^Bob reads A2\.$/,
  ],
  [
    { do: "deliver", envelope: 2 },
    [{ event: "delivered", envelope: 2, who: "bob", new_chain: true, skipped: 3, late: false }],
    /^Bob finds a new ratchet key of Alice, takes a DH ratchet step with it, reads A2 and keeps 3 skipped message keys/,
  ],
  [
    { do: "deliver", envelope: 2 },
    [{ event: "delivered", envelope: 2, who: "bob", new_chain: true, skipped: 2_001, late: false }],
    / reads A2 and keeps no more than the newest 2,000 skipped message keys, though 2,001 messages have not arrived\.$/,
  ],
  [
    { do: "deliver", envelope: 3 },
    [{ event: "delivered", envelope: 3, who: "alice", new_chain: false, skipped: 0, late: true }],
    /^Alice reads B1 late: she had kept its skipped message key/,
  ],
  [
    { do: "deliver", envelope: 4 },
    [{ event: "refused", envelope: 4, who: "alice", code: "duplicate", words: "seen before" }],
    /^Alice refuses the copy of B1 \(“seen before”\), and nothing changes on her side\.$/,
  ],
  [
    { do: "double", envelope: 3 },
    [{ event: "doubled", envelope: 3, copy: 4 }],
    /^The wire makes a copy of B1: Alice should read only one/,
  ],
  [{ do: "damage", envelope: 3 }, [{ event: "damaged", envelope: 3 }], /^The wire changes a byte of B1/],
  [{ do: "drop", envelope: 1 }, [{ event: "dropped", envelope: 1 }], /^The wire loses A1; only a later message can tell Bob/],
  [{ do: "drop", envelope: 4 }, [{ event: "dropped", envelope: 4 }], /^The wire loses the copy of B1\.$/],
  [
    { do: "steal", who: "bob" },
    [{ event: "stolen", who: "bob" }],
    /^A thief copies all keys of Bob’s session .* Bob notices nothing\.$/,
  ],
];

test("each step has a sentence", () => {
  for (const [step, events, expected] of cases) assert.match(tell({ step, events }, wire), expected);
});

test("a late message of an earlier session is none of a skipped key", () => {
  const step = { do: "deliver", envelope: 4 };
  const events = [{ event: "delivered", envelope: 4, who: "alice", new_chain: false, skipped: 0, late: true }];
  const began = { events: [{ event: "published" }, { event: "began", suite: "pqxdh" }] };
  const sent = (id) => ({ events: [{ event: "sent", envelope: id }] });
  const read = { events: [{ event: "delivered", envelope: 1, who: "bob" }] };
  const told = (earlier) => tell({ step, events }, wire, earlier);
  assert.match(told([began, sent(1), read, sent(3)]), /had kept its skipped message key/);
  assert.match(told([began, sent(1), read, sent(3), began]), /late: it belongs to an earlier session/);
  // Bob has not heard of the second session when he sends.
  assert.match(told([began, sent(1), read, began, sent(3)]), /late: it belongs to an earlier session/);
});

test("in the middle of a conversation nobody is said to go offline", () => {
  const published = { events: [{ event: "published" }] };
  const began = { events: [{ event: "began", suite: "pqxdh" }] };
  const publish = (earlier) => tell({ step: { do: "publish" }, events: published.events }, wire, earlier);
  assert.match(publish([]), /goes offline/);
  assert.match(publish([published]), /^Bob publishes a fresh bundle .* in place of the last one\.$/);
  assert.match(publish([published, began]), /^Bob publishes a fresh bundle .*The session goes on as it is/);
  const begin = (earlier) => tell({ step: { do: "begin", suite: "x3dh" }, events: began.events }, wire, earlier);
  assert.match(begin([published]), / by X3DH, though Bob is not there\.$/);
  assert.match(begin([published, began]), / of a new session by X3DH, without waiting for an answer\.$/);
});

test("the recovery is told with the step that completes it", () => {
  const events = [{ event: "sent", envelope: 3 }, { event: "healed" }];
  assert.match(
    tell({ step: { do: "send", who: "bob", text: "" }, events }, wire),
    /wiped\. From here on the thief is locked out/,
  );
});
