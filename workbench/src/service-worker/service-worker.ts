/**
 * @file The service worker: the page and its default model are kept when it is installed, other models
 * when they are first used. What is kept is served first, so that the page opens at once and offline.
 */

/** The files of the site as JSON; written in by the build. */
const FILES: readonly string[] = JSON.parse("__SITE_FILES__");

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

/** The names of the page itself. */
const PAGES = ["./", "index.html"].map((name) => new URL(name, scope.registration.scope));

scope.addEventListener("install", (event) => {
  // From the server, and not from what the browser kept of the version before.
  const files = FILES.map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(files)));
  void scope.skipWaiting();
});

scope.addEventListener("activate", (event) => {
  const forget = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith("lookback-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await scope.clients.claim();
  };
  event.waitUntil(forget());
});

/** What `lookback workbench --run` serves: another run tomorrow, and more of this one in a minute. */
const RUN = new URL("run/", scope.registration.scope).href;

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || !url.href.startsWith(scope.registration.scope)) return;
  if (url.href.startsWith(RUN)) return;
  event.respondWith(kept(event, url));
});

/** A cache that is full or broken keeps nothing, and stands in no answer's way. */
async function kept(event: FetchEvent, url: URL): Promise<Response> {
  const { request } = event;
  const cache = await caches.open(CACHE).catch(() => undefined);
  const isPage = PAGES.some((page) => page.pathname === url.pathname);
  const key = isPage ? scope.registration.scope : url.origin + url.pathname;
  const known = await cache?.match(key).catch(() => undefined);
  // A newer page has newer scripts; offline there is the one that is kept.
  if (known !== undefined && !isPage) return isolated(known);
  try {
    const response = await fetch(request);
    if (cache !== undefined && response.ok && response.type === "basic") {
      event.waitUntil(cache.put(key, response.clone()).catch(() => undefined));
    }
    return isolated(response);
  } catch (error) {
    if (known !== undefined) return isolated(known);
    throw error;
  }
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
