"use strict";

const assert = require("node:assert/strict");
const test = require("node:test");
const { playground, page } = require("./support.js");
const { lessons, stepsUpTo, link } = playground;

test("there are five lessons, with names and seeds of their own", () => {
  assert.equal(lessons.length, 5);
  for (const of of ["id", "title", "short", "seed"]) assert.equal(new Set(lessons.map((lesson) => lesson[of])).size, 5);
  for (const { id } of lessons) assert.match(id, /^[a-z-]{1,40}$/);
});

test("every step has something to read and something to check", () => {
  for (const { id, steps, question, sections } of lessons) {
    assert.ok(question.endsWith("?"));
    assert.ok(sections.length > 0);
    for (const { text, claims } of steps) {
      assert.ok(text.length > 40 && text.length < 420, `${id}: ${text.length} characters: ${text}`);
      assert.ok(claims.length > 0, text);
      assert.equal(new Set(claims.map((claim) => claim.id)).size, claims.length);
      for (const { words } of claims) assert.match(words, /^[A-Z].*\.$/);
    }
  }
});

test("every step is about a part of the page that exists", () => {
  for (const { steps } of lessons) {
    for (const { look } of steps) assert.ok(page.includes(`id="${look}"`), look);
  }
});

test("no claim holds before anything has happened, but the first of the first lesson", () => {
  const party = { session: false, status: null, chains: null, talk: [] };
  const empty = {
    version: 1,
    phase: "strangers",
    steps: 0,
    parties: { alice: party, bob: party },
    wire: [],
    bundle: null,
    handshake: null,
    thief: null,
    same_root: null,
    in_flight: 0,
  };
  const holding = lessons
    .flatMap(({ steps }) => steps.flatMap(({ claims }) => claims))
    .filter((claim) => claim.holds(empty));
  assert.deepEqual(
    holding.map(({ id }) => id),
    ["strangers"],
  );
});

test("each envelope that a lesson names was sent before, and is on its way", () => {
  for (const lesson of lessons) {
    let made = 0;
    const flying = new Set();
    for (const step of stepsUpTo(lesson, lesson.steps.length - 1)) {
      if (step.envelope !== undefined) assert.ok(flying.has(step.envelope), `${lesson.id}: ${JSON.stringify(step)}`);
      if (step.do === "send" || step.do === "double") flying.add((made += 1));
      if (step.do === "send_many") made += Math.min(step.count, 50) + (step.count > 50 ? 1 : 0);
      if (step.do === "deliver" || step.do === "drop") flying.delete(step.envelope);
      if (step.do === "send") assert.ok(link.characters(step.text) <= link.MAX_TEXT);
    }
  }
});

test("a lesson goes on from where its step before ended", () => {
  for (const lesson of lessons) {
    for (let at = 1; at < lesson.steps.length; at += 1) {
      const before = stepsUpTo(lesson, at - 1);
      assert.deepEqual(stepsUpTo(lesson, at).slice(0, before.length), before);
    }
  }
});
