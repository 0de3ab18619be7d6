/**
 * @file The state in the address: JSON, deflated, in base64url, behind a version. Links come from
 * anywhere, so all of it is checked, and its size bounded, before anything is done with it.
 */

import { deflateSync, Inflate, strFromU8, strToU8 } from "fflate";
import { z } from "zod";
import { LookbackError } from "../../../src/errors.ts";
import { uncovered } from "../../../src/session/intervention-place.ts";
import { parseSessionSpec } from "../../../src/session/parse-spec.ts";
import { SESSION_COMPONENTS } from "../../../src/session/spec.ts";
import { INITIAL_STATE, type Look, type State } from "./state.ts";

const VERSION = "1";

/** The longest state that a link may unfold to, in bytes; that is a long text for a prompt. */
const MOST_BYTES = 2 ** 20;

/** The longest name of a model, or of a run, that a link holds, in characters. */
export const LONGEST_NAME = 200;

const index = z.int().min(0).max(100_000);
const head = z.strictObject({ layer: index, head: index });
const name = z.string().min(1).max(LONGEST_NAME);

const look = z.strictObject({
  prompt: z.union([z.literal("mean"), index]).default("mean"),
  head: head.nullable().default(null),
  pinned: head.nullable().default(null),
  hideBos: z.boolean().default(false),
  locked: z
    .strictObject({ query: index, key: index })
    .refine(({ query, key }) => key <= query, "no token sees one that comes later")
    .nullable()
    .default(null),
  patches: z
    .strictObject({
      component: z.enum(SESSION_COMPONENTS).default("z"),
      by: z.enum(["head", "head-position"]).default("head"),
    })
    .default(INITIAL_STATE.look.patches),
  table: z
    .strictObject({
      over: z.enum(["length", "gap", "distance", "order"]),
      to: z.int().min(2).max(64),
    })
    .nullable()
    .default(null),
});

const schema = z.strictObject({
  page: z.enum(["bench", "story", "train"]).default("bench"),
  model: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("bundled"), name }),
      z.strictObject({ kind: z.literal("hub"), id: name }),
      z.strictObject({ kind: z.literal("files"), name }),
      z.strictObject({ kind: z.literal("checkpoint"), run: name, checkpoint: name }),
    ])
    .default(INITIAL_STATE.model),
  device: z.enum(["auto", "wasm", "webgpu"]).default("auto"),
  session: z.unknown().optional(),
  look: look.default(INITIAL_STATE.look),
});

/**
 * Checks a state; what it leaves out is as at first.
 *
 * @throws LookbackError `bad-spec` naming the field.
 */
export function parseState(json: unknown): State {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join(".") ?? "";
    throw new LookbackError(
      "bad-spec",
      `state${field && `, field "${field}"`}: ${issue?.message}`,
      {
        field,
      },
    );
  }
  const { session = {}, ...rest } = parsed.data;
  const spec = parseSessionSpec(session);
  // What changes nothing would look as if it were on.
  const interventions = uncovered(spec.interventions);
  return { ...rest, look: rest.look satisfies Look, session: { ...spec, interventions } };
}

/** The name of a file with a state, as it is saved. */
export const STATE_FILE = "workbench.json";

/**
 * The state in a file.
 *
 * @throws LookbackError `bad-spec` where it is none.
 */
export function stateOfJson(text: string, fileName: string): State {
  if (text.length > MOST_BYTES) throw new LookbackError("bad-spec", `${fileName} holds too much`);
  try {
    return parseState(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof LookbackError ? cause.message : "it is no JSON";
    throw new LookbackError(
      "bad-spec",
      `${fileName} is no state of the workbench, as Share… saves it: ${why}`,
      {},
      { cause },
    );
  }
}

/** The part of an address behind `#` that holds a state: the same for states that are the same. */
export function linkOf(state: State): string {
  const bytes = deflateSync(strToU8(JSON.stringify(parseState(state))), { level: 9 });
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return `${VERSION}.${base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/**
 * The state of a link; undefined where there is none.
 *
 * @throws LookbackError `bad-spec` where it cannot be read, or holds what cannot be.
 */
export function stateOfLink(hash: string): State | undefined {
  const link = hash.replace(/^#/, "");
  if (link === "") return undefined;
  const [version, data] = link.split(".", 2);
  if (version !== VERSION || data === undefined) {
    throw new LookbackError(
      "bad-spec",
      `this link is of version ${JSON.stringify(version?.slice(0, 20))}; this page reads version ${VERSION}`,
    );
  }
  return parseState(unfolded(data));
}

function unfolded(data: string): unknown {
  try {
    const binary = atob(data.replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(strFromU8(inflated(Uint8Array.from(binary, (c) => c.charCodeAt(0)))));
  } catch (cause) {
    if (cause instanceof LookbackError) throw cause;
    throw new LookbackError(
      "bad-spec",
      "this link is damaged: what is behind # cannot be read; it may have been cut off",
      {},
      { cause },
    );
  }
}

/** Inflates piece by piece, and stops where there is too much. */
function inflated(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  let isWhole = false;
  const inflate = new Inflate((part, isLast) => {
    size += part.length;
    if (size > MOST_BYTES) throw new LookbackError("bad-spec", "this link holds too much");
    parts.push(part);
    isWhole ||= isLast;
  });
  for (let start = 0; start < bytes.length; start += 1024) {
    inflate.push(bytes.subarray(start, start + 1024), start + 1024 >= bytes.length);
  }
  if (!isWhole) throw new Error("cut off");
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
