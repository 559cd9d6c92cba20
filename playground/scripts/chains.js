"use strict";

// The drawing of the key chains, as SVG and as words.
(function (playground) {
  const { html, svg, byId } = playground.dom;
  const { name, number, count } = playground.words;
  const { SIZE, layout, inWords, summary } = playground.layout;

  /** Whether the keys were shown when the drawings were made last. */
  let showedKeys = false;

  /** Explains the signs of the drawings, and shows a key that is pointed at in both of them. */
  function build() {
    byId("chains").addEventListener("pointerover", (event) => {
      const key = event.target instanceof Element ? event.target.closest("[data-key]")?.getAttribute("data-key") : null;
      for (const part of byId("chains").querySelectorAll(".same")) part.classList.remove("same");
      if (!key) return;
      for (const part of byId("chains").querySelectorAll(`[data-key="${CSS.escape(key)}"]`)) part.classList.add("same");
    });
    const sign = (...parts) =>
      svg("svg", { viewBox: "0 0 36 24", width: 36, height: 24, "aria-hidden": "true" }, ...parts);
    const entries = [
      [sign(svg("rect", { class: "root held", x: 3, y: 3, width: 30, height: 18, rx: 4 })), "root key that is held"],
      [sign(svg("rect", { class: "root wiped", x: 3, y: 3, width: 30, height: 18, rx: 4 })), "hollow: wiped"],
      [
        sign(svg("rect", { class: "next held", x: 9, y: 3, width: 18, height: 18, rx: 3 })),
        "chain key for the next message",
      ],
      [sign(svg("circle", { class: "link wiped", cx: 18, cy: 12, r: 10 })), "message key, used and wiped"],
      [sign(svg("circle", { class: "link skipped", cx: 18, cy: 12, r: 10 })), "skipped message key, kept"],
      [
        sign(
          svg("circle", { class: "link wiped", cx: 18, cy: 12, r: 7 }),
          svg("circle", { class: "loot", cx: 18, cy: 12, r: 10 }),
        ),
        "message key that a thief has, too",
      ],
    ];
    byId("legend").replaceChildren(...entries.map(([picture, words]) => html("li", {}, picture, words)));
  }

  /**
   * Draws the chains of both parties.
   * @param {View} view
   * @param {View | null} before the view before, by which new keys are marked
   * @param {Map<number, string>} labels
   * @param {boolean} showKeys whether the words have the keys, and are to be seen
   */
  function draw(view, before, labels, showKeys) {
    const readable = new Set(view.wire.filter(({ thief }) => thief?.loot === "text").map(({ id }) => id));
    for (const who of /** @type {Name[]} */ (["alice", "bob"])) {
      const box = byId(`chains-${who}`);
      const { chains } = view.parties[who];
      if (chains === null) {
        box.replaceChildren(
          html("h3", {}, `${name(who)}’s keys`),
          html("p", { class: "quiet" }, "No session yet, so no keys."),
        );
        continue;
      }
      const old = before?.parties[who].chains ?? null;
      const scrolled = box.querySelector(".scroll");
      const open = (box.querySelector("details")?.open ?? false) || (showKeys && !showedKeys);
      const kept =
        scrolled === null ? null : { width: scrolled.scrollWidth, left: scrolled.scrollLeft, top: scrolled.scrollTop };
      const scroll = html(
        "div",
        {
          class: "scroll drawing",
          tabindex: "0",
          role: "region",
          "aria-label": `Drawing of ${name(who)}’s key chains`,
          "data-focus": `drawing-${who}`,
        },
        picture(chains, old, who, { labels, readable }),
      );
      box.replaceChildren(html("h3", {}, `${name(who)}’s keys`), scroll, words(chains, who, labels, open));
      follow(scroll, kept);
    }
    showedKeys = showKeys;
  }

  /** Keeps the place in the drawing, and goes to its end when the drawing has grown. */
  function follow(scroll, kept) {
    const grown = kept === null || scroll.scrollWidth > kept.width;
    scroll.scrollLeft = grown ? scroll.scrollWidth : kept.left;
    scroll.scrollTop = kept?.top ?? 0;
  }

  function picture(chains, old, owner, { labels, readable }) {
    const { width, height, roots, chains: hanging } = layout(chains, owner, labels, readable);
    const states = known(old);
    const change = (fingerprint, state) => {
      if (old === null) return "";
      const before = states.get(fingerprint);
      if (before === undefined) return " fresh";
      return before === state ? "" : " changed";
    };
    return svg(
      "svg",
      {
        class: `keys of-${owner}`,
        viewBox: `0 0 ${width} ${height}`,
        width,
        height,
        role: "img",
        "aria-label": summary(chains, owner),
      },
      ...roots.slice(1).map((root, at) => rootStep(roots[at], root)),
      ...hanging.map((chain) => hangingChain(chain, change)),
      ...roots.map((root) => rootKey(root, change)),
    );
  }

  /** The states of all keys of a drawing, by fingerprint. */
  function known(chains) {
    const found = new Map();
    for (const root of chains?.root ?? []) found.set(root.fingerprint, root.wiped ? "wiped" : "held");
    for (const chain of chains?.chains ?? []) {
      for (const link of chain.links) found.set(link.message, link.state);
      if (chain.next !== null) found.set(chain.next.chain, "held");
    }
    return found;
  }

  /** The arrow from a root key to the next, with the Diffie-Hellman output that comes in. */
  function rootStep(from, to) {
    const middle = to.x - 24;
    return svg(
      "g",
      { class: "step" },
      svg("line", { class: "chain-line", x1: from.x + SIZE.rootWidth, y1: from.y, x2: to.x - 2, y2: to.y }),
      svg("path", { class: "arrow", d: `M ${to.x - 8} ${to.y - 4} L ${to.x - 1} ${to.y} L ${to.x - 8} ${to.y + 4}` }),
      svg("line", { class: "chain-line", x1: middle, y1: 22, x2: middle, y2: to.y }),
      svg("text", { class: "small middle", x: middle, y: 16 }, "DH"),
    );
  }

  function rootKey({ x, y, index, fingerprint, state, title }, change) {
    return svg(
      "g",
      { "data-root": index, "data-state": state, "data-key": fingerprint, class: change(fingerprint, state) },
      svg("title", {}, title),
      svg("rect", {
        class: `root ${state}`,
        x,
        y: y - SIZE.rootHeight / 2,
        width: SIZE.rootWidth,
        height: SIZE.rootHeight,
        rx: 7,
      }),
      svg("text", { class: `label middle on-${state}`, x: x + SIZE.rootWidth / 2, y: y - 1 }, `RK ${index}`),
      svg("text", { class: `print middle on-${state}`, x: x + SIZE.rootWidth / 2, y: y + 12 }, fingerprint.slice(0, 4)),
    );
  }

  function hangingChain(chain, change) {
    const { x, top, bottom, direction, sender, before, links, next } = chain;
    const end = Math.max(bottom, SIZE.titleY);
    return svg(
      "g",
      { class: `hanging of-${sender}`, "data-chain": direction, "data-of": chain.root },
      svg("line", { class: "chain-line", x1: x, y1: top, x2: x, y2: end }),
      svg("text", { class: "small", x: x + 14, y: SIZE.titleY }, `${direction}`),
      before === null
        ? null
        : svg("text", { class: "small", x: x + 14, y: before.y + 4 }, `⋮ ${number(before.count)} more`),
      ...links.map((link) => messageLink(link, x, change)),
      next === null ? null : nextKey(next, x, change),
    );
  }

  function messageLink(link, x, change) {
    const { y, state, label, message, title, open } = link;
    return svg(
      "g",
      { "data-link": message, "data-state": state, "data-key": message, class: change(message, state) },
      svg("title", {}, title),
      svg("rect", { class: "passed", x: x - 4, y: y - 4, width: 8, height: 8, rx: 1.5 }),
      svg("line", { class: "chain-line", x1: x + 4, y1: y, x2: link.x - 16, y2: y }),
      svg("circle", { class: `link ${state}`, cx: link.x, cy: y, r: 16 }),
      open ? svg("circle", { class: "loot", cx: link.x, cy: y, r: 19 }) : null,
      svg("text", { class: `label middle on-${state}`, x: link.x, y: y + 4 }, label),
      svg("text", { class: "print", x: link.x + SIZE.textX - SIZE.linkX, y: y + 4 }, message.slice(0, 4)),
    );
  }

  function nextKey({ n, chain, y }, x, change) {
    return svg(
      "g",
      { "data-next": chain, "data-key": chain, class: change(chain, "held") },
      svg("title", {}, `Chain key for message ${number(n)}, held`),
      svg("rect", { class: "next held", x: x - 10, y: y - 10, width: 20, height: 20, rx: 4 }),
      svg("text", { class: "small", x: x + 18, y: y + 4 }, `next: ${number(n)}`),
    );
  }

  function words(chains, owner, labels, open) {
    const lines = inWords(chains, owner, labels);
    const total = lines.reduce((sum, root) => sum + root.chains.length, 0);
    return html(
      "details",
      { open, class: "in-words" },
      html(
        "summary",
        { "data-focus": `words-${owner}` },
        `${name(owner)}’s keys in words (${count(lines.length, "root key")}, ${count(total, "chain")})`,
      ),
      html(
        "ul",
        { id: `chains-${owner}-words` },
        ...lines.map((root) =>
          html(
            "li",
            {},
            root.words,
            root.chains.length === 0
              ? null
              : html(
                  "ul",
                  {},
                  ...root.chains.map((chain) =>
                    html("li", {}, chain.words, html("ul", {}, ...chain.links.map((link) => html("li", {}, link)))),
                  ),
                ),
          ),
        ),
      ),
    );
  }

  playground.chains = { build, draw };
})((globalThis.playground ??= {}));
