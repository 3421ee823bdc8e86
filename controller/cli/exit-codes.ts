import type { ApiErrorCode } from '../model/api.ts';

export const exitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  prerequisite: 3,
  held: 4,
  invalidSpec: 5,
  changes: 6,
  engine: 125,
  notRunnable: 126,
  notFound: 127,
} as const;

/** As `mlenv --help` and docs/cli.md print them. */
export const exitCodeTable: readonly (readonly [number, string])[] = [
  [exitCode.done, 'done'],
  [exitCode.failed, 'failed'],
  [exitCode.usage, 'usage: the command line names nothing, or several things'],
  [exitCode.prerequisite, 'a prerequisite is missing, such as the engine'],
  [exitCode.held, 'refused, or still held by admission'],
  [exitCode.invalidSpec, 'the spec has faults'],
  [exitCode.changes, 'plan --exit-code found changes'],
  [exitCode.engine, 'the engine failed; of exec: MLEnv or the engine failed'],
  [exitCode.notRunnable, 'of exec: the command cannot be run'],
  [exitCode.notFound, 'of exec: the command was not found'],
];

export const exitCodeOf = (code: ApiErrorCode): number => {
  switch (code) {
    case 'usage':
    case 'not-found':
      return exitCode.usage;
    case 'prerequisite':
      return exitCode.prerequisite;
    case 'refused':
    case 'busy':
      return exitCode.held;
    case 'invalid-spec':
      return exitCode.invalidSpec;
    case 'engine':
      return exitCode.engine;
    case 'internal':
      return exitCode.failed;
    default:
      return code satisfies never;
  }
};
