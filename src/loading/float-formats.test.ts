import { expect, test } from "vitest";
import { toFloat16, toFloat32 } from "./float-formats.ts";

const halves = (...bits: number[]) => new Uint8Array(Uint16Array.from(bits).buffer);

test("float16: zeros, subnormals, normals, the largest, infinities and NaN", () => {
  const bits = [0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x3555, 0x3c00, 0xc000, 0x7bff];
  expect([...toFloat32(halves(...bits, 0x7c00, 0xfc00, 0x7e00), "float16")]).toEqual([
    0,
    -0,
    2 ** -24,
    1023 * 2 ** -24,
    2 ** -14,
    0.333251953125,
    1,
    -2,
    65504,
    Infinity,
    -Infinity,
    NaN,
  ]);
});

test("bfloat16 is the upper half of float32", () => {
  const bits = [0x0000, 0x8000, 0x0001, 0x3f80, 0x4049, 0xff80, 0x7fc0];
  expect([...toFloat32(halves(...bits), "bfloat16")]).toEqual([
    0,
    -0,
    2 ** -133,
    1,
    3.140625,
    -Infinity,
    NaN,
  ]);
});

test("aligned float32 is a view, unaligned a copy, of the same numbers", () => {
  const numbers = Float32Array.of(1.5, -2.25, Infinity);
  const aligned = new Uint8Array(numbers.buffer);
  expect(toFloat32(aligned, "float32").buffer).toBe(numbers.buffer);
  const shifted = new Uint8Array(aligned.length + 1);
  shifted.set(aligned, 1);
  expect(toFloat32(shifted.subarray(1), "float32")).toEqual(numbers);
  expect([...toFloat32(new Uint8Array([9, 0, 0x3c]).subarray(1), "float16")]).toEqual([1]);
});

test("rounded to float16 as the machine rounds, ties to even, carries and subnormals included", () => {
  const few = [0, -0, 1, 65504, 65519, 65520, 2 ** -24, 2 ** -25, 3 * 2 ** -25, 2 ** -14];
  const numbers = [...few, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 - 2 ** -12, Infinity, -Infinity];
  for (let i = 0; i < 20_000; i++) numbers.push(Math.sin(i) * 2 ** ((i % 50) - 30));
  const given = Float32Array.from(numbers);
  expect([...toFloat16(given)]).toEqual([...new Uint16Array(new Float16Array(given).buffer)]);
  const bytes = new Uint8Array(toFloat16(Float32Array.of(NaN)).buffer);
  expect([...toFloat32(bytes, "float16")]).toEqual([NaN]);
});
