/**
 * @file Why the forward pass is laid out as it is: how fast the array library computes the same thing
 * in several ways. What is said of speed in `src/engine/log-sum-exp.ts`, `src/model/device-weights.ts`,
 * `src/model/chunks.ts` and `src/node/threads.ts` was measured here.
 *
 *     node bench/formulations.ts [--docs]
 *
 * `--docs` writes the tables into docs/cost.md as well.
 */

// First, for threads.
import "../src/node/threads.ts";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { markdownTable, writeMarked } from "../scripts/marked-page.ts";
import { textTable } from "../src/cli/text-table.ts";
import { openDevice } from "../src/engine/device.ts";
import { fuse } from "../src/engine/fuse.ts";
import { logSumExpOfSum } from "../src/engine/log-sum-exp.ts";
import { scoped } from "../src/engine/scope.ts";
import { type Tensor, tensor } from "../src/engine/tensor.ts";
import { COST_PAGE } from "./docs.ts";
import { machineName } from "./machine.ts";

const REPEATS = 9;

/** Numbers of order one that are cheap to make. */
function filled(...shape: readonly number[]): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return tensor({ shape, data: Float32Array.from({ length: size }, (_, i) => (i % 13) / 6 - 1) });
}

/** A way to compute something, of tensors of these shapes. */
interface Form {
  readonly name: string;
  readonly compute: (...inputs: Tensor[]) => Tensor;
  readonly shapes: readonly (readonly number[])[];
  /** Operations, or numbers that are read. */
  readonly count: number;
}

/**
 * How many a second each form does: the best of some runs, in turn, so that a machine that becomes
 * slower does so for all.
 */
async function speedsOf(forms: readonly Form[]): Promise<number[]> {
  const opened = forms.map(({ compute, shapes }) => {
    const inputs = scoped(() => shapes.map((shape) => filled(...shape)));
    const run = async () => {
      const start = performance.now();
      const result = scoped(() => compute(...inputs));
      await result.compute();
      result.free();
      return (performance.now() - start) / 1000;
    };
    return { inputs, run };
  });
  const best = forms.map(() => Number.POSITIVE_INFINITY);
  for (let i = 0; i < REPEATS; i++) {
    for (const [f, { run }] of opened.entries()) {
      best[f] = Math.min(best[f] as number, await run());
    }
  }
  for (const { inputs } of opened) for (const input of inputs) input.free();
  return forms.map(({ count }, f) => count / (best[f] as number));
}

/** A matmul that the forward pass does: so many rows of a width, times a matrix. */
interface Matmul {
  readonly name: string;
  /** Leaves 2 on division by 4. */
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** Where the matrix could be one of each head. */
  readonly heads?: number;
}

const MATMULS: readonly Matmul[] = [
  { name: "projection, d_model 512", rows: 2046, inner: 512, columns: 512, heads: 8 },
  { name: "projection, d_model 128", rows: 2046, inner: 128, columns: 256, heads: 8 },
  { name: "unembedding, 48,320", rows: 254, inner: 512, columns: 48320 },
  { name: "unembedding, 4,096", rows: 2046, inner: 128, columns: 4096 },
];

const plain = fuse((x: Tensor, w: Tensor) => x.matmul(w));
const transposed = fuse((x: Tensor, w: Tensor) => x.matmul(w.permute(1, 0)));
const byHead = fuse((x: Tensor, w: Tensor) => x.expand(0).matmul(w));
const withBias = fuse((x: Tensor, w: Tensor, b: Tensor) => x.matmul(w).add(b));
const transposedWithBias = fuse((x: Tensor, w: Tensor, b: Tensor) =>
  x.matmul(w.permute(1, 0)).add(b),
);

/** The ways to do a matmul, the plain one first. */
function formsOf({ rows, inner, columns, heads }: Matmul): Form[] {
  const form = (
    name: string,
    compute: Form["compute"],
    ...shapes: readonly [readonly [number, number], ...(readonly (readonly number[])[])]
  ): Form => {
    const [own] = shapes[0];
    return { name, compute, shapes, count: 2 * own * inner * columns };
  };
  const x = [rows, inner] as const;
  const matrix = [inner, columns];
  const turned = [columns, inner];
  const bias = [columns];
  const forms = [
    form("x @ w, rows leave 2 on division by 4", plain, x, matrix),
    form("x @ w, rows divide by 4", plain, [rows + 2, inner], matrix),
    form("x @ w, odd rows", plain, [rows + 1, inner], matrix),
    form("x @ wT, rows leave 2 on division by 4", transposed, x, turned),
    form("x @ wT, rows divide by 4", transposed, [rows + 2, inner], turned),
    form("x @ w, and a bias", withBias, x, matrix, bias),
    form("x @ wT, and a bias", transposedWithBias, x, turned, bias),
  ];
  if (heads !== undefined) {
    forms.push(form("a matrix for each head", byHead, x, [heads, inner, columns / heads]));
  }
  // Of large matrices this would take minutes.
  if (columns <= 512) forms.push(form("x @ w, two columns more", plain, x, [inner, columns + 2]));
  return forms;
}

/** `62.1 (0.81)`: how many billion a second, and of the first form. */
function beside(speed: number, first: number): string {
  const billions = speed / 1e9;
  return `${billions.toFixed(billions < 1 ? 2 : 1)} (${(speed / first).toFixed(2)})`;
}

type Table = readonly [heads: readonly string[], rows: readonly (readonly string[])[]];

async function matmulTable(): Promise<Table> {
  const cells = new Map<string, string[]>();
  for (const [m, matmul] of MATMULS.entries()) {
    const forms = formsOf(matmul);
    const speeds = await speedsOf(forms);
    for (const [f, { name }] of forms.entries()) {
      const row = cells.get(name) ?? MATMULS.map(() => "");
      row[m] = beside(speeds[f] ?? 0, speeds[0] ?? 0);
      cells.set(name, row);
    }
  }
  const rows = Array.from(cells, ([name, row]) => [name, ...row]);
  return [["GFLOP/s (of the first)", ...MATMULS.map(({ name }) => name)], rows];
}

const LOGITS = [254, 48320] as const;

async function logSumExpTable(): Promise<Table> {
  const of = { shapes: [LOGITS], count: LOGITS[0] * LOGITS[1] };
  const forms: Form[] = [
    { name: "the library's own", compute: fuse((x: Tensor) => x.logSumExp()), ...of },
    {
      name: "in rows of 64, exp by its series",
      compute: (x) => logSumExpOfSum(x as Tensor),
      ...of,
    },
  ];
  const speeds = await speedsOf(forms);
  const rows = forms.map(({ name }, f) => [name, beside(speeds[f] ?? 0, speeds[0] ?? 0)]);
  return [[`log Σ exp of ${LOGITS.join(" x ")}`, "billion numbers/s (of the first)"], rows];
}

/** The first and a later call of a kernel, each compiler in a process of its own. */
function firstCallTable(): Table {
  const script = fileURLToPath(new URL("./first-call.ts", import.meta.url));
  const rows = [
    ["better code at once (--no-liftoff)", "--no-liftoff"],
    ["in a hurry first (V8's default)", "--liftoff"],
  ].map(([name = "", flag = ""]) => {
    const { status, stdout } = spawnSync(process.execPath, [script, flag], {
      stdio: ["ignore", "pipe", "inherit"],
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${script} failed`);
    const [first = 0, later = 0]: number[] = JSON.parse(stdout);
    return [name, ...[first, later].map((seconds) => (seconds * 1000).toFixed(0))];
  });
  return [["kernel compiled", "first call, ms", "third call, ms"], rows];
}

const [flag, ...rest] = process.argv.slice(2);
if ((flag !== undefined && flag !== "--docs") || rest.length > 0) {
  console.error("node bench/formulations.ts [--docs]");
  process.exit(2);
}

await openDevice("wasm");
const tables = [await matmulTable(), await logSumExpTable(), firstCallTable()];
console.log(`${machineName()}\n`);
for (const [heads, rows] of tables) console.log(textTable(heads, rows));
if (flag === "--docs") {
  const text = tables.map(([heads, rows]) => markdownTable(heads, rows)).join("\n\n");
  await writeMarked(COST_PAGE, "formulations", `Measured on ${machineName()}.\n\n${text}`);
}
