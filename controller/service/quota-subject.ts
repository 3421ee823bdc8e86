import { ApiError } from '../model/api.ts';
import type { QuotaSubject } from '../model/quota-api.ts';
import type { ProjectRecord } from '../model/record.ts';
import type { Core } from '../reconcile/core.ts';
import type { Target } from './desk.ts';
import { findProjects, type Seen } from './resolve.ts';

/** What a refusal is written down for. */
export const quotaTarget = (subject: QuotaSubject): Target => {
  const none = { path: null, project: null, environment: null };
  switch (subject.kind) {
    case 'user':
      return { ...none, resource: { type: 'user', id: subject.user } };
    case 'group':
      return { ...none, resource: { type: 'group', id: subject.group } };
    case 'project':
      return subject.project.startsWith('/')
        ? { ...none, path: subject.project }
        : { ...none, project: subject.project };
    default:
      return subject satisfies never;
  }
};

/**
 * Where each sees their own alone: another user or a group is answered as one that there is not. Throws ApiError
 * 'not-found'.
 */
export const mayAskQuota = async (
  core: Core,
  subject: Exclude<QuotaSubject, { kind: 'project' }>,
  uid: number,
): Promise<void> => {
  if (subject.kind === 'group') throw noGroup(subject.group);
  const asked = await findUser(core, subject.user).catch(() => null);
  if (asked !== uid) throw noUser(subject.user);
};

const noUser = (text: string): ApiError =>
  new ApiError(
    'not-found',
    /^\d{1,10}$/.test(text)
      ? `no user has the uid ${text}; getent passwd must list it`
      : `no user is named ${text}; getent passwd must list the name`,
  );

const noGroup = (group: string): ApiError =>
  new ApiError('not-found', `no group is named ${group}; getent group must list the name`);

/** Throws ApiError 'not-found'. */
export const findUser = async ({ deps }: Core, text: string): Promise<number> => {
  const { store, people } = deps;
  if (/^\d{1,10}$/.test(text)) {
    const uid = Number(text);
    await people.look([uid], []);
    if (people.of(uid).name !== null || store.people.get(uid) !== null) return uid;
    throw noUser(text);
  }
  await people.look([], [text]);
  const uid = people.uidOf(text) ?? store.people.byName(text)?.uid ?? null;
  if (uid !== null) return uid;
  throw noUser(text);
};

/** Throws ApiError 'not-found'. A group that has limits already may be gone from the name service. */
export const mustBeGroup = async ({ deps }: Core, group: string): Promise<void> => {
  const { store, config, people } = deps;
  if (store.people.groupLimits().has(group) || config.current().quotas.groups.has(group)) return;
  if ((await people.hasGroup(group)) !== false) return;
  throw noGroup(group);
};

/** Throws ApiError 'not-found', or 'usage' where several bear the name. */
export const findOne = ({ deps }: Core, name: string): ProjectRecord => {
  const [project, ...more] = findAll(deps.store, name);
  if (project === undefined) throw new ApiError('not-found', `no project is named ${name}`);
  if (more.length === 0) return project;
  throw new ApiError(
    'usage',
    `${more.length + 1} projects are named ${name}; name the folder you mean:\n${[project, ...more].map(({ path }) => `  ${path}`).join('\n')}`,
  );
};

export const findAll = (store: Seen, name: string): readonly ProjectRecord[] =>
  findProjects(
    store,
    name.startsWith('/') ? { kind: 'path', path: name } : { kind: 'project', project: name },
  );
