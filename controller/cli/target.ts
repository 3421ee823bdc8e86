import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ApiError } from '../model/api.ts';
import type { EnvironmentRef } from '../model/api.ts';

export const specFileName = 'mlenv.yaml';

/** The folder that a `[path]` means: itself, or the one that the spec file lies in. */
export const projectFolder = (cwd: string, path: string | undefined): string => {
  if (path === undefined) return projectAbove(cwd);
  const absolute = resolve(cwd, path);
  return isSpecFile(absolute) ? dirname(absolute) : absolute;
};

/** Who may not enter the folder, as an administrator another's home, means by it what the controller knows. */
const isSpecFile = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return basename(path) === specFileName;
  }
};

/** The nearest folder at or above this one that has a spec; this one where none has. */
export const projectAbove = (cwd: string): string => {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, specFileName))) return folder;
    if (folder === dirname(folder)) return cwd;
  }
};

/** `name` inside a project's folder, `project/name` anywhere. Throws ApiError 'usage'. */
export const environmentRef = (cwd: string, text: string): EnvironmentRef => {
  const parts = text.split('/');
  const [first, second] = parts;
  if (first === undefined || first === '' || second === '' || parts.length > 2)
    throw new ApiError('usage', `"${text}" is not NAME or PROJECT/NAME`);
  if (second === undefined) return { path: projectAbove(cwd), project: null, environment: first };
  return { path: null, project: first, environment: second };
};
