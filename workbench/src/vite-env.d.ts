/** Names of the bundled models, the default first; written in by the build. */
declare const __BUNDLED_MODELS__: readonly string[];
/** Of these, the models whose training is kept as a log. */
declare const __KEPT_RUNS__: readonly string[];
/** The headings of their cards, by name: what each is, in a line. */
declare const __MODEL_HEADINGS__: Readonly<Record<string, string>>;
