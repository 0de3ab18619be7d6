/**
 * @file How time grows with prompts, length, layers and heads, on random models of one width. Draws
 * `docs/cost-curves-light.svg` and `-dark.svg`, and writes the numbers into docs/cost.md:
 *
 *     node bench/curves.ts [--quick]
 *
 * `--quick` measures few prompts, once, and prints the tables alone: to see that it works.
 */

// First, for threads.
import "../src/node/threads.ts";
import { writeFile } from "node:fs/promises";
import { markdownTable, writeMarked } from "../scripts/marked-page.ts";
import { patching, probabilities } from "../src/benchmark/arithmetic.ts";
import { matmulPeak } from "../src/benchmark/peak.ts";
import { ATTN_ONLY_2L_SHAPE, randomWeights } from "../src/benchmark/random-weights.ts";
import { secondsOf } from "../src/benchmark/seconds.ts";
import { measureAnswers } from "../src/experiments/answers.ts";
import { activationPatch } from "../src/interventions/patch.ts";
import type { ModelConfig } from "../src/model/config.ts";
import { HookedTransformer } from "../src/model/model.ts";
import { repeatedPair } from "../src/prompts/repeated.ts";
import { type Curve, type CurvePoint, curvesSvg, QUESTIONS, type Question } from "./curve-chart.ts";
import { COST_PAGE, inDocs } from "./docs.ts";
import { machineName, secondsOfRuns } from "./machine.ts";

/** What is measured: prompts of a length, on a model of a shape. */
interface Case {
  readonly batch: number;
  /** Tokens of one copy of a repeated sequence; the prompt has three, and BOS. */
  readonly length: number;
  readonly layers: number;
  /** Of `WIDTH / heads` dimensions each. */
  readonly heads: number;
}

const WIDTH = 256;
const VOCABULARY = 4096;
const USUAL: Case = { batch: 500, length: 4, layers: 2, heads: 8 };

/** What varies, and over which values. */
interface Axis {
  readonly title: string;
  readonly xLabel: string;
  readonly field: keyof Case;
  readonly values: readonly number[];
  /** What is fixed in another way than usual. */
  readonly fixed?: Partial<Case>;
}

const AXES: readonly Axis[] = [
  {
    title: "Prompts of 12 tokens",
    xLabel: "prompts",
    field: "batch",
    values: [250, 500, 1000, 1500, 2000],
  },
  {
    title: "Length, 200 prompts of three times as many tokens",
    xLabel: "tokens of one copy",
    field: "length",
    values: [2, 4, 8, 16, 24, 32],
    fixed: { batch: 200 },
  },
  {
    title: "Layers, 500 prompts of 12 tokens",
    xLabel: "layers",
    field: "layers",
    values: [1, 2, 3, 4, 5, 6],
  },
  {
    title: "Heads of a layer, 500 prompts of 12 tokens",
    xLabel: "heads",
    field: "heads",
    values: [1, 4, 8, 16, 32],
  },
];

function configOf({ layers, heads }: Case): ModelConfig {
  return {
    ...ATTN_ONLY_2L_SHAPE,
    n_layers: layers,
    n_heads: heads,
    d_model: WIDTH,
    d_head: WIDTH / heads,
    n_ctx: 128,
    d_vocab: VOCABULARY,
  };
}

const quick = process.argv[2] === "--quick";
if (process.argv.length > 3 || (process.argv.length === 3 && !quick)) {
  console.error("node bench/curves.ts [--quick]");
  process.exit(2);
}
const REPEATS = quick ? 1 : 3;

/** Both questions about one case. */
async function measureCase(asked: Case, x: number, peak: number): Promise<CurvePoint[]> {
  const config = configOf(asked);
  using model = await HookedTransformer.create(randomWeights(config, "random"));
  const { batch, length } = quick ? { ...asked, batch: 8 } : asked;
  const { clean, corrupted, changed } = repeatedPair({
    length,
    batch,
    seed: 0,
    d_vocab: VOCABULARY,
    bos: 0,
  });
  const positions = clean.read + 1;
  const questions: { [Q in Question]: { run: () => Promise<unknown>; needed: number } } = {
    answers: {
      run: () => measureAnswers({ model }, clean),
      needed: batch * probabilities(config, positions),
    },
    patching: {
      run: () =>
        activationPatch(model, {
          clean: clean.tokens,
          corrupted: corrupted.tokens,
          answers: clean.answers,
          read: clean.read,
          component: "z",
          by: "head",
        }),
      needed: batch * patching(config, { positions, firstDifference: changed, by: "head" }),
    },
  };
  const points: CurvePoint[] = [];
  for (const question of Object.keys(QUESTIONS) as Question[]) {
    const { run, needed } = questions[question];
    const seconds = secondsOf(await secondsOfRuns(run, REPEATS));
    points.push({ x, question, seconds, atPeak: needed / peak });
  }
  return points;
}

async function measureCurve(axis: Axis, peak: number): Promise<Curve> {
  const { title, xLabel, field, values, fixed } = axis;
  const points: CurvePoint[] = [];
  for (const value of values) {
    if (process.stderr.isTTY) process.stderr.write(`\r${title}: ${value}\x1b[K`);
    points.push(...(await measureCase({ ...USUAL, ...fixed, [field]: value }, value, peak)));
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  return { title, xLabel, points };
}

/** A curve's numbers: for each x and question the time, and the share of it that arithmetic takes. */
function curveTable({ title, xLabel, points }: Curve): string {
  const questions = Object.entries(QUESTIONS);
  const xs = [...new Set(points.map(({ x }) => x))];
  const heads = [xLabel, ...questions.flatMap(([, { label }]) => [`${label}, s`, "of peak"])];
  const rows = xs.map((x) => [
    String(x),
    ...questions.flatMap(([question]) => {
      const point = points.find((one) => one.x === x && one.question === question);
      if (point === undefined) return ["", ""];
      const { seconds, atPeak } = point;
      return [seconds.median.toPrecision(3), `${((100 * atPeak) / seconds.median).toFixed(0)}%`];
    }),
  ]);
  return `${title}:\n\n${markdownTable(heads, rows)}`;
}

const peak = await matmulPeak("wasm");
const curves: Curve[] = [];
for (const axis of AXES) curves.push(await measureCurve(axis, peak));
const text = [
  `Measured on ${machineName()}; fastest matmul ${(peak / 1e9).toFixed(1)} GFLOP/s. Medians of ${REPEATS} runs.`,
  ...curves.map(curveTable),
].join("\n\n");
console.log(text);
if (!quick) {
  for (const theme of ["light", "dark"] as const) {
    await writeFile(inDocs(`cost-curves-${theme}.svg`), curvesSvg(curves, theme));
  }
  await writeMarked(COST_PAGE, "curves", text);
}
