import { deviceId, type GpuCordon } from '../model/gpu.ts';
import { parseKey } from '../model/key.ts';
import { GpuTaken, type GpuTable, type GrantedGpu } from '../model/store-gpu.ts';
import type { Connection, Transaction } from './connection.ts';
import { gpuLook } from './gpu-look.ts';
import {
  bytesPerMb,
  goneId,
  insertAllocation,
  isRefused,
  outOfTheWay,
  selectAllocations,
  toLease,
  type AllocationRow,
  type CardRow,
  type NewAllocation,
} from './gpu-rows.ts';
import { toDatetime } from './time.ts';

/** `grant` throws GpuTaken, and then changes nothing: the indexes and triggers of the table decide. */
export const gpuTable = (db: Connection, transaction: Transaction): GpuTable => {
  const look = gpuLook(db);
  const cards = db.prepare<[], CardRow & { readonly gpu_id: number }>(
    'SELECT * FROM gpus WHERE gpu_id IS NOT NULL ORDER BY gpu_id, uuid',
  );
  const indexOf = db
    .prepare<[string], number | null>('SELECT gpu_id FROM gpus WHERE uuid = ?')
    .pluck();
  const leases = db.prepare<[], AllocationRow>(
    `${selectAllocations} WHERE kind = 'lease' ORDER BY gpu_id, id`,
  );
  const leasesOf = db.prepare<[string, string], AllocationRow>(
    `${selectAllocations} WHERE project_id = ? AND environment = ? AND kind = 'lease' ORDER BY gpu_id, id`,
  );
  const insert = db.prepare<[NewAllocation]>(insertAllocation);
  const renumber = db.prepare<[number, number]>(
    'UPDATE gpu_allocations SET gpu_id = ? WHERE id = ?',
  );
  const retire = db.prepare<[number]>('UPDATE gpu_allocations SET is_current = 0 WHERE id = ?');
  const renew = db.prepare<[Renewed]>(
    `UPDATE gpu_allocations SET container_name = @container_name, sharing = @sharing, is_current = 1
     WHERE id = @id`,
  );
  const end = db.prepare<[number, number]>(
    'UPDATE gpu_lease_history SET ended_at_ms = max(began_at_ms, ?) WHERE id = ?',
  );
  const remove = db.prepare<[number]>('DELETE FROM gpu_allocations WHERE id = ?');
  const cordons = db.prepare<[], GpuCordon>(
    `SELECT uuid AS gpuUuid, held_by AS "by", why, at_ms AS at FROM gpu_cordons ORDER BY uuid`,
  );
  const cordon = db.prepare<[GpuCordon]>(
    'INSERT INTO gpu_cordons VALUES (@gpuUuid, @by, @why, @at) ON CONFLICT (uuid) DO NOTHING',
  );
  const uncordon = db.prepare<[string]>('DELETE FROM gpu_cordons WHERE uuid = ?');
  // A caller may go on in an outer transaction after a refusal: it must find the leases as they were.
  const begin = db.prepare('SAVEPOINT gpu_grant');
  const release = db.prepare('RELEASE gpu_grant');
  const undo = db.prepare('ROLLBACK TO gpu_grant');

  const take = (gpu: GrantedGpu, place: Place): void => {
    const index = indexOf.get(gpu.gpuUuid) ?? null;
    const { lastInsertRowid } = insert.run({
      gpu_id: index ?? outOfTheWay,
      container_name: place.containerName,
      allocated_at: toDatetime(place.at),
      uuid: gpu.gpuUuid,
      mig_uuid: gpu.migUuid,
      sharing: gpu.sharing,
      kind: 'lease',
      project_id: place.projectId,
      environment: place.environment,
      is_current: 1,
    });
    const id = Number(lastInsertRowid);
    if (index === null) renumber.run(goneId({ id }), id);
  };

  const give = (devices: readonly GrantedGpu[], place: Place): void => {
    const wanted = new Map(devices.map((gpu) => [deviceId(gpu), gpu]));
    const held = new Map(
      leasesOf
        .all(place.projectId, place.environment)
        .map((row) => [deviceId(toLease(row)), row] as const),
    );
    for (const [id, row] of held) if (!wanted.has(id) && row.is_current === 1) retire.run(row.id);
    for (const [id, gpu] of wanted) {
      const row = held.get(id);
      try {
        if (row === undefined) take(gpu, place);
        else if (!isSame(row, gpu, place.containerName))
          renew.run({ id: row.id, container_name: place.containerName, sharing: gpu.sharing });
      } catch (error) {
        throw isRefused(error) ? new GpuTaken(id, 'it is in another hand') : error;
      }
    }
  };

  return {
    observe: (seen, marks, at) =>
      transaction(() => {
        look(seen, marks, at);
      }),
    cards: () =>
      cards.all().map(({ uuid, gpu_id: index, model, memory_mb: mb }) => ({
        uuid,
        index,
        model,
        memoryBytes: mb === null ? null : mb * bytesPerMb,
      })),
    leases: () => leases.all().map(toLease),
    of: (key) => {
      const { projectId, environment } = parseKey(key);
      return leasesOf.all(projectId, environment).map(toLease);
    },
    grant: (key, containerName, devices, at) =>
      transaction(() => {
        begin.run();
        try {
          give(devices, { ...parseKey(key), containerName, at });
        } catch (error) {
          // SQLite rolls all back by itself on some errors, a full disk among them.
          if (db.inTransaction) {
            undo.run();
            release.run();
          }
          throw error;
        }
        release.run();
      }),
    keep: (key, deviceIds, at) => {
      const { projectId, environment } = parseKey(key);
      transaction(() => {
        for (const row of leasesOf.all(projectId, environment)) {
          if (deviceIds.includes(deviceId(toLease(row)))) continue;
          end.run(at, row.id);
          remove.run(row.id);
        }
      });
    },
    cordons: () => cordons.all(),
    cordon: (what) => void cordon.run(what),
    uncordon: (uuid) => void uncordon.run(uuid),
  };
};

interface Place {
  readonly projectId: string;
  readonly environment: string;
  readonly containerName: string;
  readonly at: number;
}

type Renewed = Pick<AllocationRow, 'id' | 'container_name' | 'sharing'>;

const isSame = (row: AllocationRow, gpu: GrantedGpu, containerName: string): boolean =>
  row.is_current === 1 && row.sharing === gpu.sharing && row.container_name === containerName;
