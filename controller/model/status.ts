import type { Condition } from './condition.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { SyncState } from './history.ts';

/** `mlenv status -o json`; schema/status.schema.json describes it. */
export interface StatusList {
  readonly apiVersion: 'mlenv/v1';
  readonly items: readonly StatusItem[];
  /** Projects whose file cannot be read, and other things that stand above one environment. */
  readonly notices: readonly Notice[];
}

export interface StatusItem {
  readonly project: string;
  readonly projectPath: string;
  readonly environment: string;
  readonly phase: string;
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
  readonly containerId: string | null;
  readonly containerName: string;
  readonly image: string;
  readonly ports: readonly { readonly container: number; readonly host: number }[];
  readonly gpus: readonly string[];
  readonly generation: number;
  readonly observedGeneration: number;
  /** Commit of the project's files; '': not in git. */
  readonly revision: string;
  /** null: none is checked out, or not in git. */
  readonly branch: string | null;
  /** Of `revision`; null: not in git. */
  readonly commit: {
    readonly author: string;
    readonly subject: string;
    /** ISO 8601 UTC. */
    readonly at: string;
  } | null;
  /** Name of the source that is followed; null: the folder itself. */
  readonly source: string | null;
  /** Commit of the files that the container was made with; '': none runs, or not in git. */
  readonly workspaceRevision: string;
  readonly sync: SyncState;
  readonly conditions: readonly StatusCondition[];
  readonly projectId: string;
  readonly restarts: number;
  /** ISO 8601 UTC; null: not running. */
  readonly startedAt: string | null;
  /** Nothing more will happen by itself: ready, completed, failed for good, held. */
  readonly settled: boolean;
}

export interface StatusCondition extends Omit<Condition, 'lastTransitionAt'> {
  /** ISO 8601 UTC. */
  readonly lastTransitionTime: string;
}

export interface Notice {
  readonly project: string | null;
  readonly reason: string;
  readonly message: string;
  readonly diagnostics: readonly Diagnostic[];
}
