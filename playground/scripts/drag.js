"use strict";

// Dragging an envelope to another place of its lane, by mouse, pen or finger. The buttons do the same by keyboard.
(function (playground) {
  /**
   * Lets the handles of a list's items be dragged up and down.
   * @param {HTMLElement} list
   * @param {(item: HTMLElement, place: number) => void} drop called with the place where an item was let go
   */
  function sortable(list, drop) {
    list.addEventListener("pointerdown", (event) => {
      const handle = event.target instanceof Element ? event.target.closest(".handle") : null;
      const item = handle?.closest("li");
      if (!(item instanceof HTMLElement) || event.button !== 0) return;
      event.preventDefault();
      drag(list, item, event, drop);
    });
  }

  function drag(list, item, start, drop) {
    item.classList.add("dragged");
    item.setPointerCapture(start.pointerId);
    let from = start.clientY;

    const move = (event) => {
      const follow = () => {
        item.style.transform = `translateY(${event.clientY - from}px)`;
      };
      follow();
      // Change places with a neighbour when an edge of the item has passed its middle.
      const { top: upper, bottom: lower } = item.getBoundingClientRect();
      const previous = item.previousElementSibling;
      const next = item.nextElementSibling;
      const top = item.offsetTop;
      // The neighbour moves, because an item that is moved in the document loses the pointer.
      if (previous !== null && upper < middle(previous)) item.after(previous);
      else if (next !== null && lower > middle(next)) item.before(next);
      else return;
      from += item.offsetTop - top;
      follow();
    };
    const end = (event) => {
      item.classList.remove("dragged");
      item.style.transform = "";
      item.removeEventListener("pointermove", move);
      item.removeEventListener("pointerup", end);
      item.removeEventListener("pointercancel", end);
      if (event.type === "pointerup") drop(item, [...list.children].indexOf(item));
      else drop(item, -1);
    };
    item.addEventListener("pointermove", move);
    item.addEventListener("pointerup", end);
    item.addEventListener("pointercancel", end);
  }

  function middle(element) {
    const { top, height } = element.getBoundingClientRect();
    return top + height / 2;
  }

  playground.sortable = sortable;
})((globalThis.playground ??= {}));
