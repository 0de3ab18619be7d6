/** @file `lookback workbench` with the built page: it serves until it is interrupted. */

import { expect, test } from "vitest";
import { finished, startCli } from "../cli/run-cli.ts";

test("serves the built page until Ctrl+C", async () => {
  const child = startCli(["workbench", "--no-open"]);
  const done = finished(child);
  const line = await new Promise<string>((resolve) => {
    child.stdout?.once("data", (part) => resolve(String(part)));
  });
  const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(line)?.[0] ?? "";
  const page = await (await fetch(url)).text();
  expect(page).toContain("Lookback workbench");
  // The page's own policy is there on hosts that send none.
  expect(page).toMatch(/http-equiv="Content-Security-Policy"/);
  child.kill("SIGINT");
  const { code, stderr } = await done;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
