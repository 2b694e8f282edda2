// Builds the GraphiQL that the service ships, from the exact versions in package-lock.json, into ../static/graphiql:
//
//     npm ci && node renew.mjs
//
// To take newer versions, change package.json and run `npm install` before. Commit the lock file and what was built,
// not node_modules.

import { build } from "esbuild";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static", "graphiql");

const built = await build({
  absWorkingDir: here,
  entryPoints: { graphiql: "page.jsx" },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  jsx: "transform",
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none",
  sourcemap: false,
  metafile: true,
  logLevel: "warning",
});

const packages = new Set();
for (const input of Object.keys(built.metafile.inputs)) {
  const inside = input.split("node_modules/").at(-1).split("/");
  if (input.includes("node_modules/")) {
    packages.add(inside[0].startsWith("@") ? inside.slice(0, 2).join("/") : inside[0]);
  }
}

const notices = [...packages].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : "(the package carries no licence text)";
  return `${name} ${about.version} · ${about.license}\n\n${text}\n`;
});
writeFileSync(
  join(out, "LICENCES.txt"),
  `What graphiql.js and graphiql.css are made of. The style sheet also embeds two fonts:
Roboto (Apache-2.0) and Fira Code (SIL Open Font License 1.1).\n\n${notices.join(`\n${"-".repeat(80)}\n\n`)}`,
);
