/** @file What differs between two values of plain JSON, path by path, for people. */

function isParts(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** `steps was 400 and is 500`, for each part that differs. */
export function differences(before: unknown, now: unknown, path = ""): string[] {
  if (isParts(before) && isParts(now)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
    return [...keys].flatMap((key) =>
      differences(before[key], now[key], path === "" ? key : `${path}.${key}`),
    );
  }
  if (before === now) return [];
  const told = (value: unknown) => JSON.stringify(value) ?? "nothing";
  return [`${path} was ${told(before)} and is ${told(now)}`];
}
