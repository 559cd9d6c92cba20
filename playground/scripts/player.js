"use strict";

// The scenario that is played: seed, steps, and the scene that they lead to.
(function (playground) {
  /** @param {Step[]} steps @returns {number} the messages that are computed when they are played all at once */
  const bulk = (steps) => steps.reduce((sum, step) => sum + (step.do === "send_many" ? step.count : 0), 0);

  /**
   * Plays steps on a scene, and takes them back. A scene only goes forward, and the same seed and steps always lead to
   * the same scene: so a step is taken back by playing all steps before it on a new scene.
   */
  class Player {
    /** @type {Entry[]} the steps that were played */
    log = [];
    /**
     * The place in a lesson that the scenario is at, if it is at any. It is kept here because it comes back with a
     * scenario that was left by starting over.
     * @type {{lesson: Lesson, at: number} | null}
     */
    place = null;
    /** @type {(Step | Beginning)[]} what was taken back, the last one first */
    undone = [];
    /**
     * The scenarios that were left by starting over, the last one at the end, each with the number of steps that the
     * new beginning played itself.
     * @type {(Beginning & {played: number})[]}
     */
    #left = [];
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

    /** Tells whether there is anything to take back. */
    get canUndo() {
      return this.log.length > 0 || this.#left.length > 0;
    }

    /** Tells whether the next thing to take back is starting over. */
    get hasStartedOver() {
      const left = this.#left.at(-1);
      return left !== undefined && this.log.length <= left.played;
    }

    /**
     * Begins anew. It is one step of the history: taking it back brings the scenario before it, if there was any.
     * @param {Beginning} beginning
     */
    startOver({ seed, steps, place }) {
      const before = { seed: this.seed, steps: this.steps, place: this.place };
      const isSame = seed === before.seed && JSON.stringify(steps) === JSON.stringify(before.steps);
      const isWorthKeeping = before.steps.length > 0 && !isSame;
      const left = isWorthKeeping ? [...this.#left, { ...before, played: steps.length }] : this.#left;
      this.load(seed, steps);
      this.place = place;
      this.#left = left;
    }

    /** @returns {Step[]} the steps that are played again in order to take back what was done last */
    get stepsOfUndo() {
      return this.hasStartedOver ? (this.#left.at(-1)?.steps ?? []) : this.steps.slice(0, -1);
    }

    /** @returns {Step[]} the steps that are played in order to do again what was taken back last */
    get stepsOfRedo() {
      const last = this.undone.at(-1);
      if (last === undefined) return [];
      return "do" in last ? [last] : last.steps;
    }

    /** Takes back what was done last: a step, or starting over. */
    undo() {
      const undone = this.undone;
      if (this.hasStartedOver) {
        const left = this.#left.slice(0, -1);
        const { seed, steps, place } = this.#left[left.length];
        const again = { seed: this.seed, steps: this.steps, place: this.place };
        this.load(seed, steps);
        this.place = place;
        this.#left = left;
        this.undone = [...undone, again];
        return;
      }
      const last = this.log.at(-1);
      if (last === undefined) return;
      this.load(this.seed, this.steps.slice(0, -1));
      this.undone = [...undone, last.step];
    }

    /** Does again what was taken back last. */
    redo() {
      const undone = this.undone.slice(0, -1);
      const last = this.undone.at(-1);
      if (last === undefined) return;
      if ("do" in last) this.#apply(last);
      else this.startOver(last);
      this.undone = undone;
    }

    /**
     * Plays a scenario from its beginning. If it cannot be played to its end, the present one stays. What was left by
     * starting over is forgotten with another seed, because then the scenario is another one.
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
      if (seed !== before.seed) this.#left = [];
    }

    /**
     * Goes to the scene after these steps, by playing the further ones if it is on the way there.
     * @param {bigint} seed
     * @param {Step[]} steps
     */
    goTo(seed, steps) {
      if (!this.isOnTheWay(seed, steps)) this.load(seed, steps);
      else for (const step of steps.slice(this.log.length)) this.play(step);
    }

    /**
     * Tells whether further steps lead from here to the scene after these steps.
     * @param {bigint} seed
     * @param {Step[]} steps
     */
    isOnTheWay(seed, steps) {
      return (
        seed === this.seed &&
        this.log.length <= steps.length &&
        this.log.every((entry, at) => JSON.stringify(entry.step) === JSON.stringify(steps[at]))
      );
    }

    #apply(step) {
      const events = JSON.parse(this.#scene.apply(JSON.stringify(step)));
      const entry = { step, events };
      this.log.push(entry);
      return entry;
    }
  }

  playground.Player = Player;
  playground.bulk = bulk;
})((globalThis.playground ??= {}));
