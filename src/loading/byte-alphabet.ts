/** @file GPT-2's alphabet for bytes, in which the tokens of byte-level BPE are spelt. */

/**
 * The character that spells each byte: a printable byte of Latin-1 spells itself, and the others, in
 * order, are the characters from U+0100 on (so that a space is "Ġ").
 */
export const BYTE_CHARACTERS: readonly string[] = (() => {
  const printable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(printable(byte) ? byte : next++),
  );
})();
