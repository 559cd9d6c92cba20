"use strict";

// Elements are made by functions and never from markup, so that no text of a scene is read as markup.
(function (playground) {
  const SVG = "http://www.w3.org/2000/svg";

  /**
   * Makes an HTML element.
   * @param {string} tag
   * @param {Record<string, unknown>} [attributes] `class`, `data-…` and the like. `on…` is a listener; an attribute
   *   whose value is `false`, `null` or `undefined` is left out, and `true` stands without a value.
   * @param {...(Node | string | null)} children
   * @returns {any} the element
   */
  function html(tag, attributes, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }

  /**
   * Makes an SVG element, by the same rules.
   * @param {string} tag
   * @param {Record<string, unknown>} [attributes]
   * @param {...(Node | string | null)} children
   * @returns {any} the element
   */
  function svg(tag, attributes, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
  }

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value === false || value === null || value === undefined) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : String(value));
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  /**
   * The element with this id. The page has all of its fixed elements from the beginning.
   * @param {string} id
   * @returns {any}
   */
  function byId(id) {
    const element = document.getElementById(id);
    if (element === null) throw new Error(`the page has no element ${id}`);
    return element;
  }

  /**
   * Draws a part of the page again, and keeps the keyboard where it was. A control that is drawn again has the same
   * `data-focus`. If it is gone, the focus goes to the first control of `fallbacks` that exists.
   * @param {() => void} draw
   * @param {string[]} [fallbacks] selectors
   */
  function keepingFocus(draw, fallbacks = []) {
    const before = document.activeElement;
    const key = before instanceof HTMLElement ? before.dataset.focus : undefined;
    draw();
    if (before === null || before === document.body) return;
    // An element that is still to be seen can have been disabled: then a button beside it has the focus.
    const isThere = before.isConnected && before.getClientRects().length > 0;
    if (isThere && !before.matches(":disabled")) return;
    const same = key === undefined ? null : document.querySelector(`[data-focus="${CSS.escape(key)}"]:not(:disabled)`);
    const beside = isThere ? before.parentElement?.querySelector("button:not(:disabled)") : null;
    const next =
      same ?? beside ?? fallbacks.map((selector) => document.querySelector(selector)).find((found) => found !== null);
    if (next instanceof HTMLElement) next.focus({ preventScroll: true });
  }

  /** Whether the reader asked for less motion. */
  function still() {
    return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  playground.dom = { html, svg, byId, keepingFocus, still };
})((globalThis.playground ??= {}));
