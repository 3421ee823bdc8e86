import type { GpuLease, GpuMark } from '../model/gpu.ts';
import { environmentKey } from '../model/key.ts';
import type { GpuCard } from '../model/store.ts';

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
