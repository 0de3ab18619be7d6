/** @file Models that the service worker keeps: without a network there are these, and no others. */

/** The names of the site's models of which the weights are kept, in the order of the alphabet. */
export async function modelsKeptForOffline(): Promise<readonly string[]> {
  try {
    const names = new Set<string>();
    for (const cache of await caches.keys()) {
      for (const { url } of await (await caches.open(cache)).keys()) {
        const [, name] = /\/models\/([^/]+)\/model\.safetensors$/.exec(new URL(url).pathname) ?? [];
        if (name !== undefined) names.add(decodeURIComponent(name));
      }
    }
    return [...names].sort();
  } catch {
    return []; // private windows and some settings forbid it
  }
}
