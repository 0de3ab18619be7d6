/**
 * @file Keeps the page for later visits without a network. On hosts that do not send the headers that
 * threads need, the service worker adds them, and the page starts once more to have them.
 */

const STARTED_AGAIN = "lookback-started-again";

const THIS_MACHINE = ["127.0.0.1", "localhost"];

/** Registers the service worker. A browser that has none does without. */
export async function keepForOffline(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const hadController = navigator.serviceWorker.controller !== null;
  // `lookback workbench` sends the headers, and what it serves is there without a network. At its port there
  // may be another program tomorrow, which no service worker of ours is to answer for.
  if (crossOriginIsolated && !hadController && THIS_MACHINE.includes(location.hostname)) return;
  try {
    await navigator.serviceWorker.register("./service-worker.js");
    await navigator.serviceWorker.ready;
    if (crossOriginIsolated || hadController || sessionStorage.getItem(STARTED_AGAIN)) return;
    sessionStorage.setItem(STARTED_AGAIN, "yes");
    location.reload();
  } catch {
    // Private windows and some settings forbid it; the page works without.
  }
}
