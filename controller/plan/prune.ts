import type { EnvironmentRecord } from '../model/record.ts';

/** More than so many, and more than such a part of all, vanished: an accident until confirmed. */
const fewEnough = 3;
const partOfAll = 0.2;

/**
 * An empty or vanished root never mass-deletes. Environments that had vanished when a person
 * confirmed (`confirmedAt`, milliseconds as text; null: never) count no more.
 */
export const massRemoval = (
  environments: readonly Pick<EnvironmentRecord, 'vanishedAt'>[],
  confirmedAt: string | null,
): boolean => {
  const since = confirmedAt === null ? Number.NEGATIVE_INFINITY : Number(confirmedAt);
  const vanished = environments.filter(
    ({ vanishedAt }) => vanishedAt !== null && vanishedAt > since,
  ).length;
  return vanished > fewEnough && vanished > partOfAll * environments.length;
};
