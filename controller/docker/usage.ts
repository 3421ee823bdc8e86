import { ok, failed, type Result } from '../model/failure.ts';
import type { EngineUsage, UsageReading } from '../model/metrics.ts';
import { call, objectReply } from './call.ts';
import { clientOf, type Connection } from './client.ts';
import { inspectContainer } from './inspect.ts';
import { isContainerRef } from './names.ts';
import { sessionsOf } from './sessions.ts';
import { isJson, json, list, number, positive, text, type Json } from './shape.ts';

/** An engine that counts for longer than this is asked again in the next round. */
const statsMs = 5000;

export const createUsage = (connection: Connection): EngineUsage => {
  const { docker, deadlines } = connection;
  const asked = <T>(id: string, ask: () => Promise<Result<T>>): Promise<Result<T>> =>
    isContainerRef(id) ? ask() : Promise.resolve(failed('absent', `No such container: ${id}`, 404));
  return {
    pid: async (id) => {
      const said = await asked(id, () => inspectContainer(connection, id));
      return said.ok ? ok(positive(json(said.value['State'])['Pid'])) : said;
    },
    sessions: (id) => sessionsOf(connection, id),
    usage: (id) =>
      asked(id, () =>
        call({
          what: `stats of ${id}`,
          kind: 'read',
          deadlineMs: Math.min(statsMs, deadlines.readMs),
          // One shot: the engine waits for no second reading of its own, where it can.
          send: (abortSignal) =>
            clientOf(docker)
              .getContainer(id)
              .stats({
                stream: false,
                abortSignal,
                _query: { stream: 'false', 'one-shot': 'true' },
              }),
          read: readingOf,
        }),
      ),
  };
};

/** null: no such answer. What a stopped container's lacks is null in it. */
export const readingOf = (reply: unknown): UsageReading | null => {
  const said = objectReply(reply);
  const atMs = Date.parse(text(said?.['read']));
  if (said === null || Number.isNaN(atMs)) return null;
  const cpu = json(json(said['cpu_stats'])['cpu_usage'])['total_usage'];
  const memory = json(said['memory_stats']);
  const disk = list(json(said['blkio_stats'])['io_service_bytes_recursive']);
  const networks = said['networks'];
  return {
    // The engine's own clock: it compares with its other answers alone.
    atMs,
    run: 'engine',
    cpuNs: known(cpu),
    memoryBytes: memoryBytes(memory),
    memoryLimitBytes: positive(memory['limit']),
    diskReadBytes: disk.length === 0 ? null : diskBytes(disk, 'read'),
    diskWriteBytes: disk.length === 0 ? null : diskBytes(disk, 'write'),
    networkRxBytes: networkBytes(networks, 'rx_bytes'),
    networkTxBytes: networkBytes(networks, 'tx_bytes'),
  };
};

const known = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

/** As `docker stats` does: `total_inactive_file` on cgroup v1, `inactive_file` on v2. */
const memoryBytes = (memory: Json): number | null => {
  const used = known(memory['usage']);
  const stats = json(memory['stats']);
  const inactive = known(stats['total_inactive_file']) ?? known(stats['inactive_file']);
  if (used === null || inactive === null) return used;
  return inactive < used ? used - inactive : used;
};

const diskBytes = (entries: readonly unknown[], op: string): number =>
  entries
    .map(json)
    .filter((entry) => text(entry['op']).toLowerCase() === op)
    .reduce((sum, entry) => sum + number(entry['value']), 0);

/** A container on the host's network has none of its own. */
const networkBytes = (networks: unknown, key: string): number | null =>
  isJson(networks)
    ? Object.values(networks).reduce<number>((sum, one) => sum + number(json(one)[key]), 0)
    : null;
