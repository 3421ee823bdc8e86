import { ApiError, type EnvironmentRef, type Scope } from '../model/api.ts';
import { environmentKey } from '../model/key.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import type { Store } from '../model/store.ts';

/** The record, or the part of it that somebody may know of. */
export type Seen = Pick<Store, 'environments' | 'runs'> & {
  readonly projects: Pick<Store['projects'], 'list' | 'byPath'>;
};

/** What a person typed → the one row that is meant. */
export const findEnvironment = (
  store: Seen,
  ref: EnvironmentRef,
): { readonly project: ProjectRecord; readonly record: EnvironmentRecord } => {
  const projects = projectsNamed(store, ref);
  const matches = projects.flatMap((project) => {
    const record = store.environments.get(
      environmentKey({ projectId: project.id, environment: ref.environment }),
    );
    return record === null ? [] : [{ project, record }];
  });
  const [match, ...others] = matches;
  if (match === undefined)
    throw new ApiError('not-found', unknownEnvironment(store, projects, ref));
  if (others.length > 0) {
    throw new ApiError(
      'usage',
      `${ref.project}/${ref.environment} is not one environment but ${matches.length}; stand in the folder you mean:\n${matches.map(({ project }) => `  ${project.path}`).join('\n')}`,
    );
  }
  return match;
};

export const findProjects = (store: Seen, scope: Scope): readonly ProjectRecord[] => {
  switch (scope.kind) {
    case 'all':
      return store.projects.list();
    case 'path':
      return [findProject(store, scope.path)];
    case 'project':
      return projectsNamed(store, { path: null, project: scope.project });
    default:
      return scope satisfies never;
  }
};

export const findProject = (store: Seen, path: string): ProjectRecord => {
  const project = store.projects.byPath(path);
  if (project === null) {
    throw new ApiError('not-found', `no project is known at ${path}; mlenv up makes it known`);
  }
  return project;
};

const projectsNamed = (
  store: Seen,
  { path, project }: Pick<EnvironmentRef, 'path' | 'project'>,
): readonly ProjectRecord[] => {
  if (project === null) return [findProject(store, path ?? '')];
  const named = store.projects.list().filter(({ name }) => name === project);
  if (named.length === 0) throw new ApiError('not-found', `no project is named ${project}`);
  return named;
};

const unknownEnvironment = (
  store: Seen,
  projects: readonly ProjectRecord[],
  ref: EnvironmentRef,
): string => {
  const names = projects.flatMap((project) =>
    store.environments.ofProject(project.id).map(({ environment }) => environment),
  );
  return `no environment ${ref.environment} in ${projects.map(({ name }) => name).join(', ')}${names.length === 0 ? '' : `; there is ${names.join(', ')}`}`;
};
