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
  return decideAdmission([request], ledgerOf(deps, []))[0] ?? null;
};

type Asking = ReadonlyMap<EnvironmentKey, number>;

const serialStep = async (
  deps: Deps,
  asking: Asking,
): Promise<ReadonlyMap<EnvironmentKey, AdmissionAnswer>> => {
  const busy: HostPort[] = [];
  for (let round = 0; ; round += 1) {
    const requests = pending(deps, asking);
    const ledger = ledgerOf(deps, busy);
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

const pending = (deps: Deps, asking: Asking): readonly AdmissionRequest[] =>
  deps.store.environments.all().flatMap((record) => {
    const key = environmentKey(record);
    const requestedAt = record.requestedAt ?? asking.get(key);
    const wish = deps.memory.wishes.get(key);
    const project = deps.store.projects.get(record.projectId);
    return wish?.kind !== 'wanted' || project === null || requestedAt === undefined
      ? []
      : [{ ...requestFor(record, wish.environment, project.path), requestedAt }];
  });

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

const ledgerOf = (deps: Deps, busy: readonly HostPort[]): Ledger => {
  const { store, settings } = deps;
  const usage = new Map<string, Usage>();
  const paths = new Map(store.projects.list().map(({ id, path }) => [id, path]));
  for (const record of store.environments.all()) {
    const path = paths.get(record.projectId);
    if (path === undefined) continue;
    const wish = deps.memory.wishes.get(environmentKey(record));
    const before = usage.get(path) ?? noUsage;
    const reserved =
      record.grantedAt !== null && wish?.kind === 'wanted' && record.requestedAt === null;
    usage.set(path, {
      containers:
        before.containers + (record.containerId !== null || record.grantedAt !== null ? 1 : 0),
      cpus: before.cpus + (reserved ? (wish.environment.cpus ?? 0) : 0),
      memoryBytes: before.memoryBytes + (reserved ? (wish.environment.memoryBytes ?? 0) : 0),
    });
  }
  return {
    leases: store.ports.all(),
    quotas: new Map(store.quotas.all().map((quota) => [quota.projectPath, quota])),
    usage,
    busy,
    autoPorts: settings.autoPorts,
  };
};

const sameLease = (a: PortLease, b: PortLease): boolean =>
  a.projectId === b.projectId &&
  a.environment === b.environment &&
  a.hostIp === b.hostIp &&
  a.host === b.host &&
  a.protocol === b.protocol;
