// Builds what the Python package ships: one module and one style sheet for each widget.
// The same sources give the same bytes, so CI can compare.

import { build } from "esbuild";

await build({
  entryPoints: { curves: "src/curves/index.js" },
  outdir: "mxbook_widgets/static",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  logLevel: "info",
});
await build({
  entryPoints: { curves: "src/curves/all.css" },
  outdir: "mxbook_widgets/static",
  bundle: true,
  minify: true,
  logLevel: "info",
});
