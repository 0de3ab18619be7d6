/** @file What tests know of the model that commands and the page take where none is named. */

export { DEFAULT_MODEL } from "../src/loading/default-model.ts";

/** The heads of its circuit. */
export const CIRCUIT = {
  previousToken: "L0H2",
  lookBack: "L0H5",
  /** Looks back too, three and more, and does not mind order. */
  deepLookBack: "L0H4",
  induction: "L1H7",
} as const;
