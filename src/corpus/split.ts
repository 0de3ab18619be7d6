/**
 * @file What is held out. Where there are documents enough, it hangs on a document's own hash and not
 * on when it comes, so that the same text is on the same side in whatever corpus and order.
 */

/** Where a document stands between 0 and 1, evenly spread, by its SHA-256. */
export function placeOf(digest: Uint8Array): number {
  let place = 0;
  for (let byte = 5; byte >= 0; byte--) place = (place + (digest[byte] as number)) / 256;
  return place;
}

/** One document as the split sees it. */
export interface PlacedDocument {
  /** See {@link placeOf}. */
  readonly place: number;
  /** How much text it is, in bytes. */
  readonly size: number;
}

/** How to split: whole documents up to a place, itself included; or the end of one document. */
export type SplitPlan =
  | { readonly kind: "documents"; readonly upTo: number }
  | { readonly kind: "tail"; readonly document: number; readonly fraction: number };

/** Of all text, the most that is held out in whole documents to reach the least size; then one is cut. */
const MOST_FOR_WHOLE = 0.2;

/**
 * Plans a split. Held out are the documents whose place is below `share`, and as many more, in the order
 * of their places, as make up `leastSize`. Where that would take a fifth of a corpus (and more than
 * one and a half times `share` of it) because it is of few or very unequal documents, the end of the largest one is held out.
 */
export function planSplit(
  documents: readonly PlacedDocument[],
  share: number,
  leastSize: number,
): SplitPlan {
  const total = documents.reduce((sum, { size }) => sum + size, 0);
  const ordered = [...documents].sort((a, b) => a.place - b.place);
  let [upTo, size] = [-1, 0];
  for (const document of ordered) {
    if (document.place >= share && size >= leastSize) break;
    upTo = document.place;
    size += document.size;
  }
  if (size <= Math.max(1.5 * share, MOST_FOR_WHOLE) * total) return { kind: "documents", upTo };

  let largest = 0;
  for (const [i, document] of documents.entries()) {
    if (document.size > (documents[largest]?.size ?? 0)) largest = i;
  }
  const wanted = Math.max(share * total, leastSize);
  const fraction = Math.min(wanted / (documents[largest]?.size ?? 1), 0.5);
  return { kind: "tail", document: largest, fraction };
}

/** Cuts the end off a text, about a fraction of it, at a paragraph where there is one, else a line or a word. */
export function cutTail(text: string, fraction: number): [head: string, tail: string] {
  const wanted = Math.floor((1 - fraction) * text.length);
  for (const boundary of ["\n\n", "\n", " "]) {
    const found = text.lastIndexOf(boundary, wanted);
    if (found > wanted - (fraction * text.length) / 2) {
      return [text.slice(0, found).trimEnd(), text.slice(found).trim()];
    }
  }
  // Not between the two units of one character.
  const cut = wanted + (/^[\udc00-\udfff]/.test(text.slice(wanted, wanted + 1)) ? 1 : 0);
  return [text.slice(0, cut), text.slice(cut)];
}
