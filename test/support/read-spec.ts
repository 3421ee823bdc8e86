import { expect } from 'vitest';
import type { Environment } from '../../controller/model/environment.ts';
import { formatDiagnostic } from '../../specs/point.ts';
import { readProject, type ProjectRead } from '../../specs/project.ts';
import { memorySpecFiles } from './spec-files.ts';

export const projectFolder = '/home/ada/vision';

/** Reads a text as the mlenv.yaml of a project that has the given other files beside it. */
export const readSpec = (
  text: string | Uint8Array,
  beside: Readonly<Record<string, string>> = {},
): Promise<ProjectRead> => {
  const paths = Object.entries({ 'mlenv.yaml': '', ...beside });
  const files = memorySpecFiles(
    Object.fromEntries(paths.map(([name, content]) => [`${projectFolder}/${name}`, content])),
  );
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const hmacKey = new TextEncoder().encode('a key of the tests');
  return readProject(bytes, { file: 'mlenv.yaml', folder: projectFolder, files, hmacKey });
};

/** What a person sees; '' where there is no fault. */
export const renderSpec = async (
  text: string | Uint8Array,
  beside: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const read = await readSpec(text, beside);
  return read.ok ? '' : read.diagnostics.map(formatDiagnostic).join('\n');
};

/** The one environment of a good file. */
export const readOne = async (
  environment: string,
  beside: Readonly<Record<string, string>> = {},
): Promise<Environment> => {
  const text = `apiVersion: mlenv/v1\nenvironments: { one: ${environment} }\n`;
  const read = await readSpec(text, beside);
  expect(read, await renderSpec(text, beside)).toMatchObject({ ok: true });
  const wish = read.ok ? read.wish.environments[0]?.wish : undefined;
  if (wish === undefined) throw new Error('no environment was read');
  return wish;
};
