// Builds what the Python package ships: one module and one style sheet for each widget.
// The same sources give the same bytes, so CI can compare.

import { readFileSync } from "node:fs";

import { build } from "esbuild";

const notice = `/*!\n${readFileSync("THIRD_PARTY.md", "utf8").trim()}\n*/`;

await build({
  entryPoints: {
    card: "src/card/index.js",
    curves: "src/curves/index.js",
    graph: "src/graph/index.js",
    memory: "src/memory/index.js",
    playground: "src/playground/index.js",
    timeline: "src/timeline/index.js",
  },
  outdir: "mxbook_widgets/static",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  banner: { js: notice },
});
await build({
  entryPoints: {
    card: "src/card/card.css",
    curves: "src/curves/all.css",
    graph: "src/graph/graph.css",
    memory: "src/memory/memory.css",
    playground: "src/playground/playground.css",
    timeline: "src/timeline/timeline.css",
  },
  outdir: "mxbook_widgets/static",
  bundle: true,
  minify: true,
  banner: { css: notice },
});
