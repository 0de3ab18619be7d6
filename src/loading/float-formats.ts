/**
 * @file The float formats that weight files store, read as float32. The engine computes in float32
 * only, so this is the one place where half precision is widened.
 *
 * Weight files are little-endian, and so is every machine that runs JavaScript engines today: typed
 * arrays read them in place.
 */

/** IEEE binary32, IEEE binary16, and the upper half of binary32. */
export type FloatFormat = "float32" | "float16" | "bfloat16";

/** Bytes of one number. */
export const FLOAT_BYTES: Readonly<Record<FloatFormat, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
};

/**
 * The numbers that `bytes` hold. Float32 at an aligned address is a view on the same memory, so that
 * a model's file is its weights and loading copies nothing; everything else is a new array.
 */
export function toFloat32(bytes: Uint8Array, format: FloatFormat): Float32Array {
  const { buffer, byteOffset, byteLength } = aligned(bytes, FLOAT_BYTES[format]);
  const length = byteLength / FLOAT_BYTES[format];
  if (format === "float32") return new Float32Array(buffer, byteOffset, length);
  const halves = new Uint16Array(buffer, byteOffset, length);
  const bits = new Uint32Array(length);
  if (format === "bfloat16") {
    for (let i = 0; i < length; i++) bits[i] = (halves[i] as number) << 16;
  } else {
    const widened = float16Table();
    for (let i = 0; i < length; i++) bits[i] = widened[halves[i] as number] as number;
  }
  return new Float32Array(bits.buffer);
}

function aligned(bytes: Uint8Array, alignment: number): Uint8Array {
  return bytes.byteOffset % alignment === 0 ? bytes : bytes.slice();
}

let table: Uint32Array | undefined;

/**
 * The float32 bits of each of the 65,536 half floats: a look-up per number is several times faster
 * than taking its fields apart, and `Float16Array` is too young to count on in a page.
 */
function float16Table(): Uint32Array {
  if (table !== undefined) return table;
  const values = new Float32Array(65_536);
  for (let half = 0; half < values.length; half++) {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) values[half] = fraction === 0 ? sign * Infinity : NaN;
    else if (exponent === 0) values[half] = sign * fraction * 2 ** -24;
    else values[half] = sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  table = new Uint32Array(values.buffer);
  return table;
}

/** Numbers rounded to half floats, to the nearest and of two as near to the even one: their 16 bits. */
export function toFloat16(data: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(Float32Array.from(data).buffer);
  return Uint16Array.from(bits, halfBits);
}

/** The bits of the half float nearest to a float32, given by its bits. */
function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const rest = bits & 0x7fffffff;
  if (rest > 0x7f800000) return sign | 0x7e00; // NaN
  if (rest >= 0x47800000) return sign | 0x7c00; // 65536 and above
  const isSubnormal = rest < 0x38800000; // below 2^-14
  // Of what is below the last bit that a half float has, more than half or half of an odd one rounds up.
  const shift = isSubnormal ? Math.min(31, 126 - (rest >>> 23)) : 13;
  const significand = isSubnormal ? (rest & 0x7fffff) | 0x800000 : rest - 0x38000000;
  const kept = shift === 31 ? 0 : significand >>> shift;
  const below = shift === 31 ? 0 : significand & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  const up = below > half || (below === half && (kept & 1) === 1) ? 1 : 0;
  return sign | (kept + up); // a carry goes into the exponent, as it should
}
