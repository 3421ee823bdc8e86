import {
  noUsage,
  type AdmissionRequest,
  type HostState,
  type Ledger,
  type Usage,
} from '../admission/gate.ts';
import { plus } from '../admission/quota.ts';
import { poolOf } from '../admission/pool.ts';
import type { Environment } from '../model/environment.ts';
import { deviceId, type GpuInventory } from '../model/gpu.ts';
import { environmentKey } from '../model/key.ts';
import type { OwnIds } from '../model/identity.ts';
import type { HostPort } from '../model/ports.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import type { Deps } from './deps.ts';
import { nameOf, ours } from './gpus.ts';
import { heldBy } from './held.ts';
import { limitsOf, ownersOf } from './people.ts';

/** One environment's request, without when it came. */
export const requestFor = (
  deps: Pick<Deps, 'store' | 'config' | 'memory' | 'loginName' | 'people' | 'shared'>,
  record: EnvironmentRecord,
  {
    wish,
    project,
  }: {
    readonly wish: Environment;
    readonly project: Pick<ProjectRecord, 'path' | 'owner'> | null;
  },
): Omit<AdmissionRequest, 'requestedAt'> => {
  const { store, config, memory, loginName } = deps;
  const key = environmentKey(record);
  const { defaults } = config.current();
  const leases = store.gpus.of(key);
  const made = record.containerId === null ? undefined : memory.inspected.get(record.containerId);
  return {
    key,
    projectId: record.projectId,
    environment: record.environment,
    projectPath: project?.path ?? '',
    ownerUid: project?.owner.uid ?? 0,
    ownerGid: project?.owner.gid ?? 0,
    identity: project === null ? null : identityOf(deps, project),
    owner: loginName(project?.owner.uid ?? 0) ?? String(project?.owner.uid ?? 0),
    wish,
    raw: record.raw,
    cpus: wish.cpus ?? defaults.cpus,
    memoryBytes: wish.memoryBytes ?? defaults.memoryBytes,
    held: heldBy(record, leases.length),
    prefers: [...new Set([...leases.map(deviceId), ...(made?.config.gpus?.ids ?? [])])],
  };
};

/** Who containers of this project have to be over folders of the host; null: anybody. */
export const identityOf = (
  { people, shared }: Pick<Deps, 'people' | 'shared'>,
  { owner: { uid } }: Pick<ProjectRecord, 'owner'>,
): OwnIds | null =>
  shared === true && uid !== 0 ? { uid, gids: people.of(uid).gids ?? null } : null;

/** What these requests are measured by: every lease there is, and limits and use of their own projects. */
export const ledgerOf = (
  deps: Deps,
  requests: readonly Pick<AdmissionRequest, 'projectPath' | 'projectId'>[],
  { busy, host }: { readonly busy: readonly HostPort[]; readonly host: HostState | null },
): Ledger => {
  const { store, config, clock, gpus, timeText } = deps;
  const now = clock.now();
  const projects = new Map(requests.map(({ projectPath, projectId }) => [projectPath, projectId]));
  const { queue, gpu, settings, policy, people } = config.current();
  // A message is one text for all who read it.
  const hidesNames = people.reading === 'own';
  return {
    leases: store.ports.all(),
    quotas: new Map(
      [...projects.keys()].flatMap((path) => {
        const quota = store.quotas.get(path);
        return quota === null ? [] : [[path, limitsOf(deps, quota)] as const];
      }),
    ),
    owners: ownersOf(deps, new Set(projects.keys())),
    usage: new Map(
      [...projects].map(([path, projectId]) => [path, usageOf(deps, projectId)] as const),
    ),
    pool: poolOf({
      inventory: unseen(gpus) ?? gpus.current(),
      leases: store.gpus.leases(),
      claims: gpus.claims(),
      cordons: store.gpus.cordons(),
      config: gpu,
      nameOf: hidesNames ? () => 'other environments' : nameOf(deps),
      ours: ours(deps, gpus.claims()),
    }),
    host,
    queue,
    policy,
    busy,
    now,
    hidesNames,
    projectName: (id) => store.projects.get(id)?.name ?? id,
    timeText: (at) => timeText(at, now),
    autoPorts: settings.autoPorts,
  };
};

/** Cards that are seen while the engine does not say who has them are not known well enough to be given. */
const unseen = (gpus: Deps['gpus']): GpuInventory | null => {
  const why = gpus.trouble();
  return why === null ? null : { kind: 'unknown', why, todo: '', readAt: 0 };
};

/** Everything of a project that is granted, or exists without a grant. */
const usageOf = ({ store }: Deps, projectId: string): Usage =>
  store.environments
    .ofProject(projectId)
    .map((record) => heldBy(record, store.gpus.of(environmentKey(record)).length))
    .reduce(plus, noUsage);

/** A start shows in the host's figures only after a while: until then its grant counts in full. */
const settlingMs = 30_000;

/** null: no threshold is set, so that nobody has to look. */
export const hostStateOf = async (deps: Deps): Promise<HostState | null> => {
  const thresholds = deps.config.current().host;
  if (Object.values(thresholds).every((value) => value === null)) return null;
  const reading = await deps.hostLoad.read();
  const fresh = deps.store.environments
    .all()
    .filter(({ grantedAt }) => grantedAt !== null && grantedAt > reading.readAt - settlingMs);
  return {
    reading,
    thresholds,
    pending: {
      cpus: fresh.reduce((sum, { grantedCpus }) => sum + (grantedCpus ?? 0), 0),
      memoryBytes: fresh.reduce(
        (sum, { grantedMemoryBytes }) => sum + (grantedMemoryBytes ?? 0),
        0,
      ),
    },
  };
};
