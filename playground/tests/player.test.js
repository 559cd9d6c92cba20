"use strict";

const assert = require("node:assert/strict");
const test = require("node:test");
const { Player, bulk } = require("./support.js").playground;

/** A scene that only remembers its steps, and refuses the step `refused`. It counts the scenes that are not freed. */
class Remembering {
  static alive = 0;

  constructor(seed) {
    Remembering.alive += 1;
    this.seed = seed;
    this.steps = [];
  }

  apply(text) {
    const step = JSON.parse(text);
    if (step.do === "refused") throw new Error("refused");
    this.steps.push(step.do);
    return JSON.stringify([{ event: step.do }]);
  }

  view() {
    return JSON.stringify({ seed: String(this.seed), steps: this.steps, wire: [] });
  }

  free() {
    Remembering.alive -= 1;
  }
}

function player() {
  Remembering.alive = 0;
  return new Player(
    (seed) => new Remembering(seed),
    ({ step }) => `It was ${step.do}.`,
    1n,
  );
}

const steps = (...names) => names.map((name) => ({ do: name }));

test("steps are taken back and played again", () => {
  const played = player();
  for (const step of steps("a", "b", "c")) played.play(step);
  played.undo();
  played.undo();
  assert.deepEqual(played.view(false).steps, ["a"]);
  played.redo();
  assert.deepEqual(played.view(false).steps, ["a", "b"]);
  played.redo();
  played.redo();
  assert.deepEqual(played.view(false).steps, ["a", "b", "c"]);
  assert.equal(Remembering.alive, 1);
});

test("nothing is taken back before the first step, and nothing comes back after a new one", () => {
  const played = player();
  played.undo();
  played.redo();
  played.play({ do: "a" });
  played.undo();
  played.play({ do: "b" });
  played.redo();
  assert.deepEqual(played.view(false).steps, ["b"]);
});

test("a step that is refused changes nothing", () => {
  const played = player();
  played.play({ do: "a" });
  played.undo();
  assert.throws(() => played.play({ do: "refused" }), /refused/);
  assert.deepEqual(played.view(false).steps, []);
  assert.deepEqual(played.log, []);
  assert.deepEqual(played.undone, steps("a"));
});

test("a scenario that cannot be played to its end leaves the present one", () => {
  const played = player();
  played.play({ do: "a" });
  played.play({ do: "b" });
  played.undo();
  assert.throws(() => played.load(2n, steps("c", "refused")), /refused/);
  assert.equal(played.seed, 1n);
  assert.deepEqual(played.view(false), { seed: "1", steps: ["a"], wire: [] });
  assert.deepEqual(played.undone, steps("b"));
  assert.equal(Remembering.alive, 1);
});

test("each step has its sentence", () => {
  const played = player();
  played.load(2n, steps("a", "b"));
  played.play({ do: "c" });
  played.view(false);
  assert.deepEqual(
    played.log.map((entry) => entry.sentence),
    ["It was a.", "It was b.", "It was c."],
  );
});

test("the way to further steps plays those alone, and the way to others begins again", () => {
  const played = player();
  played.load(1n, steps("a", "b"));
  played.goTo(1n, steps("a", "b", "c"));
  const before = played.view(false);
  assert.deepEqual(before.steps, ["a", "b", "c"]);
  played.goTo(1n, steps("a"));
  assert.deepEqual(played.view(false).steps, ["a"]);
  played.play({ do: "x" });
  played.goTo(1n, steps("a", "b"));
  assert.deepEqual(played.view(false).steps, ["a", "b"]);
  played.goTo(9n, steps("a", "b", "c"));
  assert.deepEqual(played.view(false), { seed: "9", steps: ["a", "b", "c"], wire: [] });
});

test("starting over is taken back and done again as one step", () => {
  const played = player();
  const begin = (seed, names, place) => played.startOver({ seed, steps: steps(...names), place });
  const seen = () => {
    const { seed, steps: names } = played.view(false);
    return `${seed}: ${names.join(" ")}${played.place === null ? "" : `, ${played.place}`}`;
  };
  for (const step of steps("a", "b")) played.play(step);
  begin(2n, [], null);
  played.play({ do: "c" });
  // A lesson plays steps of its own at its beginning. They go with it.
  begin(3n, ["d", "e"], "a lesson");
  played.play({ do: "f" });
  const states = [];
  for (; played.canUndo; played.undo()) states.push(seen());
  states.push(seen());
  assert.deepEqual(states, ["3: d e f, a lesson", "3: d e, a lesson", "2: c", "2: ", "1: a b", "1: a", "1: "]);
  const again = [seen()];
  while (played.undone.length > 0) {
    played.redo();
    again.push(seen());
  }
  assert.deepEqual(again, states.reverse());
  assert.equal(Remembering.alive, 1);
});

test("starting over twice keeps what was there before the first time", () => {
  const played = player();
  played.play({ do: "a" });
  for (const seed of [2n, 3n]) played.startOver({ seed, steps: [], place: null });
  played.undo();
  assert.deepEqual(played.view(false), { seed: "1", steps: ["a"], wire: [] });
});

test("a step after starting over was taken back leaves nothing to do again", () => {
  const played = player();
  played.play({ do: "a" });
  played.startOver({ seed: 2n, steps: [], place: null });
  played.undo();
  played.play({ do: "b" });
  assert.deepEqual(played.undone, []);
  assert.equal(played.seed, 1n);
});

test("another scenario has nothing from before it to take back", () => {
  const played = player();
  played.play({ do: "a" });
  played.startOver({ seed: 2n, steps: [], place: null });
  played.load(3n, []);
  assert.equal(played.canUndo, false);
});

test("work is counted in the messages of the steps that are played", () => {
  const many = (count) => ({ do: "send_many", who: "alice", count });
  assert.equal(bulk([]), 0);
  assert.equal(bulk([...steps("a", "b"), many(50), many(100_000)]), 100_050);
  const played = player();
  const undone = () => bulk(played.stepsOfUndo);
  const again = () => bulk(played.stepsOfRedo);
  assert.deepEqual([undone(), again()], [0, 0]);
  played.play(many(3));
  played.play(many(40));
  assert.equal(undone(), 3);
  played.startOver({ seed: 2n, steps: [many(500)], place: null });
  assert.equal(undone(), 43);
  played.undo();
  assert.deepEqual([undone(), again()], [3, 500]);
  played.undo();
  assert.deepEqual([undone(), again()], [0, 40]);
});

test("starting over where a scenario begins is no step", () => {
  const played = player();
  played.startOver({ seed: 2n, steps: steps("a"), place: "a lesson" });
  played.startOver({ seed: 2n, steps: steps("a"), place: "a lesson" });
  played.undo();
  assert.deepEqual(played.view(false), { seed: "2", steps: [], wire: [] });
  assert.equal(played.canUndo, false);
});
