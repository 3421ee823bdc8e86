import { posix } from 'node:path';
import { patternFault } from '../../controller/model/folder-pattern.ts';
import type { StartConfig } from '../../controller/model/start.ts';
import { fault, type Path } from '../fault.ts';
import type { Report } from '../resolve-scalars.ts';
import { quoted } from '../safe-text.ts';
import type { Own } from './resolve.ts';
import type { WatchValue } from './values.ts';

export interface Watch {
  /** Patterns of folders, absolute. */
  readonly watch: readonly string[];
  readonly start: StartConfig;
}

/** `home` null: the machine's instance, in which ~ is nobody's. */
export const watchOf = (
  entries: readonly WatchValue[],
  { home, instance }: Pick<Own, 'home' | 'instance'>,
  report: Report,
): Watch => {
  const roots = new Map<string, StartConfig['roots'][number]>();
  for (const [index, entry] of entries.entries()) {
    const at: Path = typeof entry === 'string' ? ['watch', index] : ['watch', index, 'path'];
    const { path: written, start = null } = typeof entry === 'string' ? { path: entry } : entry;
    const pattern = absolute(written, { home, at, report });
    const before = roots.get(pattern);
    if (before !== undefined && before.start !== start) {
      const message = `${quoted(written)} stands in watch already, with another start`;
      report(fault('E_CONFLICT', at, { message, hint: 'keep one of the two' }));
    }
    if (before === undefined) roots.set(pattern, { pattern, start });
  }
  return {
    watch: [...roots.keys()],
    start: { usual: instance ? 'automatic' : 'onFirstUp', roots: [...roots.values()] },
  };
};

const absolute = (
  written: string,
  {
    home,
    at,
    report,
  }: { readonly home: string | null; readonly at: Path; readonly report: Report },
): string => {
  const why = patternFault(written);
  if (why !== null) {
    const message = `${quoted(written)} is no pattern of folders: ${why}`;
    const hint = 'write one such as /srv/projects, /srv/projects/* or /srv/**/mlenv.yaml';
    report(fault('E_FORMAT', at, { message, hint }));
  }
  if (!written.startsWith('~/')) return posix.resolve('/', written);
  if (home === null) {
    const message = `${quoted(written)} is nobody's here: the machine's instance has no home`;
    const hint = 'write it out, such as /home/alice/projects, or /home/*/projects';
    report(fault('E_PATH', at, { message, hint }));
  }
  return posix.join(home ?? '/', written.slice(2));
};

/** As it stands in the file. */
export const watchValue = ({ roots }: StartConfig): readonly WatchValue[] =>
  roots.map(({ pattern, start }) => (start === null ? pattern : { path: pattern, start }));
