"use strict";

// The thief, and the list of all envelopes: behind the theft, between theft and recovery, and ahead of the recovery.
(function (playground) {
  const { html, byId } = playground.dom;
  const { name, count } = playground.words;

  /** The thieves there can be. Each copies keys of the same victim, and differs in what it can compute with them. */
  const THIEVES = [{ id: "thief", title: "The thief", of: (view) => view.thief, loot: (envelope) => envelope.thief }];

  /** The most envelopes that are listed. */
  const MAX_ROWS = 300;

  /**
   * Draws the thief and the list.
   * @param {View} view
   * @param {Entry[]} log the steps so far, which tell what was sent before the theft
   * @param {Map<number, string>} labels
   * @param {Actions} actions
   */
  function draw(view, log, labels, actions) {
    const panel = byId("thief");
    panel.dataset.victim = view.thief?.victim ?? "";
    panel.dataset.lockedOut = String(view.thief?.locked_out ?? false);
    byId("thieves").replaceChildren(...THIEVES.map((thief) => card(thief, view, log)));
    const list = byId("past");
    const before = list.childElementCount;
    list.replaceChildren(...rows(view, log, labels, actions));
    if (list.childElementCount > before) list.scrollTop = list.scrollHeight;
  }

  function card(thief, view, log) {
    const found = thief.of(view);
    if (found === null) {
      return html(
        "p",
        { class: "quiet" },
        "Nobody has stolen anything. The thief records all that travels, and waits: steal Alice’s or Bob’s keys at " +
          "any moment, and see what the recordings are worth.",
      );
    }
    const readable = view.wire.filter((envelope) => envelope.copy_of === null && thief.loot(envelope)?.loot === "text");
    const sum = readable.reduce((total, envelope) => total + (envelope.many ?? 1), 0);
    return html(
      "p",
      { class: `verdict ${found.locked_out ? "safe" : "open"}` },
      html(
        "strong",
        {},
        `${thief.title} of ${name(found.victim)}’s keys ${found.locked_out ? "is locked out" : "listens"}. `,
      ),
      `${sum === 0 ? "No message is" : `${count(sum, "message")} ${sum === 1 ? "is" : "are"}`} readable with them. `,
      found.locked_out
        ? recoveryInWords(playground.recovery(view, log))
        : "The thief stays until both sides have ratcheted with keys made after the theft, or renewed the session.",
    );
  }

  function recoveryInWords({ alice, bob }) {
    if (alice !== bob) {
      const [renewed, ratcheted] = alice === "renewal" ? ["alice", "bob"] : ["bob", "alice"];
      return `${name(renewed)} has renewed the session, and ${name(ratcheted)} has ratcheted with a key made after the theft.`;
    }
    return alice === "renewal"
      ? "Both sides are in a session that began after the theft."
      : "Both sides have ratcheted with keys made after the theft.";
  }

  function rows(view, log, labels, actions) {
    const listed = view.wire.slice(-MAX_ROWS);
    const found = [];
    if (listed.length < view.wire.length) {
      found.push(
        line("more-line", "quiet", `${count(view.wire.length - listed.length, "earlier envelope")} not listed.`),
      );
    }
    if (view.wire.length === 0) return [line("none-line", "quiet", "Nothing has been sent yet.")];
    const { theft, recovery } = playground.zones(view, log);
    listed.forEach((envelope, at) => {
      const place = view.wire.length - listed.length + at;
      if (place === theft) found.push(theftLine(view));
      if (place === recovery) found.push(recoveryLine());
      found.push(row(envelope, { labels, actions }, place < theft ? "behind" : place < recovery ? "between" : "ahead"));
    });
    if (theft === view.wire.length) found.push(theftLine(view));
    return found;
  }

  function theftLine(view) {
    return line(
      "theft-line",
      "theft",
      `Here ${name(view.thief.victim)}’s keys were stolen. Behind: forward secrecy. ` +
        "Keys that were wiped are not among the loot.",
    );
  }

  function recoveryLine() {
    return line("recovery-line", "recovery", "Ahead: break-in recovery. New ratchet keys have locked the thief out.");
  }

  function line(id, kind, words) {
    return html("li", { id, class: `line-${kind}` }, words);
  }

  const FATES = { in_flight: "on its way", delivered: "read", refused: "refused", dropped: "lost" };

  function row(envelope, { labels, actions }, zone) {
    const { id, from, state, text, damaged, thief, many } = envelope;
    return html(
      "li",
      {
        "data-past": id,
        "data-state": state,
        "data-thief": thief?.loot ?? "",
        "data-zone": zone,
        class: `past from-${from}`,
      },
      html("span", { class: "stamp" }, labels.get(id) ?? ""),
      html("span", { class: "words" }, many === undefined ? `“${text}”` : `${count(many, "message")}`),
      html("span", { class: "fate" }, `${damaged ? "damaged, " : ""}${FATES[state]}`),
      thief === null ? html("span", {}) : playground.wire.mark(thief),
      state === "in_flight" || many !== undefined
        ? html("span", {})
        : html(
            "button",
            {
              type: "button",
              class: "small-button",
              "data-focus": `replay-${id}`,
              title: "Put a copy of it on the wire",
              "aria-label": `Replay ${labels.get(id)}`,
              onclick: () => actions.play({ do: "double", envelope: id }),
            },
            "Replay",
          ),
    );
  }

  playground.thief = { draw };
})((globalThis.playground ??= {}));
