import { describe, expect, it } from "vitest";
import { currentDevice, type DeviceKind, openDevice } from "./device.ts";
import { scoped } from "./scope.ts";
import { tensor } from "./tensor.ts";

describe("openDevice", () => {
  it("opens WebAssembly unless told otherwise, as often as one likes", async () => {
    expect(currentDevice()).toBeUndefined();
    expect(await openDevice()).toBe("wasm");
    expect(await openDevice("wasm")).toBe("wasm");
    expect(currentDevice()).toBe("wasm");
  });

  it("says which devices there are", async () => {
    await expect(openDevice("cuda" as DeviceKind)).rejects.toMatchObject({
      code: "bad-spec",
      message: 'device: "cuda" is not one of wasm, webgpu',
    });
  });

  it("says when there is no graphics card, and leaves the open device as it is", async () => {
    await openDevice("wasm");
    await expect(openDevice("webgpu")).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining('use the device "wasm"'),
    });
    expect(currentDevice()).toBe("wasm");
    const sum = scoped(() => tensor({ shape: [2], data: Float32Array.of(1, 2) }).sum());
    expect((await sum.read()).data[0]).toBe(3);
    sum.free();
  });
});
