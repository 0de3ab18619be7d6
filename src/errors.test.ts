import { describe, expect, it } from "vitest";
import { checkChoice, didYouMean, LookbackError, throwIfCancelled } from "./errors.ts";

describe("LookbackError", () => {
  it("is an error with a code, details and a cause", () => {
    const cause = new TypeError("inner");
    const error = new LookbackError("bad-shape", "no such shape", { shape: [2] }, { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("LookbackError");
    expect(error.code).toBe("bad-shape");
    expect(error.message).toBe("no such shape");
    expect(error.details).toEqual({ shape: [2] });
    expect(error.cause).toBe(cause);
  });
});

describe("didYouMean", () => {
  it("names the nearest candidate, or says nothing", () => {
    expect(didYouMean("hook_zz", ["hook_z", "hook_q"])).toBe('; did you mean "hook_z"?');
    expect(didYouMean("hook_zz", ["completely different"])).toBe("");
  });
});

describe("checkChoice", () => {
  it("lists what there is to choose from, with the nearest", () => {
    expect(() => checkChoice("kind", "mean", ["zero", "mean"])).not.toThrow();
    const refusal = (given: string) => () => checkChoice("kind", given, ["zero", "mean"]);
    expect(refusal("men")).toThrow(
      expect.objectContaining({
        code: "bad-spec",
        message: 'kind: "men" is not one of zero, mean; did you mean "mean"?',
        details: { field: "kind", value: "men", allowed: ["zero", "mean"] },
      }),
    );
    expect(refusal(undefined as unknown as string)).toThrow("kind: undefined is not one of");
    expect(refusal(0 as unknown as string)).toThrow("kind: 0 is not one of zero, mean");
  });
});

describe("throwIfCancelled", () => {
  it("throws once the signal has fired, and not before", () => {
    const controller = new AbortController();
    expect(() => throwIfCancelled(controller.signal)).not.toThrow();
    expect(() => throwIfCancelled(undefined)).not.toThrow();
    const reason = new Error("the user left");
    controller.abort(reason);
    expect(() => throwIfCancelled(controller.signal)).toThrow(
      expect.objectContaining({ code: "cancelled", cause: reason }),
    );
  });
});
