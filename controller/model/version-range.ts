/** Versions from one to below another, each as `major * 1000 + minor`. */
export interface VersionRange {
  readonly from: number;
  readonly below: number;
}

export type RangeRead =
  | { readonly ok: true; readonly range: VersionRange }
  | { readonly ok: false; readonly message: string };

/**
 * `12.4`, `12`, `>=12.4`, `>=12.2,<13`: what stands alone means all that begin with it, and all parts of
 * a list must hold.
 */
export const versionRange = (text: string): RangeRead => {
  let range: VersionRange = { from: 0, below: Number.MAX_SAFE_INTEGER };
  for (const part of text.split(',')) {
    const one = comparison(part.trim());
    if (one === null) {
      return {
        ok: false,
        message: `${text} is no version such as 12.4, >=12.4 or >=12.2,<13: major and minor are compared`,
      };
    }
    range = { from: Math.max(range.from, one.from), below: Math.min(range.below, one.below) };
  }
  return range.from < range.below
    ? { ok: true, range }
    : { ok: false, message: `${text} leaves no version: its parts exclude each other` };
};

export const isWithin = ({ from, below }: VersionRange, order: number): boolean =>
  order >= from && order < below;

/** `12.4.1` is 12004; null: no version. */
export const versionOrder = (version: string): number | null => {
  const found = /^(\d{1,6})(?:\.(\d{1,3}))?(?!\d)/.exec(version);
  return found === null ? null : Number(found[1]) * 1000 + Number(found[2] ?? 0);
};

const comparison = (text: string): VersionRange | null => {
  const found = /^(>=|<=|>|<|==?)?\s*(\d{1,6})(?:\.(\d{1,3}|x|\*))?$/.exec(text);
  if (found === null) return null;
  const [, sign = '=', major = '', minor] = found;
  const isWhole = minor === undefined || minor === 'x' || minor === '*';
  const from = Number(major) * 1000 + (isWhole ? 0 : Number(minor));
  const after = from + (isWhole ? 1000 : 1);
  switch (sign) {
    case '>=':
      return { from, below: Number.MAX_SAFE_INTEGER };
    case '>':
      return { from: after, below: Number.MAX_SAFE_INTEGER };
    case '<':
      return { from: 0, below: from };
    case '<=':
      return { from: 0, below: after };
    default:
      return { from, below: after };
  }
};
