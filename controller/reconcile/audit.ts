import type { AuditDetails, AuditOutcome } from '../model/audit.ts';
import { environmentKey } from '../model/key.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import type { Store } from '../model/store.ts';
import type { Deps } from './deps.ts';

export interface Audited extends Omit<AuditDetails, 'outcome'> {
  readonly outcome?: AuditOutcome;
  /** null: nobody asked. */
  readonly uid: number | null;
  readonly action: string;
  /** null: the host, or the one thing that `resource` names. */
  readonly project: ProjectRecord | null;
  /** null: all of the project. */
  readonly environment: string | null;
  readonly resource?: { readonly type: string; readonly id: string };
}

/** Writes down who did, or was refused, what. */
export const audit = (
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  { uid, action, project, environment, resource, outcome = 'done', ...details }: Audited,
): void => {
  const { type, id } = resource ?? resourceOf(project, environment);
  store.audit.add({
    at: clock.now(),
    uid,
    action,
    resourceType: type,
    resourceId: id,
    project:
      project === null ? null : { id: project.id, name: project.name, ownerUid: project.owner.uid },
    details: { ...details, outcome },
  });
};

const resourceOf = (
  project: ProjectRecord | null,
  environment: string | null,
): { readonly type: string; readonly id: string } => {
  if (project === null) return { type: 'host', id: '*' };
  return environment === null
    ? { type: 'project', id: project.path }
    : { type: 'environment', id: `${project.path} ${environment}` };
};

/** A project of a thousand environments does not make a row of a megabyte. */
const maxNamed = 20;

/** What a request by a person can change of environments, by their names. */
export const standing = (
  store: Store,
  rows: readonly Pick<EnvironmentRecord, 'projectId' | 'environment'>[],
): ReadonlyMap<string, Standing> =>
  new Map(
    rows.flatMap((row) => {
      const key = environmentKey(row);
      const now = store.environments.get(key);
      if (now === null) return [];
      return [
        [
          row.environment,
          {
            holds: store.holds.of(key).map(({ kind }) => kind),
            generation: now.generation,
            approved: now.approval !== null,
            restart: now.restartRequestedAt !== null,
            removeVolumes: now.removeVolumes,
            repair: now.repairRequestedAt !== null,
          },
        ] as const,
      ];
    }),
  );

export interface Standing {
  readonly holds: readonly string[];
  readonly generation: number;
  readonly approved: boolean;
  readonly restart: boolean;
  readonly removeVolumes: boolean;
  readonly repair: boolean;
}

/** Of each environment that is not as it was, the fields that differ. */
export const difference = (
  before: ReadonlyMap<string, Standing>,
  after: ReadonlyMap<string, Standing>,
): Pick<AuditDetails, 'before' | 'after'> => {
  const names = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)),
  );
  if (names.length === 0) return {};
  const side = (from: ReadonlyMap<string, Standing>, other: ReadonlyMap<string, Standing>) =>
    Object.fromEntries([
      ...names
        .slice(0, maxNamed)
        .map((name) => [name, fieldsUnlike(from.get(name), other.get(name))] as const),
      ...(names.length > maxNamed ? [['and more', names.length - maxNamed] as const] : []),
    ]);
  return { before: side(before, after), after: side(after, before) };
};

const fieldsUnlike = (one: Standing | undefined, other: Standing | undefined): object | null =>
  one === undefined
    ? null
    : Object.fromEntries(
        Object.entries(one).filter(
          ([field, value]) =>
            JSON.stringify(value) !== JSON.stringify(other?.[field as keyof Standing]),
        ),
      );
