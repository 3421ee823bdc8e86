import Database from 'better-sqlite3';
import type { GpuLease, GpuMark } from '../model/gpu.ts';
import { environmentKey } from '../model/key.ts';
import type { GpuCard } from '../model/store-gpu.ts';

export const bytesPerMb = 2 ** 20;

export interface CardRow {
  readonly uuid: string;
  readonly gpu_id: number | null;
  readonly model: string;
  readonly memory_mb: number | null;
  readonly seen_at_ms: number;
}

export interface AllocationRow {
  readonly id: number;
  readonly gpu_id: number;
  readonly container_name: string;
  readonly at: number;
  readonly uuid: string | null;
  readonly mig_uuid: string | null;
  readonly sharing: GpuLease['sharing'];
  readonly kind: 'lease' | GpuMark['kind'];
  readonly project_id: string | null;
  readonly environment: string | null;
  readonly is_current: number;
}

export const cardRow = ({ uuid, index, model, memoryBytes }: GpuCard, seenAt: number): CardRow => ({
  uuid,
  gpu_id: index,
  model,
  memory_mb: memoryBytes === null ? null : Math.round(memoryBytes / bytesPerMb),
  seen_at_ms: seenAt,
});

export const toLease = (row: AllocationRow): GpuLease => ({
  gpuUuid: row.uuid ?? '',
  migUuid: row.mig_uuid,
  index: row.gpu_id,
  containerName: row.container_name,
  key:
    row.project_id === null || row.environment === null
      ? null
      : environmentKey({ projectId: row.project_id, environment: row.environment }),
  sharing: row.sharing,
  current: row.is_current === 1,
  at: row.at,
});

export type NewAllocation = Omit<AllocationRow, 'id' | 'at'> & { readonly allocated_at: string };

export const selectAllocations = `SELECT id, gpu_id, container_name,
  unixepoch(allocated_at) * 1000 AS at, uuid, mig_uuid, sharing, kind, project_id, environment,
  is_current
FROM gpu_allocations`;

export const insertAllocation = `INSERT INTO gpu_allocations (gpu_id, container_name, allocated_at, uuid,
  mig_uuid, sharing, kind, project_id, environment, is_current)
VALUES (@gpu_id, @container_name, @allocated_at, @uuid, @mig_uuid, @sharing, @kind, @project_id,
  @environment, @is_current)`;

export const isLease = ({ kind }: AllocationRow): boolean => kind === 'lease';

/** An index or a trigger of the table said no. */
export const isRefused = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT');

/** Below every number that `goneId` gives. */
export const outOfTheWay = -1_000_000_000;

/** For a row whose card is not there; a number of its own, so that two of them stand side by side. */
export const goneId = ({ id }: Pick<AllocationRow, 'id'>): number => -1000 - id;
