"use strict";

// The thief, and the list of all envelopes: behind the theft, between theft and recovery, and ahead of the recovery.
// The headings of these zones are red and green; how much the thief sees of an envelope is told by its mark alone.
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
    const last = () => list.lastElementChild?.dataset.past;
    const before = last();
    list.replaceChildren(...rows(view, log, labels, actions));
    // Follow what comes to the end. A copy comes further up, where its original is.
    if (last() !== before) list.scrollTop = list.scrollHeight;
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
      return (
        `${name(renewed)} has renewed the session, and ${name(ratcheted)} has ratcheted with a key made after the ` +
        "theft."
      );
    }
    return alice === "renewal"
      ? "Both sides are in a session that began after the theft."
      : "Both sides have ratcheted with keys made after the theft.";
  }

  function rows(view, log, labels, actions) {
    if (view.wire.length === 0) return [line("none-line", "quiet", "Nothing has been sent yet.")];
    const all = playground.grouped(view.wire);
    const hidden = Math.max(0, all.length - MAX_ROWS);
    const found = [];
    if (hidden > 0) found.push(line("more-line", "quiet", `${count(hidden, "earlier envelope")} not listed.`));
    // Put the headings in front of the zones that they are about.
    const { theft, recovery } = playground.zones(view, log);
    const way = playground.recovery(view, log);
    if (view.thief !== null && hidden < theft) found.push(behindLine(view));
    for (let place = hidden; place < all.length; place += 1) {
      if (place === theft) found.push(theftLine(view, "The messages below were sent after the theft."));
      if (place === recovery) found.push(recoveryLine(way));
      const zone = view.thief === null ? "none" : place < theft ? "behind" : place < recovery ? "between" : "ahead";
      found.push(row(all[place], { labels, actions }, zone));
    }
    if (theft === all.length) found.push(theftLine(view, "Nothing has been sent since."));
    return found;
  }

  function behindLine(view) {
    return line(
      "behind-line",
      "theft",
      "Behind the theft: forward secrecy.",
      `These messages were sent before ${name(view.thief.victim)}’s keys were stolen. ` +
        "Red stands for the theft, not for danger: the mark in each row says what the thief sees of that message.",
    );
  }

  function theftLine(view, below) {
    return line(
      "theft-line",
      "theft",
      `Here ${name(view.thief.victim)}’s keys were stolen.`,
      `Above it is forward secrecy: keys that were wiped before are not among the loot. ${below}`,
    );
  }

  function recoveryLine({ alice, bob }) {
    const means =
      alice !== bob
        ? "A new session and a new ratchet key have"
        : alice === "renewal"
          ? "A new session has"
          : "New ratchet keys have";
    return line(
      "recovery-line",
      "recovery",
      `Ahead: break-in recovery. ${means} locked the thief out.`,
      "The thief reads none of the messages below.",
    );
  }

  /** A row that is no envelope: a heading, and what it means. */
  function line(id, kind, heading, meaning = "") {
    const words = meaning === "" ? [heading] : [html("strong", {}, heading), " ", meaning];
    return html("li", { id, class: `line-${kind}` }, ...words);
  }

  const FATES = { in_flight: "on its way", delivered: "read", refused: "refused", dropped: "lost" };

  function row(envelope, { labels, actions }, zone) {
    const { id, from, state, text, damaged, thief, many, copy_of: original } = envelope;
    return html(
      "li",
      {
        "data-past": id,
        "data-state": state,
        "data-thief": thief?.loot ?? "",
        "data-zone": zone,
        class: `past from-${from}${original === null ? "" : " copy"}`,
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
