import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../schema/files.ts';

/** What the repository holds at `path`; UPDATE=1 first writes `text` there. */
export const committed = (path: string, text: string): string => {
  const file = join(packageFolder(), path);
  if (process.env['UPDATE'] === '1') writeFileSync(file, text);
  return readFileSync(file, 'utf8');
};
