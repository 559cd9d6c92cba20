"use strict";

// The drawing of one party's keys, as places and as words. Nothing here knows of a browser.
//
// The root chain lies on top and grows to the right. From each root key hangs the chain that was derived with it, and
// each message is a link of its chain.
(function (playground) {
  const { name, other, number, count, groups } = playground.words;

  /** Lengths in the units of the drawing. */
  const SIZE = {
    margin: 12,
    rootY: 46,
    rootWidth: 58,
    rootHeight: 34,
    firstColumn: 104,
    column: 156,
    titleY: 96,
    firstRow: 124,
    row: 42,
    chainX: 14,
    linkX: 66,
    textX: 88,
  };

  /**
   * The places of everything in the drawing.
   * @param {Chains} chains
   * @param {Name} owner whose keys these are
   * @param {Map<number, string>} labels the names of the envelopes
   * @param {Set<number>} [readable] the envelopes that a thief reads
   */
  function layout(chains, owner, labels, readable = new Set()) {
    // A column for each root key: wide if a chain hangs from it, and twice as wide if two do.
    const hanging = chains.root.map((_, index) => chains.chains.filter((chain) => chain.root === index));
    let x = SIZE.margin;
    const columns = hanging.map((inColumn) => {
      const column = { x, width: inColumn.length === 0 ? SIZE.firstColumn : inColumn.length * SIZE.column };
      x += column.width;
      return column;
    });
    const roots = chains.root.map((root, index) => ({
      x: columns[index].x,
      y: SIZE.rootY,
      index,
      fingerprint: root.fingerprint,
      state: root.wiped ? "wiped" : "held",
      key: root.key,
      title: `Root key ${index}, fingerprint ${groups(root.fingerprint)}, ${root.wiped ? "wiped" : "held"}`,
    }));
    const drawn = hanging.flatMap((inColumn, index) =>
      inColumn.map((chain, at) => place(chain, columns[index].x + at * SIZE.column, owner, { labels, readable })),
    );
    const bottom = Math.max(SIZE.titleY, ...drawn.map((chain) => chain.bottom));
    return { width: x + SIZE.margin, height: bottom + SIZE.row / 2 + SIZE.margin, roots, chains: drawn };
  }

  function place(chain, x, owner, { labels, readable }) {
    const sender = chain.direction === "sending" ? owner : other(owner);
    let y = SIZE.firstRow;
    const row = () => {
      const here = y;
      y += SIZE.row;
      return here;
    };
    const before = chain.before ? { y: row(), count: chain.before } : null;
    const links = chain.links.map((link) => ({
      ...link,
      x: x + SIZE.linkX,
      y: row(),
      label: linkLabel(link, labels),
      open: readable.has(link.envelope),
      title: `${linkTitle(link, labels)}${readable.has(link.envelope) ? "; a thief has it, too" : ""}`,
    }));
    const next = chain.next === null ? null : { ...chain.next, y: row() };
    return {
      x: x + SIZE.chainX,
      top: SIZE.rootY + SIZE.rootHeight / 2,
      bottom: y - SIZE.row,
      root: chain.root,
      direction: chain.direction,
      sender,
      ended: chain.ended,
      before,
      links,
      next,
    };
  }

  function linkLabel(link, labels) {
    const label = link.envelope === null ? undefined : labels.get(link.envelope);
    // The name of many envelopes is too long for a link: its number in the chain says more.
    return label === undefined || label.length > 5 ? `${link.n}` : label;
  }

  function linkTitle(link, labels) {
    const label = link.envelope === null ? undefined : labels.get(link.envelope);
    const message = label === undefined ? `message ${number(link.n)}` : `${label}, number ${number(link.n)}`;
    return `Message key of ${message}, fingerprint ${groups(link.message)}, ${LINK_STATES[link.state]}`;
  }

  const LINK_STATES = {
    held: "held",
    skipped: "skipped: kept until its message arrives",
    wiped: "used and wiped",
  };

  /**
   * The drawing in words: a line for each root key, and below it a line for each chain and for each link.
   * @param {Chains} chains
   * @param {Name} owner
   * @param {Map<number, string>} labels
   * @returns {{words: string, chains: {words: string, links: string[]}[]}[]}
   */
  function inWords(chains, owner, labels) {
    return chains.root.map((root, index) => ({
      words: `Root key ${index}: fingerprint ${groups(root.fingerprint)}, ${
        root.wiped ? "wiped" : `held${secret(root.key)}`
      }.`,
      chains: chains.chains.filter((chain) => chain.root === index).map((chain) => chainInWords(chain, owner, labels)),
    }));
  }

  function chainInWords(chain, owner, labels) {
    const { direction, links, next, before, ended } = chain;
    const sender = direction === "sending" ? owner : other(owner);
    const length = links.length + (before ?? 0);
    const title = `${direction === "sending" ? "Sending" : "Receiving"} chain, in which ${name(sender)} sends`;
    const lines = links.map((link) => `${linkTitle(link, labels)}${secret(link.key)}.`);
    if (before) lines.unshift(`${count(before, "earlier message")} of the chain, not listed.`);
    lines.push(
      next === null
        ? `The chain key is wiped${ended ? ", because the chain has ended" : ""}.`
        : `The chain key for message ${number(next.n)} is held, fingerprint ${groups(next.chain)}${secret(next.key)}.`,
    );
    return { words: `${title}: ${count(length, "message")}.`, links: lines };
  }

  function secret(key) {
    return key === undefined ? "" : `, key ${key}`;
  }

  /**
   * The drawing in one sentence, as the name of the picture.
   * @param {Chains} chains
   * @param {Name} owner
   */
  function summary(chains, owner) {
    const held = chains.chains.flatMap((chain) => chain.links).filter((link) => link.state === "skipped").length;
    const links = chains.chains.reduce((sum, chain) => sum + chain.links.length + (chain.before ?? 0), 0);
    return (
      `${name(owner)}’s key chains: ${count(chains.root.length, "root key")}, ` +
      `${count(chains.chains.length, "chain")} with ${count(links, "message key")}, ` +
      `of which ${number(held)} ${held === 1 ? "is" : "are"} kept for late messages.`
    );
  }

  playground.layout = { SIZE, layout, inWords, summary };
})((globalThis.playground ??= {}));
