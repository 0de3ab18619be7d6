import { expect, test } from "vitest";
import { sampleLook } from "../../test/sample-development.ts";
import type { LogLine } from "../node/run/run-log.ts";
import { developmentLog } from "./development-log.ts";
import { keptLook } from "./look-line.ts";

const line = (look: object): LogLine => JSON.parse(JSON.stringify({ kind: "look", ...look }));

test("a look comes out of a log as it went in", () => {
  const look = sampleLook(2e7);
  expect(developmentLog([line(look)], "log").looks).toEqual([look]);
});

test("a look of before lengths were asked both ways has none of that", () => {
  const look = sampleLook(2e7);
  const lengths = look.lengths.map(({ bothWays: _, ...row }) => row);
  const [read] = developmentLog([line({ ...look, lengths })], "log").looks;
  expect(read?.lengths).toEqual(look.lengths.map((row) => ({ ...row, bothWays: null })));
  const { step: _step, tokens: _tokens, ...kept } = look;
  expect(keptLook(kept)).toEqual(kept);
  expect(keptLook({ ...kept, lengths })).toBeUndefined(); // and is measured again
});

test("a look that lacks what every version wrote is refused, with its place", () => {
  const { heads: _, ...look } = sampleLook(2e7);
  expect(() => developmentLog([line(look)], "runs/x/log.jsonl")).toThrow(
    /runs\/x\/log\.jsonl: a line of kind "look" at step 3255 .*heads/,
  );
});
