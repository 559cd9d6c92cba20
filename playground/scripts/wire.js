"use strict";

// The wire: the envelopes on their way, in the order in which they will arrive.
(function (playground) {
  const { html, byId, still } = playground.dom;
  const { name, other, number, count, bytes, groups } = playground.words;
  const SIDES = /** @type {Name[]} */ (["alice", "bob"]);

  /** The most envelopes of a lane that are shown. */
  const MAX_SHOWN = 60;

  const queues = { alice: new playground.Queue(), bob: new playground.Queue() };

  /**
   * Builds the two lanes.
   * @param {Actions} actions
   */
  function build(actions) {
    for (const who of SIDES) {
      const list = html("ol", { id: `lane-${who}`, class: "envelopes", "aria-labelledby": `lane-${who}-title` });
      byId(`lane-${who}-box`).append(
        html(
          "div",
          { class: "lane-head" },
          html("h3", { id: `lane-${who}-title`, tabindex: "-1" }),
          html(
            "button",
            {
              type: "button",
              id: `lane-${who}-all`,
              "data-focus": `lane-${who}-all`,
              onclick: () => deliverAll(who, actions),
            },
            "Deliver all",
          ),
        ),
        list,
        html("p", { id: `lane-${who}-none`, class: "quiet" }),
      );
      playground.sortable(list, (item, place) => {
        if (place >= 0) queues[who].move(Number(item.dataset.envelope), place);
        actions.redraw();
      });
    }
  }

  /** Delivers what is on its way now, in its order. */
  function deliverAll(who, actions) {
    const waiting = [...byId(`lane-${who}`).children].map((item) => Number(item.dataset.envelope));
    actions.playAll(
      waiting.map((envelope) => ({ do: "deliver", envelope })),
      `${count(waiting.length, "envelope")} arrived one after the other.`,
    );
  }

  /**
   * Draws the wire.
   * @param {View} view
   * @param {View | null} before
   * @param {Map<number, string>} labels
   * @param {Actions} actions
   */
  function draw(view, before, labels, actions) {
    drawRoots(view);
    const known = new Set((before?.wire ?? []).map((envelope) => envelope.id));
    for (const who of SIDES) {
      const waiting = queues[who].update(view.wire.filter((envelope) => envelope.from === who));
      const shown = waiting.slice(0, MAX_SHOWN);
      byId(`lane-${who}-title`).textContent = `${name(who)} to ${name(other(who))}`;
      byId(`lane-${who}-all`).hidden = waiting.length < 2;
      byId(`lane-${who}-all`).textContent =
        waiting.length > shown.length ? `Deliver these ${shown.length}` : "Deliver all";
      byId(`lane-${who}-none`).textContent =
        waiting.length === 0
          ? "Nothing is on its way."
          : waiting.length > shown.length
            ? `${count(waiting.length - shown.length, "more envelope")} behind these.`
            : "";
      byId(`lane-${who}`).replaceChildren(
        ...shown.map((envelope, place) =>
          card(
            envelope,
            { place, last: place === waiting.length - 1, fresh: before !== null && !known.has(envelope.id) },
            labels,
            actions,
          ),
        ),
      );
    }
  }

  function drawRoots(view) {
    const roots = byId("roots");
    roots.dataset.same = view.same_root === null ? "unknown" : String(view.same_root);
    roots.textContent = rootsInWords(view);
  }

  function rootsInWords(view) {
    const { same_root: same, in_flight: flying } = view;
    if (same === null) return "Root keys: not on both sides yet.";
    if (same) return flying === 0 ? "Root keys are equal: nothing is on its way." : "Root keys are equal.";
    return `Root keys differ, because ${playground.difference(view)}.`;
  }

  /** The most bytes of an envelope that are shown. */
  const SHOWN_BYTES = 12;

  function card(envelope, { place, last, fresh }, labels, actions) {
    const { id, from, kind, damaged, thief } = envelope;
    const label = labels.get(id) ?? "";
    const button = (act, words, title, onclick, { disabled = false, sign = words } = {}) =>
      html(
        "button",
        {
          type: "button",
          "data-act": act,
          "data-focus": `${act}-${id}`,
          title,
          disabled,
          onclick,
          class: act === "deliver" ? "primary" : null,
          "aria-label": `${words} ${label}`,
        },
        sign,
      );
    const step = (act) => () => actions.play({ do: act, envelope: id });
    const move = (by) => () => {
      queues[from].move(id, queues[from].place(id) + by);
      actions.redraw();
      actions.say(`${label} will arrive as number ${queues[from].place(id) + 1}.`);
    };
    return html(
      "li",
      {
        class: `envelope from-${from}${fresh ? " fresh" : ""}${damaged ? " damaged" : ""}`,
        "data-envelope": id,
        "data-from": from,
        "data-kind": kind,
        "data-thief": thief?.loot ?? "",
      },
      html(
        "div",
        { class: "envelope-head" },
        html("span", { class: "handle", title: "Drag to change the order", "aria-hidden": "true" }, "⠿"),
        html("strong", { class: "stamp" }, label),
        html("span", { class: "inside" }, `“${envelope.text}”`),
        envelope.copy_of === null ? null : html("span", { class: "tag" }, "copy"),
        damaged ? html("span", { class: "tag bad" }, "damaged") : null,
        kind === "first" ? html("span", { class: "tag" }, "handshake in front") : null,
      ),
      html(
        "dl",
        { class: "facts" },
        html(
          "div",
          {},
          html("dt", {}, `On the wire, ${number(envelope.bytes)} bytes`),
          html("dd", {}, html("code", { class: "hex" }, bytes(envelope.hex.slice(0, 2 * SHOWN_BYTES)), " …")),
        ),
        html("div", {}, html("dt", {}, "Under the seal"), html("dd", {}, header(envelope))),
      ),
      thief === null ? null : mark(thief),
      html(
        "div",
        { class: "row acts", role: "group", "aria-label": `Envelope ${label}` },
        button("deliver", "Deliver", "Let it arrive now", step("deliver")),
        button("earlier", "Earlier", "Earlier: let it arrive before the one above", move(-1), {
          disabled: place === 0,
          sign: "↑",
        }),
        button("later", "Later", "Later: let it arrive after the one below", move(1), { disabled: last, sign: "↓" }),
        button("double", "Double", "Make a copy of it", step("double")),
        button("damage", "Damage", "Change a byte of it", step("damage"), { disabled: damaged }),
        button("drop", "Drop", "Lose it", step("drop")),
      ),
    );
  }

  function header({ header: { key, pn, n } }) {
    return html(
      "span",
      { title: "PN: the length of the sender’s chain before. N: the number of the message in its chain, from 0." },
      "ratchet key ",
      html("code", {}, groups(key.slice(0, 8))),
      ` · PN ${number(pn)} · N ${number(n)}`,
    );
  }

  const MARKS = {
    text: "The thief reads it.",
    header: "The thief sees the header only.",
    nothing: "The thief sees nothing.",
  };

  /**
   * The mark of a thief on an envelope: how much the thief sees, and why.
   * @param {Loot} thief
   */
  function mark({ loot, why }) {
    return html(
      "p",
      { class: "mark", "data-loot": loot },
      html("strong", {}, MARKS[loot]),
      html("span", {}, ` ${why}`),
    );
  }

  /** Lets an envelope fly to its receiver before the page is drawn without it. @param {number} id */
  function fly(id) {
    /** @type {HTMLElement | null} */
    const item = document.querySelector(`.envelope[data-envelope="${id}"]`);
    if (item === null || still() || typeof item.animate !== "function") return;
    const target = byId(other(item.dataset.from)).getBoundingClientRect();
    const from = item.getBoundingClientRect();
    const ghost = /** @type {HTMLElement} */ (item.cloneNode(true));
    ghost.className += " ghost";
    ghost.setAttribute("aria-hidden", "true");
    ghost.inert = true;
    for (const part of ghost.querySelectorAll("[data-focus]")) part.removeAttribute("data-focus");
    ghost.removeAttribute("data-envelope");
    Object.assign(ghost.style, { left: `${from.left}px`, top: `${from.top}px`, width: `${from.width}px` });
    document.body.append(ghost);
    const right = target.left + target.width / 2 - from.left - from.width / 2;
    const down = Math.max(-400, Math.min(400, target.top + 120 - from.top));
    const motion = ghost.animate(
      [
        { transform: "none", opacity: 1 },
        { transform: `translate(${right}px, ${down}px) scale(0.5)`, opacity: 0 },
      ],
      { duration: 450, easing: "ease-in" },
    );
    motion.finished.finally(() => ghost.remove());
  }

  /** Forgets the order of arrival, for another scenario. */
  function clear() {
    for (const who of SIDES) queues[who].clear();
  }

  playground.wire = { build, draw, fly, clear, mark };
})((globalThis.playground ??= {}));
