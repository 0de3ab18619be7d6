/** @file The files of a model from this site, from the hub, or as they were dropped onto the page. */

import { didYouMean, LookbackError, throwIfCancelled } from "../../../src/errors.ts";
import { chooseModelFiles } from "../../../src/loading/model-file-names.ts";
import { type LoadedModel, parseModelFiles } from "../../../src/loading/model-files.ts";
import {
  completeConfig,
  knownModel,
  knownNames,
  resolveModelName,
} from "../../../src/loading/names.ts";
import { parseTokenizer, type Tokenizer } from "../../../src/loading/tokenizer.ts";
import { parseConfig } from "../../../src/model/config.ts";
import { type FetchTools, fetchBytes, fetchJson, parseJson } from "./fetch-files.ts";
import { modelsKeptForOffline } from "./kept-for-offline.ts";
import type { ModelSource } from "./protocol.ts";

const HUB = "https://huggingface.co";
/** What to do about several weights files, where no path can be given. */
const REMEDY = "drop the one that is meant, with its config.json";

/**
 * Fetches and checks a model.
 *
 * @throws LookbackError `not-found`, `offline` naming the models that are kept, `unknown-model`, and what
 *   `parseModelFiles` throws.
 */
export async function fetchModel(source: ModelSource, tools: FetchTools): Promise<LoadedModel> {
  try {
    return await modelOf(source, tools);
  } catch (error) {
    const isOffline = error instanceof LookbackError && error.code === "offline";
    throw isOffline ? await offlineError(source, error) : error;
  }
}

/** What did not come, from whom, and what there is meanwhile. */
async function offlineError(source: ModelSource, cause: LookbackError): Promise<LookbackError> {
  const name = source.kind === "hub" ? source.id : source.kind === "files" ? "" : source.name;
  const why = navigator.onLine ? cause.message : "this page is offline; try again with a network";
  const kept = await modelsKeptForOffline();
  const rest =
    kept.length > 0 ? `. Kept here, and there without a network: ${kept.join(", ")}` : "";
  return new LookbackError("offline", `${name} cannot be fetched: ${why}${rest}.`, cause.details, {
    cause,
  });
}

function modelOf(source: ModelSource, tools: FetchTools): Promise<LoadedModel> {
  switch (source.kind) {
    case "bundled":
      return siteModel(`models/${encodeURIComponent(source.name)}`, source.name, tools);
    case "site":
      return siteModel(source.folder, source.name, tools);
    case "hub":
      return hubModel(source.id, tools);
    case "files":
      return droppedModel(source, tools);
  }
}

async function siteModel(path: string, name: string, tools: FetchTools): Promise<LoadedModel> {
  const folder = new URL(`${path}/`, siteUrl());
  const file = (path: string) => new URL(path, folder).href;
  const [config, tokenizer, bytes] = await Promise.all([
    fetchJson(file("config.json"), tools),
    fetchJson(file("tokenizer.json"), tools),
    fetchBytes(file("model.safetensors"), name, tools),
  ]);
  return parseModelFiles({
    name,
    config,
    tokenizer,
    weights: { name: "model.safetensors", bytes },
  });
}

/** Where the page is: built scripts are in `assets/`, and while developing the sources are where they are. */
function siteUrl(): URL {
  return new URL(import.meta.env.DEV ? "/" : "../", globalThis.location.href);
}

async function hubModel(given: string, tools: FetchTools): Promise<LoadedModel> {
  const id = hubId(given.trim());
  const { paths, revision } = await hubListing(id, tools);
  const { weights } = chooseModelFiles(paths, { where: `${id} on the hub`, remedy: REMEDY });
  const file = (path: string, repository = id, at = revision) =>
    `${HUB}/${repository}/resolve/${at}/${path.split("/").map(encodeURIComponent).join("/")}`;
  const config = completeConfig(await fetchJson(file("config.json"), tools), id);
  const { tokenizer_name } = parseConfig(config); // before the weights are fetched for nothing
  const tokenizer = paths.includes("tokenizer.json")
    ? parseTokenizer(await fetchJson(file("tokenizer.json"), tools))
    : await foreignTokenizer(
        tokenizer_name && file("tokenizer.json", tokenizer_name, "main"),
        tools,
      );
  const bytes = await fetchBytes(file(weights), id, tools);
  const name = knownModel(id)?.aliases[0] ?? id;
  return {
    ...(await parseModelFiles({ name, config, weights: { name: weights, bytes } })),
    tokenizer,
  };
}

/** The hub id that a name stands for. A page has no folders, of which the command line's message speaks. */
function hubId(given: string): string {
  try {
    const resolved = resolveModelName(given, { bundled: [] });
    if (resolved.kind === "hub") return resolved.id;
  } catch (error) {
    if (!(error instanceof LookbackError)) throw error;
  }
  throw new LookbackError(
    "unknown-model",
    `${JSON.stringify(given)} is no hub id: give owner/name, or a name of TransformerLens such as attn-only-2l${didYouMean(given, knownNames())}`,
    { model: given },
  );
}

/** Patterns need no tokenizer, so its lack is no reason to do without the model. */
async function foreignTokenizer(url: string | null, tools: FetchTools): Promise<Tokenizer | null> {
  if (url === null) return null;
  try {
    return parseTokenizer(await fetchJson(url, tools));
  } catch (error) {
    if (error instanceof LookbackError && error.code !== "cancelled") return null;
    throw error;
  }
}

/** What a repository of the hub holds, and the revision that it holds it in: all files are of one. */
async function hubListing(
  id: string,
  tools: FetchTools,
): Promise<{ readonly paths: string[]; readonly revision: string }> {
  let listing: unknown;
  try {
    listing = await fetchJson(`${HUB}/api/models/${id}`, tools);
  } catch (error) {
    // The hub tells strangers 401 of what is private and of what there is not.
    const status = error instanceof LookbackError ? error.details.status : undefined;
    if (status !== 401 && status !== 404) throw error;
    throw new LookbackError(
      "not-found",
      `the hub has no model ${JSON.stringify(id)} that everyone may read; look for a slip in its name, or drop its files onto the page`,
      { id },
      { cause: error },
    );
  }
  const { siblings, sha } = listing as { readonly siblings?: unknown; readonly sha?: unknown };
  if (!Array.isArray(siblings)) throw new LookbackError("not-found", `${id} lists no files`);
  return {
    paths: siblings.map(({ rfilename }: { readonly rfilename: string }) => rfilename),
    revision: typeof sha === "string" && /^[0-9a-f]{40}$/.test(sha) ? sha : "main",
  };
}

async function droppedModel(
  { files, folder }: Extract<ModelSource, { readonly kind: "files" }>,
  tools: FetchTools,
): Promise<LoadedModel> {
  const byName = new Map(files.map((file) => [file.name, file]));
  const names = chooseModelFiles([...byName.keys()], { where: "what was dropped", remedy: REMEDY });
  const config = byName.get(names.config) as File;
  const weights = byName.get(names.weights) as File;
  const tokenizer = names.tokenizer === null ? undefined : byName.get(names.tokenizer);
  tools.onProgress(0, `reading ${weights.name}`);
  const bytes = new Uint8Array(await weights.arrayBuffer());
  throwIfCancelled(tools.signal);
  return parseModelFiles({
    name: folder ?? weights.name.replace(/\.[^.]*$/, ""),
    config: completeConfig(parseJson(await config.text(), names.config), null),
    weights: { name: weights.name, bytes },
    ...(tokenizer && { tokenizer: parseJson(await tokenizer.text(), "tokenizer.json") }),
  });
}
