import { posix } from 'node:path';
import type { Failure, Result } from '../model/failure.ts';
import { failed, ok } from '../model/failure.ts';
import type { EngineWriter } from '../model/ports.ts';
import type { ContainerSeed } from '../model/step.ts';
import { withGroup, withUser } from './accounts.ts';
import { anyReply, call } from './call.ts';
import { type Connection, isStream } from './client.ts';
import { startFailure } from './errors.ts';
import { inspectContainer } from './inspect.ts';
import { isContainerRef } from './names.ts';
import { json, type Json, list, text } from './shape.ts';
import { readTar, type TarEntry, writeTar } from './tar.ts';

/**
 * Makes `user: host` work in any image: one archive is laid over the root of a container that has
 * not run, with the account files, the home folder, and the mount points of fresh volumes, each
 * given to the owner. The engine mounts the volumes for it, so what changes hands is the volume's
 * own root; what lies in it stays as it is. Doing it again changes nothing.
 */
export function createSeeder(connection: Connection): EngineWriter['seed'] {
  // A container that has not run has the account files of its image.
  const filesByImage = new Map<string, AccountFiles>();

  const prepare: EngineWriter['seed'] = async (id, seed, chown) => {
    const owner = seed.owner;
    if (owner === null || (seed.account === null && chown.length === 0)) return ok(undefined);
    if (!isContainerRef(id)) return failed('absent', `No such container: ${id}`, 404);
    const inspected = await inspectContainer(connection, id);
    if (!inspected.ok) return inspected;

    const entries: TarEntry[] = [];
    const image = text(inspected.value['Image']);
    let read: AccountFiles | null = null;
    if (seed.account !== null) {
      const files = filesByImage.get(image) ?? (await readFiles(connection, id));
      if ('ok' in files) return files;
      read = files;
      const account = { ...owner, ...seed.account, shell: files.shell };
      entries.push(
        rootFile(files.passwdPath, withUser(files.passwd, account)),
        rootFile(files.groupPath, withGroup(files.group, account)),
      );
    }
    const targets = [...homes(seed, inspected.value), ...writable(chown, inspected.value)];
    entries.push(...targets.map((path) => ownedFolder(path, owner)));
    const written = await put(connection, { id, archive: writeTar(entries) });
    // Only now: where a mount cannot be made the engine says of every file that it is not there.
    if (written.ok && read !== null) filesByImage.set(image, read);
    return written;
  };

  return async (id, seed, chown) => {
    const prepared = await prepare(id, seed, chown);
    return prepared.ok
      ? prepared
      : { ok: false, failure: await seedFailure(connection, id, prepared.failure) };
  };
}

/**
 * The engine mounts all for this as for a start. Where a bind source is gone it says only that it could not find `/` in
 * the container, so that the words of the start are said here.
 */
async function seedFailure(connection: Connection, id: string, failure: Failure): Promise<Failure> {
  if (failure.status !== 404 || !/could not find the file/i.test(failure.message)) {
    return startFailure(failure);
  }
  const inspected = await inspectContainer(connection, id);
  if (!inspected.ok) return failure;
  const sources = mounts(inspected.value)
    .filter((mount) => mount['Type'] === 'bind')
    .map((mount) => text(mount['Source']));
  const which = sources.length > 1 ? `one of ${sources.join(', ')}` : sources.join();
  return {
    kind: 'terminal',
    message: `invalid mount config for type "bind": bind source path does not exist: ${which}`,
    status: failure.status,
  };
}

interface AccountFiles {
  readonly passwdPath: string;
  readonly passwd: string;
  readonly groupPath: string;
  readonly group: string;
  readonly shell: string;
}

async function readFiles(
  connection: Connection,
  id: string,
): Promise<AccountFiles | Result<never>> {
  const passwd = await readFile(connection, { id, path: '/etc/passwd' });
  if (!passwd.ok) return passwd;
  const group = await readFile(connection, { id, path: '/etc/group' });
  if (!group.ok) return group;
  const bash = await call({
    what: `look for a shell in ${id}`,
    kind: 'read',
    deadlineMs: connection.deadlines.readMs,
    send: (abortSignal) =>
      connection.docker.getContainer(id).infoArchive({ path: '/bin/bash', abortSignal }),
    read: anyReply,
  });
  if (!bash.ok && bash.failure.kind !== 'absent') return bash;
  return {
    passwdPath: passwd.value.path,
    passwd: passwd.value.text,
    groupPath: group.value.path,
    group: group.value.text,
    shell: bash.ok ? '/bin/bash' : '/bin/sh',
  };
}

/** Follows links by hand, as the engine hands out the link itself. No file is an empty one. */
async function readFile(
  connection: Connection,
  { id, path }: { readonly id: string; readonly path: string },
): Promise<Result<{ readonly path: string; readonly text: string }>> {
  let at = path;
  for (let hop = 0; hop < 8; hop += 1) {
    const entry = await fetchEntry(connection, { id, path: at });
    if (!entry.ok) {
      return entry.failure.kind === 'absent' ? ok({ path: at, text: '' }) : entry;
    }
    if (entry.value.kind === 'file') {
      return ok({ path: at, text: Buffer.from(entry.value.data).toString() });
    }
    if (entry.value.kind === 'folder') break;
    at = posix.resolve(posix.dirname(at), entry.value.to);
  }
  return failed('terminal', `${path} of the image is not a file that accounts can be added to`);
}

const fetchEntry = (
  { docker, deadlines }: Connection,
  { id, path }: { readonly id: string; readonly path: string },
): Promise<Result<TarEntry>> =>
  call({
    what: `read ${path} of ${id}`,
    kind: 'read',
    deadlineMs: deadlines.readMs,
    send: async (abortSignal) =>
      collected(await docker.getContainer(id).getArchive({ path, abortSignal })),
    read: (reply) => (Buffer.isBuffer(reply) ? (readTar(reply)[0] ?? null) : null),
  });

async function collected(stream: unknown): Promise<Buffer> {
  if (!isStream(stream)) throw new Error('no stream in the answer');
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > largestFile) throw new Error('an account file of more than 4 MB');
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

const largestFile = 4 * 1024 * 1024;

async function put(
  { docker, deadlines }: Connection,
  { id, archive }: { readonly id: string; readonly archive: Buffer },
): Promise<Result<void>> {
  const written = await call({
    what: `seed ${id}`,
    kind: 'write',
    deadlineMs: deadlines.createMs,
    send: (abortSignal) => docker.getContainer(id).putArchive(archive, { path: '/', abortSignal }),
    read: anyReply,
  });
  return written.ok ? ok(undefined) : written;
}

/** A home inside a bind mount is the user's own folder already: the host's files are left alone. */
function homes(seed: ContainerSeed, inspected: Json): readonly string[] {
  if (seed.account === null) return [];
  const home = posix.normalize(seed.account.home);
  const inBind = mounts(inspected).some(
    (mount) => mount['Type'] === 'bind' && isWithin(home, text(mount['Target'])),
  );
  return home === '/' || inBind ? [] : [home];
}

/** A volume mounted read-only cannot change hands here, and need not. */
const writable = (targets: readonly string[], inspected: Json): readonly string[] => {
  const readOnly = new Set(
    mounts(inspected)
      .filter((mount) => mount['ReadOnly'] === true)
      .map((mount) => text(mount['Target'])),
  );
  return targets.filter((target) => !readOnly.has(target));
};

const mounts = (inspected: Json): readonly Json[] =>
  list(json(inspected['HostConfig'])['Mounts']).map(json);

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(`${folder.replace(/\/$/, '')}/`);

const rootFile = (path: string, content: string): TarEntry => ({
  kind: 'file',
  name: path.slice(1),
  uid: 0,
  gid: 0,
  mode: 0o644,
  data: Buffer.from(content),
});

const ownedFolder = (
  path: string,
  owner: { readonly uid: number; readonly gid: number },
): TarEntry => ({ kind: 'folder', name: posix.normalize(path).slice(1), mode: 0o755, ...owner });
