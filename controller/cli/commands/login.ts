import { ApiError } from '../../model/api.ts';
import type { RegistryFault } from '../../model/registry-faults.ts';
import type { RegistryLogins } from '../../model/registry.ts';
import { note, say, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { askSecret, pipedSecret } from '../secret-input.ts';

export interface LoginOptions {
  readonly username?: string;
  readonly passwordStdin?: boolean;
}

export const login = async (
  context: Context,
  registry: string,
  options: LoginOptions,
): Promise<number> => {
  const user = userFor(registry, options.username);
  const secret =
    options.passwordStdin === true
      ? await pipedSecret(context)
      : await askSecret(context, `Password of ${user} at ${registry}: `);
  const logins = await loginsOf(context);
  const kept = await logins.login({ registry, user, secret }, context.io.signal);
  if (!kept.ok) throw errorOf(kept.fault);
  const { place, checked } = kept.value;
  if (!checked) note(context, `mlenv: ${registry} asks nobody for a login, so it was not checked`);
  say(context, `Kept in ${place}. It counts for an MLEnv that runs as ${context.io.user}.`);
  if (context.io.uid === 0)
    note(
      context,
      `mlenv: users' pulls show it where the configuration says registries: [{ name: ${registry}, sharedLogin: true }]`,
    );
  return exitCode.done;
};

export const logout = async (context: Context, registry: string): Promise<number> => {
  const taken = await (await loginsOf(context)).logout(registry, context.io.signal);
  if (!taken.ok) throw errorOf(taken.fault);
  const place = taken.value;
  say(context, place === null ? `There was no login for ${registry}.` : `Taken out of ${place}.`);
  return exitCode.done;
};

/** A shell makes nothing of an unquoted $oauthtoken, which is the one user that NGC has. */
const userFor = (registry: string, given = ''): string => {
  if (given !== '') return given;
  if (/^(https?:\/\/)?nvcr\.io(\/|$)/.test(registry)) return '$oauthtoken';
  throw new ApiError('usage', `say who you are at ${registry}: --username NAME`);
};

const loginsOf = ({ ports, config }: Context): Promise<RegistryLogins> => ports.logins({ config });

const errorOf = ({ code, kind, message, cure }: RegistryFault): ApiError => {
  const text = `${message}\n  ${cure}`;
  if (code === 'BadReference') return new ApiError('usage', text);
  return new ApiError(kind === 'retry' ? 'prerequisite' : 'refused', text);
};
