/**
 * @file What a sweep is asked, as plain JSON: for each parameter of the prompts one value or a list of
 * them. The lists are the axes of a grid, and its cells are all combinations.
 */

import { z } from "zod";
import { didYouMean, LookbackError } from "../errors.ts";
import { MAX_LENGTH } from "../prompts/spec.ts";
import {
  FILLERS,
  ORDERS,
  PARAMETERS,
  type ParameterName,
  type SweepParameters,
  valueText,
} from "./parameters.ts";

/** Cells beyond which a grid is a slip, not a request. */
const MAX_CELLS = 100_000;

const VOCABULARY = 'null, {"range": [first, end]} or {"ids": [id, …]}';
const token = z.int().min(0).max(0x7fffffff);
const filled = z.int().min(0).max(MAX_LENGTH);

const allowed = {
  error: `expected ${VOCABULARY}, of two tokens or more, none of them twice`,
};

const vocabulary = z
  .union(
    [
      z.null(),
      z
        .strictObject({ range: z.tuple([token, token]) })
        .refine(({ range: [first, end] }) => end - first >= 2, allowed),
      z
        .strictObject({ ids: z.array(token).min(2) })
        .refine(({ ids }) => new Set(ids).size === ids.length, allowed),
    ],
    allowed,
  )
  .readonly();

const values = {
  length: z.int().min(2).max(MAX_LENGTH),
  gap: filled,
  distance: filled,
  filler: z.enum(FILLERS),
  order: z.enum(ORDERS),
  copies: z.int().min(1).max(MAX_LENGTH),
  distractors: filled,
  vocabulary,
  offset: filled,
  seed: z.int().min(0).max(0xffffffff),
  batch: z.int().min(1).max(0x7fffffff),
  distinct: z.boolean(),
} as const satisfies Record<ParameterName, z.ZodType>;

const parameter = z.enum(PARAMETERS);

const drawing = z
  .strictObject({
    /** The parameter along the horizontal axis. */
    x: parameter.optional(),
    /** The parameter that has a colour for each of its values; null for none. */
    series: parameter.nullable().optional(),
    /** Parameters that have a panel for each combination of their values. */
    facets: z.array(parameter).optional(),
  })
  .readonly();

/** How a sweep is to be drawn; it changes no number. */
export type SweepDrawing = z.infer<typeof drawing>;

/** A checked request: every parameter as the list of its values. */
export type SweepSpec = {
  readonly [P in ParameterName]: readonly SweepParameters[P][];
} & {
  /** The token at position 0; null to take it from the model's config. */
  readonly bos: number | null;
  readonly draw: SweepDrawing;
};

/** What a spec leaves out: the prompts of the post's table at length 3, a thousand of them. */
export const DEFAULT_SWEEP: SweepSpec = {
  length: [3],
  gap: [0],
  distance: [0],
  filler: ["random"],
  order: ["first-second"],
  copies: [1],
  distractors: [1],
  vocabulary: [null],
  offset: [0],
  seed: [120],
  batch: [1000],
  distinct: [false],
  bos: null,
  draw: {},
};

const FIELDS = Object.keys(DEFAULT_SWEEP);

function badField(field: string, message: string): LookbackError {
  return new LookbackError("bad-spec", `spec field "${field}": ${message}`, { field });
}

/** The value that a schema makes of a field, or the error that names field, value and what it may be. */
function checked<T>(schema: z.ZodType<T>, field: string, value: unknown): T {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = [field, ...(issue?.path ?? [])].join(".");
  const given = issue !== undefined && "input" in issue ? issue.input : value;
  throw badField(path, `${issue?.message ?? "is wrong"}, got ${JSON.stringify(given)}`);
}

/** The values of one parameter; only where a list was given does an error tell the place in it. */
function valuesOf<P extends ParameterName>(name: P, given: unknown): readonly SweepParameters[P][] {
  const schema = values[name] as unknown as z.ZodType<SweepParameters[P]>;
  if (!Array.isArray(given)) return [checked(schema, name, given)];
  if (given.length === 0) throw badField(name, "a list needs at least one value, got []");
  const list = given.map((value: unknown, i) => checked(schema, `${name}.${i}`, value));
  const texts = list.map((value) => JSON.stringify(value));
  const twice = texts.find((text, i) => texts.indexOf(text) !== i);
  if (twice !== undefined) throw badField(name, `holds ${twice} twice; every value makes a cell`);
  return list;
}

function checkDrawing({ x, series, facets = [] }: SweepDrawing): void {
  const named = [x, series, ...facets].filter((name) => name != null);
  const twice = named.find((name, i) => named.indexOf(name) !== i);
  if (twice !== undefined) {
    throw badField("draw", `"${twice}" can be one of x, series and facets, and is there twice`);
  }
}

/**
 * Checks a request that may leave fields out; those come from {@link DEFAULT_SWEEP}.
 *
 * @throws LookbackError `bad-spec` naming the field, what it holds, and what is allowed.
 */
export function parseSweepSpec(json: unknown): SweepSpec {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new LookbackError("bad-spec", "a spec is a JSON object");
  }
  const given: Readonly<Record<string, unknown>> = { ...DEFAULT_SWEEP, ...json };
  const unknown = Object.keys(given).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) {
    const known = FIELDS.join(", ");
    throw badField(
      unknown,
      `there is no such field; there are ${known}${didYouMean(unknown, FIELDS)}`,
    );
  }
  const spec = {
    ...Object.fromEntries(PARAMETERS.map((name) => [name, valuesOf(name, given[name])])),
    bos: checked(token.nullable(), "bos", given.bos),
    draw: checked(drawing, "draw", given.draw),
  } as SweepSpec; // fromEntries() forgets which parameter has which values
  checkDrawing(spec.draw);
  const count = cellCount(spec);
  if (count > MAX_CELLS) {
    throw new LookbackError(
      "bad-spec",
      `the spec asks for ${count} cells (${axesOf(spec)
        .map((name) => `${spec[name].length} of ${name}`)
        .join(" × ")}); at most ${MAX_CELLS} are allowed`,
    );
  }
  return spec;
}

/** The number of cells of a grid. */
export function cellCount(spec: SweepSpec): number {
  return PARAMETERS.reduce((product, name) => product * spec[name].length, 1);
}

/** The parameters that have more than one value, in the order of {@link PARAMETERS}. */
export function axesOf(spec: SweepSpec): ParameterName[] {
  return PARAMETERS.filter((name) => spec[name].length > 1);
}

/** The cell of an index, 0 to {@link cellCount} - 1; the last parameter varies fastest. */
export function cellAt(spec: SweepSpec, index: number): SweepParameters {
  let rest = index;
  const chosen: [ParameterName, unknown][] = [];
  for (const name of PARAMETERS.toReversed()) {
    const list = spec[name];
    chosen.push([name, list[rest % list.length]]);
    rest = Math.floor(rest / list.length);
  }
  // fromEntries() forgets which parameter has which value
  return Object.fromEntries(chosen.reverse()) as unknown as SweepParameters;
}

/** `cell 12 (length 8, gap 200)`: by the parameters that vary. */
export function cellName(spec: SweepSpec, index: number): string {
  const axes = axesOf(spec);
  const parameters = cellAt(spec, index);
  const told = (axes.length > 0 ? axes : (["length"] as const)).map(
    (name) => `${name} ${valueText(parameters, name)}`,
  );
  return `cell ${index} (${told.join(", ")})`;
}
