import { dirname, join, relative, resolve } from 'node:path';
import {
  createSpecReader,
  formatAnnotation,
  formatDiagnostic,
  inFolder,
  nodeSpecFiles,
  readFolder,
  readLock,
  readProject,
  specFileName,
} from '../../../specs/index.ts';
import { ApiError } from '../../model/api.ts';
import type { MountRoot } from '../../model/config.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { say, sayJson } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { mountRootsOf } from '../mount-roots.ts';
import { projectFolder } from '../target.ts';

export interface ValidateOptions {
  readonly output: 'text' | 'json' | 'github';
}

export const run = async (
  context: Context,
  paths: readonly string[],
  options: ValidateOptions,
): Promise<number> => {
  const { cwd } = context.io;
  const mountRoots = await mountRootsOf(context);
  const wanted = paths.length === 0 ? [projectFolder(cwd, undefined)] : paths;
  const checked: Checked[] = [];
  for (const path of wanted)
    checked.push(...(await check({ cwd, mountRoots }, resolve(cwd, path))));
  print(context, checked, options.output);
  return checked.some(isFaulty) ? exitCode.invalidSpec : exitCode.done;
};

interface Checked {
  /** As a person in this folder names it. */
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];
}

interface From {
  readonly cwd: string;
  readonly mountRoots: (folder: string) => readonly MountRoot[];
}

const isFaulty = ({ diagnostics }: Checked): boolean => diagnostics.length > 0;

/** One file, the spec of one folder, or those of all folders below it. */
const check = async (from: From, path: string): Promise<readonly Checked[]> => {
  const stat = await files.stat(path);
  if (stat.kind === 'file') return [await checkFile(from, path)];
  const folders = await createSpecReader({ files, hmacKey }).discover(path);
  if (!folders.ok) throw new ApiError('usage', folders.failure.message);
  if (folders.value.folders.length === 0)
    throw new ApiError('usage', `there is no ${specFileName} in or below ${path}`);
  return Promise.all(folders.value.folders.map((folder) => checkFolder(from, folder)));
};

const checkFolder = async ({ cwd, mountRoots }: From, folder: string): Promise<Checked> => {
  const file = relative(cwd, join(folder, specFileName));
  const read = await readFolder({ files, hmacKey, mountRoots, folder, file });
  switch (read.kind) {
    case 'valid':
      return { file, diagnostics: [] };
    case 'invalid':
      return { file, diagnostics: read.diagnostics };
    case 'no-file':
    case 'no-folder':
      throw new ApiError('usage', `${file} went away while it was read`);
    case 'untrusted':
    case 'unreadable':
      throw new ApiError('usage', read.message);
    default:
      return read satisfies never;
  }
};

const checkFile = async ({ cwd, mountRoots }: From, path: string): Promise<Checked> => {
  const file = relative(cwd, path);
  const read = await files.read(path, maxFileBytes);
  if (read.kind !== 'bytes') throw new ApiError('usage', `${file} cannot be read (${read.kind})`);
  const folder = dirname(path);
  const beside = await inFolder({ files, folder }, (held) => readLock(held, { file }));
  const parsed = beside.kind === 'read' ? beside.parsed : null;
  const lock = parsed?.kind === 'lock' ? parsed.lock : null;
  const place = { file, folder, files, hmacKey, mountRoots, lock };
  const project = await readProject(read.bytes, place);
  const ofLock = parsed?.kind === 'invalid' ? parsed.diagnostics : [];
  return { file, diagnostics: [...(project.ok ? [] : project.diagnostics), ...ofLock] };
};

const print = (
  context: Context,
  checked: readonly Checked[],
  output: ValidateOptions['output'],
): void => {
  switch (output) {
    case 'json':
      return sayJson(context, { apiVersion: 'mlenv/v1', files: checked });
    case 'github':
      for (const each of checked.flatMap(({ diagnostics }) => diagnostics))
        say(context, formatAnnotation(each));
      return;
    case 'text':
      for (const { file, diagnostics } of checked) {
        if (diagnostics.length === 0) say(context, `${file}: valid`);
        for (const each of diagnostics) say(context, `${formatDiagnostic(each)}\n`);
      }
      return;
    default:
      return output satisfies never;
  }
};

const files = nodeSpecFiles();

/** Nothing is kept, so the digests that this key enters do not matter. */
const hmacKey = new Uint8Array(32);

/** More than a spec may have, so that the spec's own limit is what is reported. */
const maxFileBytes = 1024 * 1024;
