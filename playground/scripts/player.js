"use strict";

// The scenario that is played: seed, steps, and the scene that they lead to.
(function (playground) {
  /**
   * Plays steps on a scene, and takes them back. A scene only goes forward, and the same seed and steps always lead to
   * the same scene: so a step is taken back by playing all steps before it on a new scene.
   */
  class Player {
    /** @type {Entry[]} the steps that were played */
    log = [];
    /** @type {Step[]} the steps that were taken back, the last one first */
    undone = [];
    #scene;
    #newScene;
    #tell;

    /**
     * @param {(seed: bigint) => Scene} newScene
     * @param {(entry: Pick<Entry, "step" | "events">, wire: Envelope[], earlier: Entry[]) => string} tell makes the
     *   sentence for a step
     * @param {bigint} seed
     */
    constructor(newScene, tell, seed) {
      this.#newScene = newScene;
      this.#tell = tell;
      this.seed = seed;
      this.#scene = newScene(seed);
    }

    /** @returns {Step[]} */
    get steps() {
      return this.log.map((entry) => entry.step);
    }

    /** @param {boolean} showKeys @returns {View} */
    view(showKeys) {
      const view = JSON.parse(this.#scene.view(showKeys));
      // An envelope keeps its name, so one view is enough for the sentences of all steps before it.
      this.log.forEach((entry, at) => {
        entry.sentence ??= this.#tell(entry, view.wire, this.log.slice(0, at));
      });
      return view;
    }

    /**
     * Plays a step. An error means that the scene refused it and is as it was.
     * @param {Step} step
     * @returns {Entry}
     */
    play(step) {
      const entry = this.#apply(step);
      this.undone = [];
      return entry;
    }

    /** Takes the last step back. */
    undo() {
      const last = this.log.at(-1);
      if (last === undefined) return;
      const undone = [...this.undone, last.step];
      this.load(this.seed, this.steps.slice(0, -1));
      this.undone = undone;
    }

    /** Plays the step again that was taken back last. */
    redo() {
      const step = this.undone.at(-1);
      if (step === undefined) return;
      this.#apply(step);
      this.undone.pop();
    }

    /**
     * Plays another scenario from its beginning. If it cannot be played to its end, the present one stays.
     * @param {bigint} seed
     * @param {Step[]} steps
     */
    load(seed, steps) {
      const before = { seed: this.seed, log: this.log, undone: this.undone, scene: this.#scene };
      this.seed = seed;
      this.log = [];
      this.undone = [];
      this.#scene = this.#newScene(seed);
      try {
        for (const step of steps) this.#apply(step);
      } catch (error) {
        this.#scene.free();
        this.seed = before.seed;
        this.log = before.log;
        this.undone = before.undone;
        this.#scene = before.scene;
        throw error;
      }
      before.scene.free();
    }

    /**
     * Goes to the scene after these steps, by playing the further ones if it is on the way there.
     * @param {bigint} seed
     * @param {Step[]} steps
     */
    goTo(seed, steps) {
      const onTheWay =
        seed === this.seed &&
        this.log.length <= steps.length &&
        this.log.every((entry, at) => JSON.stringify(entry.step) === JSON.stringify(steps[at]));
      if (!onTheWay) this.load(seed, steps);
      else for (const step of steps.slice(this.log.length)) this.play(step);
    }

    #apply(step) {
      const events = JSON.parse(this.#scene.apply(JSON.stringify(step)));
      const entry = { step, events };
      this.log.push(entry);
      return entry;
    }
  }

  playground.Player = Player;
})((globalThis.playground ??= {}));
