import type { QuotaField } from '../model/quota.ts';
import {
  noUsage,
  type AdmissionRequest,
  type Ledger,
  type Person,
  type PersonLimits,
  type Usage,
} from './gate.ts';
import { minus, plus } from './quota.ts';

/** What each person uses while one step goes through its requests. */
export interface PeopleBook {
  /** In whose sum the request would count; null: in nobody's. */
  of(request: Pick<AdmissionRequest, 'projectPath'>): PersonState | null;
  /** The request has this from now on, instead of what it held. */
  count(request: AdmissionRequest, granted: Usage): void;
}

export interface PersonState {
  readonly name: string;
  readonly limits: PersonLimits;
  /** Of all the person's projects, with what the request holds already. */
  readonly used: Usage;
  /** The environments that use some of a field, those that use most of it first. */
  readonly users: (field: QuotaField) => readonly string[];
}

type Place = Pick<AdmissionRequest, 'projectPath' | 'projectId' | 'environment'>;

export const peopleBook = (
  ledger: Pick<Ledger, 'owners' | 'quotas' | 'projectName'>,
): PeopleBook => {
  const sums = new Map<number, Usage>();
  const granted = new Map<number, Map<string, { readonly name: string; readonly usage: Usage }>>();
  const sumOf = (person: Person): Usage => {
    const known = sums.get(person.uid);
    if (known !== undefined) return known;
    const sum = [...person.uses.values()].map(({ usage }) => usage).reduce(plus, noUsage);
    sums.set(person.uid, sum);
    return sum;
  };
  const nameOf = ({ projectId, environment }: Place): string =>
    `${ledger.projectName(projectId)}/${environment}`;
  const overrides = ({ projectPath }: Pick<Place, 'projectPath'>) =>
    ledger.quotas.get(projectPath)?.overrides ?? {};
  return {
    of: ({ projectPath }) => {
      const person = ledger.owners.get(projectPath);
      if (person === undefined) return null;
      return {
        name: person.name,
        limits: person.limits,
        used: sumOf(person),
        users: (field) =>
          [...new Map<string, Use>([...person.uses, ...(granted.get(person.uid) ?? [])]).values()]
            .filter(({ usage }) => usage[field] > 0)
            .sort((a, b) => b.usage[field] - a.usage[field] || (a.name < b.name ? -1 : 1))
            .map(({ name }) => name),
      };
    },
    count: (request, usage) => {
      const person = ledger.owners.get(request.projectPath);
      if (person === undefined) return;
      const own = overrides(request);
      const counted = withoutOwn(usage, own);
      sums.set(person.uid, plus(minus(sumOf(person), withoutOwn(request.held, own)), counted));
      const uses = granted.get(person.uid) ?? new Map<string, Use>();
      granted.set(person.uid, uses.set(request.key, { name: nameOf(request), usage: counted }));
    },
  };
};

interface Use {
  readonly name: string;
  readonly usage: Usage;
}

/** What a project has a budget of its own for counts for nobody else. */
export const withoutOwn = (
  usage: Usage,
  overrides: Readonly<Partial<Record<QuotaField, unknown>>>,
): Usage => ({
  containers: overrides.containers === undefined ? usage.containers : 0,
  cpus: overrides.cpus === undefined ? usage.cpus : 0,
  memoryBytes: overrides.memoryBytes === undefined ? usage.memoryBytes : 0,
  gpus: overrides.gpus === undefined ? usage.gpus : 0,
});
