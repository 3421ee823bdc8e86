import { admit, wait, type AdmissionRequest, type GateAnswer, type Usage } from './gate.ts';
import type { QuotaField } from '../model/quota.ts';
import type { ProjectLimits } from '../model/record.ts';
import type { PersonState } from './people-book.ts';

const gib = 2 ** 30;
/** Tenths of a core do not add up exactly. */
const rounding = 1e-9;

export interface QuotaState {
  /** null: the project has none. */
  readonly quota: ProjectLimits | null;
  /** Of the whole project, with what the request holds already. */
  readonly used: Usage;
  /** Whose sum it would count in; null: nobody's. */
  readonly owner: PersonState | null;
}

/**
 * The project's row in project_quotas, and then the sum over all projects of its owner, but for what the
 * project has a budget of its own for. Containers count until deleted, the rest while reserved or running.
 * Who asks for no more than it holds passes, also where a limit was lowered below that.
 */
export const quotaGate = (
  request: Pick<AdmissionRequest, 'cpus' | 'memoryBytes' | 'held'>,
  gpus: number,
  { quota, used, owner }: QuotaState,
): GateAnswer => {
  const asked = {
    containers: 1,
    cpus: request.cpus,
    memoryBytes: request.memoryBytes,
    gpus,
  };
  for (const count of quota === null ? [] : counts) {
    const answer = measure(count, {
      limit: count.ofProject(quota as ProjectLimits),
      used: used[count.field],
      held: request.held[count.field],
      asked: asked[count.field],
      who: project,
      from: fromOf(quota as ProjectLimits, count.field),
    });
    if (answer.kind === 'wait') return answer;
  }
  for (const count of owner === null ? [] : counts) {
    const { field } = count;
    if (owner === null || quota?.overrides[field] !== undefined) continue;
    const { limit, from } = owner.limits[field];
    const answer = measure(count, {
      limit: limit === null ? null : limit / count.unit,
      used: owner.used[field],
      held: request.held[field],
      asked: asked[field],
      who: { has: owner.name, whose: `${owner.name}'s`, users: () => owner.users(field) },
      from,
    });
    if (answer.kind === 'wait') return answer;
  }
  return admit;
};

interface Count {
  readonly field: QuotaField;
  readonly what: string;
  /** The field of mlenv.yaml that says it. */
  readonly says: string;
  readonly unit: number;
  readonly ofProject: (quota: ProjectLimits) => number | null;
}

const counts: readonly Count[] = [
  {
    field: 'containers',
    what: 'containers',
    says: '',
    unit: 1,
    ofProject: (q) => q.maxContainers,
  },
  { field: 'cpus', what: 'CPU cores', says: 'cpus', unit: 1, ofProject: (q) => q.maxCpuCores },
  {
    field: 'memoryBytes',
    what: 'GB of memory',
    says: 'memory',
    unit: gib,
    ofProject: (q) => q.maxMemoryGb,
  },
  { field: 'gpus', what: 'GPUs', says: 'gpus', unit: 1, ofProject: (q) => q.maxGpus },
];

interface Who {
  readonly has: string;
  readonly whose: string;
  readonly users: () => readonly string[];
}

const project: Who = { has: 'the project', whose: "the project's", users: () => [] };

/** What a project may have by its row needs no more words. */
const fromOf = (quota: ProjectLimits, field: QuotaField): string => {
  if (quota.overrides[field] === undefined) return '';
  return quota.overrides[field] === 'config'
    ? 'its own budget in the configuration'
    : 'its own budget';
};

const measure = (
  { what, says, unit }: Count,
  {
    limit,
    used,
    held,
    asked,
    who,
    from,
  }: {
    /** In the unit. */
    readonly limit: number | null;
    readonly used: number;
    readonly held: number;
    readonly asked: number | null;
    readonly who: Who;
    readonly from: string;
  },
): GateAnswer => {
  if (limit === null) return admit;
  const tail = from === '' ? '' : `; ${from}`;
  if (asked === null) {
    return wait(
      'QuotaExceeded',
      `${who.whose} quota counts ${what}, and the file sets no limit: say ${says} in mlenv.yaml${tail}`,
    );
  }
  if (asked <= held || (used - held + asked) / unit <= limit + rounding) return admit;
  return wait(
    'QuotaExceeded',
    (asked / unit > limit + rounding
      ? `this needs ${round(asked / unit)} ${what} and ${who.has} may have ${round(limit)} in all`
      : `${who.has} has ${round((used - held) / unit)} of ${round(limit)} ${what} in use${listed(who.users())} and this needs ${round(asked / unit)}`) +
      tail,
  );
};

/** ` (vision/train, speech/asr and 2 more)` */
const listed = (names: readonly string[]): string => {
  if (names.length === 0) return '';
  const more = names.length - shown;
  return ` (${names.slice(0, shown).join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
};

const shown = 3;

export const plus = (a: Usage, b: Usage): Usage => ({
  containers: a.containers + b.containers,
  cpus: a.cpus + b.cpus,
  memoryBytes: a.memoryBytes + b.memoryBytes,
  gpus: a.gpus + b.gpus,
});

export const minus = (a: Usage, b: Usage): Usage => ({
  containers: a.containers - b.containers,
  cpus: a.cpus - b.cpus,
  memoryBytes: a.memoryBytes - b.memoryBytes,
  gpus: a.gpus - b.gpus,
});

const round = (value: number): string => String(Math.round(value * 100) / 100);
