/**
 * @file The frame that all pages share: one HTML file that needs nothing but itself, asks for nothing, and
 * runs no script but its own. Reports differ in what stands inside.
 */

import { jsonInSixDigits } from "../../six-digits.ts";
import { type Child, html, Markup } from "./markup.ts";
import { SCRIPT } from "./script.ts";
import type { Section } from "./section.ts";
import { STYLE } from "./style.ts";

/** What the page's script can save; numbers are written with six significant digits. */
export interface PageData {
  /** How names of saved files begin. */
  readonly slug: string;
  readonly result?: unknown;
  readonly csv: Readonly<Record<string, string>>;
  readonly verdict?: unknown;
  /** What is behind each figure, by the name that its button saves. */
  readonly figures?: Readonly<Record<string, unknown>>;
}

/** A page. */
export interface Page {
  readonly title: string;
  /** The version of Lookback. */
  readonly version: string;
  /** Rules that come behind {@link STYLE}. */
  readonly style?: string;
  /** Seconds after which the page loads itself again, where what it shows goes on. */
  readonly refresh?: number;
  /** The link for those who read by keyboard: the id of the first chapter, and its text. */
  readonly skip: { readonly to: string; readonly text: string };
  /** Above the heading. */
  readonly kicker: string;
  readonly heading: string;
  /** Below the heading. */
  readonly byline?: Child;
  readonly abstract: Child;
  /** What follows the abstract. */
  readonly body: Markup;
  readonly data: PageData;
}

/** JSON for an element of a page: no text in it can end the element. */
function embedded({ slug, result = {}, csv, verdict, figures }: PageData): Markup {
  const data = { slug, result, csv, verdict, figures };
  return new Markup(jsonInSixDigits(data).replaceAll("<", "\\u003c"));
}

/** `sha256-…`, by which the page's policy knows its own style and script. */
async function integrity(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}

/** A name for files, of a model's: `lookback-…`, or `lookback-sweep-…` for a kind of page. */
export function slugOf(name: string, kind = ""): string {
  const start = kind === "" ? "lookback" : `lookback-${kind}`;
  return `${start}-${name.replace(/[^A-Za-z0-9._-]+/g, "-")}`;
}

/** A section as a chapter of its own. */
export function chapter({ id, title, body }: Section): Markup {
  return html`<section class="flow" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${body}</section>`;
}

/** A chapter of several sections, each with its own heading. */
export interface ChapterGroup {
  readonly id: string;
  readonly title: string;
  readonly introduction: Markup;
  readonly sections: readonly Section[];
}

/** Sections as one chapter. */
export function groupedChapter({ id, title, introduction, sections }: ChapterGroup): Markup {
  return html`<section class="flow" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${introduction}
${sections.map((inside) => html`<div class="flow"><h3 id="${inside.id}">${inside.title}</h3>${inside.body}</div>`)}</section>`;
}

/** An entry of the table of contents, with those below it. */
export interface ContentsEntry {
  readonly id: string;
  readonly title: string;
  readonly sections?: readonly Section[];
}

/** The table of contents. */
export function contents(entries: readonly ContentsEntry[]): Markup {
  const entry = ({ id, title, sections = [] }: ContentsEntry): Markup =>
    html`<li><a href="#${id}">${title}</a>${sections.length > 0 && html`<ol>${sections.map(entry)}</ol>`}</li>`;
  return html`<nav aria-labelledby="contents"><h2 id="contents">Contents</h2><ol>${entries.map(entry)}</ol></nav>`;
}

/** The page as text. The same page gives the same bytes. */
export async function renderPage(page: Page): Promise<string> {
  const { title, version, refresh, skip, kicker, heading, byline, abstract, body, data } = page;
  const style = `${STYLE}${page.style ?? ""}`;
  const policy = `default-src 'none'; style-src '${await integrity(style)}'; script-src '${await integrity(SCRIPT)}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Lookback ${version}">${
    refresh !== undefined &&
    html`
<meta http-equiv="refresh" content="${refresh}">`
  }
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Markup(style)}</style>
</head>
<body>
<a class="skip" href="#${skip.to}">${skip.text}</a>
<div class="page">
<button type="button" class="theme" hidden>Dark theme</button>
<header>
<p class="kicker">${kicker}</p>
<h1>${heading}</h1>${
    byline !== undefined &&
    html`
<p class="byline">${byline}</p>`
  }
</header>
<main>
<section class="abstract" aria-labelledby="abstract"><h2 id="abstract">Abstract</h2><p>${abstract}</p></section>
${body}
</main>
</div>
<div class="tip" role="status"></div>
<script type="application/json" id="data">${embedded(data)}</script>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`.text;
}
