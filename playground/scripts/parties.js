"use strict";

// The two sides: what each has written and read, and the state of its session.
(function (playground) {
  const { html, svg, byId } = playground.dom;
  const { name, other, possessive, number, groups } = playground.words;

  /** The numbers of a session that are shown. One that the session does not have is left out. */
  const TILES = [
    { key: "sent", title: "Sent", help: "Messages that this side has encrypted in this session" },
    { key: "received", title: "Received", help: "Messages that this side has decrypted in this session" },
    { key: "dh_steps", title: "DH ratchet steps", help: "Times that a new ratchet key was mixed into the root key" },
    { key: "skipped_keys", title: "Skipped keys", help: "Message keys kept for messages that have not arrived" },
    { key: "pq_epoch", title: "Post-quantum epoch", help: "Times that a post-quantum secret was mixed in" },
  ];

  /**
   * Builds both sides. Their forms stay, so that nobody loses a half-written text.
   * @param {Actions} actions
   */
  function build(actions) {
    for (const who of /** @type {Name[]} */ (["alice", "bob"])) {
      byId(who).append(
        html(
          "div",
          { class: "party-head" },
          html("h2", { id: `${who}-title`, tabindex: "-1" }, name(who)),
          html("p", { id: `${who}-stage`, class: "quiet" }),
        ),
        html("p", { id: `${who}-thief`, class: "verdict", hidden: true }),
        html("dl", { id: `${who}-tiles`, class: "tiles" }),
        html("h3", { id: `${who}-talk-title` }, `The conversation as ${name(who)} sees it`),
        html("ol", { id: `${who}-talk`, class: "talk", "aria-labelledby": `${who}-talk-title`, tabindex: "0" }),
        form(who, actions),
        html(
          "div",
          { class: "row thief-row" },
          html(
            "button",
            {
              type: "button",
              id: `${who}-steal`,
              class: "danger",
              "data-focus": `${who}-steal`,
              onclick: () => actions.play({ do: "steal", who }),
            },
            `Steal ${name(who)}’s keys`,
          ),
        ),
      );
    }
  }

  function form(who, actions) {
    const text = html("input", {
      id: `${who}-text`,
      type: "text",
      autocomplete: "off",
      maxlength: String(playground.link.MAX_TEXT),
      placeholder: who === "alice" ? "Hello Bob" : "Hello Alice",
    });
    const many = html("input", {
      id: `${who}-many`,
      type: "number",
      min: "1",
      max: String(playground.link.MAX_COUNT),
      step: "1",
      value: "10",
    });
    // A text that was not typed is one of a few, so that a click is enough.
    const send = (event) => {
      event.preventDefault();
      const typed = text.value.trim();
      if (actions.play({ do: "send", who, text: typed === "" ? nextLine(who) : typed })) text.value = "";
    };
    return html(
      "div",
      { class: "compose" },
      html(
        "form",
        { id: `${who}-form`, onsubmit: send },
        html("label", { for: `${who}-text` }, `${name(who)} writes to ${name(other(who))}`),
        html(
          "div",
          { class: "row" },
          text,
          html("button", { id: `${who}-send`, class: "primary", "aria-label": `Send as ${name(who)}` }, "Send"),
        ),
      ),
      html(
        "details",
        {},
        html("summary", {}, "Send many at once"),
        html(
          "form",
          {
            onsubmit: (event) => {
              event.preventDefault();
              actions.play({ do: "send_many", who, count: Number(many.value) });
            },
          },
          html("label", { for: `${who}-many` }, "How many"),
          html(
            "div",
            { class: "row" },
            many,
            html("button", { id: `${who}-many-send`, "aria-label": `Send them as ${name(who)}` }, "Send them"),
          ),
          html("p", { class: "quiet" }, "The wire shows 50 of them at most, and loses the others."),
        ),
      ),
    );
  }

  const LINES = {
    alice: ["Are you there?", "How was your day?", "Let us meet at noon.", "I will bring the map.", "See you."],
    bob: ["I am here.", "Long, and yours?", "Noon is fine.", "I bring the lamp.", "Until then."],
  };
  const nextPlace = { alice: 0, bob: 0 };

  function nextLine(who) {
    const line = LINES[who][nextPlace[who] % LINES[who].length];
    nextPlace[who] += 1;
    return line;
  }

  /**
   * Draws both sides.
   * @param {View} view
   * @param {View | null} before the view before, by which changes are marked
   * @param {Map<number, string>} labels
   */
  function draw(view, before, labels) {
    for (const who of /** @type {Name[]} */ (["alice", "bob"])) {
      const party = view.parties[who];
      byId(who).dataset.session = String(party.session);
      byId(`${who}-stage`).textContent = stage(view, who);
      byId(`${who}-tiles`).replaceChildren(...tiles(party, before?.parties[who] ?? null, view));
      drawTalk(who, party, before, labels);
      const robbed = view.thief?.victim === who;
      drawThief(who, robbed ? view.thief : null);
      byId(who).classList.toggle("robbed", robbed);
      byId(`${who}-send`).disabled = !party.session;
      byId(`${who}-many-send`).disabled = !party.session;
      byId(`${who}-steal`).disabled = !party.session;
      byId(`${who}-steal`).textContent = `Steal ${name(who)}’s keys${robbed ? " again" : ""}`;
    }
  }

  /** A line for the victim of a theft, because the panel of the thief is far down the page. */
  function drawThief(who, thief) {
    const line = byId(`${who}-thief`);
    line.hidden = thief === null;
    if (thief === null) return;
    line.className = `verdict ${thief.locked_out ? "safe" : "open"}`;
    line.textContent = thief.locked_out
      ? `The thief of ${possessive(who)} keys is locked out.`
      : `A thief has a copy of ${possessive(who)} keys.`;
  }

  function stage(view, who) {
    const { session, status } = view.parties[who];
    if (session) return status?.suite === "x3dh" ? "has a session, begun by X3DH" : "has a session, begun by PQXDH";
    if (who === "alice") return view.phase === "strangers" ? "has never met Bob" : "can fetch Bob’s bundle";
    return view.phase === "strangers" ? "is online for a moment" : "is offline until an envelope is delivered";
  }

  function tiles(party, before, view) {
    if (party.status === null)
      return [html("div", { class: "tile empty" }, html("dt", {}, "No session yet"), html("dd", {}, "–"))];
    const counts = TILES.filter(({ key }) => party.status[key] !== undefined).map(({ key, title, help }) => {
      const value = party.status[key];
      const changed = before?.status != null && before.status[key] !== value;
      return html(
        "div",
        { class: `tile${changed ? " changed" : ""}`, "data-tile": key, "data-value": value, title: help },
        html("dt", {}, title),
        html("dd", {}, number(value)),
      );
    });
    const root = party.status.root_fingerprint;
    const changed = before?.status != null && before.status.root_fingerprint !== root;
    counts.push(
      html(
        "div",
        {
          class: `tile root${changed ? " changed" : ""}`,
          "data-tile": "root",
          "data-value": root,
          "data-same": String(view.same_root),
          title: "The first bytes of a hash of the root key",
        },
        html("dt", {}, "Fingerprint of the root key"),
        html("dd", {}, pattern(root), html("code", {}, groups(root))),
      ),
    );
    return counts;
  }

  /** A small picture of a fingerprint: equal fingerprints have equal pictures. */
  function pattern(fingerprint) {
    const size = 4;
    const cells = [];
    for (let row = 0; row < size; row += 1) {
      const bits = parseInt(fingerprint[row], 16);
      for (let column = 0; column < size; column += 1) {
        if ((bits >> column) & 1) cells.push(svg("rect", { x: column, y: row, width: 1, height: 1 }));
      }
    }
    const hue = Math.floor((parseInt(fingerprint.slice(4, 6), 16) * 8) / 256);
    return svg("svg", { class: `pattern hue-${hue}`, viewBox: `0 0 ${size} ${size}`, "aria-hidden": "true" }, ...cells);
  }

  /** The most lines of a conversation that are shown. */
  const MAX_LINES = 100;

  function drawTalk(who, party, before, labels) {
    const list = byId(`${who}-talk`);
    const known = new Set((before?.parties[who].talk ?? []).map((line) => `${line.from}${line.envelope}`));
    list.replaceChildren(
      ...party.talk.slice(-MAX_LINES).map((line) => {
        const fresh = before !== null && !known.has(`${line.from}${line.envelope}`);
        const note = line.late ? " late" : "";
        return html(
          "li",
          {
            class: `line from-${line.from}${fresh ? " fresh" : ""}`,
            "data-envelope": line.envelope,
            "data-from": line.from,
            "data-late": String(line.late),
          },
          html("span", { class: "stamp" }, `${labels.get(line.envelope) ?? ""}${note}`),
          " ",
          line.text,
        );
      }),
    );
    list.hidden = party.talk.length === 0;
    byId(`${who}-talk-title`).hidden = list.hidden;
    if (party.talk.length !== known.size) list.scrollTop = list.scrollHeight;
  }

  playground.parties = { build, draw };
})((globalThis.playground ??= {}));
