import { expect, it } from "vitest";
import { PLANTED_HEADS, plantedModel } from "../../test/planted-model.ts";
import { randomModel } from "../../test/random-model.ts";
import { session } from "../../test/session.ts";
import { headLabel } from "../model/heads.ts";
import { HookedTransformer } from "../model/model.ts";
import { leadHead } from "./lead-head.ts";

it("finds the induction head that was planted", async () => {
  using model = await HookedTransformer.create(plantedModel("bag"));
  expect(headLabel(await leadHead(session(model)))).toBe(PLANTED_HEADS.bag.induction);
});

it.each([2, 3, 8])("finds some head in a context of %i tokens", async (n_ctx) => {
  using model = await HookedTransformer.create(randomModel({ n_ctx }));
  const { layer, head } = await leadHead(session(model));
  expect(layer).toBeLessThan(model.config.n_layers);
  expect(head).toBeLessThan(model.config.n_heads);
});

it("stops when it is told to", async () => {
  using model = await HookedTransformer.create(randomModel());
  const stopped = leadHead(session(model), { signal: AbortSignal.abort() });
  await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
});
