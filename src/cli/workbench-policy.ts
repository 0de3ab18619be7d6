/**
 * @file What the workbench may do. The Content-Security-Policy stands in the built page itself, so that it
 * holds on any host; `lookback workbench` sends it too, so that it holds in workers.
 */

/** Where models can be fetched from besides the page's own site. */
const HUB = "https://huggingface.co https://*.huggingface.co https://*.hf.co";

/** As `<meta>` can have it. Workers of the array library come from object URLs. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  `connect-src 'self' ${HUB}`,
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** What threads in WebAssembly need: shared memory is for pages that share nothing with others. */
export const ISOLATION_HEADERS: Readonly<Record<string, string>> = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};
