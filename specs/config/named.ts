import { fault, type Path } from '../fault.ts';
import type { Report } from '../resolve-scalars.ts';
import { quoted } from '../safe-text.ts';

/** Each of a list whose entries bear names, with where it stands; a name that an earlier one has is a fault. */
export const eachNamed = <T extends { readonly name: string }, R>(
  entries: readonly T[],
  { list, report }: { readonly list: string; readonly report: Report },
  resolve: (entry: T, path: Path) => R,
): readonly R[] => {
  const first = new Map<string, number>();
  return entries.map((entry, index) => {
    const path = [list, index];
    const before = first.get(entry.name);
    if (before === undefined) first.set(entry.name, index);
    else {
      const message = `${quoted(entry.name)} is the name of ${list}[${before}] already`;
      report(fault('E_CONFLICT', [...path, 'name'], { message, hint: 'choose another name' }));
    }
    return resolve(entry, path);
  });
};
