import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectAbove, specFileName } from './target.ts';

/** Names of the environments in this folder's spec; none where it cannot be read. */
export const projectNames = async (cwd: string): Promise<readonly string[]> => {
  const file = join(projectAbove(cwd), specFileName);
  const bytes = await readFile(file).catch(() => null);
  if (bytes === null) return [];
  const { parseSpec } = await import('../../specs/parse.ts');
  const { child } = await import('../../specs/tree.ts');
  const parsed = parseSpec(bytes, file);
  const environments = parsed.ok ? child(parsed.root, 'environments') : undefined;
  if (environments?.kind !== 'map') return [];
  return environments.entries.map(({ key }) => key);
};
