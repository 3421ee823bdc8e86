import { ApiError, type ActionResult } from '../model/api.ts';
import { noLimits, quotaFields, type Limits, type QuotaField } from '../model/quota.ts';
import type { QuotaItem, SetQuotaRequest } from '../model/quota-api.ts';
import type { ProjectLimits, ProjectRecord } from '../model/record.ts';
import { audit } from '../reconcile/audit.ts';
import { ringWaiting } from '../reconcile/gpu-leases.ts';
import { limitsOf, personName, settlePeople } from '../reconcile/people.ts';
import type { Acting } from './acting.ts';
import { findOne, findUser, mustBeGroup } from './quota-subject.ts';
import { quotaReport } from './quotas.ts';

/** Stands above what the configuration says, until it is set to `inherit`. Nothing that runs is stopped. */
export const setQuota = async (acting: Acting, request: SetQuotaRequest): Promise<ActionResult> => {
  const { subject, limits: changes } = request;
  if (Object.keys(changes).length === 0) {
    throw new ApiError('usage', 'say what to set: containers, cpus, memory or gpus');
  }
  const { deps } = acting;
  const { store } = deps;
  switch (subject.kind) {
    case 'user': {
      const uid = await findUser(acting, subject.user);
      await deps.people.look([uid], []);
      const { name, email = null } = deps.people.of(uid);
      change(acting, request, {
        resource: { type: 'user', id: personName(deps, uid) },
        project: null,
        now: () => store.people.limitsOf(uid),
        write: (now) => {
          // Who has no project yet is shown by name as well.
          store.people.see(uid, name, email);
          store.people.setUser(uid, merged(now, changes));
        },
      });
      break;
    }
    case 'group': {
      const { group } = subject;
      await mustBeGroup(acting, group);
      change(acting, request, {
        resource: { type: 'group', id: group },
        project: null,
        now: () => store.people.groupLimits().get(group) ?? noLimits,
        write: (now) => store.people.setGroup(group, merged(now, changes)),
      });
      break;
    }
    case 'project': {
      const project = findOne(acting, subject.project);
      settlePeople(deps);
      const row = (): ProjectLimits => {
        const found = store.quotas.get(project.path);
        if (found !== null) return found;
        throw new ApiError('internal', `${project.path} has no row in project_quotas`);
      };
      change(acting, request, {
        resource: { type: 'project', id: project.path },
        project,
        now: () => setOf(row()),
        write: () => store.quotas.set(limitsOf(deps, written(row(), changes))),
      });
      break;
    }
    default:
      return subject satisfies never;
  }
  // More may be had now, and who still waits is told of the new limit.
  ringWaiting(deps);
  const { items } = await quotaReport(acting, { subject });
  return { keys: [], messages: items.flatMap(over) };
};

/** One transaction: the limits, and who set them. */
const change = (
  { deps, uid }: Acting,
  { by, limits: changes }: SetQuotaRequest,
  {
    resource,
    project,
    now,
    write,
  }: {
    readonly resource: { readonly type: string; readonly id: string };
    readonly project: ProjectRecord | null;
    readonly now: () => Limits;
    readonly write: (now: Limits) => void;
  },
): void =>
  deps.store.transaction(() => {
    const named = (limits: Limits): Readonly<Record<string, unknown>> =>
      Object.fromEntries(
        quotaFields.flatMap((field) =>
          changes[field] === undefined ? [] : [[field, limits[field] ?? 'inherit']],
        ),
      );
    const before = now();
    write(before);
    audit(deps, {
      uid,
      by,
      action: 'quota set',
      project,
      environment: null,
      resource,
      before: named(before),
      after: named(now()),
    });
  });

const merged = (now: Limits, changes: SetQuotaRequest['limits']): Limits => {
  const of = (field: QuotaField) => {
    const asked = changes[field];
    return asked === undefined ? now[field] : asked === 'inherit' ? null : asked;
  };
  return {
    containers: of('containers'),
    cpus: of('cpus'),
    memoryBytes: of('memoryBytes'),
    gpus: of('gpus'),
  };
};

/** What was set of a project's row; what is not an override is inherited. */
const setOf = (row: ProjectLimits): Limits => {
  const of = (field: QuotaField, value: number | null) =>
    row.overrides[field] === 'set' ? (value ?? 'unlimited') : null;
  return {
    containers: of('containers', row.maxContainers),
    cpus: of('cpus', row.maxCpuCores),
    memoryBytes: of('memoryBytes', row.maxMemoryGb === null ? null : row.maxMemoryGb * bytesPerGb),
    gpus: of('gpus', row.maxGpus),
  };
};

/** What is inherited becomes the default, as which the configuration is then laid over it. */
const written = (row: ProjectLimits, changes: SetQuotaRequest['limits']): ProjectLimits => {
  const of = (field: QuotaField, value: number | null): number | null => {
    const asked = changes[field];
    if (asked === undefined) return value;
    if (asked === 'inherit') return row.defaulted[field] ?? null;
    if (asked === 'unlimited') return null;
    return field === 'memoryBytes' ? asked / bytesPerGb : asked;
  };
  const overrides = quotaFields.flatMap((field) => {
    const asked = changes[field];
    const is = asked === undefined ? row.overrides[field] : asked === 'inherit' ? undefined : 'set';
    return is === undefined ? [] : [[field, is] as const];
  });
  return {
    ...row,
    maxContainers: of('containers', row.maxContainers),
    maxCpuCores: of('cpus', row.maxCpuCores),
    maxMemoryGb: of('memoryBytes', row.maxMemoryGb),
    maxGpus: of('gpus', row.maxGpus),
    overrides: Object.fromEntries(overrides),
  };
};

const bytesPerGb = 2 ** 30;

/** A limit below what is in use stops nothing. */
const over = ({ kind, name, limits }: QuotaItem): readonly string[] => {
  const passed = quotaFields.filter(
    (field) => limits[field].limit !== null && (limits[field].used ?? 0) > limits[field].limit,
  );
  if (passed.length === 0) return [];
  const what = passed.map((field) => words[field]).join(', ');
  return [
    `${kind} ${name} has more in use than it may have now (${what}): what runs goes on, and nothing new starts until less is in use`,
  ];
};

const words: Readonly<Record<QuotaField, string>> = {
  containers: 'containers',
  cpus: 'CPU cores',
  memoryBytes: 'memory',
  gpus: 'GPUs',
};
