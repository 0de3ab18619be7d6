/** @file Texts about Lookback that the site has under `about/`, so that its links lead somewhere on any host. */

/** Each by its name there, where it lies in the repository, and what a link to it says. */
export const SITE_TEXTS = [
  { name: "README.txt", path: "README.md", text: "About Lookback" },
  { name: "training.txt", path: "docs/training.md", text: "On training" },
  { name: "models.txt", path: "models/README.md", text: "The bundled models" },
  { name: "CITATION.txt", path: "CITATION.cff", text: "How to cite" },
] as const;

/** The folder of the site that has them. */
export const ABOUT = "about";
