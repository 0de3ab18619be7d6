import { afterEach, expect, it } from "vitest";
import { openDevice } from "./device.ts";
import { Stages } from "./stages.ts";
import { liveTensors, tensor } from "./tensor.ts";

const row = (...numbers: number[]) =>
  tensor({ shape: [numbers.length], data: Float32Array.from(numbers) });

afterEach(() => {
  expect(liveTensors()).toBe(0);
});

it("computes what stages return, frees what they do not, and the rest when closed", async () => {
  const stages = new Stages(await openDevice());
  const { x, more } = await stages.run(() => {
    const x = row(1, 2);
    return { x, more: [x.add(1).mul(2), new Map([["y", x.sub(1)]])] as const };
  });
  expect(liveTensors()).toBe(3);
  const sum = await stages.run(() => x.add(more[0]).mul(3));
  await stages.finish();
  expect(liveTensors()).toBe(4);
  expect((await sum.read()).data).toEqual(Float32Array.of(15, 24));
  stages.free(more);
  expect(liveTensors()).toBe(2);
  stages.close();
});

it("leaves what is kept to whoever kept it", async () => {
  const stages = new Stages(await openDevice());
  const kept = (await stages.run(() => row(3).mul(2))).keep();
  await stages.finish();
  stages.close();
  expect((await kept.read()).data).toEqual(Float32Array.of(6));
  kept.free();
});

it("owns a tensor once, however often it is returned", async () => {
  const stages = new Stages(await openDevice());
  const x = await stages.run(() => row(1));
  const again = await stages.run(() => ({ x, y: x.add(1) }));
  expect(again.x).toBe(x);
  stages.close();
});

it("frees what a stage made that failed", async () => {
  const stages = new Stages(await openDevice());
  const failing = stages.run(() => {
    row(1).add(1);
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  stages.close();
});
