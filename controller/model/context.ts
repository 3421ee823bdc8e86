import type { GpuInjection } from './gpu.ts';
import type { PolicyLevel } from './policy.ts';
import type { Owner } from './record.ts';

/** What an environment inherits from its project and its instance. */
export interface ProjectContext {
  /** Which MLEnv: containers of another instance are not ours. */
  readonly instance: string;
  readonly projectId: string;
  readonly project: string;
  readonly path: string;
  /** Where its files lie now: `path`, or the tree of a commit. */
  readonly folder: string;
  readonly owner: Owner;
  /** The owner's login name on the host, or `user<uid>` where it has none. */
  readonly ownerName: string;
  readonly revision: string;
  readonly driftPolicy: DriftPolicy;
  /** false: the engine once refused to raise a limit, as one without CAP_SYS_RESOURCE does. */
  readonly raisesLimits: boolean;
  /** How cards get into a container on this engine. */
  readonly injection: GpuInjection;
  /** Of the host's policy: how much a container is taken from it. */
  readonly level: PolicyLevel;
  /** On the host: a folder for each environment with secrets, by its uid. */
  readonly secretsRoot: string;
}

/** What becomes of what hands do to containers. */
export type DriftPolicy = 'repair' | 'report';

/** Durations that an administrator may set. */
export interface Settings {
  /** How long an environment that vanished from its file is kept. */
  readonly pruneGraceMs: number;
  readonly restartBaseMs: number;
  readonly restartCapMs: number;
  /** Well for so long, and earlier restarts no longer count. */
  readonly restartResetMs: number;
  readonly autoPorts: { readonly from: number; readonly to: number };
  /** Each project gets one /`prefix` out of it. */
  readonly subnets: { readonly base: string; readonly prefix: number };
}

export const defaultSettings: Settings = {
  pruneGraceMs: 600_000,
  restartBaseMs: 10_000,
  restartCapMs: 300_000,
  restartResetMs: 600_000,
  autoPorts: { from: 20_000, to: 29_999 },
  subnets: { base: '10.213.0.0/16', prefix: 26 },
};
