import { posix } from 'node:path';
import type { Limits, QuotaConfig } from '../../controller/model/quota.ts';
import { fault, type Path } from '../fault.ts';
import { sizeOf, type Range, type Report } from '../resolve-scalars.ts';
import { quoted } from '../safe-text.ts';
import { formatSize } from '../units.ts';
import type { Own } from './resolve.ts';
import type { ConfigLimits } from './types.generated.ts';
import type { ConfigValues, LimitsByName } from './values.ts';

export const quotasOf = (values: ConfigValues, report: Report, { instance }: Own): QuotaConfig => {
  const project = limitsOf(values['quotas.project'], ['quotas', 'project'], report);
  return {
    // The document's row has five containers where nobody says otherwise.
    project: { ...project, containers: project.containers ?? (instance ? 'unlimited' : 5) },
    user: limitsOf(values['quotas.user'], ['quotas', 'user'], report),
    groups: byName(values['quotas.groups'], ['quotas', 'groups'], report),
    users: byName(values['quotas.users'], ['quotas', 'users'], report),
    projects: byFolder(values['quotas.projects'], ['quotas', 'projects'], report, (one, path) =>
      limitsOf(one, path, report),
    ),
  };
};

export const ownersOf = (
  owners: ConfigValues['owners'],
  report: Report,
): ReadonlyMap<string, string> => byFolder(owners, ['owners'], report, (name) => name);

/** As it would stand in the file. */
export const limitsValue = ({ containers, cpus, memoryBytes, gpus }: Limits): ConfigLimits => ({
  ...(containers === null ? {} : { containers }),
  ...(cpus === null ? {} : { cpus }),
  ...(memoryBytes === null
    ? {}
    : { memory: memoryBytes === 'unlimited' ? memoryBytes : formatSize(memoryBytes) }),
  ...(gpus === null ? {} : { gpus }),
});

export const mapValue = <T, V>(
  map: ReadonlyMap<string, T>,
  valueOf: (one: T) => V,
): Readonly<Record<string, V>> =>
  Object.fromEntries([...map].map(([name, one]) => [name, valueOf(one)]));

const limitsOf = (said: ConfigLimits, path: Path, report: Report): Limits => ({
  containers: said.containers ?? null,
  cpus: said.cpus ?? null,
  memoryBytes:
    said.memory === undefined
      ? null
      : said.memory === 'unlimited'
        ? said.memory
        : sizeOf(said.memory, [...path, 'memory'], anySize, report),
  gpus: said.gpus ?? null,
});

const byName = (all: LimitsByName, path: Path, report: Report): ReadonlyMap<string, Limits> =>
  new Map(
    Object.entries(all).map(([name, said]) => [
      name,
      limitsOf(said ?? {}, [...path, name], report),
    ]),
  );

/** `/srv/a/` and `/srv/a` are one folder. */
const byFolder = <V, T>(
  all: Readonly<Record<string, V | undefined>>,
  path: Path,
  report: Report,
  valueOf: (one: V, path: Path) => T,
): ReadonlyMap<string, T> => {
  const found = new Map<string, T>();
  for (const [name, said] of Object.entries(all)) {
    if (said === undefined) continue;
    const folder = posix.resolve('/', name);
    if (found.has(folder)) {
      const message = `${quoted(folder)} stands here already`;
      report(
        fault('E_CONFLICT', [...path, name], { at: 'key', message, hint: 'keep one of them' }),
      );
      continue;
    }
    found.set(folder, valueOf(said, [...path, name]));
  }
  return found;
};

const anySize: Range = { min: 0, max: 2 ** 50, says: 'at most 1024TB' };
