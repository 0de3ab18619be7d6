/** @file The roles of the bundled models' heads, as their cards say. */

// First, for threads.
import "../../src/node/threads.ts";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { rolesOf } from "../../src/hypothesis/head-labels.ts";
import { type HeadCard, type ScorecardResult, scorecard } from "../../src/hypothesis/scorecard.ts";
import { parseScorecardSpec } from "../../src/hypothesis/scorecard-spec.ts";
import { HookedTransformer } from "../../src/model/model.ts";
import { bundledFolder } from "../../src/node/bundled.ts";
import { readModel } from "../../src/node/index.ts";

/** The heads of a model, strongest first. */
interface Heads {
  readonly name: string;
  readonly previousToken: string;
  readonly lookBack: readonly string[];
  /** Looks back further than the strongest look-back head, and does not mind order. */
  readonly furthest: string;
  readonly roleOfFurthest: "look-back" | "broad-look-back";
  readonly induction: readonly string[];
  /** The least score of these, and the most that order matters to the look-back heads. */
  readonly bounds: {
    readonly induction: number;
    readonly orderOfLookBack: number;
    readonly orderOfFurthest: number;
  };
}

const MODELS: readonly Heads[] = [
  {
    name: "standard-2l",
    previousToken: "L0H2",
    lookBack: ["L0H5", "L0H4"],
    furthest: "L0H4",
    roleOfFurthest: "look-back",
    induction: ["L1H7", "L1H4", "L1H3", "L1H2", "L1H0"],
    bounds: { induction: 0.35, orderOfLookBack: 0.7, orderOfFurthest: 0.22 },
  },
  {
    name: "standard-2l-seed2",
    previousToken: "L0H5",
    lookBack: ["L0H4", "L0H6"],
    furthest: "L0H6",
    roleOfFurthest: "look-back",
    induction: ["L1H3", "L1H7", "L1H0"],
    bounds: { induction: 0.2, orderOfLookBack: 0.6, orderOfFurthest: 0.1 },
  },
  {
    name: "standard-2l-seed3",
    previousToken: "L0H0",
    lookBack: ["L0H3", "L0H6"],
    furthest: "L0H6",
    roleOfFurthest: "look-back",
    induction: ["L1H6", "L1H1", "L1H3", "L1H7"],
    bounds: { induction: 0.4, orderOfLookBack: 0.6, orderOfFurthest: 0.1 },
  },
  {
    name: "standard-2l-seed4",
    previousToken: "L0H4",
    lookBack: ["L0H6"],
    furthest: "L0H7",
    roleOfFurthest: "broad-look-back",
    induction: ["L1H2", "L1H6", "L1H4"],
    bounds: { induction: 0.5, orderOfLookBack: 0.4, orderOfFurthest: 0.1 },
  },
  {
    name: "shortformer-2l",
    previousToken: "L0H4",
    lookBack: ["L0H6", "L0H0"],
    furthest: "L0H0",
    roleOfFurthest: "look-back",
    induction: ["L1H2", "L1H1", "L1H0"],
    bounds: { induction: 0.5, orderOfLookBack: 0.65, orderOfFurthest: 0.2 },
  },
  {
    name: "standard-2l-natural",
    previousToken: "L0H2",
    lookBack: ["L0H4"],
    furthest: "L0H0",
    roleOfFurthest: "broad-look-back",
    induction: ["L1H7", "L1H4", "L1H3"],
    bounds: { induction: 0.2, orderOfLookBack: 0.6, orderOfFurthest: 0.1 },
  },
  {
    name: "standard-3l",
    previousToken: "L0H5",
    lookBack: ["L0H6", "L0H0"],
    furthest: "L0H0",
    roleOfFurthest: "look-back",
    induction: ["L2H3", "L2H5", "L1H0", "L2H0"],
    bounds: { induction: 0.6, orderOfLookBack: 0.7, orderOfFurthest: 0.1 },
  },
];

describe.each(MODELS)(
  "$name",
  ({ name, previousToken, lookBack, furthest, roleOfFurthest, induction, bounds }) => {
    let result: ScorecardResult;
    const card = (label: string) => result.heads.find((head) => head.label === label) as HeadCard;
    const strongest = lookBack[0] as string;

    beforeAll(async () => {
      using model = await HookedTransformer.create(await readModel(name));
      result = await scorecard(
        { model, bos: model.config.bos_token_id ?? 0 },
        parseScorecardSpec({ batch: 100 }),
      );
    }, 120_000);

    test("there is one previous-token head", () => {
      const found = rolesOf(result).previousToken;
      expect(found.map(({ label }) => label)).toEqual([previousToken]);
      expect(found[0]?.score).toBeGreaterThan(0.85);
      expect(card(previousToken).lags.total.reach).toBeLessThanOrEqual(2);
    });

    test("look-back heads are others, and one sees further than the strongest", () => {
      expect(rolesOf(result).lookBack.map(({ label }) => label)).toEqual(lookBack);
      for (const label of lookBack) expect(card(label).roles).not.toContain("previous-token");
      expect(card(furthest).roles).toContain(roleOfFurthest);
      expect(card(furthest).lags.total.reach).toBeGreaterThan(card(strongest).lags.total.reach);
    });

    test("heads above layer 0 are induction heads, and copy", () => {
      const found = rolesOf(result).induction;
      expect(new Set(found.map(({ label }) => label))).toEqual(new Set(induction));
      expect(card(induction[0] as string).prefixMatching.mean).toBeGreaterThan(0.45);
      for (const { label, score } of found) {
        expect(score).toBeGreaterThan(bounds.induction);
        expect(card(label).roles).toContain("copying");
      }
    });

    test("order is all to the previous-token head, less to the look-back head, little further back", () => {
      const order = (label: string) => card(label).orderSensitivity?.mean;
      expect(order(previousToken)).toBeGreaterThan(0.85);
      expect(order(strongest)).toBeGreaterThan(0.3);
      expect(order(strongest)).toBeLessThan(bounds.orderOfLookBack);
      expect(order(furthest)).toBeLessThan(bounds.orderOfFurthest);
      expect(card(furthest).roles).toContain("order-free");
    });
  },
);

test("lags of a model's layer 0 are those of its card", async () => {
  using model = await HookedTransformer.create(await readModel("shortformer-2l"));
  const { heads } = await scorecard({ model, bos: 0 }, parseScorecardSpec({ batch: 100 }));
  const lags = (label: string) => heads.find((head) => head.label === label)?.lags.total.byLag;
  const card = await readFile(join(await bundledFolder("shortformer-2l"), "README.md"), "utf8");
  for (const label of ["L0H4", "L0H6", "L0H0"]) {
    const [, cells] = new RegExp(`^\\| ${label} \\| [^|]* \\| ([^|]*) \\|`, "m").exec(card) ?? [];
    const shares = cells?.split(", ").map(Number) ?? [];
    expect(shares).toHaveLength(5);
    for (const [i, share] of shares.entries()) {
      expect(Math.abs((lags(label)?.[i + 1] ?? 1) - share)).toBeLessThan(0.01);
    }
  }
});
