/** Maps merge, everything else is replaced. Fields that exclude each other do not meet. */
export const mergeDefaults = (below: unknown, above: unknown, field = ''): unknown => {
  if (above === undefined) return copy(below);
  if (!isMap(below) || !isMap(above)) return copy(above);
  const merged: Record<string, unknown> = Object.create(null);
  const choices = exclusive.get(field) ?? [];
  const dropped = choices.some((name) => Object.hasOwn(above, name)) ? choices : [];
  for (const [key, value] of Object.entries(below)) {
    if (!dropped.includes(key)) merged[key] = copy(value);
  }
  for (const [key, value] of Object.entries(above)) {
    merged[key] = mergeDefaults(merged[key], value, key);
  }
  return merged;
};

/** Without the fields that are the user's own, which nothing may depend on. */
export const withoutOwnFields = (environment: unknown): Readonly<Record<string, unknown>> => {
  const kept: Record<string, unknown> = Object.create(null);
  if (!isMap(environment)) return kept;
  for (const [key, value] of Object.entries(environment)) {
    if (!key.startsWith('x-')) kept[key] = value;
  }
  return kept;
};

/** An environment that chooses one of these drops what defaults chose of the others. */
const exclusive: ReadonlyMap<string, readonly string[]> = new Map([
  ['health', ['command', 'http']],
  // Another word has no use for the limit of this one.
  ['restart', ['when', 'limit']],
]);

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const copy = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copy);
  if (!isMap(value)) return value;
  const out: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) out[key] = copy(item);
  return out;
};
