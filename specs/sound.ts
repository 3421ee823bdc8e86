import type { RawEnvironment } from '../controller/model/environment.ts';
import type { Fault, Path } from './fault.ts';

export interface SoundPart {
  readonly raw: RawEnvironment;
  /** Nothing had to be left out. */
  readonly isWhole: boolean;
  /** What was left out may have been the image, or have been meant to be it. */
  readonly imageInDoubt: boolean;
  /** A path in `raw` as it is in what was written. */
  readonly written: (path: Path) => Path;
}

/**
 * An environment without what was found misshapen, so that the meaning of the rest can be looked at
 * as well: all faults of a file are told at once. null where nothing can be made of it.
 */
export const soundPart = (
  raw: RawEnvironment,
  faults: readonly Fault[],
  name: string,
): SoundPart | null => {
  const own = faults.flatMap(({ path }) =>
    path[0] === 'environments' && path[1] === name ? [path.slice(2)] : [],
  );
  // What defaults say may have been replaced: a place in them is no place in here.
  const shared = faults.flatMap(({ path }) => (path[0] === 'defaults' ? [path.slice(1, 2)] : []));
  const bad = [...own, ...shared];
  if (bad.some((path) => path.length === 0)) return null;
  const kept: Record<string, unknown> = Object.create(null);
  const places = new Map<string, readonly number[]>();
  for (const [field, value] of Object.entries(raw)) {
    const parts = bad.filter((path) => path[0] === field).map((path) => path[1]);
    if (parts.length === 0) kept[field] = value;
    else if (parted.includes(field) && !parts.includes(undefined)) {
      kept[field] = without(value, parts, (indexes) => places.set(field, indexes));
    }
  }
  return {
    raw: kept,
    isWhole: bad.length === 0,
    imageInDoubt: bad.some(([field]) => field === 'image') || faults.some(isMeantImage),
    written: ([field = '', part = '', ...rest]) => {
      const index = typeof part === 'number' ? places.get(String(field))?.[part] : undefined;
      return [field, index ?? part, ...rest].filter((one) => one !== '');
    },
  };
};

/** Fields whose parts mean something without each other. */
const parted: readonly string[] = ['ports', 'mounts', 'env', 'labels', 'ulimits', 'logs'];

const without = (
  value: unknown,
  parts: readonly (string | number | undefined)[],
  keepPlaces: (indexes: readonly number[]) => void,
): unknown => {
  if (Array.isArray(value)) {
    const indexes = value.map((_, index) => index).filter((index) => !parts.includes(index));
    keepPlaces(indexes);
    return indexes.map((index): unknown => value[index]);
  }
  return Object.fromEntries(
    Object.entries(value as object).filter(([key]) => !parts.includes(key)),
  );
};

const isMeantImage = ({ code, hint }: Fault): boolean =>
  code === 'E_UNKNOWN_FIELD' && hint.includes('"image"');
