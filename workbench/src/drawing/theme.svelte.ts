/** @file Light or dark, as the system says: canvases have to be told. */

import type { Theme } from "./colour.ts";

const dark = matchMedia("(prefers-color-scheme: dark)");

class CurrentTheme {
  name: Theme = $state(dark.matches ? "dark" : "light");

  constructor() {
    dark.addEventListener("change", ({ matches }) => {
      this.name = matches ? "dark" : "light";
    });
  }
}

export const theme = new CurrentTheme();
