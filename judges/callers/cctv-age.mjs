// Writes the vectors of the package cctv-age, a file each, into the folder that is named.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as vectors from "cctv-age";

for (const [name, vector] of Object.entries(vectors)) writeFileSync(join(process.argv[2], name), vector);
