/** @file The state of the workbench: its link, its steps, and the way back. */

import { deflateSync, strToU8 } from "fflate";
import { describe, expect, it } from "vitest";
import type { Intervention } from "../../src/session/spec.ts";
import {
  isOn,
  neighbour,
  toggled,
  withCheckpoint,
  withLock,
  withLook,
  withModel,
  withPrompt,
  withSession,
} from "../../workbench/src/state/actions.ts";
import { Awaited } from "../../workbench/src/state/awaited.ts";
import { advanced, historyOf, redone, undone } from "../../workbench/src/state/history.ts";
import { linkOf, parseState, stateOfLink } from "../../workbench/src/state/link.ts";
import { INITIAL_STATE, type State, tableAxis } from "../../workbench/src/state/state.ts";

const PATCH: Intervention = {
  kind: "patch",
  component: "z",
  head: { layer: 0, head: 4 },
  position: null,
};
const AT_POSITION: Intervention = { ...PATCH, position: 7 };
const ZERO: Intervention = {
  kind: "ablate",
  by: "zero",
  head: { layer: 1, head: 3 },
  position: null,
};
const MEAN: Intervention = { ...ZERO, by: "mean" };

const FULL: State = {
  page: "story",
  model: { kind: "hub", id: "owner/näme" },
  device: "wasm",
  session: {
    prompt: { kind: "text", text: "naïve “quotes” 🙂 ".repeat(50), corrupted: "<b>&" },
    runs: "corrupted",
    mode: "token-only",
    interventions: [PATCH, AT_POSITION, ZERO],
    answers: [17, 4],
  },
  look: {
    prompt: 0,
    head: { layer: 1, head: 6 },
    pinned: { layer: 0, head: 0 },
    hideBos: true,
    locked: { query: 8, key: 3 },
    patches: { component: "pattern", by: "head-position" },
    table: { over: "gap", to: 12 },
  },
};

const CHECKPOINT = { kind: "checkpoint", run: "tiny", checkpoint: "step-00000200" } as const;

/** A link as it would be made of any JSON. */
function linkTo(json: string): string {
  return `#1.${Buffer.from(deflateSync(strToU8(json))).toString("base64url")}`;
}

describe("the link", () => {
  it.each([
    ["the first state", INITIAL_STATE],
    ["a full one", FULL],
    ["a checkpoint of a run", { ...FULL, page: "train", model: CHECKPOINT } satisfies State],
  ])("holds %s", (_, state) => {
    const link = linkOf(state);
    expect(stateOfLink(`#${link}`)).toEqual(state);
    expect(link).toMatch(/^1\.[\w-]+$/); // nothing that a mail program would cut off
  });

  it("is no state where there is none", () => {
    expect(stateOfLink("")).toBeUndefined();
    expect(stateOfLink("#")).toBeUndefined();
  });

  it("fills in what is left out", () => {
    expect(stateOfLink(linkTo("{}"))).toEqual(INITIAL_STATE);
  });

  it.each([
    ["of another version", "#9.abc", /version "9"/],
    ["that was cut off", `#${linkOf(FULL).slice(0, -40)}`, /damaged/],
    ["with letters that no link has", "#1.%%%", /damaged/],
    ["that is no JSON", linkTo("hello"), /damaged/],
    ["with an unknown field", linkTo('{"colour":"red"}'), /colour/],
    ["with a wrong field", linkTo('{"look":{"hideBos":"yes"}}'), /look\.hideBos/],
    [
      "with a cell that cannot be",
      linkTo('{"look":{"locked":{"query":1,"key":2}}}'),
      /look\.locked.*later/,
    ],
    ["with a wrong session", linkTo('{"session":{"runs":"both"}}'), /runs/],
    ["that unfolds to too much", linkTo(`"${"a".repeat(2 ** 21)}"`), /too much/],
  ])("says why it cannot take one %s", (_, hash, why) => {
    expect(() => stateOfLink(hash)).toThrow(why);
  });

  it("cannot reach the prototype of what it makes", () => {
    expect(() => parseState(JSON.parse('{"__proto__":{"model":1}}'))).toThrow(/state/);
  });
});

describe("a step", () => {
  it("puts an intervention on and takes it off", () => {
    const on = toggled(INITIAL_STATE, PATCH);
    expect(on.session.interventions).toEqual([PATCH]);
    expect(isOn(on, PATCH)).toBe(true);
    expect(isOn(on, AT_POSITION)).toBe(false);
    expect(toggled(on, { ...PATCH })).toEqual(INITIAL_STATE);
  });

  it("replaces one ablation of a head by another", () => {
    const state = toggled(toggled(INITIAL_STATE, ZERO), MEAN);
    expect(state.session.interventions).toEqual([MEAN]);
  });

  it("replaces what would change nothing any more, and no more than that", () => {
    const patched: Intervention = { ...PATCH, head: ZERO.head };
    const on = (...all: Intervention[]) => all.reduce(toggled, INITIAL_STATE).session.interventions;
    expect(on(ZERO, patched)).toEqual([patched]); // an ablation replaces z too
    expect(on(patched, MEAN)).toEqual([MEAN]);
    expect(on(AT_POSITION, { ...PATCH, position: 8 }, PATCH)).toEqual([PATCH]);
    // The other way round the patch at all positions still holds at the others.
    expect(on(PATCH, AT_POSITION)).toEqual([PATCH, AT_POSITION]);
    const values: Intervention = { ...patched, component: "v" };
    expect(on(values, ZERO)).toEqual([values, ZERO]);
    expect(on(PATCH, patched)).toEqual([PATCH, patched]);
  });

  it("of a link leaves out what changes nothing", () => {
    const interventions = [ZERO, { ...PATCH, head: ZERO.head }, AT_POSITION, PATCH];
    const both = withSession(INITIAL_STATE, { interventions });
    const state = stateOfLink(linkTo(JSON.stringify(both)));
    expect(state?.session.interventions).toEqual([interventions[1], PATCH]);
  });

  it("keeps of interventions what other prompts allow", () => {
    const before = withSession(INITIAL_STATE, { interventions: [PATCH, AT_POSITION, ZERO, MEAN] });
    const sameLength = withPrompt(before, {
      kind: "repeated",
      length: 3,
      batch: 8,
      seed: 1,
      side: "keys",
    });
    expect(sameLength.session.interventions).toEqual([PATCH, AT_POSITION, ZERO, MEAN]);
    const longer = withPrompt(before, {
      kind: "repeated",
      length: 4,
      batch: 8,
      seed: 1,
      side: "keys",
    });
    expect(longer.session.interventions).toEqual([PATCH, ZERO, MEAN]);
    const alone = withPrompt(before, { kind: "text", text: "a", corrupted: null });
    expect(alone.session.interventions).toEqual([ZERO]);
    expect(alone.session.runs).toBe("clean");
  });

  it("keeps the shown prompt within the batch", () => {
    const state = withLook(INITIAL_STATE, { prompt: 60 });
    const fewer = withPrompt(state, {
      kind: "repeated",
      length: 3,
      batch: 4,
      seed: 0,
      side: "query",
    });
    expect(fewer.look.prompt).toBe(3);
  });

  it("to another model leaves nothing that was said of the old one's heads", () => {
    const next = withModel(FULL, { kind: "bundled", name: "standard-2l-seed2" });
    expect(next.session).toMatchObject({ interventions: [], answers: null });
    expect(next.look).toMatchObject({ head: null, pinned: null, locked: null });
  });

  it("to another checkpoint leaves all as it is, and the head that was seen in its place", () => {
    const next = withCheckpoint(FULL, CHECKPOINT, { layer: 1, head: 2 });
    expect(next).toEqual({
      ...FULL,
      model: CHECKPOINT,
      look: { ...FULL.look, head: { layer: 1, head: 2 } },
    });
  });

  it("locks a cell, and unlocks the same", () => {
    const locked = withLock(INITIAL_STATE, { query: 3, key: 1 });
    expect(locked.look.locked).toEqual({ query: 3, key: 1 });
    expect(withLock(locked, { query: 3, key: 1 }).look.locked).toBeNull();
    expect(withLock(locked, { query: 3, key: 2 }).look.locked).toEqual({ query: 3, key: 2 });
  });

  it("goes from head to head, and stops at the ends", () => {
    const size = { layers: 2, heads: 8 };
    const from = (layer: number, head: number) => ({ layer, head });
    expect(neighbour(from(0, 7), size, { layer: 0, step: 1 })).toEqual(from(1, 0));
    expect(neighbour(from(1, 7), size, { layer: 0, step: 1 })).toEqual(from(1, 7));
    expect(neighbour(from(0, 3), size, { layer: 1, step: 0 })).toEqual(from(1, 3));
    expect(neighbour(from(1, 3), size, { layer: 1, step: 0 })).toEqual(from(1, 3));
  });

  it("has a table over what was chosen", () => {
    expect(tableAxis({ over: "length", to: 4 })).toEqual({ over: "length", values: [2, 3, 4] });
    expect(tableAxis({ over: "gap", to: 2 })).toEqual({ over: "gap", values: [0, 1, 2] });
  });
});

describe("a state whose files were not given", () => {
  it("is kept until they come, under whichever checkpoint of the run", () => {
    const awaited = new Awaited();
    const ofRun: State = { ...FULL, model: CHECKPOINT };
    awaited.keep({ ...FULL, model: { kind: "files", name: "tiny" } });
    awaited.keep(ofRun);
    expect(awaited.take({ kind: "files", name: "tiny" })).toBeNull();
    expect(awaited.take({ ...CHECKPOINT, run: "other" })).toBeNull();
    expect(awaited.take({ ...CHECKPOINT, checkpoint: "step-00000300" })).toBe(ofRun);
    expect(awaited.take(CHECKPOINT)).toBeNull();
  });
});

describe("the history", () => {
  it("goes back and forth", () => {
    let history = historyOf("a");
    history = advanced(history, "b", "one", 0);
    history = advanced(history, "c", "two", 10);
    expect(undone(history).present).toBe("b");
    expect(undone(undone(history)).present).toBe("a");
    expect(undone(undone(undone(history))).present).toBe("a");
    expect(redone(undone(history)).present).toBe("c");
    expect(redone(redone(history)).present).toBe("c");
  });

  it("takes a slider that is dragged for one step", () => {
    let history = historyOf(2);
    for (const [at, value] of [3, 4, 5].entries()) history = advanced(history, value, "length", at);
    expect(undone(history).present).toBe(2);
    history = advanced(history, 6, "length", 5000);
    expect(undone(history).present).toBe(5);
  });

  it("takes clicks in quick succession for as many steps", () => {
    let history = historyOf("none");
    history = advanced(history, "one patch", null, 0);
    history = advanced(history, "two patches", null, 1);
    expect(undone(history).present).toBe("one patch");
  });

  it("forgets what was undone once something else is done", () => {
    let history = undone(advanced(historyOf("a"), "b", "one", 0));
    history = advanced(history, "c", "one", 1);
    expect(redone(history).present).toBe("c");
    expect(undone(history).present).toBe("a");
  });
});
