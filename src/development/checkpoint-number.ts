/** @file The place in training of a checkpoint that only its name tells. */

/** The number that a checkpoint's name ends in: of `step-200` and `run_200.pth` 200, of `standard-2l` none. */
export function numberAtEnd(name: string): number | undefined {
  const [, digits] = /(?:^|[^\d])(\d+)(?:\.pth)?$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
