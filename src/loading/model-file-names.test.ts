import { describe, expect, it } from "vitest";
import { chooseModelFiles } from "./model-file-names.ts";

const weightsOf = (...paths: string[]) =>
  chooseModelFiles(["config.json", ...paths], { where: "here" }).weights;

describe("chooseModelFiles", () => {
  it("prefers safetensors, then a finished checkpoint at the top, then one below", () => {
    expect(weightsOf("model.safetensors", "model_final.pth")).toBe("model.safetensors");
    expect(weightsOf("SoLU_v9_final.pth", "checkpoints/a_final.pth")).toBe("SoLU_v9_final.pth");
    expect(weightsOf("final.pth", "step_1.pth")).toBe("final.pth");
    expect(weightsOf("run/a_final.pth", "run/step_1.pth")).toBe("run/a_final.pth");
  });

  it("takes the one weights file at the top whatever its name, and none of those below", () => {
    expect(weightsOf("mine.pt", "checkpoints/step_1.pth")).toBe("mine.pt");
    expect(weightsOf("mine.safetensors")).toBe("mine.safetensors");
    expect(() => weightsOf("checkpoints/step_1.pth")).toThrow("here has no weights");
  });

  it("says which weights files there are and what to do, where none is meant plainly", () => {
    const many = ["a.pth", "b.pth", "c.pth", "d.pth", "e.pth", "f.pth"];
    expect(() => weightsOf(...many)).toThrow(
      "several weights files: a.pth, b.pth, c.pth, d.pth, e.pth, …; give the path",
    );
  });

  it("says what there is where the config is missing", () => {
    const choose = (...paths: string[]) => chooseModelFiles(paths, { where: "here" });
    expect(() => choose()).toThrow("here has no config.json; a model is");
    expect(() => choose("a.txt")).toThrow("here has no config.json (but a.txt); a model is");
  });

  it("takes a tokenizer where there is one", () => {
    const choose = (...paths: string[]) => chooseModelFiles(paths, { where: "here" }).tokenizer;
    expect(choose("config.json", "final.pth", "tokenizer.json")).toBe("tokenizer.json");
    expect(choose("config.json", "final.pth")).toBeNull();
  });
});
