/** @file The server of the workbench: static files on this machine alone, with the headers that threads need. */

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { LookbackError } from "../errors.ts";
import { CONTENT_SECURITY_POLICY, ISOLATION_HEADERS } from "./workbench-policy.ts";
import { runIndex, servedFile } from "./workbench-run.ts";

/** Folders of the site. */
export interface WorkbenchSite {
  /** The built page. */
  readonly pages: string;
  /** The bundled models, which the page asks for under `models/`. */
  readonly models: string;
  /** The folder of a training run, which the page asks for under `run/`. */
  readonly run?: string;
}

/** A server that runs. */
export interface WorkbenchServer {
  /** Where the page is; with a run, so that it opens on that. */
  readonly url: string;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".jsonl": "application/jsonl; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".md": "text/plain; charset=utf-8",
};

const HEADERS: Readonly<Record<string, string>> = {
  ...ISOLATION_HEADERS,
  "Content-Security-Policy": `${CONTENT_SECURITY_POLICY}; frame-ancestors 'none'`,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-cache",
};

/** The parts of a path of the site; undefined for one that leads out of it, or to what is hidden. */
function partsOf(path: string): readonly string[] | undefined {
  let decoded: string;
  try {
    decoded = normalize(decodeURIComponent(path));
  } catch {
    return undefined;
  }
  const parts = decoded.split(/[\\/]/).filter((part) => part !== "");
  const isOutside = decoded.includes("\0") || parts.some((part) => part.startsWith("."));
  return isOutside ? undefined : parts;
}

/** The file that a path of the site stands for; undefined for what is outside of it. */
function fileOf(site: WorkbenchSite, parts: readonly string[]): string | undefined {
  const [first, ...rest] = parts;
  if (first === "run") return site.run && servedFile(site.run, rest.join("/"));
  const [folder, inside] =
    first === "models"
      ? [site.models, rest]
      : [site.pages, parts.length > 0 ? parts : ["index.html"]];
  const file = join(folder, ...inside);
  return file.startsWith(folder + sep) ? file : undefined;
}

/** Whether a request is meant for this machine: a page elsewhere may have its name lead here. */
function isForThisHost({ headers }: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? "");
}

async function answer(
  site: WorkbenchSite,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isForThisHost(request)) return end(response, 403);
  if (request.method !== "GET" && request.method !== "HEAD") return end(response, 405);
  // Not by URL, which takes what follows two slashes for a host.
  const [pathname = "/"] = (request.url ?? "/").split(/[?#]/);
  const parts = partsOf(pathname);
  if (site.run !== undefined && parts?.join("/") === "run/index.json") {
    return answerIndex(site.run, request, response);
  }
  const file = parts && fileOf(site, parts);
  const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || !found?.isFile()) return end(response, 404);
  const tag = `"${found.size.toString(36)}-${Math.floor(found.mtimeMs).toString(36)}"`;
  const headers = {
    ...HEADERS,
    "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
    ETag: tag,
  };
  if (request.headers["if-none-match"] === tag) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, { ...headers, "Content-Length": found.size });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  if (found.size === 0) {
    response.end();
    return;
  }
  // No further than was said, if the file grows; and to the end of the file or of who asked for it.
  const content = createReadStream(file, { end: found.size - 1 });
  await pipeline(content, response).catch(() => response.destroy());
}

/** The run as it is now. */
async function answerIndex(
  run: string,
  { method }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const index = await runIndex(run).catch(() => undefined);
  if (index === undefined) return end(response, 404);
  const body = Buffer.from(JSON.stringify(index));
  const headers = { "Content-Type": TYPES[".json"], "Content-Length": body.length };
  response.writeHead(200, { ...HEADERS, ...headers }).end(method === "HEAD" ? undefined : body);
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, HEADERS).end();
}

/**
 * Serves the workbench on 127.0.0.1.
 *
 * @param port 0 for any that is free.
 * @throws LookbackError `not-found` where the page was not built, or a run has no checkpoint;
 *   `unsupported` where the port is taken.
 */
export async function serveWorkbench(site: WorkbenchSite, port: number): Promise<WorkbenchServer> {
  const isBuilt = await stat(join(site.pages, "index.html")).catch(() => undefined);
  if (isBuilt === undefined) {
    throw new LookbackError(
      "not-found",
      "the workbench is not built here: run npm run workbench:build first",
    );
  }
  if (site.run !== undefined) await runIndex(site.run);
  const server: Server = createServer((request, response) => {
    answer(site, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? `port ${port} is taken; give another with --port`
          : error.message;
      reject(new LookbackError("unsupported", `cannot serve the workbench: ${why}`, { port }));
    });
    server.listen(port, HOST, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${address.port}/${site.run === undefined ? "" : "?run"}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
