import { decideAdmission } from '../admission/admission.ts';
import type { AdmissionAnswer, AdmissionRequest } from '../admission/gate.ts';
import type { Environment } from '../model/environment.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import type { HostPort } from '../model/ports.ts';
import {
  folderOf,
  type EnvironmentRecord,
  type PortLease,
  type ProjectRecord,
} from '../model/record.ts';
import { GpuTaken } from '../model/store-gpu.ts';
import { containerName } from '../plan/names.ts';
import { auditOpened } from './audit-exceptions.ts';
import type { Deps } from './deps.ts';
import { pinImage } from './pins.ts';
import { hostStateOf, ledgerOf, requestFor } from './ledger.ts';
import { lookAtPeople, settlePeople } from './people.ts';

export interface Admission {
  /** Runs the serial step over all who ask; answers for this key. */
  ask(key: EnvironmentKey): Promise<AdmissionAnswer | null>;
}

/** Each round finds at least one more port that is taken; more rounds than this and the range is lost. */
const maxRounds = 50;

/** Cards that were looked at so long ago are looked at again before one is given out. */
const gpusMaxAgeMs = 5000;

/**
 * The one place where grants are given. Askers queue up behind each other, all requests are decided
 * together, and the grants are committed in one transaction; workers only consume them.
 */
export const createAdmission = (deps: Deps): Admission => {
  let tail: Promise<unknown> = Promise.resolve();
  /** A step that has not begun yet decides for all who come before it does. */
  let next: Promise<ReadonlyMap<EnvironmentKey, AdmissionAnswer>> | null = null;
  /** Who asks right now, and since when; only a wait is worth a row. */
  const asking = new Map<EnvironmentKey, number>();
  return {
    ask: async (key) => {
      asking.set(key, deps.store.environments.get(key)?.requestedAt ?? deps.clock.now());
      next ??= tail.then(() => {
        next = null;
        return serialStep(deps, asking);
      });
      tail = next.catch(() => undefined);
      try {
        return (await next).get(key) ?? null;
      } finally {
        asking.delete(key);
      }
    },
  };
};

/** Answers as `ask` would for this one now, among all who wait, and commits nothing: for `mlenv plan`. */
export const rehearse = async (
  deps: Deps,
  record: EnvironmentRecord,
  environment: Environment,
  /** Also of one that has no record yet. */
  project: Pick<ProjectRecord, 'path' | 'owner'> | null = deps.store.projects.get(record.projectId),
): Promise<AdmissionAnswer | null> => {
  const key = environmentKey(record);
  const own = {
    ...requestFor(deps, record, { wish: environment, project }),
    requestedAt: record.requestedAt ?? deps.clock.now(),
  };
  const requests = [...pending(deps, new Map()).filter((other) => other.key !== key), own];
  await lookAtPeople(deps);
  await lookAtCards(deps, requests);
  const ledger = ledgerOf(deps, requests, { busy: [], host: await hostStateOf(deps) });
  return decideAdmission(requests, ledger).find((answer) => answer.key === key) ?? null;
};

/** Everybody who waits now, with what is said to them: for `mlenv queue`. */
export const waitingNow = (
  deps: Deps,
): readonly { readonly request: AdmissionRequest; readonly answer: AdmissionAnswer }[] => {
  const requests = pending(deps, new Map());
  const answers = new Map(
    decideAdmission(requests, ledgerOf(deps, requests, { busy: [], host: null })).map(
      (answer) => [answer.key, answer] as const,
    ),
  );
  return requests.flatMap((request) => {
    const answer = answers.get(request.key);
    return answer === undefined ? [] : [{ request, answer }];
  });
};

type Asking = ReadonlyMap<EnvironmentKey, number>;

const serialStep = async (
  deps: Deps,
  asking: Asking,
): Promise<ReadonlyMap<EnvironmentKey, AdmissionAnswer>> => {
  await fillWaiting(deps);
  await lookAtPeople(deps);
  settlePeople(deps);
  await lookAtCards(deps, pending(deps, asking));
  const host = await hostStateOf(deps);
  const busy: HostPort[] = [];
  for (let round = 0; ; round += 1) {
    const requests = pending(deps, asking);
    const ledger = ledgerOf(deps, requests, { busy, host });
    const answers = decideAdmission(requests, ledger);
    const held = ledger.leases;
    const fresh = answers
      .flatMap((answer) => (answer.kind === 'grant' ? answer.leases : []))
      .filter((lease) => !held.some((other) => sameLease(other, lease)))
      .map(({ hostIp, host: port, protocol }) => ({ hostIp, port, protocol }));
    const free = fresh.length === 0 ? [] : await deps.hostPorts.free(fresh);
    const taken = fresh.filter((_, index) => free[index] === false);
    if (taken.length === 0 || round >= maxRounds) {
      // Between the last read and here others may only have given things back, which harms nobody.
      const committed = commit(deps, requests, taken.length === 0 ? answers : []);
      return new Map(
        answers.map((answer) => [answer.key, committed.get(answer.key) ?? answer] as const),
      );
    }
    busy.push(...taken);
  }
};

const lookAtCards = async (deps: Deps, requests: readonly AdmissionRequest[]): Promise<void> => {
  if (requests.some(({ wish }) => wish.gpus !== null)) await deps.gpus.refresh(gpusMaxAgeMs);
};

/** Who waited before a restart keeps its place, though its file has not been read again yet. */
const fillWaiting = async (deps: Deps): Promise<void> => {
  const { store, memory, specs, inScope } = deps;
  for (const row of store.environments.requested()) {
    const key = environmentKey(row);
    const project = store.projects.get(row.projectId);
    if (memory.wishes.has(key) || project === null || !inScope(row.projectId)) continue;
    const resolved = await specs.resolve(row.raw, row.environment, folderOf(project));
    if (resolved.ok && !memory.wishes.has(key)) {
      const environment = resolved.value.wish;
      memory.wishes.set(key, pinImage(deps, { row, environment, from: 'record' }));
    }
  }
};

/** Answers that could not be kept: a hand was faster. */
const commit = (
  deps: Deps,
  requests: readonly AdmissionRequest[],
  answers: readonly AdmissionAnswer[],
): ReadonlyMap<EnvironmentKey, AdmissionAnswer> => {
  const { store, ring } = deps;
  const asked = new Map(requests.map((request) => [request.key, request]));
  const lost = new Map<EnvironmentKey, AdmissionAnswer>();
  const granted: EnvironmentKey[] = [];
  store.transaction(() => {
    for (const answer of answers) {
      const request = asked.get(answer.key);
      const record = store.environments.get(answer.key);
      // Who was forgotten meanwhile gets nothing.
      if (record === null || request === undefined) continue;
      const taken = answer.kind === 'grant' ? give(deps, record, { request, answer }) : null;
      if (taken !== null) lost.set(answer.key, taken);
      // Who is refused asks again as well: when the configuration changes it is rung with those who wait.
      if (answer.kind !== 'grant' || taken !== null) {
        store.environments.update(answer.key, { requestedAt: request.requestedAt });
      } else granted.push(answer.key);
    }
  });
  for (const key of granted) ring.environment(key);
  return lost;
};

/** null: it has it all. */
const give = (
  { store, clock, config }: Deps,
  record: EnvironmentRecord,
  {
    request,
    answer,
  }: {
    readonly request: AdmissionRequest;
    readonly answer: Extract<AdmissionAnswer, { readonly kind: 'grant' }>;
  },
): AdmissionAnswer | null => {
  const { key } = answer;
  const project = store.projects.get(record.projectId);
  const name = containerName(
    { project: project?.name ?? '', projectId: record.projectId },
    record.environment,
  );
  try {
    if (request.wish.gpus !== null || request.held.gpus > 0) {
      store.gpus.grant(key, name, answer.gpus, clock.now());
    }
  } catch (error) {
    if (!(error instanceof GpuTaken)) throw error;
    return { kind: 'wait', key, reason: 'GpuPoolFull', message: error.message, place: null };
  }
  store.ports.replace(key, answer.leases);
  store.environments.update(key, {
    grantedAt: clock.now(),
    grantedGeneration: record.generation,
    grantedCpus: request.cpus,
    grantedMemoryBytes: request.memoryBytes,
    requestedAt: null,
  });
  auditOpened({ store, clock, config }, request, answer.opened);
  return null;
};

/** Those who wait already and those who ask right now. */
const pending = (deps: Deps, asking: Asking): readonly AdmissionRequest[] => {
  const { environments, projects } = deps.store;
  const waiting = environments.requested();
  const known = new Set(waiting.map(environmentKey));
  const fresh = [...asking.keys()]
    .filter((key) => !known.has(key))
    .flatMap((key) => environments.get(key) ?? []);
  return [...waiting, ...fresh].flatMap((record) => {
    const key = environmentKey(record);
    const requestedAt = record.requestedAt ?? asking.get(key);
    const wish = deps.memory.wishes.get(key);
    const project = projects.get(record.projectId);
    return wish?.kind !== 'wanted' ||
      project === null ||
      requestedAt === undefined ||
      !deps.inScope(record.projectId)
      ? []
      : [
          {
            ...requestFor(deps, record, { wish: wish.environment, project }),
            requestedAt,
          },
        ];
  });
};

/** On whatever address: our own container, which has it bound, would pass for somebody else. */
const sameLease = (a: PortLease, b: PortLease): boolean =>
  a.projectId === b.projectId &&
  a.environment === b.environment &&
  a.host === b.host &&
  a.protocol === b.protocol;
