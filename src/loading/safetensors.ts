/**
 * @file The safetensors format: how weights come in and how activations go out. A file is the length
 * of its header (8 bytes), the header (JSON: dtype, shape and place of each tensor), and the tensors.
 * Everything that the header says is checked before a tensor is looked at.
 * @see https://huggingface.co/docs/safetensors for the format
 */

import { type NdArray, ndarray, sizeOf } from "../engine/ndarray.ts";
import { LookbackError } from "../errors.ts";
import { duplicateKey } from "./duplicate-key.ts";
import { type FloatFormat, toFloat16, toFloat32 } from "./float-formats.ts";

/** A tensor as a safetensors file stores it. */
export interface StoredTensor {
  readonly name: string;
  /** The file's name of the number format: `F32`, `F16`, `BF16`, `I64`, … */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Row-major and little-endian; a view on the file's bytes. */
  readonly bytes: Uint8Array;
}

const LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 100_000_000; // the limit of the format's own reader
const METADATA = "__metadata__";
const ALIGNMENT = 8;

const DTYPE_BYTES: ReadonlyMap<string, number> = new Map([
  ...["BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2"].map((dtype) => [dtype, 1] as const),
  ...["U16", "I16", "F16", "BF16"].map((dtype) => [dtype, 2] as const),
  ...["U32", "I32", "F32"].map((dtype) => [dtype, 4] as const),
  ...["U64", "I64", "F64", "C64"].map((dtype) => [dtype, 8] as const),
]);

const FLOAT_FORMATS: ReadonlyMap<string, FloatFormat> = new Map([
  ["F32", "float32"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
]);

/** Whether bytes begin as a safetensors file does: a header length within limits, then an object. */
export function looksLikeSafetensors(bytes: Uint8Array): boolean {
  return (
    bytes.length > LENGTH_BYTES && bytes[LENGTH_BYTES] === 0x7b && headerBytes(bytes) !== undefined
  );
}

/**
 * Every tensor of a safetensors file, of any dtype, in the order of the file; nothing is copied.
 *
 * @throws LookbackError `bad-file` saying what is wrong and where: truncated, a header that is no
 *   JSON object or names a key twice, an unknown dtype, bytes that do not fill a shape, tensors that
 *   overlap or leave a hole.
 */
export function parseSafetensors(
  bytes: Uint8Array,
  fileName = "safetensors file",
): ReadonlyMap<string, StoredTensor> {
  const fail = (what: string): never => {
    throw new LookbackError("bad-file", `${fileName}: ${what}`, { file: fileName });
  };
  if (bytes.length < LENGTH_BYTES) {
    fail(`truncated: ${bytes.length} bytes are too few for a safetensors file`);
  }
  const headerLength =
    headerBytes(bytes) ??
    fail(`its header claims more than ${MAX_HEADER_BYTES} bytes; this is no safetensors file`);
  const dataStart = LENGTH_BYTES + headerLength;
  if (bytes.length < dataStart) {
    fail(
      `truncated: the header needs ${dataStart} bytes, the file has ${bytes.length}; fetch it again`,
    );
  }
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart), fail);
  const data = bytes.subarray(dataStart);

  const tensors = [...header]
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => placeTensor(name, entry, fail))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const { name, begin, end: next } of tensors) {
    if (begin !== end) {
      const what = begin < end ? "overlaps the tensor before it" : "leaves a hole before it";
      fail(
        `tensor "${name}" begins at byte ${begin} of the data and ${what}, which ends at ${end}`,
      );
    }
    end = next;
  }
  if (end > data.length) {
    fail(`truncated: the tensors need ${end} bytes, the file has ${data.length}; fetch it again`);
  }
  if (end < data.length) fail(`${data.length - end} bytes follow the last tensor`);
  return new Map(
    tensors.map(({ name, dtype, shape, begin, end }) => [
      name,
      { name, dtype, shape, bytes: data.subarray(begin, end) },
    ]),
  );
}

/**
 * Every tensor of a safetensors file of floats (F32, F16, BF16) as float32, in the order of the file.
 * Arrays of aligned F32 are views on `bytes`.
 *
 * @throws LookbackError `bad-file` as {@link parseSafetensors}, and `bad-weights` naming the first
 *   tensor of another dtype.
 */
export function readSafetensors(bytes: Uint8Array, fileName?: string): Map<string, NdArray> {
  const arrays = new Map<string, NdArray>();
  for (const tensor of parseSafetensors(bytes, fileName).values()) {
    arrays.set(tensor.name, readFloats(tensor));
  }
  return arrays;
}

/**
 * A stored F32, F16 or BF16 tensor as float32; a view where the file holds aligned F32.
 *
 * @throws LookbackError `bad-weights` when the tensor has another dtype.
 */
export function readFloats({ name, dtype, shape, bytes }: StoredTensor): NdArray {
  const format = FLOAT_FORMATS.get(dtype);
  if (format === undefined) {
    throw new LookbackError(
      "bad-weights",
      `tensor "${name}" is ${dtype}; supported are ${[...FLOAT_FORMATS.keys()].join(", ")}`,
      { key: name, dtype },
    );
  }
  return ndarray(shape, toFloat32(bytes, format));
}

/**
 * A stored I64 or I32 tensor, token ids for one, flat in row-major order.
 *
 * @throws LookbackError `bad-file` when the tensor has another dtype, or a number beyond 32 bits.
 */
export function readIntegers({ name, dtype, shape, bytes }: StoredTensor): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dtype !== "I64" && dtype !== "I32") {
    throw new LookbackError("bad-file", `tensor "${name}" is ${dtype}; expected I64 or I32`, {
      key: name,
      dtype,
    });
  }
  return Int32Array.from({ length: sizeOf(shape) }, (_, i) => {
    if (dtype === "I32") return view.getInt32(4 * i, true);
    const value = view.getBigInt64(8 * i, true);
    if (value !== BigInt.asIntN(32, value)) {
      throw new LookbackError(
        "bad-file",
        `tensor "${name}" holds ${value} at element ${i}, beyond 32 bits`,
        { key: name, element: i },
      );
    }
    return Number(value);
  });
}

/**
 * A safetensors file, as chunks in the order of the file: the header, then each array, which in float32
 * is the array's own memory, so that a large file is never held twice. Tensors stand in the order of their
 * names: the same arrays always make the same bytes.
 *
 * @throws LookbackError `bad-spec` when a name comes twice or is reserved.
 */
export function safetensorsChunks(
  entries: Iterable<readonly [string, NdArray]>,
  metadata: Readonly<Record<string, string>> = {},
  format: "float32" | "float16" = "float32",
): Uint8Array[] {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const members: string[] = [];
  if (Object.keys(metadata).length > 0) {
    members.push(`${JSON.stringify(METADATA)}:${JSON.stringify(metadata)}`);
  }
  const chunks: Uint8Array[] = [];
  let begin = 0;
  for (const [index, [name, { shape, data }]] of sorted.entries()) {
    if (name === METADATA || name === sorted[index - 1]?.[0]) {
      const why = name === METADATA ? "is reserved by safetensors" : "is given twice";
      throw new LookbackError("bad-spec", `tensor name ${JSON.stringify(name)} ${why}`, { name });
    }
    const stored = format === "float32" ? data : toFloat16(data);
    const end = begin + stored.byteLength;
    const dtype = format === "float32" ? "F32" : "F16";
    const entry = { dtype, shape, data_offsets: [begin, end] };
    members.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    chunks.push(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength));
    begin = end;
  }
  const json = new TextEncoder().encode(`{${members.join()}}`);
  // Padded with spaces, so that the tensors are aligned for whoever maps the file into memory.
  const padded = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const header = new Uint8Array(LENGTH_BYTES + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, LENGTH_BYTES);
  return [header, ...chunks];
}

/** The file of {@link safetensorsChunks} in one piece. */
export function writeSafetensors(
  entries: Iterable<readonly [string, NdArray]>,
  metadata?: Readonly<Record<string, string>>,
  format?: "float32" | "float16",
): Uint8Array<ArrayBuffer> {
  const chunks = safetensorsChunks(entries, metadata, format);
  const file = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    file.set(chunk, offset);
    offset += chunk.length;
  }
  return file;
}

type Fail = (what: string) => never;

/** The length that a file states for its header, or nothing where it is beyond the format's limit. */
function headerBytes(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  return length <= MAX_HEADER_BYTES ? Number(length) : undefined;
}

function parseHeader(bytes: Uint8Array, fail: Fail): Map<string, unknown> {
  let text = "";
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    fail(`its header is no JSON (${(error as Error).message})`);
  }
  if (!isRecord(header)) return fail("its header is no JSON object");
  const twice = duplicateKey(text);
  if (twice !== undefined) fail(`its header names ${JSON.stringify(twice)} twice`);
  return new Map(Object.entries(header));
}

interface PlacedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function placeTensor(name: string, entry: unknown, fail: Fail): PlacedTensor {
  if (!isRecord(entry)) return fail(`tensor "${name}" is described by no JSON object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string") return fail(`tensor "${name}" has no dtype`);
  const itemBytes = DTYPE_BYTES.get(dtype);
  if (itemBytes === undefined) return fail(`tensor "${name}" has the unknown dtype "${dtype}"`);
  if (!isNaturals(shape)) return fail(`tensor "${name}" has a shape that is no list of integers`);
  const [begin, end] = isNaturals(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || begin > end) {
    return fail(`tensor "${name}" has data_offsets that are no [begin, end]`);
  }
  const needed = sizeOf(shape) * itemBytes;
  if (end - begin !== needed) {
    fail(
      `tensor "${name}" (${dtype} [${shape.join(", ")}]) needs ${needed} bytes and is given ${end - begin}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNaturals(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
