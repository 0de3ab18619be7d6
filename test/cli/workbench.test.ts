/** @file `lookback workbench` as a process: what it serves, to whom, and with which headers. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { serveWorkbench, type WorkbenchServer } from "../../src/cli/workbench-server.ts";
import { DEFAULT_MODEL } from "../default-model.ts";
import { finished, root, startCli } from "./run-cli.ts";

const MODELS = join(root, "models");

/** A folder with a site in it, and beside the site what is nobody's business. */
const folder = mkdtempSync(join(tmpdir(), "lookback-site-"));
const PAGES = join(folder, "pages");
mkdirSync(join(PAGES, "assets"), { recursive: true });
writeFileSync(join(PAGES, "index.html"), "<title>the page</title>");
writeFileSync(join(PAGES, ".hidden"), "secret");
writeFileSync(join(folder, "secret.json"), "secret");
afterAll(() => rmSync(folder, { recursive: true }));

let server: WorkbenchServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A request as no browser would tidy it up. */
function ask(url: string, path: string, options: { method?: string; host?: string } = {}) {
  const { hostname, port, host } = new URL(url);
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const headers = { host: options.host ?? host };
      request({ hostname, port, path, method: options.method ?? "GET", headers }, (response) => {
        let body = "";
        response.setEncoding("latin1");
        response.on("data", (part) => {
          body += part;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      })
        .on("error", reject)
        .end();
    },
  );
}

describe("the server", () => {
  it("serves the page and the models, isolated and under a strict policy", async () => {
    server = await serveWorkbench({ pages: PAGES, models: MODELS }, 0);
    const page = await ask(server.url, "/");
    expect(page.status).toBe(200);
    expect(page.body).toContain("the page");
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "x-content-type-options": "nosniff",
    });
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(page.headers["content-security-policy"]).not.toMatch(
      /unsafe-inline|unsafe-eval'[^;]*'unsafe-eval/,
    );
    const config = await ask(server.url, `/models/${DEFAULT_MODEL}/config.json`);
    expect(JSON.parse(config.body)).toMatchObject({ n_layers: 2 });
  });

  it.each([
    "/../secret.json",
    "/..%2fsecret.json",
    "/%2e%2e/secret.json",
    "/%2e%2e%2fsecret.json",
    "/..%5csecret.json",
    "/assets/..%2f..%2fsecret.json",
    "/models/../../secret.json",
    "//secret.json",
    "/.hidden",
    "/assets",
    "/models",
    "/%00",
    "/%",
    "/no-such-file",
  ])("does not serve %s", async (path) => {
    server = await serveWorkbench({ pages: PAGES, models: MODELS }, 0);
    expect(await ask(server.url, path)).toMatchObject({ status: 404, body: "" });
  });

  describe("with a run", () => {
    const RUN = join(folder, "whales");
    const CHECKPOINT = join(RUN, "checkpoints", "step-00000200");

    beforeAll(() => {
      for (const steps of ["step-00000000", "step-00000200"]) {
        mkdirSync(join(RUN, "checkpoints", steps), { recursive: true });
      }
      mkdirSync(join(RUN, "corpus"));
      writeFileSync(join(CHECKPOINT, "config.json"), "{}");
      writeFileSync(join(CHECKPOINT, "point.json"), "{}");
      writeFileSync(join(CHECKPOINT, "optimizer.safetensors"), "memory");
      writeFileSync(join(RUN, "corpus", "config.json"), "{}");
      writeFileSync(join(RUN, "recipe.json"), JSON.stringify({ batch: 4, model: { n_ctx: 32 } }));
      writeFileSync(join(RUN, "log.jsonl"), "{}\n");
    });

    it("tells its checkpoints with their tokens, and serves their files", async () => {
      server = await serveWorkbench({ pages: PAGES, models: MODELS, run: `${RUN}/` }, 0);
      expect(server.url).toMatch(/\/\?run$/);
      const index = await ask(server.url, "/run/index.json");
      expect(index.headers["content-type"]).toContain("application/json");
      expect(JSON.parse(index.body)).toEqual({
        name: "whales",
        folder: RUN,
        isTraining: false,
        checkpoints: [
          { name: "step-00000000", steps: 0, tokens: 0 },
          { name: "step-00000200", steps: 200, tokens: 25_600 },
        ],
      });
      const config = await ask(server.url, "/run/checkpoints/step-00000200/config.json");
      expect(config).toMatchObject({ status: 200, body: "{}" });
      expect(await ask(server.url, "/run/log.jsonl")).toMatchObject({ status: 200, body: "{}\n" });
      const head = await ask(server.url, "/run/index.json", { method: "HEAD" });
      expect([head.status, head.body]).toEqual([200, ""]);
    });

    it.each([
      "/run",
      "/run/",
      "/run/recipe.json",
      "/run/corpus/config.json",
      "/run/checkpoints",
      "/run/checkpoints/step-00000200",
      "/run/checkpoints/step-00000200/point.json",
      "/run/checkpoints/step-00000200/optimizer.safetensors",
      "/run/checkpoints/step-00000200/..%2f..%2frecipe.json",
      "/run/checkpoints/..%2fcorpus/config.json",
      "/run/checkpoints/../corpus/config.json",
      "/run/../../secret.json",
      "/run/checkpoints/step-00000999/config.json",
    ])("does not serve %s", async (path) => {
      server = await serveWorkbench({ pages: PAGES, models: MODELS, run: RUN }, 0);
      expect(await ask(server.url, path)).toMatchObject({ status: 404, body: "" });
    });

    it("has nothing under run/ where it was given none", async () => {
      server = await serveWorkbench({ pages: PAGES, models: MODELS }, 0);
      expect((await ask(server.url, "/run/index.json")).status).toBe(404);
      expect((await ask(server.url, "/run/log.jsonl")).status).toBe(404);
    });

    it("refuses a folder without checkpoints", async () => {
      const refused = serveWorkbench({ pages: PAGES, models: MODELS, run: PAGES }, 0);
      await expect(refused).rejects.toThrow("holds no checkpoints; --run takes");
    });
  });

  it("answers to this machine's name alone, and only reads", async () => {
    server = await serveWorkbench({ pages: PAGES, models: MODELS }, 0);
    expect((await ask(server.url, "/", { host: "evil.example" })).status).toBe(403);
    expect((await ask(server.url, "/", { method: "POST" })).status).toBe(405);
    const head = await ask(server.url, "/", { method: "HEAD" });
    expect([head.status, head.body]).toEqual([200, ""]);
  });

  it("says what to do where the page is not built, and where the port is taken", async () => {
    const nowhere = serveWorkbench({ pages: MODELS, models: MODELS }, 0);
    await expect(nowhere).rejects.toThrow("npm run workbench:build");
    server = await serveWorkbench({ pages: PAGES, models: MODELS }, 0);
    const port = Number(new URL(server.url).port);
    const taken = serveWorkbench({ pages: PAGES, models: MODELS }, port);
    await expect(taken).rejects.toThrow(`port ${port} is taken`);
  });
});

describe("lookback workbench", () => {
  it("explains itself", async () => {
    const { code, stdout } = await finished(startCli(["workbench", "--help"]));
    expect(code).toBe(0);
    expect(stdout).toContain("--no-open");
    expect(stdout).toContain("--port");
    expect(stdout).toContain("--run <folder>");
  });

  it("refuses a port that there is not", async () => {
    const { code, stderr } = await finished(startCli(["workbench", "--port", "70000"]));
    expect(code).toBe(2);
    expect(stderr).toContain("--port");
  });
});
