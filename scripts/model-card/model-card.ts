/** @file The card of a bundled model, as Markdown: what it is, how it was made, what was measured on it. */

import type { DevelopmentLog } from "../../src/cli/development-log.ts";
import { isAskedBothWays } from "../../src/development/length-answers.ts";
import type { HeadLook } from "../../src/development/repeated-tokens.ts";
import type { PlacedLook } from "../../src/development/training-record.ts";
import type { CorpusManifest } from "../../src/node/corpus/manifest.ts";
import { LONGEST_PHRASE } from "../../src/training/copied-spans.ts";
import { type Recipe, tokensPerStep, totalSteps } from "../../src/training/recipe.ts";
import { markdownTable } from "../marked-page.ts";
import { type Measured, PATCHED, TABLE } from "./measure.ts";
import { number, withInterval } from "./numbers.ts";

export interface CardFacts {
  readonly recipe: Recipe;
  readonly corpus: CorpusManifest;
  readonly log: DevelopmentLog;
  /** SHA-256 of `model.safetensors`. */
  readonly hash: string;
  readonly measured: Measured;
}

/** Rows of the curve. */
const CURVE_ROWS = 12;

const millions = (count: number) => `${(count / 1e6).toFixed(1)} M`;
const thousands = (count: number) => count.toLocaleString("en");

function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return markdownTable(
    header,
    rows.map((cells) => cells.map(String)),
    "left",
  );
}

/** Looks that saw all that the curve has; of a run that was measured again, those at checkpoints. */
const wholeLooks = (looks: readonly PlacedLook[]) =>
  looks.flatMap((look) => {
    const { heldOut } = look;
    return heldOut !== null && isAskedBothWays([look]) ? [{ ...look, heldOut }] : [];
  });

/** So many of the looks, the first and the last among them. */
function thinned<Look>(looks: readonly Look[]): Look[] {
  if (looks.length <= CURVE_ROWS) return [...looks];
  const at = Array.from({ length: CURVE_ROWS }, (_, i) =>
    Math.round((i * (looks.length - 1)) / (CURVE_ROWS - 1)),
  );
  return at.map((i) => looks[i] as Look);
}

function most(
  look: PlacedLook,
  layer: "first" | "later",
  measure: (head: HeadLook) => number,
): string {
  const heads = look.heads.filter((head) => (head.layer === 0) === (layer === "first"));
  if (heads.length === 0) return "–";
  const head = heads.reduce((best, own) => (measure(own) > measure(best) ? own : best));
  return `${number(measure(head), 2)} ${head.label}`;
}

function curve(looks: readonly PlacedLook[]): string {
  return table(
    [
      "tokens",
      "held-out loss",
      "loss on the second copy",
      "previous token",
      "lag 2",
      "induction",
      "length 2",
      "3",
      "4",
      "5",
    ],
    thinned(wholeLooks(looks)).map((look) => [
      millions(look.tokens),
      withInterval(look.heldOut.loss),
      withInterval(look.repeated.second),
      most(look, "first", (head) => head.previousToken.mean),
      most(look, "first", (head) => head.byLag[2] ?? 0),
      most(look, "later", (head) => head.induction.mean),
      ...look.lengths.flatMap(({ length, bothWays }) =>
        length <= 5 && bothWays !== null ? [withInterval(bothWays)] : [],
      ),
    ]),
  );
}

function modelSection({ recipe, corpus, measured }: CardFacts): string {
  const { n_layers, n_heads, d_head, d_model, n_ctx, positions, normalization } = recipe.model;
  return `## The model

${table(
  ["", ""],
  [
    ["layers, heads", `${n_layers} layers of ${n_heads} heads of ${d_head}, no MLP`],
    ["d_model, context", `${d_model}, ${n_ctx}`],
    [
      "vocabulary",
      `${corpus.vocabulary}, byte-level BPE (\`tokenizer.json\`); BOS is token ${corpus.bos}`,
    ],
    ["normalisation", normalization === "LN" ? "LayerNorm (eps 1e-5)" : "none"],
    [
      "positions",
      positions === "standard"
        ? "standard, as attn-only-2l: the positional embedding is added to the residual stream, so values see positions"
        : "shortformer: the positional embedding is added to what queries and keys read, and to nothing else",
    ],
    ["unembedding", "untied, with bias"],
    ["weights", `${thousands(measured.parameters)}, float16`],
  ],
)}`;
}

function extensionSentence({ extension, steps }: Recipe): string {
  if (extension === null) return "";
  const { copies, rate } = extension;
  const text =
    copies === null
      ? "natural text only"
      : `spans of ${copies.shortest} to ${copies.longest} tokens in ${Math.round(100 * copies.share)}% of the contexts`;
  return `\n\n3. Then, from step ${thousands(steps)} on, ${thousands(extension.steps)} steps at ${rate} of these rates, with the same warm-up and decay, and with ${text}.`;
}

function copiesSentence({ copies, steps }: Recipe): string {
  if (copies === null) return "Natural text only: no spans were copied.";
  const { share, shortest, longest, from, rivals } = copies;
  const when = from === 0 ? "From the first step on" : `From step ${from} of ${steps} on`;
  return `Copied spans: ${when.toLowerCase()}, ${Math.round(100 * share)}% of the contexts are chains of passages that come back: a span of ${shortest} to ${longest} tokens, most of them short, stands again further on, then the next. ${Math.round(100 * rivals)}% of the spans have a rival: in front of the copy stands a variation of the span too, with phrases of 1 to ${LONGEST_PHRASE} of its tokens in place and other text between them, so that where a phrase ends only what stood in front of it tells which place to go on from. That is the form of the post's prompts, on text instead of random tokens; a model of natural text alone has seen it less often.`;
}

/** How positions begin, by `src/training/initial-weights.ts`. */
function positionsSentence({ start, model }: Recipe): string {
  const sinusoids = "W_pos is learned and begins as sinusoids";
  return model.positions === "shortformer" && model.normalization === "LN"
    ? `${sinusoids}, ${start.positions} times as large as the tokens that they are added to behind LayerNorm, whose weights begin lower, so that both together begin as large as what LayerNorm puts out.`
    : `${sinusoids} of size ${start.positions}.`;
}

/** Name of the recipe's file; a model of another seed than the file's has it in its own name. */
const fileName = ({ name, seed }: Recipe) => name.replace(`-seed${seed}`, "");

/** What begins a run of a recipe. */
function trainCommand(recipe: Recipe): string {
  const file = fileName(recipe);
  const seed = file === recipe.name ? "" : ` --seed ${recipe.seed}`;
  return `lookback train recipes/${file}.json${seed}`;
}

function trainingSection({ recipe, corpus, log }: CardFacts): string {
  const { batch, seed, start, optimizer, schedule } = recipe;
  const { looks, bigrams } = log;
  const steps = totalSteps(recipe);
  const tokens = steps * tokensPerStep(recipe);
  const hours = (log.steps.at(-1)?.seconds ?? 0) / 3600;
  const epochs = tokens / (corpus.train.contexts * recipe.model.n_ctx);
  const fit =
    start.bigrams === null || bigrams === null
      ? "1. No bigram start."
      : `1. Bigram start: embedding, LayerNorm and unembedding alone were fitted to the bigram counts of the text in ${start.bigrams.steps} steps of AdamW${start.bigrams.positions ? ", each token at a random position" : ""} (loss ${number(bigrams.loss, 3)}; the bigram entropy is ${number(bigrams.entropy, 3)}).`;
  const { muon } = optimizer;
  const matrices =
    muon === null
      ? ""
      : `Muon (rate ${muon.learningRate}, Nesterov momentum ${muon.momentum}, ${muon.iterations} Newton-Schulz steps) on W_Q, W_K, W_V and W_O; `;
  const { W_E, W_pos } = optimizer.embeddingRates;
  return `## How it was trained

By \`${trainCommand(recipe)}\`, seed ${seed}: ${thousands(steps)} steps of ${batch} contexts of ${recipe.model.n_ctx}, ${millions(tokens)} tokens (${number(epochs, 2)} epochs), ${number(hours, 1)} hours on two shared CPU cores.

Text: ${millions(corpus.bytes).replace(" M", " MB")} in ${thousands(corpus.documents)} documents of the corpus \`recipes/corpora/permissive.json\`, ${number(corpus.bytesPerToken, 2)} bytes a token; ${thousands(corpus.heldOut.documents)} documents held out. Its hash is \`${corpus.hash.slice(0, 16)}…\`.

${fit}
2. Text: ${matrices}AdamW (${optimizer.beta1}, ${optimizer.beta2}, weight decay ${optimizer.weightDecay}) on W_E (${W_E ?? optimizer.learningRate}), W_pos (${W_pos ?? optimizer.learningRate}) and the rest (${optimizer.learningRate}); ${schedule.warmup} steps of warm-up, constant rate, linear decay over the last ${Math.round(100 * schedule.decay)}%. ${positionsSentence(recipe)}

${copiesSentence(recipe)}${extensionSentence(recipe)}

The curve, on prompts of random tokens (400 a length) and ${wholeLooks(looks)[0]?.heldOut.loss.n ?? 0} held-out contexts, with 95% intervals, lengths asked both ways; \`lookback develop recipes/runs/${recipe.name}\` draws all of it:

${curve(looks)}

\`${trainCommand(recipe)} --out runs/check --stop-after 100\` gives the losses with which the log there begins.`;
}

function tableSection({ measured }: CardFacts): string {
  return `## What it does

On these files, under the protocol of the post: prompts \`BOS A X… B C X… D A X…\` of random tokens, seed ${TABLE.seed}, n = ${TABLE.batch} a length, read at the last position, 95% intervals. The last column asks about either sequence of the same prompts, so that preferences for late positions and for tokens cancel.

${table(
  ["length", "logit difference B − D", "P(B)", "P(D)", "interval above 0", "asked both ways"],
  measured.table.map(({ length, logitDiff, pRight, pWrong, bothWays }) => [
    length,
    withInterval(logitDiff),
    number(pRight.mean, 4),
    number(pWrong.mean, 4),
    logitDiff.ci95[0] > 0 ? "yes" : "no",
    withInterval(bothWays),
  ]),
)}`;
}

function headsSection({ measured }: CardFacts): string {
  const { heads, figure5 } = measured;
  const withRoles = heads.filter(({ roles }) => roles.some((role) => role !== "order-free"));
  const carried = figure5.rows.map(({ length, batch, clean, corrupted, normalised }) => {
    const effects = normalised.flatMap((layer, l) =>
      layer.map((effect, h) => ({ label: figure5.heads[l]?.[h] ?? "", effect })),
    );
    const strongest = effects.sort((a, b) => b.effect.mean - a.effect.mean).slice(0, 4);
    return [
      length,
      batch,
      number(clean.mean - corrupted.mean, 2),
      strongest.map(({ label, effect }) => `${label} ${withInterval(effect)}`).join(", "),
    ];
  });
  return `### Heads

By the rules of \`lookback heads\`:

${table(
  ["head", "roles", "attention one, two, three, four and five back", "prefix matching"],
  withRoles.map(({ label, roles, lags, prefixMatching }) => [
    label,
    roles.join(", "),
    [1, 2, 3, 4, 5].map((lag) => number(lags.total.byLag[lag] ?? 0, 2)).join(", "),
    number(prefixMatching.mean, 2),
  ]),
)}

How much of the gap between the corrupted prompt (its last A replaced by C) and the clean one a head restores when its output is taken from the clean run (figure 5 of the post, seed ${PATCHED.seed}):

${table(["length", "prompts", "gap", "heads that restore most"], carried)}`;
}

function closing({ recipe, hash }: CardFacts): string {
  return `## Limits

- ${recipe.copies === null ? "Natural text teaches long matches slowly; the table above has what came of it from length 4 on." : "Copied spans are not natural text: this model has seen more repetition than text has, and its induction is the stronger for it."}
- Small, and of one seed: which head plays which role is an accident of that seed. It was made for experiments; what it writes is worth nothing.
- It takes contexts of ${recipe.model.n_ctx} tokens and no more.

## Licence

MIT, as the code. The text it was trained on is of permissive licences or in the public domain; \`recipes/corpora/README.md\` lists each package with its licence.

## File

SHA-256 of \`model.safetensors\`: \`${hash}\`
`;
}

/** What tells a model from its siblings, in a line. */
function heading(recipe: Recipe): string {
  const { name, seed, copies, model } = recipe;
  const parts = [
    model.n_layers === 2 ? "" : `${model.n_layers} layers`,
    `${model.positions} positions`,
    copies === null ? "natural text" : "text with copied spans",
    fileName(recipe) === name ? "" : `seed ${seed}`,
    "permissive licences",
  ];
  return `# ${name}: ${parts.filter((part) => part !== "").join(", ")}`;
}

/** The card. */
export function modelCard(facts: CardFacts): string {
  return [
    heading(facts.recipe),
    facts.recipe.description,
    modelSection(facts),
    trainingSection(facts),
    tableSection(facts),
    headsSection(facts),
    closing(facts),
  ].join("\n\n");
}
