import type { WritableLayer } from '../model/ports.ts';
import { observedEnv } from './observe-config.ts';
import { json, type Json, list, number, text } from './shape.ts';

/**
 * Paths a recreate would lose. Left out is what comes again by itself: mount points, the home and
 * working folders as such, the accounts that MLEnv writes, the engine's own init, and folders that
 * changed only because something below them did.
 */
export function changedPaths(reply: unknown, inspect: Json): WritableLayer | null {
  // No change at all is null to the engine.
  if (reply !== null && !Array.isArray(reply) && !isNullBody(reply)) return null;
  const changes = list(reply).map(json);
  const paths = changes.map((change) => text(change['Path'])).sort();
  const modified = new Set(
    changes.filter((change) => number(change['Kind']) === 0).map((change) => text(change['Path'])),
  );
  const parents = new Set(paths.flatMap(parentsOf));
  const again = remade(inspect);
  const remadeToo = new Set([...again, ...again.flatMap(parentsOf)]);
  const lost = paths.filter(
    (path) => !remadeToo.has(path) && !(modified.has(path) && parents.has(path)),
  );
  return { paths: lost.slice(0, 20), total: lost.length };
}

function remade(inspect: Json): readonly string[] {
  const config = json(inspect['Config']);
  return [
    ...list(inspect['Mounts']).map((mount) => text(json(mount)['Destination'])),
    ...list(json(inspect['HostConfig'])['Mounts']).map((mount) => text(json(mount)['Target'])),
    text(config['WorkingDir']),
    observedEnv(config['Env'])['HOME'] ?? '',
    '/etc/passwd',
    '/etc/group',
    '/sbin/docker-init',
  ];
}

/** The client turns the body "null" into the bytes themselves. */
const isNullBody = (reply: unknown): boolean =>
  Buffer.isBuffer(reply) && reply.toString().trim() === 'null';

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}
