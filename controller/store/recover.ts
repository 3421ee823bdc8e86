import { existsSync, renameSync } from 'node:fs';
import { toFileStamp } from './time.ts';

/** What SQLite may lay beside a database. */
const companions = ['-wal', '-shm', '-journal'] as const;

/**
 * Renames a database that is to be used no more, with what lies beside it, and returns its new name. Nothing is deleted.
 * The database goes first: a WAL left alone is emptied by SQLite when an empty database is opened, while
 * a database left alone would be taken for whole, without its last changes.
 */
export const moveAside = (file: string, now: number, why = 'corrupt'): string => {
  const aside = freeName(`${file}.${why}-${toFileStamp(now)}`);
  for (const suffix of ['', ...companions])
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  return aside;
};

/** A WAL whose database was deleted belongs to nothing; it must not meet the next database of that name. */
export const moveLeftovers = (file: string, now: number): void => {
  const left = companions.filter((suffix) => existsSync(file + suffix));
  if (left.length === 0) return;
  const aside = freeName(`${file}.left-${toFileStamp(now)}`);
  for (const suffix of left) renameSync(file + suffix, aside + suffix);
};

export const freeName = (base: string): string => {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!['', ...companions].some((suffix) => existsSync(name + suffix))) return name;
  }
};
