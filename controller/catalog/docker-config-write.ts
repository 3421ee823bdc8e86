import { mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Random } from '../model/ports.ts';
import type { RegistryLogin, RegistryResult } from '../model/registry.ts';
import { makeHelperForget, tellHelper } from './credential-helper.ts';
import { configPath, helperFor, keysFor, readConfig, serverOf, writable } from './docker-config.ts';
import { fault, ok } from './fault.ts';
import { isJson, type Json, json, parseJson } from './shape.ts';

export interface ConfigWriting {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names the file that takes the place of the one before. */
  readonly random: Pick<Random, 'hex'>;
}

const helperTimeoutMs = 30_000;

/** Where it is kept now: by the helper that Docker's configuration names, else in that file. */
export const keepLogin = async (
  { registry, user, secret }: RegistryLogin,
  { env, random }: ConfigWriting,
  signal: AbortSignal,
): Promise<RegistryResult<string>> => {
  const found = await openConfig(env);
  if (!found.ok) return found;
  const { path, parsed } = found.value;
  const helper = helperFor(registry, parsed);
  const server = serverOf(registry);
  if (helper !== null) {
    const { othersMayWrite } = found.value;
    if (othersMayWrite) return trouble(writable(path, 'others'));
    const question = { helper, server, env, timeoutMs: helperTimeoutMs, user, secret };
    return tellHelper(question, signal);
  }
  const auth = Buffer.from(`${user}:${secret}`).toString('base64');
  const auths = { ...without(parsed, registry), [server]: { auth } };
  return write({ path, config: { ...parsed, auths }, random });
};

/** Where it was taken from; null: there was none. */
export const dropLogin = async (
  registry: string,
  { env, random }: ConfigWriting,
  signal: AbortSignal,
): Promise<RegistryResult<string | null>> => {
  const found = await openConfig(env);
  if (!found.ok) return found;
  const { path, parsed, othersMayWrite } = found.value;
  const helper = helperFor(registry, parsed);
  let forgotten: string | null = null;
  if (helper !== null) {
    if (othersMayWrite) return trouble(writable(path, 'others'));
    const server = serverOf(registry);
    const asked = await makeHelperForget(
      { helper, server, env, timeoutMs: helperTimeoutMs },
      signal,
    );
    if (!asked.ok) return asked;
    forgotten = asked.value;
  }
  const auths = without(parsed, registry);
  if (Object.keys(auths).length === Object.keys(json(parsed['auths'])).length) return ok(forgotten);
  const written = await write({ path, config: { ...parsed, auths }, random });
  return written.ok ? ok(forgotten ?? written.value) : written;
};

interface OpenConfig {
  readonly path: string;
  readonly parsed: Json;
  readonly othersMayWrite: boolean;
}

const openConfig = async (env: ConfigWriting['env']): Promise<RegistryResult<OpenConfig>> => {
  const path = configPath(env);
  if (path === null) return trouble('neither HOME nor DOCKER_CONFIG says where logins are kept');
  const read = await readConfig(path);
  if (read === null) return ok({ path, parsed: {}, othersMayWrite: false });
  if (typeof read === 'string') return trouble(read);
  const parsed = read.source.trim() === '' ? {} : parseJson(read.source);
  if (!isJson(parsed)) return trouble(`${path} is no JSON object`);
  return ok({ path, parsed, othersMayWrite: read.writableBy !== null });
};

/** All logins but those for this registry, by whatever name. */
const without = (parsed: Json, registry: string): Json => {
  const keys = new Set(keysFor(registry));
  return Object.fromEntries(
    Object.entries(json(parsed['auths'])).filter(([key]) => !keys.has(key)),
  );
};

/** Whole or not at all, and nobody else may read it at any time. A link stays one. */
const write = async (from: {
  readonly path: string;
  readonly config: Json;
  readonly random: Pick<Random, 'hex'>;
}): Promise<RegistryResult<string>> => {
  const { path, config, random } = from;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const target = await realpath(path).catch(() => path);
    const beside = `${target}.${random.hex(12)}`;
    try {
      const text = `${JSON.stringify(config, null, '\t')}\n`;
      await writeFile(beside, text, { flag: 'wx', mode: 0o600, flush: true });
      await rename(beside, target);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
    return ok(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
    return trouble(`${path} cannot be written (${code})`);
  }
};

const trouble = (message: string): ReturnType<typeof fault> =>
  fault({ code: 'CredentialTrouble', message });
