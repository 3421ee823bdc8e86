import type { ContainerRow, ContainerTable } from '../model/store.ts';
import type { Connection, Transaction } from './connection.ts';
import { sameRow } from './connection.ts';
import { toDatetime } from './time.ts';

const bytesPerGb = 2 ** 30;

export const containerTable = (db: Connection, transaction: Transaction): ContainerTable => {
  const get = db.prepare<[string], Columns>(
    `SELECT container_id, container_name, image_name, project_path, status, cpu_limit,
       memory_limit_gb, gpu_devices, port_mappings, created_at, started_at, stopped_at, user_id,
       project_id, environment, generation, digest, revision, exit_code, gpu_uuids, mig_uuids
     FROM container_instances WHERE container_id = ?`,
  );
  // By index, as nvidia-smi counts now; a GPU that is not there has none.
  const indexes = db
    .prepare<[string], string>(
      `SELECT json_group_array(device) FROM (
         SELECT coalesce(CAST(g.gpu_id AS TEXT), u.value) AS device
         FROM json_each(?) u LEFT JOIN gpus g ON g.uuid = u.value
         ORDER BY g.gpu_id IS NULL, g.gpu_id, u.key)`,
    )
    .pluck();
  const gpuOfSlice = db
    .prepare<[string], string>(
      'SELECT uuid FROM gpu_allocations WHERE mig_uuid = ? AND uuid IS NOT NULL LIMIT 1',
    )
    .pluck();
  const upsert = db.prepare<[Columns]>(
    `INSERT INTO container_instances (container_id, container_name, image_name, project_path, status,
       cpu_limit, memory_limit_gb, gpu_devices, port_mappings, created_at, started_at, stopped_at,
       user_id, project_id, environment, generation, digest, revision, exit_code, gpu_uuids, mig_uuids)
     VALUES (@container_id, @container_name, @image_name, @project_path, @status,
       @cpu_limit, @memory_limit_gb, @gpu_devices, @port_mappings, @created_at, @started_at,
       @stopped_at, @user_id, @project_id, @environment, @generation, @digest, @revision, @exit_code,
       @gpu_uuids, @mig_uuids)
     ON CONFLICT (container_id) DO UPDATE SET container_name = excluded.container_name,
       image_name = excluded.image_name, project_path = excluded.project_path,
       status = excluded.status, cpu_limit = excluded.cpu_limit,
       memory_limit_gb = excluded.memory_limit_gb, gpu_devices = excluded.gpu_devices,
       port_mappings = excluded.port_mappings, created_at = excluded.created_at,
       started_at = excluded.started_at, stopped_at = excluded.stopped_at,
       user_id = excluded.user_id, project_id = excluded.project_id,
       environment = excluded.environment, generation = excluded.generation,
       digest = excluded.digest, revision = excluded.revision, exit_code = excluded.exit_code,
       gpu_uuids = excluded.gpu_uuids, mig_uuids = excluded.mig_uuids
     WHERE container_instances.status <> 'deleted'`,
  );
  // The name went on to another container, so whoever held it is gone.
  const retire = db.prepare<[string, string, string]>(
    `UPDATE container_instances SET status = 'deleted', stopped_at = coalesce(stopped_at, ?)
     WHERE container_name = ? AND status <> 'deleted' AND container_id <> ?`,
  );
  const remove = db.prepare<[string, string]>(
    `UPDATE container_instances SET status = 'deleted', stopped_at = coalesce(stopped_at, ?)
     WHERE container_id = ? AND status <> 'deleted'`,
  );
  const live = db.prepare<[], LiveRow>(
    `SELECT container_id AS containerId, container_name AS containerName,
       coalesce(project_id, '') AS projectId, coalesce(environment, '') AS environment,
       coalesce(revision, '') AS revision, unixepoch(started_at) * 1000 AS startedAt
     FROM container_instances WHERE status <> 'deleted' ORDER BY container_name`,
  );
  const liveOf = db.prepare<[string], LiveRow>(
    `SELECT container_id AS containerId, container_name AS containerName,
       project_id AS projectId, coalesce(environment, '') AS environment,
       coalesce(revision, '') AS revision, unixepoch(started_at) * 1000 AS startedAt
     FROM container_instances WHERE status <> 'deleted' AND project_id = ? ORDER BY container_name`,
  );

  /** Once the lease on a slice is gone, the row itself knows whose slice it was. */
  const gpuColumns = ({ gpuDevices }: ContainerRow, before: Columns | undefined): GpuColumns => {
    const known = new Map(slicesOf(before));
    const slices = gpuDevices.map((id) => (id.startsWith('MIG-') ? id : null));
    const gpus = gpuDevices.map((id) =>
      id.startsWith('MIG-') ? (gpuOfSlice.get(id) ?? known.get(id) ?? id) : id,
    );
    const uuids = JSON.stringify(gpus);
    return {
      gpu_uuids: uuids,
      mig_uuids: slices.some((slice) => slice !== null) ? JSON.stringify(slices) : null,
      gpu_devices: gpus.length === 0 ? '[]' : (indexes.get(uuids) ?? '[]'),
    };
  };

  return {
    observe: (row) =>
      transaction(() => {
        const before = get.get(row.containerId);
        if (before?.status === 'deleted') return;
        const after = { ...toColumns(row, before), ...gpuColumns(row, before) };
        // An upsert that changes nothing would still write the table's next row number.
        if (before !== undefined && sameRow(before, after)) return;
        if (after.status !== 'deleted')
          retire.run(after.created_at, after.container_name, after.container_id);
        upsert.run(after);
      }),
    deleted: (containerId, at) => {
      remove.run(toDatetime(at), containerId);
    },
    live: (projectId) => (projectId === undefined ? live.all() : liveOf.all(projectId)),
  };
};

type LiveRow = ReturnType<ContainerTable['live']>[number];

interface GpuColumns {
  readonly gpu_devices: string | null;
  readonly gpu_uuids: string | null;
  readonly mig_uuids: string | null;
}

/** The GPU of each slice that the row has. */
const slicesOf = (row: GpuColumns | undefined): readonly (readonly [string, string])[] => {
  const listed = (text: string | null | undefined): readonly (string | null)[] =>
    JSON.parse(text ?? '[]') as readonly (string | null)[];
  const gpus = listed(row?.gpu_uuids);
  return listed(row?.mig_uuids).flatMap((slice, at) => {
    const gpu = gpus[at] ?? null;
    return slice === null || gpu === null ? [] : [[slice, gpu] as const];
  });
};

interface Columns extends GpuColumns {
  readonly container_id: string;
  readonly container_name: string;
  readonly image_name: string;
  readonly project_path: string;
  readonly status: string;
  readonly cpu_limit: number | null;
  readonly memory_limit_gb: number | null;
  readonly port_mappings: string | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly stopped_at: string | null;
  readonly user_id: number | null;
  readonly project_id: string | null;
  readonly environment: string | null;
  readonly generation: number | null;
  readonly digest: string | null;
  readonly revision: string | null;
  readonly exit_code: number | null;
}

/** While the status is not known, times and exit code stay as they were seen last, like the status. */
const toColumns = (
  row: ContainerRow,
  before: Columns | undefined,
): Omit<Columns, keyof GpuColumns> => ({
  container_id: row.containerId,
  container_name: row.containerName,
  image_name: row.imageName,
  project_path: row.projectPath,
  status: row.status ?? before?.status ?? 'created',
  cpu_limit: row.cpuLimit,
  memory_limit_gb: row.memoryLimitBytes === null ? null : row.memoryLimitBytes / bytesPerGb,
  port_mappings: JSON.stringify(row.portMappings),
  created_at: toDatetime(row.createdAt),
  started_at: toDatetime(row.startedAt) ?? before?.started_at ?? null,
  stopped_at: toDatetime(row.stoppedAt) ?? (keepsEnd(row) ? (before?.stopped_at ?? null) : null),
  user_id: row.ownerUid,
  project_id: row.projectId,
  environment: row.environment,
  ...versionOf(row, before),
  exit_code: row.exitCode ?? (keepsEnd(row) ? (before?.exit_code ?? null) : null),
});

/** What was once seen to be in accord with a newer text goes on being that. */
const versionOf = (
  { made, became }: ContainerRow,
  before: Columns | undefined,
): Pick<Columns, 'generation' | 'digest' | 'revision'> => {
  const isKnown = became === null && before !== undefined && before.generation !== null;
  if (!isKnown) return became ?? made;
  const { generation, digest, revision } = before;
  return { generation, digest, revision };
};

/** A container that was started again has not ended. */
const keepsEnd = ({ status }: ContainerRow): boolean => status === null || status === 'deleted';
