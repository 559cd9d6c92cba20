"use strict";

// The guide: the list of lessons, and the panel of the one that is played.
(function (playground) {
  const { html, byId, still } = playground.dom;
  const { lessons } = playground;

  /**
   * Builds the list of lessons.
   * @param {Actions} actions
   */
  function build(actions) {
    byId("lessons").append(
      ...lessons.map((lesson, at) =>
        html(
          "li",
          {},
          html(
            "button",
            {
              type: "button",
              "data-lesson": lesson.id,
              "aria-pressed": "false",
              onclick: () => actions.open(lesson.id, 0),
            },
            html("span", { class: "number", "aria-hidden": "true" }, String(at + 1)),
            ` ${lesson.short}`,
          ),
        ),
      ),
    );
    byId("free-play").addEventListener("click", () => actions.freePlay());
    byId("lesson-leave").addEventListener("click", () => actions.leave());
    byId("lesson-next").addEventListener("click", () => step(1, actions));
    byId("lesson-back").addEventListener("click", () => step(-1, actions));
    byId("lesson-look").addEventListener("click", look);
    // The way back to the lesson is offered where the lesson is out of sight, further up.
    new IntersectionObserver(([{ isIntersecting, boundingClientRect }]) => {
      byId("lesson-return").classList.toggle("near", isIntersecting || boundingClientRect.top >= 0);
    }).observe(byId("lesson-step"));
    byId("lesson-return").addEventListener("click", () => goTo(byId("lesson-step"), byId("lesson-next")));
  }

  function step(by, actions) {
    const { lesson, step: shown } = byId("lesson").dataset;
    actions.open(lesson, Number(shown) - 1 + by);
  }

  /**
   * Draws the panel.
   * @param {{lesson: Lesson, at: number} | null} place
   * @param {View} view
   * @param {boolean} astray whether something was played that is not of the lesson
   */
  function draw(place, view, astray) {
    for (const button of byId("lessons").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String((button.dataset.lesson ?? null) === (place?.lesson.id ?? null)));
    }
    const panel = byId("lesson");
    panel.hidden = place === null;
    byId("lesson-step").hidden = place === null;
    byId("lesson-return").hidden = place === null;
    for (const part of document.querySelectorAll(".looked-at")) part.classList.remove("looked-at");
    playground.handshake.look(place?.lesson.steps[place.at].look === "handshake");
    if (place === null) {
      delete panel.dataset.lesson;
      return;
    }
    const { lesson, at } = place;
    const shown = lesson.steps[at];
    Object.assign(panel.dataset, { lesson: lesson.id, step: String(at + 1), steps: String(lesson.steps.length) });
    byId("lesson-title").textContent = lesson.title;
    byId("lesson-place").textContent = `Step ${at + 1} of ${lesson.steps.length}`;
    byId("lesson-question").textContent = lesson.question;
    // A text that is the same is not written again, because screen readers would read it again.
    if (byId("lesson-text").textContent !== shown.text) byId("lesson-text").textContent = shown.text;
    byId("lesson-back").disabled = at === 0;
    byId("lesson-next").disabled = at === lesson.steps.length - 1;
    byId("claims-title").textContent = astray
      ? "You have left the path of the lesson. Its claims, checked against your scenario:"
      : "Checked against the library just now:";
    byId("claims").replaceChildren(...shown.claims.map((claim) => claimItem(claim, view)));
    byId("lesson-sections").replaceChildren(
      ...lesson.sections.map(({ document, section, title }) => html("li", {}, `${document}, ${section}, “${title}”`)),
    );
    byId("lesson-look").hidden = shown.look === undefined;
    if (shown.look === undefined) return;
    byId(shown.look).classList.add("looked-at");
    byId("lesson-look").dataset.part = shown.look;
    byId("lesson-look").textContent = `Look at ${PARTS[shown.look]}`;
  }

  /** The parts of the page that a step can be about, as a button names them. */
  const PARTS = {
    handshake: "the first secret",
    alice: "Alice",
    wire: "the wire",
    bob: "Bob",
    chains: "the key chains",
    thief: "the thief",
  };

  /** Goes to the part of the page that the step is about. */
  function look() {
    const part = byId("lesson-look").dataset.part;
    goTo(byId(part), byId(`${part}-title`));
  }

  /** Scrolls to a part of the page, and takes the keyboard to an element in it. */
  function goTo(part, focused) {
    focused.focus({ preventScroll: true });
    /** @type {HTMLElement} */
    const bar = document.querySelector(".bar");
    const covered = getComputedStyle(bar).position === "sticky" && !bar.contains(part) ? bar.offsetHeight : 0;
    window.scrollBy({ top: part.getBoundingClientRect().top - covered - 12, behavior: still() ? "auto" : "smooth" });
  }

  /**
   * Brings the part of the page that a step is about into sight, if the text of the step stays in sight meanwhile.
   * @param {LessonStep} step
   */
  function show(step) {
    /** @type {HTMLElement} */
    const bar = document.querySelector(".bar");
    if (step.look === undefined || getComputedStyle(bar).position !== "sticky") return;
    const { top } = byId(step.look).getBoundingClientRect();
    const from = bar.getBoundingClientRect().bottom;
    if (top >= from && top < from + (window.innerHeight - from) / 2) return;
    window.scrollBy({ top: top - bar.offsetHeight - 12, behavior: still() ? "auto" : "smooth" });
  }

  function claimItem({ id, words, holds }, view) {
    const held = holds(view);
    return html(
      "li",
      { "data-claim": id, "data-holds": String(held) },
      html("span", { class: "sign", "aria-hidden": "true" }, held ? "✓" : "✗"),
      html("span", { class: "hidden" }, held ? "True: " : "Not true here: "),
      words,
    );
  }

  playground.guide = { build, draw, show };
})((globalThis.playground ??= {}));
