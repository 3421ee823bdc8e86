import { poolOf } from '../admission/pool.ts';
import { declaredInVain } from '../admission/declared.ts';
import { reservedText } from '../admission/suitable.ts';
import type { PoolDevice } from '../admission/gate.ts';
import { ApiError, type ActionResult } from '../model/api.ts';
import type { CordonRequest, GpuHolder, GpuItem, GpuReport, GpuState } from '../model/pool-api.ts';
import { deviceId, type Gpu, type GpuLease } from '../model/gpu.ts';
import { parseKey } from '../model/key.ts';
import { audit } from '../reconcile/audit.ts';
import type { Core } from '../reconcile/core.ts';
import { nameOf, ours } from '../reconcile/gpus.ts';
import type { Acting } from './acting.ts';

/** A person who asks wants to see what is, not what was half a minute ago. */
const maxAgeMs = 2000;

/** Every card of this host, who holds it and what runs on it. */
export const gpuReport = async ({ deps }: Core): Promise<GpuReport> => {
  await deps.gpus.refresh(maxAgeMs);
  return knownGpuReport({ deps });
};

/** The same as it was seen last, without another look. */
export const knownGpuReport = ({ deps }: Pick<Core, 'deps'>): GpuReport => {
  const inventory = deps.gpus.current();
  if (inventory?.kind !== 'known') {
    return {
      state: inventory?.kind ?? 'unknown',
      why: inventory?.why ?? 'the cards were not looked at yet',
      todo: inventory?.kind === 'unknown' ? inventory.todo : '',
      driver: null,
      cuda: null,
      readAt: inventory === null ? null : new Date(inventory.readAt).toISOString(),
      gpus: [],
      links: [],
      warnings: [],
    };
  }
  const claims = deps.gpus.claims();
  const leases = deps.store.gpus.leases();
  const pool = poolOf({
    inventory,
    leases,
    claims,
    cordons: deps.store.gpus.cordons(),
    config: deps.config.current().gpu,
    nameOf: nameOf(deps),
    ours: ours(deps, claims),
  });
  const indexOf = new Map(inventory.gpus.map(({ uuid, index }) => [uuid, index]));
  return {
    state: 'known',
    why: '',
    todo: '',
    driver: inventory.driver,
    cuda: inventory.cuda,
    readAt: new Date(inventory.readAt).toISOString(),
    gpus: inventory.gpus.map((gpu) =>
      itemOf(deps, gpu, {
        leases: leases.filter(({ gpuUuid }) => gpuUuid === gpu.uuid),
        devices: pool.devices.filter(({ gpuUuid }) => gpuUuid === gpu.uuid),
      }),
    ),
    links: inventory.links.flatMap(({ from, to, kind }) => {
      const [a, b] = [indexOf.get(from), indexOf.get(to)];
      return a === undefined || b === undefined || a >= b ? [] : [{ from: a, to: b, kind }];
    }),
    warnings: [...inventory.warnings, ...declaredInVain(deps.config.current().gpu, inventory.gpus)],
  };
};

const itemOf = (
  deps: Core['deps'],
  gpu: Gpu,
  {
    leases,
    devices,
  }: { readonly leases: readonly GpuLease[]; readonly devices: readonly PoolDevice[] },
): GpuItem => {
  const [device] = devices;
  const reservedFor = device?.reservedFor ?? null;
  const why = gpu.mig === null ? (device?.blocked ?? '') : '';
  const reserved = reservedFor === null ? '' : reservedText(reservedFor);
  const name = nameOf(deps);
  const environmentOf = ours(deps, deps.gpus.claims());
  return {
    index: gpu.index,
    uuid: gpu.uuid,
    model: gpu.model,
    state: stateOf(deps, gpu, { leases, why, reservedFor, slots: device?.slots ?? 1 }),
    why: (gpu.health.state === 'healthy' ? why : gpu.health.why || why) || reserved,
    holders: leases.filter(({ migUuid }) => migUuid === null).map((lease) => holderOf(deps, lease)),
    memoryTotalBytes: gpu.memoryTotalBytes,
    memoryUsedBytes: gpu.memoryUsedBytes,
    utilization: gpu.utilization,
    temperatureC: gpu.temperatureC,
    powerW: gpu.powerW,
    powerLimitW: gpu.powerLimitW,
    processes: gpu.processes.map(({ pid, name: program, user, memoryBytes, containerId }) => {
      const key = containerId === null ? null : environmentOf(containerId);
      return {
        pid,
        name: program,
        user,
        memoryBytes,
        environment: key === null ? null : name(key),
      };
    }),
    slices: (gpu.mig ?? []).map(({ uuid, profile }) => ({
      uuid,
      profile,
      holders: leases
        .filter((lease) => deviceId(lease) === uuid)
        .map((lease) => holderOf(deps, lease)),
    })),
    slots: device?.slots ?? 1,
  };
};

const stateOf = (
  { store, config }: Core['deps'],
  gpu: Gpu,
  {
    leases,
    why,
    reservedFor,
    slots,
  }: {
    readonly leases: readonly GpuLease[];
    readonly why: string;
    readonly reservedFor: PoolDevice['reservedFor'];
    readonly slots: number;
  },
): GpuState => {
  if (gpu.health.state !== 'healthy') return gpu.health.state;
  if (store.gpus.cordons().some(({ gpuUuid }) => gpuUuid === gpu.uuid)) return 'cordoned';
  const { exclude } = config.current().gpu;
  if (exclude.includes(gpu.uuid) || exclude.includes(String(gpu.index))) return 'excluded';
  if (gpu.mig !== null) return 'mig';
  if (leases.length > 0) return slots > 1 ? 'shared' : 'held';
  if (why !== '') return 'foreign';
  return reservedFor === null ? 'free' : 'reserved';
};

const holderOf = ({ store, loginName }: Core['deps'], lease: GpuLease): GpuHolder => {
  const place = lease.key === null ? null : parseKey(lease.key);
  const project = place === null ? null : store.projects.get(place.projectId);
  return {
    project: project?.name ?? null,
    environment: place?.environment ?? null,
    containerName: lease.containerName,
    owner: project === null ? null : (loginName(project.owner.uid) ?? String(project.owner.uid)),
    since: new Date(lease.at).toISOString(),
  };
};

/** Nothing new is put on it from now on; what runs there goes on. */
export const cordon = async (
  { deps, uid }: Acting,
  { gpu, why, by }: CordonRequest,
): Promise<ActionResult> => {
  const card = await findCard(deps, gpu);
  const was = isCordoned(deps, card);
  deps.store.transaction(() => {
    deps.store.gpus.cordon({ gpuUuid: card.uuid, by, why, at: deps.clock.now() });
    note(deps, { uid, by, action: 'cordon', uuid: card.uuid, was, is: true, why });
  });
  await deps.gpus.refresh(0);
  return { keys: [], messages: [`GPU ${card.index} (${card.model}) is given to nobody new`] };
};

export const uncordon = async (
  { deps, uid }: Acting,
  { gpu, by }: Omit<CordonRequest, 'why'>,
): Promise<ActionResult> => {
  const card = await findCard(deps, gpu);
  const was = isCordoned(deps, card);
  deps.store.transaction(() => {
    deps.store.gpus.uncordon(card.uuid);
    note(deps, { uid, by, action: 'uncordon', uuid: card.uuid, was, is: false });
  });
  await deps.gpus.refresh(0);
  return {
    keys: [],
    messages: [
      was
        ? `GPU ${card.index} (${card.model}) is offered again`
        : `GPU ${card.index} (${card.model}) was not cordoned`,
    ],
  };
};

const findCard = async (deps: Core['deps'], text: string): Promise<Gpu> => {
  await deps.gpus.refresh(maxAgeMs);
  const inventory = deps.gpus.current();
  if (inventory?.kind !== 'known') {
    throw new ApiError('prerequisite', inventory?.why ?? 'the cards were not looked at yet');
  }
  const found = inventory.gpus.filter(
    ({ uuid, index }) => String(index) === text || uuid === text || isStartOf(text, uuid),
  );
  const [card, second] = found;
  if (card === undefined) {
    throw new ApiError(
      'not-found',
      `no GPU ${text}; there is ${inventory.gpus.map(({ index }) => index).join(', ')}`,
    );
  }
  if (second !== undefined) throw new ApiError('usage', `${text} begins more than one GPU's uuid`);
  return card;
};

const isStartOf = (text: string, uuid: string): boolean =>
  text.length >= 4 && (uuid.startsWith(text) || uuid.startsWith(`GPU-${text}`));

const isCordoned = ({ store }: Core['deps'], { uuid }: Gpu): boolean =>
  store.gpus.cordons().some(({ gpuUuid }) => gpuUuid === uuid);

const note = (
  deps: Core['deps'],
  {
    uuid,
    was,
    is,
    ...who
  }: {
    readonly uid: number | null;
    readonly by: string;
    readonly action: string;
    readonly uuid: string;
    readonly was: boolean;
    readonly is: boolean;
    readonly why?: string;
  },
): void =>
  audit(deps, {
    ...who,
    project: null,
    environment: null,
    resource: { type: 'gpu', id: uuid },
    before: { cordoned: was },
    after: { cordoned: is },
  });
