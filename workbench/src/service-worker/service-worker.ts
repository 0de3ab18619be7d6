/**
 * @file The service worker: the page and its default model are kept when it is installed, other models
 * when they are first used. What is kept is served first, so that the page opens at once and offline. It
 * answers for files of the site alone: whatever else its host has is none of its business.
 */

/** Files that are kept at once, and those that are once they are used, as JSON; written in by the build. */
const FILES: readonly string[] = JSON.parse("__SITE_FILES__");
const LATER_FILES: readonly string[] = JSON.parse("__LATER_FILES__");

interface ExtendableEvent extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface WorkerScope {
  addEventListener(type: "install" | "activate", listen: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listen: (event: FetchEvent) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  readonly registration: { readonly scope: string };
}
const scope = globalThis as unknown as WorkerScope;

/** Of all that is in the site, written in by the build: what was kept of another is of no use. */
const CACHE = "lookback-__SITE_VERSION__";

const urlOf = (name: string) => new URL(name, scope.registration.scope).href;
const LATER = new Set(LATER_FILES.map(urlOf));
const OWN = new Set([...[...FILES, "index.html"].map(urlOf), ...LATER]);
const PAGES = ["./", "index.html"].map(urlOf);

/** Scripts and styles, whose names tell versions apart: those of a page that is older, or newer, are here too. */
const ASSETS = urlOf("assets/");

scope.addEventListener("install", (event) => {
  // From the server, and not from what the browser kept of the version before.
  const files = FILES.map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(files)));
  void scope.skipWaiting();
});

scope.addEventListener("activate", (event) => {
  const forget = async () => {
    const names = await caches.keys(); // in the order in which they were made
    const old = names.filter((name) => name.startsWith("lookback-") && name !== CACHE);
    const before = old.pop();
    await Promise.all(old.map((name) => caches.delete(name)));
    if (before !== undefined) await keepAssetsAlone(before);
    await scope.clients.claim();
  };
  event.waitUntil(forget());
});

/** A page of the version before that is still open has yet to ask for some of its scripts. */
async function keepAssetsAlone(name: string): Promise<void> {
  const cache = await caches.open(name);
  const others = (await cache.keys()).filter(({ url }) => !url.startsWith(ASSETS));
  await Promise.all(others.map((request) => cache.delete(request)));
}

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const url = origin + pathname;
  if (request.method !== "GET" || !(OWN.has(url) || url.startsWith(ASSETS))) return;
  event.respondWith(PAGES.includes(url) ? page(request) : kept(event, url));
});

/** A newer page has newer scripts; offline there is the one that is kept. */
async function page(request: Request): Promise<Response> {
  try {
    return isolated(await fetch(request));
  } catch (error) {
    const known = await keptAs(scope.registration.scope);
    if (known !== undefined) return isolated(known);
    throw error;
  }
}

/** What is kept of a file, or else what the host has. */
async function kept(event: FetchEvent, url: string): Promise<Response> {
  const known = await keptAs(url);
  if (known !== undefined) return isolated(known);
  const response = await fetch(event.request);
  if (LATER.has(url) && response.ok && response.type === "basic") {
    const copy = response.clone();
    const put = caches.open(CACHE).then((cache) => cache.put(url, copy));
    event.waitUntil(put.catch(() => undefined));
  }
  return isolated(response);
}

/** A cache that is full or broken keeps nothing, and stands in no answer's way. */
function keptAs(url: string): Promise<Response | undefined> {
  const isAsset = url.startsWith(ASSETS);
  return caches.match(url, isAsset ? {} : { cacheName: CACHE }).catch(() => undefined);
}

/** With the headers that threads need. */
function isolated(response: Response): Response {
  if (response.status === 0 || response.headers.has("cross-origin-embedder-policy")) {
    return response;
  }
  const headers = new Headers(response.headers);
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("cross-origin-embedder-policy", "require-corp");
  headers.set("cross-origin-resource-policy", "same-origin");
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
