/** @file The bundled model that is taken where none is named; `models/README.md` says why this one. */

export const DEFAULT_MODEL = "standard-2l";
