import type { GpuConfig, GpuReservation } from '../model/config.ts';
import {
  deviceId,
  type Gpu,
  type GpuClaim,
  type GpuCordon,
  type GpuInventory,
  type GpuLease,
  type GpuMark,
} from '../model/gpu.ts';
import type { EnvironmentKey } from '../model/key.ts';
import type { GpuPool, Holder, PoolDevice } from './gate.ts';
import { reservedText } from './suitable.ts';

export interface PoolFacts {
  /** null: not looked at yet. */
  readonly inventory: GpuInventory | null;
  readonly leases: readonly GpuLease[];
  readonly claims: readonly GpuClaim[];
  readonly cordons: readonly GpuCordon[];
  readonly config: GpuConfig;
  readonly nameOf: (key: EnvironmentKey) => string;
  /** Which environment a container belongs to; null: it is not ours. */
  readonly ours: (containerId: string) => EnvironmentKey | null;
}

/** The cards as admission sees them: what may be given out, who has what, and why the rest is kept. */
export const poolOf = (facts: PoolFacts): GpuPool => {
  const { inventory } = facts;
  if (inventory?.kind !== 'known') {
    return {
      state: inventory?.kind ?? 'unknown',
      why: inventory?.why ?? 'the cards were not looked at yet',
      devices: [],
      link: () => 0,
    };
  }
  const marks = new Map(marksOf(facts).map(({ gpuUuid, text }) => [gpuUuid, text]));
  const scores = new Map<string, Map<string, number>>();
  for (const { from, to, score } of inventory.links) {
    const row = scores.get(from) ?? new Map<string, number>();
    scores.set(from, row.set(to, score));
  }
  return {
    state: 'known',
    why: '',
    devices: inventory.gpus.flatMap((gpu) => devicesOf(gpu, facts, marks.get(gpu.uuid) ?? null)),
    link: (a, b) => scores.get(a)?.get(b) ?? 0,
  };
};

/** One for each card that is not to be given out as a whole, the gravest reason first. */
export const marksOf = (facts: PoolFacts): readonly GpuMark[] =>
  facts.inventory?.kind === 'known'
    ? facts.inventory.gpus.flatMap((gpu) => markOf(gpu, facts) ?? [])
    : [];

/**
 * One for each card that a reservation names. Who asks the record does not say for whom, so that it is
 * free for nobody there; admission knows who asks, and is not bound by it.
 */
export const reservationsOf = ({
  inventory,
  config,
}: Pick<PoolFacts, 'inventory' | 'config'>): readonly GpuMark[] =>
  inventory?.kind === 'known'
    ? inventory.gpus.flatMap((gpu): readonly GpuMark[] => {
        const reserved = reservationOf(gpu, config);
        return reserved === null
          ? []
          : [{ gpuUuid: gpu.uuid, kind: 'excluded', text: reservedText(reserved) }];
      })
    : [];

const markOf = (gpu: Gpu, facts: PoolFacts): GpuMark | null => {
  const mark = (kind: GpuMark['kind'], text: string): GpuMark => ({
    gpuUuid: gpu.uuid,
    kind,
    text,
  });
  if (gpu.health.state !== 'healthy') return mark('unhealthy', `unhealthy: ${gpu.health.why}`);
  const cordon = facts.cordons.find(({ gpuUuid }) => gpuUuid === gpu.uuid);
  if (cordon !== undefined) {
    return mark(
      'cordoned',
      `cordoned by ${cordon.by}${cordon.why === '' ? '' : `: ${cordon.why}`}`,
    );
  }
  if (names(facts.config.exclude, gpu)) return mark('excluded', 'excluded by the configuration');
  const foreign = foreignUse(gpu, facts);
  if (foreign !== null) return mark('foreign', foreign);
  return gpu.mig === null ? null : mark('mig', 'in MIG mode: given out by slices');
};

const names = (devices: readonly string[], { uuid, index }: Gpu): boolean =>
  devices.includes(uuid) || devices.includes(String(index));

const reservationOf = (gpu: Gpu, { reserved }: GpuConfig): GpuReservation['for'] | null =>
  reserved.find(({ gpus }) => names(gpus, gpu))?.for ?? null;

/** Who uses the card without a lease; null: nobody. */
const foreignUse = (gpu: Gpu, facts: PoolFacts): string | null => {
  const { leases, claims, config, ours } = facts;
  const ids = new Set([gpu.uuid, ...(gpu.mig ?? []).map(({ uuid }) => uuid)]);
  const held = leases.filter(({ gpuUuid }) => gpuUuid === gpu.uuid);
  const isHolder = (containerId: string): boolean => {
    const key = ours(containerId);
    return key !== null && held.some((lease) => lease.key === key);
  };
  const claim = claims.find(
    (one) => reaches(one, gpu, ids) && !isHolder(one.containerId) && !isByHand(one, held),
  );
  if (claim !== undefined) return `used by container ${claim.containerName}`;
  const job = gpu.processes.find(({ containerId }) =>
    containerId === null ? held.every(({ key }) => key !== null) : !isHolder(containerId),
  );
  if (job !== undefined && !isKnownByHand(job.containerId, claims, held)) {
    const { pid, name, user } = job;
    return `used by process ${pid} (${base(name)})${user === null ? '' : ` of ${user}`}`;
  }
  const used = gpu.memoryUsedBytes ?? 0;
  return held.length === 0 && gpu.processes.length === 0 && used > config.foreignMemoryBytes
    ? `${(used / 2 ** 30).toFixed(1)} GB in use by something that cannot be seen`
    : null;
};

/** A row that a person wrote for a container covers that container. */
const isByHand = ({ containerName }: GpuClaim, held: readonly GpuLease[]): boolean =>
  held.some((lease) => lease.key === null && lease.containerName === containerName);

const isKnownByHand = (
  containerId: string | null,
  claims: readonly GpuClaim[],
  held: readonly GpuLease[],
): boolean =>
  containerId !== null &&
  claims.some((claim) => claim.containerId === containerId && isByHand(claim, held));

const reaches = ({ gpus }: GpuClaim, gpu: Gpu, ids: ReadonlySet<string>): boolean => {
  if (gpus === 'all') return true;
  // Docker's count takes the first so many, whether they are free or not.
  if (typeof gpus === 'number') return gpu.index < gpus;
  return gpus.some((text) => {
    const name = text.replace(/^nvidia\.com\/gpu=/, '');
    const [card = '', slice] = name.split(':');
    return (
      ids.has(name) ||
      name === 'all' ||
      name === String(gpu.index) ||
      (slice !== undefined && card === String(gpu.index))
    );
  });
};

const base = (program: string): string => program.slice(program.lastIndexOf('/') + 1);

const devicesOf = (gpu: Gpu, facts: PoolFacts, text: string | null): readonly PoolDevice[] => {
  const { leases, config } = facts;
  const holdersOf = (id: string): readonly Holder[] =>
    leases
      .filter((lease) => deviceId(lease) === id)
      .map(({ key, containerName, at, sharing }) => ({
        key,
        name: key === null ? containerName : facts.nameOf(key),
        since: at,
        sharing,
      }));
  const shared = config.shared.find(({ gpus }) => names(gpus, gpu));
  const common = {
    gpuUuid: gpu.uuid,
    index: gpu.index,
    model: gpu.model,
    reservedFor: reservationOf(gpu, config),
  };
  if (gpu.mig === null) {
    return [
      {
        ...common,
        id: gpu.uuid,
        memoryBytes: gpu.memoryTotalBytes,
        mig: null,
        slots: shared?.slots ?? 1,
        blocked: text,
        holders: holdersOf(gpu.uuid),
      },
    ];
  }
  const mark = markOf(gpu, facts);
  return gpu.mig.map(({ uuid, profile, memoryBytes }) => ({
    ...common,
    id: uuid,
    memoryBytes,
    mig: profile,
    slots: 1,
    blocked: mark === null || mark.kind === 'mig' ? null : mark.text,
    holders: holdersOf(uuid),
  }));
};
