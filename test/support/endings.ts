/**
 * Who ended it, and what then happens: the table of docs/lifecycle.md, each cell of which
 * test/scenarios/endings.test.ts plays.
 */
export const acts = [
  'edit',
  'up',
  'edit + up',
  'restart',
  'down + up',
  'rm + up',
  'reboot',
  'database rebuilt',
] as const;
export type Act = (typeof acts)[number];

export const endStates = [
  'never ran',
  'completed',
  'failed',
  'out of memory',
  'down',
  'idle',
  'lifetime',
  'interrupted',
  'stopped outside',
] as const;
export type State = (typeof endStates)[number];

/** Further runs that a job (`restart: never`) makes, in the order of `acts`. */
export const ofJob: Readonly<Record<State, readonly number[]>> = {
  'never ran': [1, 1, 1, 1, 1, 1, 1, 0],
  completed: [0, 0, 0, 1, 0, 1, 0, 0],
  failed: [0, 0, 0, 1, 0, 1, 0, 0],
  'out of memory': [0, 0, 0, 1, 0, 1, 0, 0],
  down: [0, 1, 1, 0, 1, 1, 0, 0],
  idle: [0, 1, 1, 0, 1, 1, 0, 0],
  lifetime: [0, 1, 1, 0, 1, 1, 0, 0],
  interrupted: [0, 0, 0, 1, 0, 1, 0, 0],
  'stopped outside': [0, 0, 0, 1, 0, 1, 0, 0],
};

/** Whether one that restarts on failure runs in the end. What failed does so by itself, after its back-off. */
export const ofService: Readonly<Record<State, readonly boolean[]>> = {
  'never ran': [true, true, true, true, true, true, true, false],
  completed: [true, false, true, true, false, true, false, false],
  failed: [true, true, true, true, true, true, true, true],
  'out of memory': [true, true, true, true, true, true, true, true],
  down: [false, true, true, false, true, true, false, false],
  idle: [false, true, true, false, true, true, false, false],
  lifetime: [false, true, true, false, true, true, false, false],
  interrupted: [true, true, true, true, true, true, true, true],
  'stopped outside': [true, true, true, true, true, true, true, true],
};
