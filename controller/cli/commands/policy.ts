import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { configPlace, readHostConfigFile } from '../../../specs/config/index.ts';
import { createSpecReader, formatDiagnostic, nodeSpecFiles } from '../../../specs/index.ts';
import { ApiError } from '../../model/api.ts';
import type { HostConfig } from '../../model/config.ts';
import type { OwnIds } from '../../model/identity.ts';
import { policyRule, policyRuleIds } from '../../model/policy.ts';
import { say, sayJson } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { checkPolicy, type PolicyCheck } from '../policy-check.ts';
import { projectFolder, specFileName } from '../target.ts';

export interface PolicyOptions {
  readonly output: 'text' | 'json';
}

export const test = async (
  context: Context,
  paths: readonly string[],
  options: PolicyOptions,
): Promise<number> => {
  const { cwd } = context.io;
  const config = await configOf(context);
  const wanted = paths.length === 0 ? [projectFolder(cwd, undefined)] : paths;
  const checks: PolicyCheck[] = [];
  for (const path of wanted) {
    for (const file of await filesOf(resolve(cwd, path)))
      checks.push(await check(context.io, file, config));
  }
  if (options.output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', files: checks });
  else for (const each of checks) print(context, each);
  if (checks.some(({ refusals }) => refusals.length > 0)) return exitCode.held;
  return checks.some(({ faults }) => faults.length > 0) ? exitCode.invalidSpec : exitCode.done;
};

export const rules = async (context: Context, options: PolicyOptions): Promise<number> => {
  const rows = policyRuleIds.map((id) => ({ id, ...policyRule(id) }));
  if (options.output === 'json') {
    sayJson(context, { apiVersion: 'mlenv/v1', rules: rows });
    return exitCode.done;
  }
  const { renderTable } = await import('../../report/table.ts');
  context.io.stdout.write(
    renderTable(
      ['RULE', 'LEVEL', 'OPENS', 'REFUSED'],
      rows.map(({ id, level, opens, title }) => [id, level, opens, title]),
    ),
  );
  return exitCode.done;
};

const print = (context: Context, { file, refusals, faults }: PolicyCheck): void => {
  for (const diagnostic of faults) say(context, `${formatDiagnostic(diagnostic)}\n`);
  for (const { diagnostic } of refusals) say(context, `${formatDiagnostic(diagnostic)}\n`);
  if (refusals.length === 0 && faults.length === 0) say(context, `${file}: admitted`);
};

/** One file, the spec of one folder, or those of all folders below it. */
const filesOf = async (path: string): Promise<readonly string[]> => {
  if ((await files.stat(path)).kind === 'file') return [path];
  const folders = await createSpecReader({ files, hmacKey: new Uint8Array(32) }).discover(path);
  if (!folders.ok) throw new ApiError('usage', folders.failure.message);
  if (folders.value.folders.length === 0)
    throw new ApiError('usage', `there is no ${specFileName} in or below ${path}`);
  return folders.value.folders.map((folder) => join(folder, specFileName));
};

/** As the system's instance asks, where this machine has one; nobody else gives rights away. */
const identityOf = async (owner: number, uid: number): Promise<OwnIds | null> => {
  if (owner === 0) return null;
  if (uid !== 0 && (await files.stat('/etc/mlenv')).kind !== 'folder') return null;
  const told = await promisify(execFile)('id', ['-G', '--', String(owner)], {
    timeout: 5000,
  }).catch(() => null);
  const gids = told === null ? null : told.stdout.trim().split(' ').map(Number);
  return { uid: owner, gids };
};

const check = async (
  { cwd, uid }: Pick<Context['io'], 'cwd' | 'uid'>,
  path: string,
  config: HostConfig,
): Promise<PolicyCheck> => {
  const file = relative(cwd, path);
  const read = await files.read(path, maxFileBytes);
  if (read.kind !== 'bytes') throw new ApiError('usage', `${file} cannot be read (${read.kind})`);
  const look = await files.identity(dirname(path));
  if (look.kind !== 'folder') throw new ApiError('usage', `the folder of ${file} cannot be read`);
  const { path: folder, owner } = look.identity;
  return checkPolicy(read.bytes, {
    file,
    folder,
    owner,
    identity: await identityOf(owner.uid, uid),
    config,
    files,
    now: Date.now(),
  });
};

/** As a controller of this user reads it. */
const configOf = async ({ io, config }: Context): Promise<HostConfig> => {
  const home = io.env['HOME'] ?? homedir();
  const place = configPlace({ env: io.env, uid: io.uid, home, given: config });
  const read = await readHostConfigFile({ place, env: io.env, files });
  if (read.ok) return read.config;
  throw new ApiError(
    'invalid-spec',
    `the configuration ${place.file} cannot be used`,
    read.diagnostics,
  );
};

const files = nodeSpecFiles();

/** More than a spec may have, so that the spec's own limit is what is reported. */
const maxFileBytes = 1024 * 1024;
