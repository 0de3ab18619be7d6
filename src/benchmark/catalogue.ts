/** @file The workloads by name, without what runs them: a list should not wait for the array library. */

/** A workload as a user chooses it. */
interface Entry {
  readonly name: string;
  readonly description: string;
  /** Whether it is measured only where somebody asks for it by name. */
  readonly onRequest?: true;
}

/** What can be measured, in the order in which it is. */
export const WORKLOADS = [
  {
    name: "loading",
    description: "a model from its files to ready-to-run; random weights, from memory",
  },
  {
    name: "reproduce-first-result",
    description: "what `lookback reproduce` says first: the heads, and a row of the table",
  },
  {
    name: "table",
    description: "P(B), P(D) and their logit difference, asked both ways, lengths 2 to 6",
  },
  { name: "figures1And2", description: "average patterns of the last layer on 4000 prompts" },
  { name: "figure3", description: "average patterns of layer 0 on random tokens" },
  { name: "figure5", description: "every head patched at all positions, lengths 3 to 6" },
  { name: "ordering", description: "the ordering test and its control" },
  { name: "patch-by-position", description: "every head patched at each position, length 3" },
  {
    name: "reproduce",
    description: "all of `lookback reproduce`, part by part; only where it is named",
    onRequest: true,
  },
] as const satisfies readonly Entry[];

/** The name of a workload. */
export type WorkloadName = (typeof WORKLOADS)[number]["name"];

/** All names. */
export const WORKLOAD_NAMES: readonly WorkloadName[] = WORKLOADS.map(({ name }) => name);

/** Those that are measured where nobody names any. */
export const USUAL_WORKLOADS: readonly WorkloadName[] = WORKLOADS.filter(
  (workload) => !("onRequest" in workload),
).map(({ name }) => name);
