/** Names of the bundled models, the default first; written in by the build. */
declare const __BUNDLED_MODELS__: readonly string[];
