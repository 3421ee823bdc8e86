import type { ProjectQuota, ProjectUsage } from '../model/record.ts';
import type { QuotaTable } from '../model/store.ts';
import type { Connection, Transaction } from './connection.ts';

/** Triggers keep current_* true with every grant, lease and container row; `recompute` repairs what a hand wrote. */
export const quotaTable = (db: Connection, transaction: Transaction): QuotaTable => {
  const columns = `project_path AS projectPath, max_containers AS maxContainers,
    max_cpu_cores AS maxCpuCores, max_memory_gb AS maxMemoryGb, max_gpus AS maxGpus,
    current_containers AS currentContainers, current_cpu_cores AS currentCpuCores,
    current_memory_gb AS currentMemoryGb, current_gpus AS currentGpus`;
  const get = db.prepare<[string], ProjectQuota>(
    `SELECT ${columns} FROM project_quotas WHERE project_path = ?`,
  );
  const all = db.prepare<[], ProjectQuota>(
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

  return {
    get: (projectPath) => get.get(projectPath) ?? null,
    all: () => all.all(),
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
