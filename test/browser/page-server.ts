/**
 * @file A static server for pages under test: the built package, its dependencies and the fixtures,
 * with the headers that threads in WebAssembly need.
 */

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const ROOT = new URL("../../", import.meta.url).pathname;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
};

/** Where a page finds the packages that the library imports by name. */
const IMPORTS = {
  lookback: "/dist/index.js",
  "@jax-js/jax": "/node_modules/@jax-js/jax/dist/index.js",
  "@huggingface/tokenizers": "/node_modules/@huggingface/tokenizers/dist/tokenizers.mjs",
  fflate: "/node_modules/fflate/esm/browser.js",
  tinyqueue: "/node_modules/tinyqueue/index.js",
  zod: "/node_modules/zod/index.js",
};

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Lookback under test</title>
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script type="module">import * as lookback from "lookback"; globalThis.lookback = lookback;</script></html>`;

/** A running server and the address of its empty page. */
export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

async function answer(path: string): Promise<{ type: string; body: string | Buffer }> {
  if (path === "/") return { type: "text/html; charset=utf-8", body: PAGE };
  const file = join(ROOT, normalize(decodeURIComponent(path)));
  return { type: TYPES[extname(file)] ?? "application/octet-stream", body: await readFile(file) };
}

/** Serves the checkout on a free port of this machine. */
export async function servePages(): Promise<PageServer> {
  const server: Server = createServer((request, response) => {
    answer(new URL(request.url ?? "/", "http://localhost").pathname).then(
      ({ type, body }) => {
        response.writeHead(200, {
          "content-type": type,
          "cross-origin-opener-policy": "same-origin",
          "cross-origin-embedder-policy": "require-corp",
        });
        response.end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
