/** @file The server of the workbench: static files on this machine alone, with the headers that threads need. */

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";
import { LookbackError } from "../errors.ts";
import { CONTENT_SECURITY_POLICY, ISOLATION_HEADERS } from "./workbench-policy.ts";

/** Folders of the site. */
export interface WorkbenchSite {
  /** The built page. */
  readonly pages: string;
  /** The bundled models, which the page asks for under `models/`. */
  readonly models: string;
}

/** A server that runs. */
export interface WorkbenchServer {
  readonly url: string;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
};

const HEADERS: Readonly<Record<string, string>> = {
  ...ISOLATION_HEADERS,
  "Content-Security-Policy": `${CONTENT_SECURITY_POLICY}; frame-ancestors 'none'`,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-cache",
};

/** The file that a path of the site stands for; undefined for what is outside of it. */
function fileOf(site: WorkbenchSite, path: string): string | undefined {
  let decoded: string;
  try {
    decoded = normalize(decodeURIComponent(path));
  } catch {
    return undefined;
  }
  const parts = decoded.split(/[\\/]/).filter((part) => part !== "");
  if (decoded.includes("\0") || parts.some((part) => part.startsWith("."))) return undefined;
  const [first, ...rest] = parts;
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
  const file = fileOf(site, pathname);
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
  createReadStream(file)
    .on("error", () => response.destroy())
    .pipe(response);
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, HEADERS).end();
}

/**
 * Serves the workbench on 127.0.0.1.
 *
 * @param port 0 for any that is free.
 * @throws LookbackError `not-found` where the page was not built, `unsupported` where the port is taken.
 */
export async function serveWorkbench(site: WorkbenchSite, port: number): Promise<WorkbenchServer> {
  const isBuilt = await stat(join(site.pages, "index.html")).catch(() => undefined);
  if (isBuilt === undefined) {
    throw new LookbackError(
      "not-found",
      "the workbench is not built here: run npm run workbench:build first",
    );
  }
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
    url: `http://${HOST}:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
