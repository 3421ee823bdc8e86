import type { EnvironmentRecord } from '../model/record.ts';

/** More than so many, and more than such a part of all, vanished: an accident until confirmed. */
const fewEnough = 3;
const partOfAll = 0.2;

export interface Owned extends Pick<EnvironmentRecord, 'vanishedAt'> {
  /** Who answers for its project. */
  readonly owner: number;
}

/**
 * An empty or vanished root never mass-deletes. What one owner removes holds that owner's environments alone,
 * so that nobody can hold another's. An accident of the host, such as a disk that is gone, meets several:
 * everybody's are held where many have vanished even without those of the owner who lost most, or where nothing
 * at all is left. Environments that had vanished when a person confirmed (milliseconds; null: never) count no more.
 */
export const massRemoval = (
  environments: readonly Owned[],
  owner: number,
  confirmedAt: (owner: number) => number | null,
): boolean => {
  const counts = new Map<number, { vanished: number; all: number }>();
  for (const { owner: whose, vanishedAt } of environments) {
    const count = counts.get(whose) ?? { vanished: 0, all: 0 };
    counts.set(whose, count);
    count.all += 1;
    if (vanishedAt !== null && vanishedAt > (confirmedAt(whose) ?? Number.NEGATIVE_INFINITY))
      count.vanished += 1;
  }
  const own = counts.get(owner);
  if (own === undefined || own.vanished === 0) return false;
  if (isMany(own)) return true;
  const everybody = [...counts.values()].toSorted((a, b) => b.vanished - a.vanished);
  const total = sum(everybody);
  return isMany(sum(everybody.slice(1))) || (total.vanished === total.all && isMany(total));
};

interface Count {
  readonly vanished: number;
  readonly all: number;
}

const isMany = ({ vanished, all }: Count): boolean =>
  vanished > fewEnough && vanished > partOfAll * all;

const sum = (counts: readonly Count[]): Count => ({
  vanished: counts.reduce((total, { vanished }) => total + vanished, 0),
  all: counts.reduce((total, { all }) => total + all, 0),
});
