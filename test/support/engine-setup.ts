import type { TestProject } from 'vitest/node';
import { startDockerd } from './dockerd.ts';

/** One engine for all tests of the `engine` project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dockerd = await startDockerd({ name: 'mlenv-test' });
  project.provide('engineHost', dockerd.host);
  project.provide('engineNamespace', dockerd.namespace);
  return () => dockerd.cleanup();
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** `unix://…` */
    engineHost: string;
    /** The network namespace of that engine. */
    engineNamespace: string;
  }
}
