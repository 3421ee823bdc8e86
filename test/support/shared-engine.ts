import { inject } from 'vitest';

export interface SharedEngine {
  /** `unix://…` */
  readonly host: string;
  /** Where that engine has its files. */
  readonly folder: string;
  /** The network namespace of that engine. */
  readonly namespace: string;
}

/** An engine has one MLEnv: each of the workers that run at once has an engine, and one file at a time. */
export const sharedEngine = (): SharedEngine => {
  const engines = inject('engines');
  const engine = engines[(Number(process.env['VITEST_POOL_ID'] ?? 1) - 1) % engines.length];
  if (engine === undefined) throw new Error('no engine was started');
  return engine;
};
