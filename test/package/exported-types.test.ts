/** Whoever writes a function around the library can name what the library's own signatures name. */

import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { typesNotExported } from "./exported-types.ts";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));

/** Types of the engine's own bookkeeping, which a tensor shows and nobody else is to touch. */
const INNER = ["Scope"];

it("exports every type that an exported declaration names", () => {
  const entries = ["index.d.ts", "node/index.d.ts", "report/index.d.ts"];
  const missing = typesNotExported(dist, entries);
  expect(missing.filter((type) => !INNER.includes(type.split(" ")[0] ?? ""))).toEqual([]);
});

it("finds those that an entry leaves out", () => {
  const missing = typesNotExported(dist, ["node/index.d.ts"]);
  expect(missing).toContain("ModelConfig (model/config.d.ts), of LookAt");
  expect(missing).not.toContain("LookAt (node/run/run-journal.d.ts), of TrainingRunOptions");
});
