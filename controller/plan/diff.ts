import type {
  ContainerConfig,
  ObservedContainer,
  ResourceUpdate,
  Stray,
} from '../model/container.ts';
import type { FieldChange } from '../model/plan.ts';
import { fields, howFor, mapFields, skip } from './fields.ts';

/** Field by field, what is there against what is wished, whether the file changed or somebody's hand did. */
export const diffContainer = (
  wished: ContainerConfig,
  seen: ObservedContainer,
  ulimitsByDefault: readonly string[] = [],
): readonly FieldChange[] => {
  // Whether a container has our default limits depends on what its engine allowed then: no drift.
  const ownLimits = (config: ContainerConfig): ContainerConfig => ({
    ...config,
    ulimits: config.ulimits.filter(({ name }) => !ulimitsByDefault.includes(name)),
  });
  return compare(ownLimits(withCapabilities(wished, seen)), {
    ...seen,
    config: ownLimits(seen.config),
  });
};

/**
 * What has run once keeps the capabilities that it was made with, by another level or an older MLEnv:
 * the next container has the new ones. One that never ran is proven to have what was asked for.
 */
const withCapabilities = (
  wished: ContainerConfig,
  { startedAt, config: { capDrop, capAdd } }: ObservedContainer,
): ContainerConfig => (startedAt === null ? wished : { ...wished, capDrop, capAdd });

const compare = (wished: ContainerConfig, observed: ObservedContainer): readonly FieldChange[] => [
  ...nameChange(wished, observed),
  ...fields.flatMap((field) => {
    const to = field.wished(wished, observed.image);
    const from = field.live(observed.config, observed.image);
    if (field.how === 'ignored' || to === skip || equal(from, to)) return [];
    const text = field.show ?? show;
    return [{ field: field.name, how: howFor(field, from, to), from: text(from), to: text(to) }];
  }),
  ...observed.strays
    .filter(isOwnMatter(wished))
    .map(({ field, value, usual, cure }): FieldChange => ({
      field: cure === 'disconnect' ? `${field}.${value}` : field,
      how: cure === 'recreate' ? 'recreate' : 'in-place',
      from: cure === 'disconnect' ? 'joined' : value,
      to: usual,
    })),
  ...mapFields.flatMap((field) => {
    const image = observed.image === null ? null : field.fromImage(observed.image);
    const live = observed.config[field.name];
    const wish = field.wished(wished);
    const keys = [...new Set([...Object.keys(wish), ...Object.keys(live)])].sort();
    return keys.flatMap((key): FieldChange[] => {
      if (field.ignored(key)) return [];
      const to = wish[key] ?? image?.[key];
      const from = live[key];
      // Without the image nobody can say where an extra key came from.
      if (to === from || (image === null && wish[key] === undefined)) return [];
      return [
        {
          field: `${field.name}.${key}`,
          how: 'recreate',
          from: value(from, field.secret),
          to: value(to, field.secret),
        },
      ];
    });
  }),
];

/** Where memory is to have no limit, the limit itself is what has to go. */
const isOwnMatter =
  ({ memoryBytes }: ContainerConfig) =>
  ({ field }: Stray): boolean =>
    field !== 'memorySwap' || memoryBytes !== null;

/** The part of a diff that `docker update` takes. */
export const resourceUpdate = (
  wished: ContainerConfig,
  changes: readonly FieldChange[],
  strays: readonly Stray[] = [],
): ResourceUpdate | null => {
  const inPlace = new Set(changes.filter((c) => c.how === 'in-place').map((c) => c.field));
  const usual = strays.map(({ field }) => field).filter((field) => inPlace.has(field));
  // Swap is bound to memory, and sent with it.
  if (usual.includes('memorySwap')) inPlace.add('memory');
  const update: ResourceUpdate = {
    ...(usual.length === 0 ? {} : { usual }),
    ...(inPlace.has('cpus') && wished.cpus !== null ? { cpus: wished.cpus } : {}),
    ...(inPlace.has('memory') && wished.memoryBytes !== null
      ? { memoryBytes: wished.memoryBytes }
      : {}),
    ...(inPlace.has('pids') && wished.pids !== null ? { pids: wished.pids } : {}),
  };
  return Object.keys(update).length === 0 ? null : update;
};

/** A renamed container no longer guards its name against a second one. */
const nameChange = (wished: ContainerConfig, observed: ObservedContainer): FieldChange[] =>
  wished.name === observed.name
    ? []
    : [{ field: 'name', how: 'recreate', from: observed.name, to: wished.name }];

const value = (text: string | undefined, secret: boolean): string => {
  if (text === undefined) return '(not set)';
  return secret ? '(hidden)' : text;
};

const show = (thing: unknown): string => {
  if (thing === null) return '(none)';
  if (Array.isArray(thing)) return thing.length === 0 ? '(none)' : thing.map(String).join(' ');
  return typeof thing === 'string' ? thing : JSON.stringify(thing);
};

const equal = (a: unknown, b: unknown): boolean =>
  a === b || JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

const sorted = (thing: unknown): unknown =>
  thing !== null && typeof thing === 'object' && !Array.isArray(thing)
    ? Object.fromEntries(Object.entries(thing).sort(([a], [b]) => (a < b ? -1 : 1)))
    : thing;
