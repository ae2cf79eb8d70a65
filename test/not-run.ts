/** A reporter that says at the very end which targets nothing was run on, and why: never skipped in silence. */
import type { Reporter, TestModule } from 'vitest/node';
import type { NotRun } from './targets.js';

declare module 'vitest' {
  interface TaskMeta {
    notRun?: readonly NotRun[];
  }
}

export default class implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules)
      for (const test of module.children.allTests()) {
        const { notRun } = test.meta();
        if (notRun === undefined) continue;
        const lines = notRun.map(({ name, target, why }) => `  ${name} ${target}: ${why}`);
        process.stdout.write(lines.length === 0 ? '\nEvery target was run.\n' : `\nTargets not run here:\n${lines.join('\n')}\n`);
      }
  }
}
