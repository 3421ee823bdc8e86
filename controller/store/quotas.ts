import type { QuotaField } from '../model/quota.ts';
import type { ProjectLimits, ProjectQuota, ProjectUsage } from '../model/record.ts';
import type { QuotaTable } from '../model/store.ts';
import type { Connection, Transaction } from './connection.ts';

/** Triggers keep current_* true with every grant, lease and container row; `recompute` repairs what a hand wrote. */
export const quotaTable = (db: Connection, transaction: Transaction): QuotaTable => {
  const columns = `project_path AS projectPath, max_containers AS maxContainers,
    max_cpu_cores AS maxCpuCores, max_memory_gb AS maxMemoryGb, max_gpus AS maxGpus,
    current_containers AS currentContainers, current_cpu_cores AS currentCpuCores,
    current_memory_gb AS currentMemoryGb, current_gpus AS currentGpus, overrides, defaulted`;
  const get = db.prepare<[string], QuotaRow>(
    `SELECT ${columns} FROM project_quotas WHERE project_path = ?`,
  );
  const all = db.prepare<[], QuotaRow>(
    `SELECT ${columns} FROM project_quotas ORDER BY project_path`,
  );
  const wrong = db.prepare<[], UsageRow>(
    `SELECT u.project_path, u.containers, u.cpu_cores, u.memory_gb, u.gpus
     FROM project_usage u JOIN project_quotas q ON q.project_path = u.project_path
     WHERE (q.current_containers, q.current_cpu_cores, q.current_memory_gb, q.current_gpus)
       IS NOT (u.containers, u.cpu_cores, u.memory_gb, u.gpus)
     ORDER BY u.project_path`,
  );
  const correct = db.prepare<[UsageRow]>(
    `UPDATE project_quotas SET current_containers = @containers, current_cpu_cores = @cpu_cores,
       current_memory_gb = @memory_gb, current_gpus = @gpus
     WHERE project_path = @project_path`,
  );
  const usage = db.prepare<[], ProjectUsage & { readonly projectPath: string }>(
    `SELECT project_path AS projectPath, containers, cpu_cores AS cpus, memory_bytes AS memoryBytes, gpus
     FROM project_usage ORDER BY project_path`,
  );

  const set = db.prepare<[LimitsRow]>(
    `UPDATE project_quotas SET max_containers = @maxContainers, max_cpu_cores = @maxCpuCores,
       max_memory_gb = @maxMemoryGb, max_gpus = @maxGpus, overrides = @overrides, defaulted = @defaulted
     WHERE project_path = @projectPath`,
  );

  return {
    get: (projectPath) => {
      const row = get.get(projectPath);
      return row === undefined ? null : fromRow(row);
    },
    all: () => all.all().map(fromRow),
    set: (limits) =>
      void set.run({
        ...limits,
        overrides: written(limits.overrides),
        defaulted: written(limits.defaulted),
      }),
    wrong: () => wrong.all().map(({ project_path: path }) => path),
    recompute: () =>
      transaction(() =>
        wrong.all().map((row) => {
          correct.run(row);
          return row.project_path;
        }),
      ),
    usage: () =>
      new Map(usage.all().map(({ projectPath, ...figures }) => [projectPath, figures] as const)),
  };
};

interface UsageRow {
  readonly project_path: string;
  readonly containers: number;
  readonly cpu_cores: number;
  readonly memory_gb: number;
  readonly gpus: number;
}

type LimitsRow = Omit<ProjectLimits, 'overrides' | 'defaulted'> & JsonColumns;
type QuotaRow = Omit<ProjectQuota, 'overrides' | 'defaulted'> & JsonColumns;

interface JsonColumns {
  readonly overrides: string;
  readonly defaulted: string;
}

/** A hand may have written anything: what is not known counts for nothing. */
const fromRow = (row: QuotaRow): ProjectQuota => ({
  ...row,
  overrides: Object.fromEntries(
    read(row.overrides).map(([field, value]) => [field, value === 'config' ? value : 'set']),
  ),
  defaulted: Object.fromEntries(
    read(row.defaulted).flatMap(([field, value]) =>
      typeof value === 'number' ? [[field, value]] : [],
    ),
  ),
});

/** In the words of mlenv.yaml. */
const names: readonly (readonly [name: string, field: QuotaField])[] = [
  ['containers', 'containers'],
  ['cpus', 'cpus'],
  ['memory', 'memoryBytes'],
  ['gpus', 'gpus'],
];

const read = (text: string): readonly (readonly [QuotaField, unknown])[] => {
  const value = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return names.flatMap(([name, field]) =>
    Object.hasOwn(value, name) ? [[field, value[name]] as const] : [],
  );
};

const written = (map: Readonly<Partial<Record<QuotaField, unknown>>>): string =>
  JSON.stringify(
    Object.fromEntries(
      names.flatMap(([name, field]) => (map[field] === undefined ? [] : [[name, map[field]]])),
    ),
  );
