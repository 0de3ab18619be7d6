/** Labels of edges, and which edges there are: held against what a plain transformer's receivers read. */

import { describe, expect, it } from "vitest";
import { plainRun } from "../../test/plain-transformer.ts";
import { randomModel } from "../../test/random-model.ts";
import {
  allReceivers,
  allSenders,
  isEdge,
  parseReceivers,
  parseSenders,
  receiverLabel,
  senderLabel,
} from "./edges.ts";

describe.each([
  ["positions in the stream", false],
  ["positions beside the stream", true],
] as const)("edges, %s", (_, shortformer_pos) => {
  const source = randomModel({ n_layers: 3, shortformer_pos });
  const { config } = source;

  it("are what receivers read", () => {
    const read = new Set<string>();
    plainRun(source, [1, 2], (sender, receiver) => {
      read.add(`${sender} ${receiver}`);
      return undefined;
    });
    const edges = allSenders(config).flatMap((from) =>
      allReceivers(config)
        .filter((to) => isEdge({ from, to }, config))
        .map((to) => `${senderLabel(from)} ${receiverLabel(to)}`),
    );
    expect(new Set(edges).size).toBe(edges.length);
    expect(new Set(edges)).toEqual(read);
  });

  it("have ends in the order of the run", () => {
    const { written } = plainRun(source, [1]);
    expect(allSenders(config).map(senderLabel)).toEqual([...written.keys()]);
    const labels = allReceivers(config).map(receiverLabel);
    expect(labels.slice(0, 7).join(" ")).toBe("L0H0.q L0H0.k L0H0.v L0H1.q L0H1.k L0H1.v L1H0.q");
    expect(labels).toHaveLength(3 * 2 * 3 + 1);
    expect(labels.at(-1)).toBe("logits");
  });
});

describe("labels", () => {
  const { config } = randomModel();
  const senders = (label: string) => parseSenders(label, config).map(senderLabel);
  const receivers = (label: string) => parseReceivers(label, config).map(receiverLabel);

  it("are read back as what they name", () => {
    for (const sender of allSenders(config)) {
      expect(parseSenders(senderLabel(sender), config)).toEqual([sender]);
    }
    for (const receiver of allReceivers(config)) {
      expect(parseReceivers(receiverLabel(receiver), config)).toEqual([receiver]);
    }
  });

  it("name several at once", () => {
    expect(senders("all")).toEqual(allSenders(config).map(senderLabel));
    expect(senders("L1")).toEqual(["L1H0", "L1H1"]);
    expect(senders("l0.b_o")).toEqual(["L0.b_O"]);
    expect(receivers("all")).toEqual(allReceivers(config).map(receiverLabel));
    expect(receivers("L1H1")).toEqual(["L1H1.q", "L1H1.k", "L1H1.v"]);
    expect(receivers("L1.k")).toEqual(["L1H0.k", "L1H1.k"]);
    expect(receivers("L0")).toHaveLength(6);
  });

  it.each([
    [() => senders("L2"), "unknown-layer", "no layer 2"],
    [() => senders("L2.b_O"), "unknown-layer", "layers 0 to 1"],
    [() => senders("L0H2"), "unknown-head", "L0H0 to L1H1"],
    [() => senders("logits"), "unknown-head", "logits"],
    [() => receivers("L1H0.z"), "bad-spec", "a head reads with q, k or v"],
    [() => receivers("L1H0.q.k"), "bad-spec", "a head reads with q, k or v"],
    [() => receivers("L1H2.q"), "unknown-head", "L0H0 to L1H1"],
    [() => receivers("L7.q"), "unknown-layer", "no layer 7"],
    [() => receivers("embed"), "unknown-head", "embed"],
  ] as const)("that name nothing are refused (%#)", (parse, code, message) => {
    expect(parse).toThrowError(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
