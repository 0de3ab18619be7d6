import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const MINUTE = 60_000;

export default defineConfig({
  test: {
    restoreMocks: true,
    // All cores: the default leaves one for a watcher, which on a machine of two doubles the time.
    maxWorkers: availableParallelism(),
    projects: [
      {
        extends: true,
        // Beside the source, the golden cases, and what the benches are made of: no build needed.
        test: {
          name: "unit",
          include: ["{src,recipes}/**/*.test.ts", "test/{golden,bench}/**/*.test.ts"],
          testTimeout: MINUTE,
          hookTimeout: MINUTE,
        },
      },
      {
        extends: true,
        // The post on the bundled models, in full; with threads, for these are minutes of work.
        test: {
          name: "bundled",
          include: ["test/bundled/**/*.test.ts"],
          testTimeout: 5 * MINUTE,
          hookTimeout: 5 * MINUTE,
        },
      },
      {
        extends: true,
        // The command as a process.
        test: {
          name: "cli",
          include: ["test/cli/**/*.test.ts"],
          testTimeout: 2 * MINUTE,
          hookTimeout: 2 * MINUTE,
        },
      },
      {
        extends: true,
        // What a user installs: needs `npm run build` before.
        test: {
          name: "package",
          include: ["test/package/**/*.test.ts"],
          testTimeout: 5 * MINUTE,
          hookTimeout: 5 * MINUTE,
        },
      },
      {
        extends: true,
        // The built library in Chromium: needs `npm run build` before.
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 5 * MINUTE,
          hookTimeout: 5 * MINUTE,
        },
      },
      {
        extends: true,
        // The built workbench in Chromium: needs `npm run workbench:build` before.
        test: {
          name: "workbench",
          include: ["test/workbench/**/*.test.ts"],
          testTimeout: 2 * MINUTE,
          hookTimeout: 2 * MINUTE,
        },
      },
    ],
  },
});
