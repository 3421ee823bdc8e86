import { fault, fieldName, type Path } from '../fault.ts';
import type { LeastFree } from '../../controller/model/config.ts';
import { sizeOf, type Report } from '../resolve-scalars.ts';
import { quoted } from '../safe-text.ts';
import { formatSize } from '../units.ts';

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

/** `16GB`, `10%`, or `10% up to 4GB`. null: off. */
export const leastFreeOf = (text: string, path: Path, report: Report): LeastFree | null => {
  if (text === 'off') return null;
  const [first = '', most] = text.split(' up to ');
  const size = (given: string): number =>
    sizeOf(given, path, { min: 0, max: 2 ** 50, says: 'at most 1024TB' }, report);
  if (!first.endsWith('%')) return { percent: null, bytes: size(first) };
  return {
    percent: percentOf(first, path, report),
    bytes: most === undefined ? null : size(most),
  };
};

export const leastFreeValue = (least: LeastFree | null): string => {
  if (least === null) return 'off';
  const { percent, bytes } = least;
  const said = [
    ...(percent === null ? [] : [`${percent}%`]),
    ...(bytes === null ? [] : [formatSize(bytes)]),
  ];
  return said.join(' up to ');
};
