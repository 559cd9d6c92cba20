"use strict";

// X3DH and PQXDH step by step, as words and as places in a drawing. Nothing here knows of a browser.
(function (playground) {
  const { count, enumeration } = playground.words;

  /** The meaning of each public key. */
  const KEYS = {
    IK_A: "Alice’s identity key, which stays for years",
    EK_A: "Alice’s ephemeral key, made for this handshake alone",
    IK_B: "Bob’s identity key, which stays for years",
    SPK_B: "Bob’s signed prekey, which he replaces from time to time",
    OPK_B: "Bob’s one-time prekey, for one handshake alone",
    PQPK_B: "Bob’s post-quantum prekey, to which a secret can be sealed",
  };

  /** The reason for which each agreement is there. */
  const REASONS = {
    DH1: "only Alice can compute it besides Bob, so it tells him that the message is from her",
    DH2: "only Bob can compute it besides Alice, so it tells her that nobody else reads the message",
    DH3: "both of its keys are replaced, so keys stolen years later do not give it",
    DH4: "Bob wipes the private half of the one-time prekey when he has used it, so keys stolen later do not give it",
    SS: "Alice seals a fresh secret to a post-quantum key, so a future quantum computer does not find it",
  };

  /** The purpose of each secret that is derived from the agreements. */
  const DERIVED = {
    SK: "Whoever lacks one of them cannot compute it. It is the secret that Alice and Bob share.",
    KS: "With it Alice seals her identity key, so nobody on the way sees who writes to Bob.",
  };

  /** The meaning of each key that is derived from the shared secret. */
  const FURTHER = {
    RK: "the first root key",
    HKA: "the header key of Alice’s first chain",
    NHKB: "the header key of Bob’s first chain",
  };

  /**
   * The steps that explain a handshake. Each names the parts of the drawing that it is about; parts of later steps
   * are not drawn yet.
   * @param {Bundle | null} bundle
   * @param {Handshake | null} handshake
   * @returns {{title: string, text: string, lit: string[]}[]}
   */
  function steps(bundle, handshake) {
    const found = bundle === null ? [] : bundleSteps(bundle);
    if (handshake === null) return found;
    return [...found, ...agreementSteps(handshake), ...derivationSteps(handshake), travelStep(handshake)];
  }

  function bundleSteps({ keys }) {
    const names = keys.map(({ name }) => name);
    const signed = keys.filter((key) => key.signed).map(({ name }) => name);
    const meanings = keys.map(({ name, kind }) => `${name} (${KEYS[name] ?? kind})`);
    return [
      {
        title: "The bundle",
        text:
          `Bob’s bundle lies on a server. It holds ${count(names.length, "public key")}: ` +
          `${enumeration(meanings)}.`,
        lit: names,
      },
      {
        title: "The signatures",
        text:
          `Bob signed ${enumeration(signed)} with his identity key, IK_B. Alice verifies that before she computes ` +
          "anything, so the server cannot slip in such a prekey of its own. No signature tells whether IK_B is really " +
          "Bob’s: for that the two compare their identity keys in another way.",
        lit: ["IK_B", ...signed],
      },
    ];
  }

  function agreementSteps({ inputs }) {
    const own = {
      title: "Alice’s keys",
      text:
        "Alice has her identity key, IK_A, and makes an ephemeral key, EK_A, that serves this handshake alone. In a " +
        "Diffie-Hellman agreement (DH) she puts the private half of a key of hers together with a public key of " +
        "Bob’s. He does it the other way round, and both get the same secret. The public keys alone do not give it.",
      lit: ["IK_A", "EK_A"],
    };
    const agreements = inputs.map(({ name, of }) => {
      const how = of.length === 2 ? `Diffie-Hellman of ${of[0]} and ${of[1]}` : `encapsulated to ${enumeration(of)}`;
      return {
        title: name,
        text: `${name} is ${how}. Why: ${REASONS[name] ?? "it makes the secret depend on these keys"}.`,
        lit: [name, ...of],
      };
    });
    return [own, ...agreements];
  }

  /** A step for each secret that is derived from the agreements, and one for all that is derived from it. */
  function derivationSteps({ inputs, derived }) {
    const agreements = new Set(inputs.map(({ name }) => name));
    const first = derived.filter(({ of }) => of.some((from) => agreements.has(from)));
    return first.flatMap(({ name, of }) => {
      const itself = {
        title: name,
        text: `${name} is derived from ${enumeration(of)} together. ${DERIVED[name] ?? ""}`.trim(),
        lit: ["KDF", ...of, name],
      };
      const further = derived.filter((secret) => secret.of.includes(name)).map((secret) => secret.name);
      if (further.length === 0) return [itself];
      const meanings = further.map((secret) => `${secret} (${FURTHER[secret] ?? "a further key"})`);
      const next = {
        title: `From ${name}`,
        text:
          `${name} gives ${enumeration(meanings)}. ` +
          "The Double Ratchet begins with them, and with SPK_B as Bob’s first ratchet key. SK and the secrets that it " +
          "came from are wiped.",
        lit: [name, ...further],
      };
      return [itself, next];
    });
  }

  function travelStep({ suite }) {
    const parts = ["EK_A", "IK_A under a seal", "the numbers of the prekeys she used"];
    if (suite === "pqxdh") parts.push("the ciphertext from which Bob gets SS");
    return {
      title: "What travels",
      text:
        `With her first messages Alice sends ${enumeration(parts)}. Bob computes the same from his private halves. ` +
        "Each message is bound to both identity keys, so nobody can pass it off as somebody else’s.",
      lit: ["IK_A", "EK_A", "IK_B"],
    };
  }

  const SIZE = { width: 360, box: 66, middle: 44, height: 26, row: 44, top: 30 };

  /**
   * The places of the drawing: Alice’s keys on the left, Bob’s on the right, agreements between them, and the
   * derivation below.
   * @param {Bundle | null} bundle
   * @param {Handshake | null} handshake
   */
  function places(bundle, handshake) {
    const box = (key, x, row, width) => ({ ...key, x, y: SIZE.top + row * SIZE.row, width, height: SIZE.height });
    // Bob’s keys and the agreements have a row each. Alice’s two keys stand beside the agreements in which they are.
    const bob = (bundle?.keys ?? []).map((key, row) => box(key, SIZE.width - SIZE.box - 8, row, SIZE.box));
    const alice =
      handshake === null
        ? []
        : [
            { name: "IK_A", fingerprint: fingerprint(handshake, "IK_A") },
            { name: "EK_A", fingerprint: fingerprint(handshake, "EK_A") },
          ].map((key, at) => box(key, 8, at === 0 ? 0 : 2, SIZE.box));
    const inputs = (handshake?.inputs ?? []).map((key, row) =>
      box(key, (SIZE.width - SIZE.middle) / 2, row, SIZE.middle),
    );
    const rows = Math.max(bob.length, inputs.length, 1);
    const kdf = handshake === null ? null : { name: "KDF", ...box({}, 40, rows + 0.4, SIZE.width - 80) };
    const outputs = handshake === null ? [] : outputPlaces(handshake, rows + 1.5, box);
    const nodes = [...alice, ...bob];
    const lines = inputs.flatMap((input) =>
      input.of.flatMap((name) => {
        const from = nodes.find((node) => node.name === name);
        return from === undefined ? [] : [{ name: input.name, of: name, ...line(from, input) }];
      }),
    );
    const feeds = outputs.map((output) => ({
      name: output.name,
      ...down(outputs.find(({ name }) => output.of.includes(name)) ?? kdf, output),
    }));
    const bottom = Math.max(...[...bob, ...inputs, ...outputs].map(({ y, height }) => y + height), SIZE.top);
    return { width: SIZE.width, height: bottom + 18, alice, bob, inputs, kdf, outputs, lines, feeds };
  }

  /** The secrets that are derived from the agreements in one row, and those that are derived from these in the next. */
  function outputPlaces(handshake, row, box) {
    const names = new Set(handshake.inputs.map((input) => input.name));
    const first = handshake.derived.filter((secret) => secret.of.some((from) => names.has(from)));
    const second = handshake.derived.filter((secret) => !first.includes(secret));
    return [first, second].flatMap((secrets, at) => {
      const room = (SIZE.width - 80 - 8 * (secrets.length - 1)) / secrets.length;
      return secrets.map((secret, place) => box(secret, 40 + place * (room + 8), row + 1.25 * at, room));
    });
  }

  /** A line from the lower edge of a box to the upper edge of one below it. */
  function down(from, to) {
    const x = to.x + to.width / 2;
    return {
      x1: Math.max(from.x + 8, Math.min(x, from.x + from.width - 8)),
      y1: from.y + from.height,
      x2: x,
      y2: to.y,
    };
  }

  function line(from, to) {
    const fromLeft = from.x < to.x;
    return {
      x1: fromLeft ? from.x + from.width : from.x,
      y1: from.y + from.height / 2,
      x2: fromLeft ? to.x : to.x + to.width,
      y2: to.y + to.height / 2,
    };
  }

  function fingerprint(handshake, name) {
    return handshake.public.find((key) => key.name === name)?.fingerprint ?? "";
  }

  playground.agreement = { KEYS, steps, places };
})((globalThis.playground ??= {}));
