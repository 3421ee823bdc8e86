import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../schema/files.ts';

/** What the repository holds at `path`; with UPDATE=1, `text` is written there first. */
export const committed = (path: string, text?: string): string => {
  const file = join(packageFolder(), path);
  if (text !== undefined && process.env['UPDATE'] === '1') writeFileSync(file, text);
  return readFileSync(file, 'utf8');
};
