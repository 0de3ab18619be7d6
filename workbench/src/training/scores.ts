/** @file The scores that are followed while a model is trained in the page. */

export const SCORES = [
  { name: "previous token", score: "previousToken" },
  { name: "look back 2 to 5", score: "lookBack" },
  { name: "induction", score: "induction" },
] as const;
