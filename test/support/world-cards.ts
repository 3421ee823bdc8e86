import type {
  Gpu,
  GpuHealth,
  GpuInventory,
  GpuProcess,
  GpuProvider,
} from '../../controller/model/gpu.ts';
import type { Clock } from '../../controller/model/ports.ts';
import type { MemoryEngine } from './memory-engine.ts';

/** A card, or a slice, that can be given out: what tests judge by, told without the controller's own words. */
export interface WorldDevice {
  readonly id: string;
  readonly gpuUuid: string;
  readonly model: string;
  readonly mig: string | null;
  /** How many the configuration lets share it. */
  readonly slots: number;
}

/** The cards of a host in memory: two models, one card to share, one in slices. */
export interface WorldCards {
  readonly provider: GpuProvider;
  readonly devices: readonly WorldDevice[];
  readonly indexOf: (gpuUuid: string) => number;
  /** Since when a card is in use by a process outside of all containers, or bad; null: it is not. */
  readonly troubleSince: (gpuUuid: string) => number | null;
  /** A process of somebody runs on the card, in no container; or it ends. */
  setProcess(gpuUuid: string, runs: boolean): void;
  setHealth(gpuUuid: string, state: GpuHealth['state']): void;
  /** nvidia-smi counts the other way round from now on. */
  moveIndexes(): void;
  /** Whether nvidia-smi answers. */
  setKnown(isKnown: boolean): void;
  /** All are healthy, known and free of strangers' processes. */
  heal(): void;
}

const uuid = (letter: string): string => `GPU-${letter.repeat(8)}-0000-0000-0000-000000000000`;
const slice = (digit: string): string => `MIG-${digit.repeat(8)}-0000-0000-0000-000000000000`;

/** The one that may be shared, by two. */
export const sharedCard = uuid('b');
export const profile = '1g.10gb';
const a100 = 'NVIDIA A100-SXM4-40GB';
const h100 = 'NVIDIA H100 80GB HBM3';

export const worldDevices = [
  { id: uuid('a'), gpuUuid: uuid('a'), model: a100, mig: null, slots: 1 },
  { id: sharedCard, gpuUuid: sharedCard, model: a100, mig: null, slots: 2 },
  { id: uuid('c'), gpuUuid: uuid('c'), model: h100, mig: null, slots: 1 },
  { id: uuid('d'), gpuUuid: uuid('d'), model: h100, mig: null, slots: 1 },
  { id: slice('1'), gpuUuid: uuid('e'), model: h100, mig: profile, slots: 1 },
  { id: slice('2'), gpuUuid: uuid('e'), model: h100, mig: profile, slots: 1 },
] as const satisfies readonly WorldDevice[];

export const createWorldCards = (clock: Clock, engine: MemoryEngine): WorldCards => {
  const processes = new Map<string, number>();
  const bad = new Map<string, { readonly state: GpuHealth['state']; readonly since: number }>();
  let order = [...new Set(worldDevices.map(({ gpuUuid }) => gpuUuid))];
  let known = true;

  const processesOn = (ids: readonly string[]): readonly GpuProcess[] => {
    const inContainers = engine.containers
      .filter(
        ({ state, config }) =>
          state === 'running' && config.gpus?.ids.some((id) => ids.includes(id)),
      )
      .map(({ id }) => processOf(id));
    return ids.some((id) => processes.has(id)) ? [...inContainers, processOf(null)] : inContainers;
  };
  const cardOf = (gpuUuid: string, index: number): Gpu => {
    const here = worldDevices.filter((device) => device.gpuUuid === gpuUuid);
    const slices = here.filter(({ mig }) => mig !== null);
    const model = here[0]?.model ?? '';
    const state = bad.get(gpuUuid)?.state ?? 'healthy';
    return {
      uuid: gpuUuid,
      index,
      model,
      busId: `00000000:0${gpuUuid[4]}:00.0`,
      memoryTotalBytes: (model === a100 ? 40 : 79.6) * 2 ** 30,
      memoryUsedBytes: 0,
      utilization: null,
      temperatureC: null,
      powerW: null,
      powerLimitW: null,
      mig:
        slices.length === 0
          ? null
          : slices.map(({ id }, at) => ({
              uuid: id,
              index: at,
              profile,
              memoryBytes: 10 * 2 ** 30,
            })),
      health: { state, why: state === 'healthy' ? '' : 'the driver says so' },
      processes: processesOn([gpuUuid, ...slices.map(({ id }) => id)]),
    };
  };
  const inventory = (): GpuInventory => {
    const readAt = clock.now();
    if (!known) {
      return { kind: 'unknown', why: 'nvidia-smi does not answer', todo: 'wait', readAt };
    }
    const gpus = order.map(cardOf);
    return {
      kind: 'known',
      readAt,
      driver: '550.54.15',
      cuda: '12.4',
      gpus,
      links: gpus.flatMap((from) =>
        gpus
          .filter((to) => to !== from)
          .map((to) => ({
            from: from.uuid,
            to: to.uuid,
            ...(to.model === from.model
              ? { kind: 'NV18', score: 1800 }
              : { kind: 'SYS', score: 10 }),
          })),
      ),
      warnings: [],
    };
  };

  return {
    provider: { inventory: () => Promise.resolve(inventory()) },
    devices: worldDevices,
    indexOf: (gpuUuid) => order.indexOf(gpuUuid),
    troubleSince: (gpuUuid) => processes.get(gpuUuid) ?? bad.get(gpuUuid)?.since ?? null,
    setProcess: (gpuUuid, runs) => {
      if (!runs) processes.delete(gpuUuid);
      else if (!processes.has(gpuUuid)) processes.set(gpuUuid, clock.now());
    },
    setHealth: (gpuUuid, state) => {
      if (state === 'healthy') bad.delete(gpuUuid);
      else bad.set(gpuUuid, { state, since: bad.get(gpuUuid)?.since ?? clock.now() });
    },
    moveIndexes: () => void (order = order.toReversed()),
    setKnown: (isKnown) => void (known = isKnown),
    heal: () => {
      processes.clear();
      bad.clear();
      known = true;
    },
  };
};

const processOf = (containerId: string | null): GpuProcess => ({
  pid: containerId === null ? 4711 : 1 + Number.parseInt(containerId.slice(0, 4), 16),
  name: '/usr/bin/python3',
  memoryBytes: 2 ** 30,
  containerId,
  uid: 1002,
  user: 'bob',
});
