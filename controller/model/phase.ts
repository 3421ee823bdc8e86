/** The states of the lifecycle machine (plan/lifecycle.ts), as they are stored. */
export const phases = [
  'pending',
  'pulling',
  'creating',
  'starting',
  'running.starting',
  'running.healthy',
  'running.unhealthy',
  'stopping',
  'stopped',
  'removing',
  'deleted',
  'completed',
  'backingOff',
  'failed',
  'unknown',
] as const;

export type Phase = (typeof phases)[number];

export const isPhase = (value: string): value is Phase =>
  (phases as readonly string[]).includes(value);

export const isRunning = (phase: Phase): boolean => phase.startsWith('running.');

/** The word of the database document's `container_instances.status`; null keeps the last one. */
export const documentStatus: Readonly<Record<Phase, DocumentStatus | null>> = {
  pending: 'created',
  pulling: 'created',
  creating: 'created',
  starting: 'created',
  'running.starting': 'running',
  'running.healthy': 'running',
  'running.unhealthy': 'running',
  stopping: 'running',
  stopped: 'stopped',
  removing: 'stopped',
  deleted: 'deleted',
  completed: 'stopped',
  backingOff: 'error',
  failed: 'error',
  unknown: null,
};

export type DocumentStatus = 'created' | 'running' | 'stopped' | 'error' | 'deleted';

/** As a table shows it: `Running`, `BackingOff`. */
export const phaseTitle = (phase: Phase): string => {
  const head = phase.split('.')[0] ?? phase;
  return head.charAt(0).toUpperCase() + head.slice(1);
};
