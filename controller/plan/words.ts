import { shortRevision } from '../model/git.ts';
import type { FileSource } from '../model/audit.ts';
import type { FieldChange } from '../model/plan.ts';
import { isContinued, type ContinuedCause, type RunEnd } from '../model/run.ts';
import type { Facts } from './input.ts';

/** `40 s`, `3 min`, `2 h` */
export const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
};

export const ordinal = (n: number): string => {
  const tail = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${tail}`;
};

/** `memory: 1073741824 → 2147483648, image: a → b` */
export const changesText = (changes: readonly FieldChange[]): string =>
  changes.map(({ field, from, to }) => `${field}: ${from} → ${to}`).join(', ');

/** ` (commit a1b2c3d4e5 by Ada)`; '' where the file is not in git. */
export const commitText = (commit: FileSource | null): string =>
  commit === null
    ? ''
    : ` (commit ${shortRevision(commit.revision)}${commit.author === null ? '' : ` by ${commit.author}`})`;

export const percent = (done: number, total: number): string =>
  total === 0 ? '' : ` ${Math.min(100, Math.floor((done / total) * 100))} %`;

/** Why a run ended, as `mlenv status` and the events say it. */
export const endText = (
  { wish, container }: Pick<Facts, 'wish' | 'container'>,
  { cause, exitCode, watched }: RunEnd,
): string => {
  const unwatched = watched ? '' : ' while no controller watched';
  const gone = container === null ? ', and its container was removed since' : '';
  if (isContinued(cause)) return continued[cause];
  switch (cause) {
    case 'completed':
      return exitCode === null
        ? 'it ended, and its container was removed since'
        : `it ended with exit code 0${unwatched}${gone}`;
    case 'failed':
      if (exitCode === null) return 'it failed, and its container was removed since';
      return exitCode === 137
        ? `it was killed (exit code 137)${unwatched}, and not by MLEnv; the engine saw no memory limit passed${gone}`
        : `it ended with exit code ${exitCode}${unwatched}${gone}`;
    case 'out-of-memory': {
      const limit = wish.kind === 'wanted' ? wish.environment.memoryBytes : null;
      return `${outOfMemory(limit)} (exit code ${exitCode ?? '?'})${gone}`;
    }
    case 'interrupted':
      return `the engine or the host went down while it ran${gone}`;
    case 'stopped-outside':
      return `it was stopped by hand, with docker${gone}`;
    case 'removed-outside':
      return 'its container was removed outside MLEnv while it ran';
    case 'unhealthy':
      return 'it was stopped, as its health check failed';
    case 'timeout': {
      const limit = wish.kind === 'wanted' ? wish.environment.timeoutMs : null;
      return `it was stopped, as it took longer than its timeout${limit === null ? '' : ` of ${duration(limit)}`}${gone}`;
    }
    case 'gpu-lost':
      return 'it had lost its GPUs and is recreated';
    case 'mount-changed':
      return 'it was stopped at once, as a folder was replaced while it started';
    default:
      return cause satisfies never;
  }
};

const continued = {
  down: 'start it: mlenv down had stopped it',
  rm: 'start it: mlenv rm had stopped it',
  state: 'start it: state: stopped had stopped it',
  idle: 'start it: it had been stopped as nobody used it',
  lifetime: 'start it: it had been stopped as its maxLifetime was over',
  recreate: 'start it: it had been stopped for a change',
  restart: 'start it: mlenv restart had stopped it',
  prune: 'start it: it is in the file again',
  rebuilt: 'start it: it was not running when the database was rebuilt',
} as const satisfies Readonly<Record<ContinuedCause, string>>;

/** `out of memory, limit 32 GB` */
export const outOfMemory = (limitBytes: number | null): string =>
  `out of memory${limitBytes === null ? '' : `, limit ${bytes(limitBytes)}`}`;

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** In powers of 1024, as the file counts. */
export const bytes = (count: number): string => {
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit] ?? 'TB'}`;
};
