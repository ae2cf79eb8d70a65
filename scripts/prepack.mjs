/** Runs before `npm pack`: everything that the tarball holds is built, and what cannot be built stops it. */
import { parts } from './parts.mjs';
import { prebuild } from './prebuild.mjs';
import { asProgram } from './run/terminal.mjs';

await asProgram(async () => {
  for (const { make } of parts) await make();
  await prebuild();
});
