"use strict";

// The panel of the first secret: the bundle, the agreements, and the derivation, step by step.
(function (playground) {
  const { html, svg, byId } = playground.dom;
  const { groups } = playground.words;
  const { steps, places } = playground.agreement;

  /** The step of the explanation that is shown, from 0. */
  let at = 0;
  /** The bundle and handshake that are explained. */
  let subject = /** @type {{bundle: Bundle | null, handshake: Handshake | null}} */ ({ bundle: null, handshake: null });
  /** Whether Bob has read anything when the panel was drawn last. */
  let wasTalking = false;
  /** Whether a lesson is about the panel. */
  let wanted = false;

  /** @param {Actions} actions */
  function build(actions) {
    byId("publish").addEventListener("click", () => actions.play({ do: "publish" }));
    byId("begin-pqxdh").addEventListener("click", () => actions.play({ do: "begin", suite: "pqxdh" }));
    byId("begin-x3dh").addEventListener("click", () => actions.play({ do: "begin", suite: "x3dh" }));
    byId("quick-start").addEventListener("click", () => actions.playAll(playground.script.acquainted));
    byId("agreement-back").addEventListener("click", () => go(-1));
    byId("agreement-next").addEventListener("click", () => go(1));
  }

  /**
   * Draws the panel.
   * @param {View} view
   */
  function draw(view) {
    const { phase, bundle, handshake, parties } = view;
    const begun = parties.alice.session;
    byId("handshake").dataset.phase = phase;
    const talking = parties.bob.session && parties.bob.status.received > 0;
    byId("handshake-intro").textContent = INTRODUCTIONS[talking ? "talking" : phase];
    byId("publish").textContent = bundle === null ? "Bob publishes a bundle" : "Bob publishes a fresh bundle";
    byId("begin-pqxdh").textContent = `Alice begins ${begun ? "again " : ""}with PQXDH`;
    byId("begin-x3dh").textContent = `Alice begins ${begun ? "again " : ""}with X3DH`;
    byId("quick-start").hidden = phase !== "strangers";
    byId("publish").classList.toggle("primary", phase === "strangers");
    byId("begin-pqxdh").classList.toggle("primary", phase === "published");
    byId("begin-pqxdh").disabled = bundle === null;
    byId("begin-x3dh").disabled = bundle === null;
    // A new bundle or handshake is explained from its beginning.
    const changed = JSON.stringify(subject) !== JSON.stringify({ bundle, handshake });
    subject = { bundle, handshake };
    const explained = steps(bundle, handshake);
    if (changed) at = handshake === null ? 0 : explained.findIndex((step) => step.title === "Alice’s keys");
    // The panel closes when the conversation has begun, and opens with a new bundle.
    if (changed || talking !== wasTalking) byId("handshake-more").open = wanted || !talking;
    wasTalking = talking;
    byId("agreement").hidden = explained.length === 0;
    if (explained.length > 0) drawStep();
  }

  /** Opens the panel if a lesson is about it. @param {boolean} isSubject */
  function look(isSubject) {
    if (isSubject) byId("handshake-more").open = true;
    else if (wanted && wasTalking) byId("handshake-more").open = false;
    wanted = isSubject;
  }

  const INTRODUCTIONS = {
    strangers:
      "Alice and Bob have never met. Before she can write to him, Bob has to publish public keys that she can begin " +
      "with.",
    published:
      "Bob’s bundle lies on the server, and he is offline. Alice can begin: by PQXDH, so that a future quantum " +
      "computer cannot open what is recorded today, or by X3DH, which is older and does not see to that.",
    agreed:
      "Alice has computed the first secret and can write at once. Bob computes the same when her first message " +
      "reaches him.",
    talking:
      "The conversation has begun. If it cannot go on, because too much was lost, a fresh bundle and a new beginning " +
      "renew the session.",
  };

  /** Draws the step of the explanation that is shown. */
  function drawStep() {
    const explained = steps(subject.bundle, subject.handshake);
    at = Math.max(0, Math.min(at, explained.length - 1));
    const { title, text, lit } = explained[at];
    Object.assign(byId("agreement").dataset, { step: String(at + 1), steps: String(explained.length) });
    byId("agreement-place").textContent = `Step ${at + 1} of ${explained.length}`;
    const drawn = explained.slice(0, at + 1).flatMap((step) => step.lit);
    byId("agreement-picture").replaceChildren(picture(lit, drawn));
    // A step that is the same is not written again, because screen readers would read it again.
    const key = JSON.stringify([at, subject]);
    if (byId("agreement-text").dataset.key !== key) {
      byId("agreement-text").dataset.key = key;
      byId("agreement-text").replaceChildren(html("h3", {}, title), html("p", {}, text), fingerprints(lit) ?? "");
    }
    byId("agreement-back").disabled = at === 0;
    byId("agreement-next").disabled = at === explained.length - 1;
  }

  /** Goes to another step of the explanation. A button that has no further step hands the keyboard to the other. */
  function go(by) {
    at += by;
    drawStep();
    if (byId(by > 0 ? "agreement-next" : "agreement-back").disabled)
      byId(by > 0 ? "agreement-back" : "agreement-next").focus();
  }

  /** The fingerprints of the keys and outputs that a step is about. */
  function fingerprints(lit) {
    const { bundle, handshake } = subject;
    const all = [
      ...(bundle?.keys ?? []),
      ...(handshake?.public ?? []),
      ...(handshake?.inputs ?? []),
      ...(handshake?.derived ?? []),
    ];
    const found = lit.flatMap((name) => all.find((key) => key.name === name && key.fingerprint) ?? []);
    if (found.length === 0) return null;
    return html(
      "dl",
      { class: "prints" },
      ...found.map(({ name, fingerprint, id }) =>
        html(
          "div",
          {},
          html("dt", {}, name, id == null ? "" : ` (number ${id})`),
          html("dd", {}, html("code", {}, groups(fingerprint))),
        ),
      ),
    );
  }

  /** The drawing. Parts of later steps are left out, and parts of the present step are lit. */
  function picture(lit, drawn) {
    const { bundle, handshake } = subject;
    const { width, height, alice, bob, inputs, kdf, outputs, lines, feeds } = places(bundle, handshake);
    const state = (name) => (lit.includes(name) ? " lit" : drawn.includes(name) ? "" : " later");
    const node = (kind) => (box) => {
      const print = box.fingerprint ? box.fingerprint.slice(0, 4) : "";
      return svg(
        "g",
        { class: `node ${kind}${state(box.name)}`, "data-node": box.name },
        svg("title", {}, `${box.name} ${box.fingerprint ? groups(box.fingerprint) : ""}`),
        svg("rect", { x: box.x, y: box.y, width: box.width, height: box.height, rx: 6 }),
        svg("text", { class: "label middle", x: box.x + box.width / 2, y: box.y + 17 }, box.title ?? box.name),
        print === "" || kind === "input"
          ? null
          : svg("text", { class: "print middle", x: box.x + box.width / 2, y: box.y + box.height + 11 }, print),
      );
    };
    const edge =
      (kind) =>
      ({ name, x1, y1, x2, y2 }) =>
        svg("line", { class: `${kind}${state(name)}`, x1, y1, x2, y2 });
    // The line to the derivation begins at the first of the agreements that go into it in this step.
    const first = lit.includes("KDF") ? inputs.findIndex(({ name }) => lit.includes(name)) : 0;
    const top = inputs[Math.max(first, 0)];
    return svg(
      "svg",
      { class: "agreement-drawing", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": inWords(drawn) },
      svg("text", { class: "small", x: 8, y: 16 }, "Alice"),
      svg("text", { class: "small end", x: width - 8, y: 16 }, "Bob"),
      ...lines.map(edge("agree")),
      kdf === null ? null : edge("feed")({ name: "KDF", x1: width / 2, y1: top.y, x2: width / 2, y2: kdf.y }),
      ...feeds.map(edge("feed")),
      ...alice.map(node("alice")),
      ...bob.map(node("bob")),
      ...inputs.map(node("input")),
      kdf === null ? null : node("kdf")({ ...kdf, title: "key derivation (HKDF)" }),
      ...outputs.map(node("output")),
    );
  }

  function inWords(drawn) {
    const names = [...new Set(drawn)].filter((name) => name !== "KDF");
    return `Keys and agreements so far: ${playground.words.enumeration(names)}.`;
  }

  playground.handshake = { build, draw, look };
})((globalThis.playground ??= {}));
