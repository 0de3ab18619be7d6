/**
 * @file All checks, one after the other, and what came of them. Every test counts as one check, and
 * so does each tool that only says yes or no. The last line is `N passed, N failed`; the exit code
 * is 0 only where something passed and nothing failed.
 *
 * Names of steps run these alone: `npm test -- types cli`.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

interface Step {
  readonly name: string;
  readonly run: () => Counts;
}

/** Runs a command with its output shown, and says whether it succeeded. */
function succeeds(command: string, args: readonly string[]): boolean {
  console.log(`$ ${[command, ...args].join(" ")}`);
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  if (error !== undefined) console.error(`could not run ${command}: ${error.message}`);
  return status === 0;
}

/** A tool that passes or fails as a whole. */
function tool(name: string, command: string, ...args: readonly string[]): Step {
  return {
    name,
    run: () => (succeeds(command, args) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }),
  };
}

/** The part of Vitest's JSON report that is read. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numTotalTests: number;
}

function readReport(path: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined; // Vitest ended before it wrote one, and has said why
  }
}

/** A Vitest project. A test that did not pass, for being skipped too, has failed. */
function vitest(project: string): Step {
  return {
    name: project,
    run: () => {
      const folder = mkdtempSync(join(tmpdir(), "lookback-test-"));
      const path = join(folder, "report.json");
      const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${path}`];
      const success = succeeds("vitest", ["run", "--project", project, ...reporters]);
      const report = readReport(path);
      rmSync(folder, { recursive: true });
      const passed = report?.numPassedTests ?? 0;
      const failed = (report?.numTotalTests ?? 0) - passed;
      return { passed, failed: success ? failed : Math.max(1, failed) };
    },
  };
}

const STEPS: readonly Step[] = [
  tool("types", "tsc", "-p", "."),
  tool("lint", "biome", "check", "."),
  tool("build", "npm", "run", "build"),
  tool("publint", "publint", "--strict"),
  tool("workbench-types", "npm", "run", "workbench:types"),
  tool("workbench-build", "npm", "run", "workbench:build"),
  vitest("unit"),
  vitest("bundled"),
  vitest("cli"),
  vitest("package"),
  vitest("browser"),
  vitest("workbench"),
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
  const names = STEPS.map((step) => step.name).join(", ");
  console.error(`no step ${unknown.join(", ")}; there are ${names}`);
  process.exit(2);
}

const total = { passed: 0, failed: 0 };
const failedSteps: string[] = [];
for (const step of STEPS) {
  if (asked.length > 0 && !asked.includes(step.name)) continue;
  console.log(`\n── ${step.name}`);
  const { passed, failed } = step.run();
  total.passed += passed;
  total.failed += failed;
  if (failed > 0 || passed === 0) failedSteps.push(step.name);
}

if (failedSteps.length > 0) console.log(`\nfailed: ${failedSteps.join(", ")}`);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = failedSteps.length === 0 ? 0 : 1;
