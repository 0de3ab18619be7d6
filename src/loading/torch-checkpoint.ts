/**
 * @file Checkpoints of `torch.save`: a zip archive with a pickle (`data.pkl`) that says which tensors
 * there are, and one file of raw numbers per storage (`data/0`, `data/1`, …). A tensor is a window
 * on a storage (offset, shape, strides); tied tensors share one.
 * @see https://docs.pytorch.org/docs/stable/notes/serialization.html
 */

import { type NdArray, ndarray, sizeOf } from "../engine/ndarray.ts";
import { LookbackError } from "../errors.ts";
import { isBuffer } from "../model/weights.ts";
import { FLOAT_BYTES, type FloatFormat, toFloat32 } from "./float-formats.ts";
import { GrowthBudget } from "./growth-budget.ts";
import { PickleGlobal, unpickle } from "./unpickle.ts";
import { checkPath, openZip, type ZipEntry } from "./zip-archive.ts";

const PICKLE = "data.pkl";
const MAX_PICKLE_BYTES = 16 * 2 ** 20; // a thousand times that of the largest model of this family

/** The storages that a checkpoint may mention; those without a float format only for buffers. */
const STORAGE_TYPES: ReadonlyMap<string, FloatFormat | undefined> = new Map([
  ["torch.FloatStorage", "float32"],
  ["torch.HalfStorage", "float16"],
  ["torch.BFloat16Storage", "bfloat16"],
  ...["Double", "Long", "Int", "Short", "Char", "Byte", "Bool"].map(
    (type) => [`torch.${type}Storage`, undefined] as const,
  ),
]);

class TorchStorage {
  readonly type: string;
  readonly key: string;
  /** Numbers, not bytes. */
  readonly length: number;

  constructor(type: string, key: string, length: number) {
    this.type = type;
    this.key = key;
    this.length = length;
  }
}

class TorchTensor {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(
    storage: TorchStorage,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/**
 * The float tensors of a checkpoint that holds a flat state dict, as float32; TransformerLens'
 * buffers are passed over unread. Arrays may be views on `bytes`, and tied tensors share memory.
 *
 * @throws LookbackError `bad-file` when the archive or its pickle is truncated, damaged or no
 *   checkpoint; `unsafe-file` when it asks for anything but tensors, leads out of the archive or
 *   unpacks beyond measure; `bad-weights` when an entry is no tensor of floats; `unsupported` when
 *   it is encrypted, beyond 4 GiB or big-endian.
 */
export function readTorchCheckpoint(bytes: Uint8Array, fileName: string): Map<string, NdArray> {
  const budget = new GrowthBudget(fileName, bytes.length);
  const archive = openCheckpoint(bytes, fileName, budget);
  const storages = new Map<string, Float32Array>();
  const weights = new Map<string, NdArray>();
  for (const [key, tensor] of readPickle(archive, fileName)) {
    if (isBuffer(key)) continue;
    if (!(tensor instanceof TorchTensor)) {
      throw new LookbackError(
        "bad-weights",
        `${fileName}: entry "${key}" is no tensor; save the state dict alone: torch.save(model.state_dict(), path)`,
        { file: fileName, key },
      );
    }
    const { storage } = tensor;
    const format = STORAGE_TYPES.get(storage.type);
    if (format === undefined) {
      throw new LookbackError(
        "bad-weights",
        `${fileName}: weight "${key}" is a ${storage.type}; supported are float32, float16 and bfloat16`,
        { file: fileName, key, storage: storage.type },
      );
    }
    const cacheKey = `${storage.type} ${storage.key}`;
    const known = storages.get(cacheKey);
    const numbers = known ?? readStorage(archive, storage, format, budget, fileName);
    storages.set(cacheKey, numbers);
    weights.set(key, contiguous(tensor, numbers, key, budget, fileName));
  }
  return weights;
}

interface Checkpoint {
  /** The folder in the archive that everything lies in; torch names it after the file. */
  readonly folder: string;
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly pickle: ZipEntry;
}

function openCheckpoint(bytes: Uint8Array, fileName: string, budget: GrowthBudget): Checkpoint {
  const entries = openZip(bytes, fileName, budget);
  const [pickle, ...others] = [...entries.values()].filter(({ name }) =>
    /^[^/]+\/data\.pkl$/.test(name),
  );
  if (pickle === undefined || others.length > 0) {
    throw new LookbackError(
      "bad-file",
      `${fileName}: the zip archive has ${pickle === undefined ? "no" : "more than one"} ${PICKLE}; this is no torch checkpoint`,
      { file: fileName },
    );
  }
  const folder = pickle.name.slice(0, -PICKLE.length);
  const byteorder = entries.get(`${folder}byteorder`);
  // Checkpoints from before torch 2.1 do not say; they are little-endian.
  if (byteorder !== undefined && new TextDecoder().decode(byteorder.read()) !== "little") {
    throw new LookbackError(
      "unsupported",
      `${fileName}: the checkpoint is not little-endian; load and save it again on a little-endian machine`,
      { file: fileName },
    );
  }
  return { folder, entries, pickle };
}

/** The state dict as the pickle describes it, keys checked to be text. */
function readPickle({ pickle }: Checkpoint, fileName: string): Map<string, unknown> {
  const source = `${fileName}: ${pickle.name}`;
  const fail = (what: string): never => {
    throw new LookbackError("bad-file", `${source}: ${what}`, { file: fileName });
  };
  if (pickle.size > MAX_PICKLE_BYTES) fail(`${pickle.size} bytes are too many for a state dict`);

  const globals = [
    new PickleGlobal("torch._utils._rebuild_tensor_v2", ([storage, offset, shape, strides]) => {
      const valid =
        storage instanceof TorchStorage &&
        isNatural(offset) &&
        isNaturals(shape) &&
        isNaturals(strides) &&
        shape.length === strides.length;
      return valid
        ? new TorchTensor(storage, offset, [...shape], [...strides]) // whatever the pickle appends later
        : fail("a tensor is malformed");
    }),
    new PickleGlobal("torch._utils._rebuild_parameter", ([tensor]) => tensor),
    ...[...STORAGE_TYPES.keys()].map((name) => new PickleGlobal(name)),
  ];
  const root = unpickle(pickle.read(), source, {
    globals,
    persistentLoad: (id) => {
      const [kind, type, key, , length] = Array.isArray(id) ? id : [];
      const valid =
        kind === "storage" &&
        type instanceof PickleGlobal &&
        STORAGE_TYPES.has(type.name) &&
        typeof key === "string" &&
        isNatural(length);
      return valid ? new TorchStorage(type.name, key, length) : fail("a storage is malformed");
    },
  });
  if (!(root instanceof Map)) {
    return fail("holds no state dict; save one with torch.save(model.state_dict(), path)");
  }
  for (const key of root.keys()) {
    if (typeof key !== "string") fail("the state dict has a key that is no text");
  }
  return root;
}

function readStorage(
  { folder, entries }: Checkpoint,
  { key, length }: TorchStorage,
  format: FloatFormat,
  budget: GrowthBudget,
  fileName: string,
): Float32Array {
  const path = `${folder}data/${key}`;
  checkPath(path, fileName);
  const entry = entries.get(path);
  const needed = length * FLOAT_BYTES[format];
  if (entry?.size !== needed) {
    const has = entry === undefined ? "is missing" : `has ${entry.size} bytes`;
    throw new LookbackError(
      "bad-file",
      `${fileName}: storage "${path}" ${has}; the checkpoint calls for ${needed} bytes`,
      { file: fileName, path, needed },
    );
  }
  if (format !== "float32") budget.spend(length * 4, `storage "${path}"`);
  return toFloat32(entry.read(), format);
}

/** The numbers that a tensor covers, row-major: a view where they lie so in the storage. */
function contiguous(
  { offset, shape, strides }: TorchTensor,
  numbers: Float32Array,
  key: string,
  budget: GrowthBudget,
  fileName: string,
): NdArray {
  const size = sizeOf(shape);
  const last = offset + shape.reduce((sum, extent, i) => sum + (extent - 1) * (strides[i] ?? 0), 0);
  if (size > 0 && !(last < numbers.length)) {
    throw new LookbackError(
      "bad-file",
      `${fileName}: weight "${key}" [${shape.join(", ")}] reaches beyond its storage of ${numbers.length} numbers`,
      { file: fileName, key },
    );
  }
  // Axes of extent 1 are never stepped along, so their strides say nothing.
  const axes = shape
    .map((extent, i) => ({ extent, stride: strides[i] ?? 0 }))
    .filter(({ extent }) => extent !== 1);
  let dense = 1;
  const inPlace = axes.toReversed().every(({ extent, stride }) => {
    const expected = dense;
    dense *= extent;
    return stride === expected;
  });
  if (size === 0 || inPlace) return ndarray(shape, numbers.subarray(offset, offset + size));

  budget.spend(4 * size, `weight "${key}"`);
  const gathered = new Float32Array(size);
  let filled = 0;
  const gather = (axis: number, from: number): void => {
    const { extent, stride } = axes[axis] ?? { extent: 1, stride: 0 };
    const innermost = axis >= axes.length - 1;
    for (let i = 0, at = from; i < extent; i++, at += stride) {
      if (innermost) gathered[filled++] = numbers[at] as number;
      else gather(axis + 1, at);
    }
  };
  gather(0, offset);
  return ndarray(shape, gathered);
}

function isNatural(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isNaturals(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isNatural);
}
