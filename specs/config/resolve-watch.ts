import { posix } from 'node:path';
import { patternFault } from '../../controller/model/folder-pattern.ts';
import { fault } from '../fault.ts';
import type { Report } from '../resolve-scalars.ts';
import { quoted } from '../safe-text.ts';

/** Patterns of folders, absolute. `home` null: the machine's instance, in which ~ is nobody's. */
export const watchOf = (
  patterns: readonly string[],
  home: string | null,
  report: Report,
): readonly string[] => {
  const absolute = patterns.map((written, index) => {
    const path = ['watch', index];
    const why = patternFault(written);
    if (why !== null) {
      const message = `${quoted(written)} is no pattern of folders: ${why}`;
      const hint = 'write one such as /srv/projects, /srv/projects/* or /srv/**/mlenv.yaml';
      report(fault('E_FORMAT', path, { message, hint }));
    }
    if (!written.startsWith('~/')) return posix.resolve('/', written);
    if (home === null) {
      const message = `${quoted(written)} is nobody's here: the machine's instance has no home`;
      report(
        fault('E_PATH', path, {
          message,
          hint: 'write it out, such as /home/alice/projects, or /home/*/projects',
        }),
      );
    }
    return posix.join(home ?? '/', written.slice(2));
  });
  return [...new Set(absolute)];
};
