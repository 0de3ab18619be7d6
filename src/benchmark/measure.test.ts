import { beforeAll, describe, expect, it } from "vitest";
import { openDevice } from "../engine/device.ts";
import { liveTensors } from "../engine/tensor.ts";
import { withEvery } from "../experiments/with-every.ts";
import { WORKLOAD_NAMES } from "./catalogue.ts";
import { measure } from "./measure.ts";
import { matmulPeak } from "./peak.ts";
import { randomWeights, SHAPES } from "./random-weights.ts";
import { median, secondsOf } from "./seconds.ts";
import { DEFAULT_SPECS } from "./specs.ts";
import { openWorkload } from "./workloads.ts";

beforeAll(async () => {
  await openDevice();
});

describe("median", () => {
  it("is the middle, or between the two in the middle", () => {
    expect(median([3])).toBe(3);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 9, 2])).toBe(3);
  });

  it("is told with its spread", () => {
    expect(secondsOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, runs: 3 });
  });
});

describe("measure", () => {
  it("runs once to warm up, and then as often as it is asked", async () => {
    let runs = 0;
    const labels: string[] = [];
    const run = async () => {
      runs++;
      return { needed: 7, parts: [{ name: "one", seconds: runs }] };
    };
    const measured = await measure({ run }, { repeats: 3, onRun: (label) => labels.push(label) });
    expect(labels).toEqual(["warming up", "run 1 of 3", "run 2 of 3", "run 3 of 3"]);
    expect(runs).toBe(4);
    expect(measured.seconds.runs).toBe(3);
    expect(measured).toMatchObject({ needed: 7, done: null, parts: [{ name: "one", seconds: 3 }] });
  });
});

describe("the workloads", () => {
  const config = SHAPES.get("tiny-shape");
  if (config === undefined) throw new Error("there is no tiny shape");
  const source = randomWeights(config, "tiny-shape");
  // So few rows are neither filled up nor cut: nothing is done that nobody asked for.
  const specs = withEvery(DEFAULT_SPECS, "batch", 14);
  const subject = { read: async () => source, options: {}, specs };

  it.each(WORKLOAD_NAMES)("%s does what it needs, and not much more", async (name) => {
    const live = liveTensors();
    const opened = await openWorkload(name, subject);
    const { needed, done, parts } = await measure(opened, { repeats: 1 });
    opened[Symbol.dispose]();
    expect(liveTensors()).toBe(live);
    if (name === "loading") {
      expect({ needed, done }).toEqual({ needed: 0, done: 0 });
    } else {
      expect(done).toBeGreaterThanOrEqual(needed);
      // The table runs what its two askings share twice.
      expect(done).toBeLessThan((name === "table" ? 1.6 : 1.5) * needed);
    }
    if (name === "reproduce") expect(parts?.map(({ name }) => name)).toContain("ordering");
  });
});

it("matmulPeak finds the fastest of some shapes", async () => {
  const shapes = [
    { rows: 6, inner: 8, columns: 8 },
    { rows: 62, inner: 64, columns: 64 },
  ];
  expect(await matmulPeak("wasm", { shapes, runs: 1 })).toBeGreaterThan(1e3);
});
