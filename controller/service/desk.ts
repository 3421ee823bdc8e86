import { ApiError, type Api } from '../model/api.ts';
import type { Asker } from '../model/asker.ts';
import type { AuditDetails } from '../model/audit.ts';
import type { ProjectRecord } from '../model/record.ts';
import { audit } from '../reconcile/audit.ts';
import { ownerOf } from '../reconcile/people.ts';
import type { Core } from '../reconcile/core.ts';
import { isRecordFull } from '../model/store-upkeep.ts';
import { recordFullText } from './notices.ts';
import type { Seen } from './resolve.ts';
import { lookAsOwner } from './seen.ts';
import type { ServiceOptions } from './service.ts';
import { administratorsText, isAdministrator } from './rights.ts';

export interface Authority {
  readonly core: Core;
  /** The service for one who asks; it asks `mayUse` of each folder before anything is done with it. */
  readonly service: (
    who: Required<Pick<ServiceOptions, 'uid' | 'mayUse' | 'mayApprove' | 'isAdministrator'>>,
  ) => Api;
  /** Asked again with each request, as groups change. */
  readonly asker: () => Promise<Asker>;
  /** The user of this process. */
  readonly ownUid: number;
  /** false: this process only looks and cannot write, also not of who asked. */
  readonly records?: boolean;
}

/** What a request names, as it was typed. */
export interface Target {
  readonly path: string | null;
  readonly project: string | null;
  readonly environment: string | null;
  /** What it is where it is none of these: a card, a user, a group. */
  readonly resource?: { readonly type: string; readonly id: string };
}

/** Where one request of one person is dealt with. */
export interface Desk {
  readonly api: Api;
  readonly uid: number;
  readonly by: string;
  readonly isAdministrator: boolean;
  /** Also the state of what is not theirs. */
  readonly seesAll: boolean;
  readonly owns: (project: ProjectRecord | null) => boolean;
  /**
   * Looks for what was named in what they may know of: another's is as if it were not there, in every word. That
   * they asked for it is written down all the same.
   */
  find<T>(look: (seen: Seen) => T): T;
  /** Throws ApiError 'refused'. */
  mustOwn(project: ProjectRecord): void;
  /** Throws ApiError 'refused'. */
  mustAdminister(): void;
  note(what: Omit<AuditDetails, 'by'>): void;
  /** A refusal, whoever said it, is written down. */
  watching<T>(run: () => T | Promise<T>): Promise<T>;
}

export const openDesk = async (
  { core, service, asker, ownUid, records = true }: Authority,
  { method, target }: { readonly method: keyof Api; readonly target: Target | null },
): Promise<Desk> => {
  const { deps } = core;
  const who = await asker();
  const { people } = deps.config.current();
  const isAdmin = isAdministrator(who, people, ownUid);
  const others = administratorsText(people);
  const nameOf = (uid: number): string => {
    const name = deps.loginName(uid);
    return name === null ? `uid ${uid}` : `${name} (uid ${uid})`;
  };
  const owns = (project: ProjectRecord | null): boolean =>
    isAdmin || (project !== null && ownerOf(deps.store, project) === who.uid);
  const mustOwn = (project: ProjectRecord): void => {
    if (owns(project)) return;
    throw new ApiError(
      'refused',
      `${project.name} in ${project.path} belongs to ${nameOf(ownerOf(deps.store, project))}: ${doing[method]} is for its owner and administrators (${others})`,
    );
  };
  const note = (what: Omit<AuditDetails, 'by'>): void => {
    if (!records) return;
    const project = projectOf(core, target);
    audit(deps, {
      ...what,
      uid: who.uid,
      by: who.name,
      action: actionOf(method),
      project,
      environment: target?.environment ?? null,
      ...(project !== null || target === null ? {} : { resource: resourceOf(target) }),
    });
  };
  /** One who is refused is told so, whether or not there is room to write it down. */
  const refuse = (why: string): void => {
    try {
      note({ outcome: 'refused', why });
    } catch (error) {
      if (!isRecordFull(error)) throw error;
    }
  };
  const seesAll = isAdmin || people.reading === 'open';
  const find = <T>(look: (seen: Seen) => T): T => {
    if (seesAll) return look(deps.store);
    return lookAsOwner(deps.store, { owns, look }, () =>
      refuse(`${doing[method]} is for its owner and administrators, and people.reading is own`),
    );
  };
  return {
    uid: who.uid,
    by: who.name,
    isAdministrator: isAdmin,
    seesAll,
    owns,
    find,
    mustOwn,
    mustAdminister: () => {
      if (isAdmin) return;
      throw new ApiError(
        'refused',
        `${doing[method]} concerns the whole host and is for administrators (${others}); you are ${who.name}`,
      );
    },
    note,
    watching: async (run) => {
      try {
        return await run();
      } catch (thrown) {
        if (isRecordFull(thrown)) throw new ApiError('prerequisite', recordFullText(deps));
        if (thrown instanceof ApiError && thrown.code === 'refused') refuse(thrown.message);
        throw thrown;
      }
    },
    api: service({
      uid: who.uid,
      mayApprove: owns,
      isAdministrator: isAdmin,
      mayUse: (path, folder, project) => {
        if (isAdmin) return;
        if (folder?.owner.uid === who.uid) {
          if (project !== null) mustOwn(project);
          return;
        }
        // The configuration may name somebody else for a folder that is still its owner's.
        if (folder !== null && project !== null && owns(project)) {
          if (project.owner.uid === folder.owner.uid) return;
          throw new ApiError(
            'refused',
            `the folder ${folder.path} belongs to ${nameOf(folder.owner.uid)} now: ${doing[method]} is for its owner and administrators (${others})`,
          );
        }
        // Whose it is, where it leads, and whether it is there at all is told to nobody else.
        throw new ApiError(
          'refused',
          `${path} is no folder of ${who.name}'s: ${doing[method]} is for the owner of a folder and administrators (${others})`,
        );
      },
    }),
  };
};

/** The one project that is meant, as far as that can be told. */
const projectOf = ({ deps: { store } }: Core, target: Target | null): ProjectRecord | null => {
  if (target === null) return null;
  if (target.path !== null) return store.projects.byPath(target.path);
  const [project = null, ...more] = store.projects
    .list()
    .filter(({ name }) => name === target.project);
  return more.length === 0 ? project : null;
};

const resourceOf = ({
  path,
  project,
  environment,
  resource,
}: Target): { readonly type: string; readonly id: string } => {
  if (resource !== undefined) return resource;
  const place = path ?? project ?? '*';
  return environment === null
    ? { type: path === null ? 'project' : 'folder', id: place }
    : { type: 'environment', id: `${place} ${environment}` };
};

/** As the command line calls it. */
const actionOf = (method: keyof Api): string => names[method] ?? method;

const names: Readonly<Partial<Record<keyof Api, string>>> = {
  remove: 'rm',
  setQuota: 'quota set',
  checkQuotas: 'quota check',
  testNotice: 'notices test',
  series: 'metrics',
  syncImages: 'images sync',
  importImages: 'images import',
  pruneImages: 'images prune',
};

/** What a refusal calls it. */
const doing: Readonly<Record<keyof Api, string>> = {
  version: 'reading the version',
  status: 'reading its state',
  describe: 'describing it',
  plan: 'planning it',
  up: 'bringing it up',
  down: 'taking it down',
  remove: 'removing it',
  restart: 'restarting it',
  keep: 'keeping it',
  approve: 'approving its changes',
  suspend: 'suspending it',
  resume: 'resuming it',
  confirm: 'confirming a mass removal',
  freeze: 'freezing the host',
  thaw: 'thawing the host',
  observe: 'letting MLEnv observe or act',
  reconcile: 'reconciling',
  gpus: 'reading the cards',
  cordon: 'cordoning a card',
  uncordon: 'uncordoning a card',
  scrape: 'reading the metrics',
  queue: 'reading the queue',
  quotas: 'reading quotas',
  setQuota: 'setting a quota',
  checkQuotas: 'repairing the use that quotas show',
  audit: 'reading the audit log',
  history: 'reading its history',
  runs: 'reading its runs',
  top: 'reading what is used',
  series: 'reading what it used',
  report: 'reading what was used',
  notices: 'reading notices',
  testNotice: 'sending a notice',
  rollback: 'rolling it back',
  lockImages: 'locking its images',
  images: 'reading the catalogue',
  imageVersions: 'reading the catalogue',
  showImage: 'reading the catalogue',
  exportImages: 'reading the catalogue',
  syncImages: 'reading the catalogue anew',
  importImages: 'adding to the catalogue',
  pruneImages: 'removing images',
  events: 'reading its events',
  logs: 'reading its logs',
  exec: 'running a command in it',
};
