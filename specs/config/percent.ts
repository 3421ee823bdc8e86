import { fault, fieldName, type Path } from '../fault.ts';
import type { Report } from '../resolve-scalars.ts';
import { quoted } from '../safe-text.ts';

/** null: off. */
export const percentOf = (text: string, path: Path, report: Report): number | null => {
  if (text === 'off') return null;
  const percent = Number(text.slice(0, -1));
  if (percent <= 0 || percent > 100) {
    const message = `${fieldName(path)} cannot be ${quoted(text)}`;
    const hint = 'write a percentage above 0% and at most 100%, or off';
    report(fault('E_RANGE', path, { message, hint }));
  }
  return percent;
};

export const percentValue = (percent: number | null): string =>
  percent === null ? 'off' : `${percent}%`;
