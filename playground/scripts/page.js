"use strict";

// Puts the page together: what is played, by whom, and what is drawn again after it.
(async function (playground) {
  const { html, byId, keepingFocus } = playground.dom;
  const { lessons, stepsUpTo, link, parties, wire, chains, handshake, thief, guide, words, bulk, Player } = playground;
  const { count } = words;

  /** @type {any} */
  let player;
  /** @type {View | null} what was drawn last */
  let drawn = null;
  /** Set while the page has announced work that takes long and has not finished it. */
  let busy = false;
  /** The fragment that the page itself wrote last. */
  let written = "";

  const actions = { play, playAll, redraw, say, open, leave, freePlay };

  async function start() {
    parties.build(actions);
    wire.build(actions);
    chains.build();
    handshake.build(actions);
    guide.build(actions);
    buildToolbar();
    const Scene = await engine();
    player = new Player((seed) => new Scene(seed), playground.tell, newSeed());
    say("Nothing has happened yet. Let Bob publish a bundle, or take a lesson.");
    if (!follow(location.hash)) redraw();
    window.addEventListener("hashchange", () => {
      if (location.hash.slice(1) !== written) follow(location.hash);
    });
    document.body.dataset.ready = "true";
  }

  /** The class `Scene` of the engine, which the build put into a script. */
  async function engine() {
    const { sprag } = /** @type {any} */ (globalThis);
    if (sprag === undefined)
      throw new Error("scripts/engine.js is missing: build the page with `cargo xtask playground`");
    const ready = await sprag.ready;
    const Scene = sprag.Scene ?? ready?.Scene ?? /** @type {any} */ (globalThis).wasm_bindgen?.Scene;
    if (Scene === undefined) throw new Error("the engine has no scene");
    return Scene;
  }

  function buildToolbar() {
    byId("undo").addEventListener("click", undo);
    byId("redo").addEventListener("click", redo);
    byId("restart").addEventListener("click", restart);
    byId("copy-link").addEventListener("click", copyLink);
    byId("show-keys").addEventListener("change", redraw);
    // The address is the scenario's, so the link to the stage must not change it.
    byId("skip").addEventListener("click", (event) => {
      event.preventDefault();
      byId("stage").focus();
    });
    byId("link").addEventListener("focus", () => byId("link").select());
    document.addEventListener("keydown", (event) => {
      const typing = event.target instanceof HTMLInputElement && event.target.type !== "checkbox";
      if (typing || !(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "z") return;
      event.preventDefault();
      if (event.shiftKey) redo();
      else undo();
    });
  }

  /** Plays a step. If the scene refuses it, the page says why. @param {Step} step @returns {boolean} */
  function play(step) {
    return playAll([step]);
  }

  /** @param {Step[]} steps @param {string} [words] @returns {boolean} */
  function playAll(steps, words) {
    return attempt(
      () => {
        for (const step of steps) {
          if (steps.length === 1 && step.do === "deliver") wire.fly(step.envelope);
          player.play(step);
        }
      },
      { words, steps },
    );
  }

  function undo() {
    if (!player.canUndo) return;
    const began = player.hasStartedOver;
    attempt(
      () => {
        player.undo();
        if (began) wire.clear();
      },
      { words: began ? "What was here before is back." : "Taken back.", steps: player.stepsOfUndo },
    );
  }

  function redo() {
    const next = player.undone.at(-1);
    if (next === undefined) return;
    const begins = !("do" in next);
    attempt(
      () => {
        player.redo();
        if (begins) wire.clear();
      },
      { words: begins ? "Started over again." : "", steps: player.stepsOfRedo },
    );
  }

  /** Plays nothing, on a new seed; or the lesson from its beginning. */
  function restart() {
    const { place } = player;
    if (place === null) return startOver({ seed: newSeed(), steps: [], place: null });
    const { lesson } = place;
    startOver({ seed: lesson.seed, steps: stepsUpTo(lesson, 0), place: { lesson, at: 0 } });
  }

  /** Leaves a lesson for a scenario of its own. A scenario that is played freely stays. */
  function freePlay() {
    if (player.place !== null) startOver({ seed: newSeed(), steps: [], place: null });
  }

  /** @param {Beginning} beginning */
  function startOver(beginning) {
    const words = player.log.length > 0 ? "Started over. Undo brings back what was here." : "Started over.";
    attempt(
      () => {
        player.startOver(beginning);
        wire.clear();
      },
      { words, steps: beginning.steps, after: showPlace },
    );
  }

  /** Goes on freely from a step of a lesson. */
  function leave() {
    if (busy) return;
    player.place = null;
    redraw();
    byId("free-play").focus();
  }

  /** Goes to a step of a lesson, from 0. @param {string} id @param {number} at */
  function open(id, at) {
    const lesson = lessons.find((found) => found.id === id);
    if (lesson === undefined) return false;
    const entered = player.place?.lesson !== lesson;
    const place = { lesson, at: Math.max(0, Math.min(at, lesson.steps.length - 1)) };
    const steps = stepsUpTo(lesson, place.at);
    return attempt(
      () => {
        if (entered) {
          player.startOver({ seed: lesson.seed, steps, place });
          wire.clear();
        } else player.goTo(lesson.seed, steps);
        player.place = place;
      },
      {
        // The next step of a lesson is never announced, because it takes less than a second in every lesson.
        steps: !entered && player.isOnTheWay(lesson.seed, steps) ? [] : steps,
        after: () => {
          showPlace();
          const focused = document.activeElement;
          if (entered && focused instanceof HTMLElement && focused.dataset.lesson === id) {
            byId("lesson-title").focus({ preventScroll: true });
          }
        },
      },
    );
  }

  /** Brings the part of the page into sight that the step of the lesson is about. */
  function showPlace() {
    if (player.place !== null) guide.show(player.place.lesson.steps[player.place.at]);
  }

  /** The most messages that are computed without an announcement. A slow phone computes them in less than a second. */
  const MAX_UNANNOUNCED = 2_000;

  /**
   * Does something with the scenario, and draws the page. An error changes nothing and is told. Work that takes long is
   * announced first, and begins when the announcement is to be seen.
   * @param {() => void} deed
   * @param {{words?: string, steps?: Step[], after?: () => void}} [details] what to say in front of the sentence of the
   *   last step; the steps that will be played, by which the work is estimated; and what to do when the page is drawn
   * @returns {boolean} whether the deed succeeded, or will be done
   */
  function attempt(deed, { words = "", steps = [], after = () => {} } = {}) {
    if (busy) return false;
    const messages = bulk(steps);
    if (messages <= MAX_UNANNOUNCED) return attemptNow(deed, words, after);
    setBusy(true);
    if (drawn === null) redraw();
    say(`One moment: the library is encrypting ${count(messages, "message")}, one after the other.`);
    afterPainting(() => {
      attemptNow(deed, words, after);
      // Clicks that were made meanwhile come first, and do nothing.
      setTimeout(() => {
        setBusy(false);
        drawLink();
      }, 0);
    });
    return true;
  }

  function attemptNow(deed, words, after) {
    const before = drawn;
    try {
      deed();
      problem("");
    } catch (error) {
      problem(refusal(error));
      redraw();
      // The announcement of the work must not stay.
      if (busy) say(player.log.at(-1)?.sentence ?? "Nothing has happened yet.");
      return false;
    }
    redraw();
    const isFirst = before === null && player.place === null;
    const last = player.log.at(-1)?.sentence ?? (isFirst ? "" : "Nothing has happened yet.");
    const sentence = [words, last].filter((part) => part !== "").join(" ");
    if (sentence !== "") say(sentence);
    after();
    return true;
  }

  /** The parts of the page that show the scenario. The sentence for the last step is not in them, as it is read out. */
  const PARTS = ["handshake", "stage", "chains", "thief"];

  function setBusy(isBusy) {
    busy = isBusy;
    byId("said").classList.toggle("busy", isBusy);
    for (const part of PARTS) byId(part).setAttribute("aria-busy", String(isBusy));
  }

  /** Does something when what was changed before is to be seen: in the second frame, or at once if nobody looks. */
  function afterPainting(deed) {
    if (document.hidden) setTimeout(deed, 0);
    else requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(deed, 0)));
  }

  function refusal(error) {
    const message = error instanceof Error ? error.message : String(error);
    return error instanceof link.LinkError ? message : `That is not possible: ${message}.`;
  }

  /** Draws everything. */
  function redraw() {
    const before = drawn;
    const { place } = player;
    const showKeys = byId("show-keys").checked;
    const view = player.view(showKeys);
    drawn = view;
    const labels = words.labels(view.wire);
    keepingFocus(() => {
      handshake.draw(view);
      parties.draw(view, before, labels);
      wire.draw(view, before, labels, actions);
      chains.draw(view, before, labels, showKeys);
      thief.draw(view, player.log, labels, actions);
      guide.draw(place, view, place !== null && astray());
      byId("undo").disabled = !player.canUndo;
      byId("redo").disabled = player.undone.length === 0;
      // Not to a text field: a phone would open its keyboard, and another Enter would send a message.
    }, [".envelope [data-act=deliver]", "#wire-title"]);
    drawStory();
    drawLink();
    document.body.dataset.steps = String(player.log.length);
    document.title = `${place === null ? "" : `${place.lesson.title} – `}sprag playground: the Double Ratchet by hand`;
  }

  function astray() {
    const { place } = player;
    const steps = stepsUpTo(place.lesson, place.at);
    return place.lesson.seed !== player.seed || JSON.stringify(steps) !== JSON.stringify(player.steps);
  }

  /** The most sentences of the story that are shown. */
  const MAX_SENTENCES = 200;

  function drawStory() {
    const first = Math.max(0, player.log.length - MAX_SENTENCES);
    const list = byId("story");
    list.start = first + 1;
    list.hidden = player.log.length === 0;
    list.replaceChildren(...player.log.slice(first).map((entry) => html("li", {}, entry.sentence)));
    if (document.body.dataset.steps !== String(player.log.length)) list.scrollTop = list.scrollHeight;
  }

  /** Writes the scenario into the address, so that a reload and a bookmark keep it. */
  function drawLink() {
    const { place } = player;
    const fragment =
      place !== null && !astray()
        ? `lesson=${place.lesson.id}${place.at === 0 ? "" : `.${place.at + 1}`}`
        : link.encode(player.seed, player.steps);
    byId("link-note").textContent =
      fragment === null
        ? "This scenario is too long for a link, and a reload of the page would lose its last steps."
        : "Whoever opens the link sees the same, key by key. It holds the texts and the seed, so it is no secret.";
    byId("copy-link").disabled = fragment === null;
    const address = location.href.split("#")[0];
    byId("link").value = fragment === null ? "" : `${address}#${fragment}`;
    // The address keeps a link until its scenario is there.
    if (fragment === null || busy) return;
    written = player.log.length === 0 && place === null ? "" : fragment;
    if (location.hash.slice(1) !== written) history.replaceState(null, "", written === "" ? address : `#${written}`);
  }

  /** Plays what the fragment of the address says. @param {string} hash @returns {boolean} */
  function follow(hash) {
    const fragment = hash.slice(1);
    const [, lesson, step] = /^lesson=([a-z-]{1,40})(?:\.([0-9]{1,3}))?$/.exec(fragment) ?? [];
    if (lesson !== undefined && lessons.some(({ id }) => id === lesson)) return open(lesson, Number(step ?? 1) - 1);
    if (fragment.startsWith("lesson=")) {
      problem("This link names a lesson that this page does not have.");
      return false;
    }
    if (!fragment.startsWith(link.PREFIX)) return false;
    /** @type {Pick<Beginning, "seed" | "steps">} */
    let scenario;
    try {
      scenario = link.decode(fragment);
    } catch (error) {
      return attempt(() => {
        throw error;
      });
    }
    const { seed, steps } = scenario;
    return attempt(
      () => {
        try {
          player.load(seed, steps);
        } catch (error) {
          throw new link.LinkError(`This link cannot be played to its end: ${error.message}.`);
        }
        player.place = null;
        wire.clear();
      },
      { words: "The scenario of the link.", steps },
    );
  }

  async function copyLink() {
    const field = byId("link");
    try {
      await navigator.clipboard.writeText(field.value);
      say("The link is copied.");
    } catch {
      field.focus();
      field.select();
      say("This browser does not let the page copy. The link is selected at the end of the page: copy it from there.");
    }
  }

  function newSeed() {
    return crypto.getRandomValues(new BigUint64Array(1))[0];
  }

  /** Says a sentence to everybody, those who listen included. @param {string} sentence */
  function say(sentence) {
    byId("said").textContent = sentence;
  }

  /** @param {string} sentence nothing, to take it away */
  function problem(sentence) {
    const place = byId("problem");
    place.hidden = sentence === "";
    place.textContent = sentence;
  }

  try {
    await start();
  } catch (error) {
    problem(`The playground could not start: ${error instanceof Error ? error.message : error}.`);
    byId("said").textContent = "";
  }
})((globalThis.playground ??= {}));
