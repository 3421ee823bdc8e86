import type { TestProject } from 'vitest/node';
import { cards } from '../contracts/engine-bench.ts';
import { startDockerd, type PrivateDockerd } from './dockerd.ts';
import { engineWorkers } from './engine-workers.ts';
import type { SharedEngine } from './shared-engine.ts';

/** One engine for each of them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engines: PrivateDockerd[] = [];
  for (let worker = 1; worker <= engineWorkers; worker += 1) {
    engines.push(
      await startDockerd({
        name: `mlenv-test-${worker}`,
        nvidiaRuntime: true,
        cdiDevices: cards,
      }),
    );
  }
  project.provide(
    'engines',
    engines.map(({ host, folder, namespace }) => ({ host, folder, namespace })),
  );
  return async () => {
    for (const engine of engines) await engine.cleanup();
  };
}

declare module 'vitest' {
  export interface ProvidedContext {
    engines: readonly SharedEngine[];
  }
}
