import type { TestProject } from 'vitest/node';
import { cards } from '../contracts/engine-bench.ts';
import { startDockerd } from './dockerd.ts';

/** One engine for all tests of the `engine` project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dockerd = await startDockerd({
    name: 'mlenv-test',
    nvidiaRuntime: true,
    cdiDevices: cards,
  });
  project.provide('engineHost', dockerd.host);
  project.provide('engineFolder', dockerd.folder);
  project.provide('engineNamespace', dockerd.namespace);
  return () => dockerd.cleanup();
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** `unix://…` */
    engineHost: string;
    /** Where that engine has its files. */
    engineFolder: string;
    /** The network namespace of that engine. */
    engineNamespace: string;
  }
}
