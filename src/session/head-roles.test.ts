import { expect, it } from "vitest";
import { PLANTED_HEADS, plantedModel } from "../../test/planted-model.ts";
import { randomModel } from "../../test/random-model.ts";
import { session } from "../../test/session.ts";
import { parseScorecardSpec } from "../hypothesis/scorecard-spec.ts";
import { HookedTransformer } from "../model/model.ts";
import { headRoles, SURE_ROLES_SPEC } from "./head-roles.ts";

it("finds the heads that were planted", async () => {
  using model = await HookedTransformer.create(plantedModel("bag"));
  const shares: number[] = [];
  const cards = await headRoles(session(model), { onProgress: (share) => shares.push(share) });
  const playing = (role: string) =>
    cards.filter(({ roles }) => roles.some((each) => each === role)).map(({ label }) => label);
  expect(playing("previous-token")).toContain(PLANTED_HEADS.bag.previousToken);
  expect(playing("induction")).toEqual([PLANTED_HEADS.bag.induction]);
  expect(shares.at(-1)).toBeCloseTo(1, 6);
});

it("stops when it is told to", async () => {
  using model = await HookedTransformer.create(randomModel());
  const stopped = headRoles(session(model), { signal: AbortSignal.abort() });
  await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
});

it("is sure where the command line's scorecard is", () => {
  expect(SURE_ROLES_SPEC).toEqual(parseScorecardSpec());
});
