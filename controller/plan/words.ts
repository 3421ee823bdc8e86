import { shortRevision } from '../model/git.ts';
import type { FileSource } from '../model/audit.ts';
import type { FieldChange } from '../model/plan.ts';

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
