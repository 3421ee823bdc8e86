import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Credential, RegistryResult } from '../model/registry.ts';
import { askHelper } from './credential-helper.ts';
import { fault, ok } from './fault.ts';
import { isJson, type Json, json, parseJson, text } from './shape.ts';

export type { Credential };

export interface Credentials {
  /** null: there is none, so ask as anybody. */
  of(registry: string, signal: AbortSignal): Promise<RegistryResult<Credential | null>>;
}

export const noCredentials: Credentials = { of: () => Promise.resolve(ok(null)) };

export interface DockerConfigOptions {
  /** DOCKER_CONFIG, HOME and PATH; all of it goes to the helper, which has settings of its own there. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly helperTimeoutMs?: number;
}

/** What `docker login` left behind: read anew each time, so that a login counts at once. */
export const dockerCredentials = (options: DockerConfigOptions): Credentials => ({
  of: async (registry, signal) => {
    const { env, helperTimeoutMs = 10_000 } = options;
    const path = configPath(env);
    const read = path === null ? null : await readConfig(path);
    if (path === null || read === null) return ok(null);
    if (typeof read === 'string') return trouble(read);
    const parsed = parseJson(read.source);
    if (!isJson(parsed)) return trouble(`${path} is no JSON object`);
    const helper = helperFor(registry, parsed);
    if (helper !== null) {
      if (read.writableBy !== null) return trouble(writable(path, read.writableBy));
      const server = serverOf(registry);
      return askHelper({ helper, server, env, timeoutMs: helperTimeoutMs }, signal);
    }
    const stored = storedFor(registry, parsed, path);
    if (!stored.ok || stored.value === null) return stored;
    if (read.readableBy !== null) return trouble(readable(path, read.readableBy));
    return stored;
  },
});

/** As docker login names it. */
export const serverOf = (registry: string): string =>
  registry === 'docker.io' ? dockerHub : registry;

const dockerHub = 'https://index.docker.io/v1/';

export const configPath = (env: DockerConfigOptions['env']): string | null => {
  const { DOCKER_CONFIG: folder = '', HOME: home = '' } = env;
  if (folder !== '') return join(folder, 'config.json');
  return home === '' ? null : join(home, '.docker', 'config.json');
};

export interface ReadConfig {
  readonly source: string;
  /** Who besides its owner may read or write it, in words; null: nobody. */
  readonly readableBy: string | null;
  readonly writableBy: string | null;
}

/** null: it is not there. Text: why it is not taken. A link is followed: dotfiles are often links. */
export const readConfig = async (path: string): Promise<ReadConfig | string | null> => {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    return `${path} cannot be read (${code})`;
  }
  try {
    const stat = await file.stat();
    const { uid, mode, size } = stat;
    if (!stat.isFile()) return `${path} is not an ordinary file`;
    if (size > largestBytes) return `${path} is larger than ${largestBytes} bytes`;
    if (uid !== process.getuid?.() && uid !== 0) return `${path} belongs to uid ${uid}`;
    return {
      source: await file.readFile('utf8'),
      readableBy: (mode & 0o077) === 0 ? null : 'others',
      writableBy: (mode & 0o022) === 0 ? null : 'others',
    };
  } finally {
    await file.close();
  }
};

const largestBytes = 1 << 20;

/** One for this registry before the one for all. */
export const helperFor = (registry: string, parsed: Json): string | null => {
  const own = json(parsed['credHelpers']);
  const names = keysFor(registry).map((key) => text(own[key]));
  return [...names, text(parsed['credsStore'])].find((name) => name !== '') ?? null;
};

/** Under all the names that tools have written it by. */
export const keysFor = (registry: string): readonly string[] =>
  registry === 'docker.io'
    ? [dockerHub, 'docker.io', 'index.docker.io', 'registry-1.docker.io']
    : ['', 'https://', 'http://'].flatMap((scheme) =>
        ['', '/', '/v1/', '/v2/', '/v1', '/v2'].map((path) => `${scheme}${registry}${path}`),
      );

const storedFor = (
  registry: string,
  parsed: Json,
  path: string,
): RegistryResult<Credential | null> => {
  const auths = json(parsed['auths']);
  const key = keysFor(registry).find((key) => isJson(auths[key]));
  if (key === undefined) return ok(null);
  const entry = json(auths[key]);
  const token = text(entry['identitytoken']);
  const packed = text(entry['auth']);
  const unpacked = Buffer.from(packed, 'base64').toString().replace(/\0+$/, '');
  const at = unpacked.indexOf(':');
  if (packed !== '' && at < 0)
    return trouble(`${path}: auth of ${key} is not base64 of USER:PASSWORD`);
  const user = at < 0 ? text(entry['username']) : unpacked.slice(0, at);
  if (token !== '') return ok({ kind: 'identity', user, token });
  const secret = at < 0 ? text(entry['password']) : unpacked.slice(at + 1);
  return ok(user === '' || secret === '' ? null : { kind: 'password', user, secret });
};

const readable = (path: string, who: string): string =>
  `${path} holds a password and may be read by ${who}: chmod 600 ${path}`;

export const writable = (path: string, who: string): string =>
  `${path} names a program to run and may be written by ${who}: chmod 600 ${path}`;

const trouble = (message: string): ReturnType<typeof fault> =>
  fault({ code: 'CredentialTrouble', message });
