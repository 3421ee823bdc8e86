import { decideAdmission, type AdmissionAnswer } from '../admission/admission.ts';
import { noUsage, type AdmissionRequest, type Ledger, type Usage } from '../admission/gate.ts';
import type { Environment } from '../model/environment.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import type { HostPort } from '../model/ports.ts';
import type { EnvironmentRecord, PortLease } from '../model/record.ts';
import type { Deps } from './deps.ts';

export interface Admission {
  /** Runs the serial step over all who ask; answers for this key. */
  ask(key: EnvironmentKey): Promise<AdmissionAnswer | null>;
}

/** Each round finds at least one more port that is taken; more rounds than this and the range is lost. */
const maxRounds = 50;

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

/** Answers as `ask` would for this one alone and commits nothing: for `mlenv plan`. */
export const rehearse = (
  deps: Deps,
  record: EnvironmentRecord,
  environment: Environment,
): AdmissionAnswer | null => {
  const project = deps.store.projects.get(record.projectId);
  const request = {
    ...requestFor(record, environment, project?.path ?? ''),
    requestedAt: deps.clock.now(),
  };
  return decideAdmission([request], ledgerOf(deps, [request], []))[0] ?? null;
};

type Asking = ReadonlyMap<EnvironmentKey, number>;

const serialStep = async (
  deps: Deps,
  asking: Asking,
): Promise<ReadonlyMap<EnvironmentKey, AdmissionAnswer>> => {
  const busy: HostPort[] = [];
  for (let round = 0; ; round += 1) {
    const requests = pending(deps, asking);
    const ledger = ledgerOf(deps, requests, busy);
    const answers = decideAdmission(requests, ledger);
    const held = ledger.leases;
    const fresh = answers
      .flatMap((answer) => (answer.kind === 'grant' ? answer.leases : []))
      .filter((lease) => !held.some((other) => sameLease(other, lease)))
      .map(({ hostIp, host, protocol }) => ({ hostIp, port: host, protocol }));
    const free = fresh.length === 0 ? [] : await deps.hostPorts.free(fresh);
    const taken = fresh.filter((_, index) => free[index] === false);
    if (taken.length === 0 || round >= maxRounds) {
      // Between the last read and here others may only have given things back, which harms nobody.
      commit(deps, requests, taken.length === 0 ? answers : []);
      return new Map(answers.map((answer) => [answer.key, answer]));
    }
    busy.push(...taken);
  }
};

const commit = (
  deps: Deps,
  requests: readonly AdmissionRequest[],
  answers: readonly AdmissionAnswer[],
): void => {
  const { store, clock, ring } = deps;
  const since = new Map(requests.map(({ key, requestedAt }) => [key, requestedAt]));
  const granted = store.transaction(() =>
    answers.filter((answer) => {
      // Who was forgotten meanwhile gets nothing.
      if (store.environments.get(answer.key) === null) return false;
      if (answer.kind === 'wait') {
        store.environments.update(answer.key, { requestedAt: since.get(answer.key) ?? null });
        return false;
      }
      store.ports.replace(answer.key, answer.leases);
      store.environments.update(answer.key, { grantedAt: clock.now(), requestedAt: null });
      return true;
    }),
  );
  for (const { key } of granted) ring.environment(key);
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
    return wish?.kind !== 'wanted' || project === null || requestedAt === undefined
      ? []
      : [{ ...requestFor(record, wish.environment, project.path), requestedAt }];
  });
};

const requestFor = (
  record: EnvironmentRecord,
  environment: Environment,
  projectPath: string,
): Omit<AdmissionRequest, 'requestedAt'> => ({
  key: environmentKey(record),
  projectId: record.projectId,
  environment: record.environment,
  projectPath,
  ports: environment.ports,
  cpus: environment.cpus ?? 0,
  memoryBytes: environment.memoryBytes ?? 0,
  hasContainer: record.containerId !== null || record.grantedAt !== null,
});

/** What these requests are measured by: every lease there is, and limits and use of their own projects. */
const ledgerOf = (
  { store, settings, memory }: Deps,
  requests: readonly AdmissionRequest[],
  busy: readonly HostPort[],
): Ledger => {
  const asking = new Set(requests.map(({ key }) => key));
  const projects = new Map(requests.map(({ projectId, projectPath }) => [projectPath, projectId]));
  const useOf = (record: EnvironmentRecord): Usage => {
    const key = environmentKey(record);
    const wish = memory.wishes.get(key);
    // What asks again for what it has is counted by its request.
    const reserved = record.grantedAt !== null && wish?.kind === 'wanted' && !asking.has(key);
    return {
      containers: record.containerId !== null || record.grantedAt !== null ? 1 : 0,
      cpus: reserved ? (wish.environment.cpus ?? 0) : 0,
      memoryBytes: reserved ? (wish.environment.memoryBytes ?? 0) : 0,
    };
  };
  return {
    leases: store.ports.all(),
    quotas: new Map(
      [...projects.keys()].flatMap((path) => {
        const quota = store.quotas.get(path);
        return quota === null ? [] : [[path, quota] as const];
      }),
    ),
    usage: new Map(
      [...projects].map(([path, projectId]) => [
        path,
        store.environments.ofProject(projectId).map(useOf).reduce(plus, noUsage),
      ]),
    ),
    busy,
    projectName: (id) => store.projects.get(id)?.name ?? id,
    autoPorts: settings.autoPorts,
  };
};

const plus = (a: Usage, b: Usage): Usage => ({
  containers: a.containers + b.containers,
  cpus: a.cpus + b.cpus,
  memoryBytes: a.memoryBytes + b.memoryBytes,
});

/** On whatever address: our own container, which has it bound, would pass for somebody else. */
const sameLease = (a: PortLease, b: PortLease): boolean =>
  a.projectId === b.projectId &&
  a.environment === b.environment &&
  a.host === b.host &&
  a.protocol === b.protocol;
