// After `npm install`: takes the download addresses out of the lock file, so that it works with
// any registry.  (npm's own option omit-lockfile-registry-resolved loses other platforms' packages.)

import { readFileSync, writeFileSync } from "node:fs";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
for (const entry of Object.values(lock.packages)) delete entry.resolved;
writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
