import { ApiError } from '../model/api.ts';
import { defaultSettings, type Settings } from '../model/context.ts';
import { parseDuration } from '../../specs/units.ts';

/** What may be set from outside, and its form; docs/install.md lists them. */
export const settingVariables = {
  MLENV_PRUNE_GRACE: 'a duration, such as 10m',
  MLENV_SUBNETS:
    'an IPv4 range and the prefix that each project gets of it, such as 10.213.0.0/16:26',
  MLENV_AUTO_PORTS: 'two ports, such as 20000-29999',
} as const;

/** Throws ApiError 'usage' on a value that cannot be read: a wrong range must not be guessed at. */
export const settingsOf = (env: Readonly<Record<string, string | undefined>>): Settings => ({
  ...defaultSettings,
  ...given(env, 'MLENV_PRUNE_GRACE', (text) => {
    const pruneGraceMs = parseDuration(text);
    return pruneGraceMs === null ? null : { pruneGraceMs };
  }),
  ...given(env, 'MLENV_SUBNETS', (text) => {
    const match = /^(\d{1,3}(?:\.\d{1,3}){3}\/(\d{1,2})):(\d{1,2})$/.exec(text);
    const [, base = '', outer = '', inner = ''] = match ?? [];
    const [from, prefix] = [Number(outer), Number(inner)];
    return match === null || from < 8 || prefix < from || prefix > 29
      ? null
      : { subnets: { base, prefix } };
  }),
  ...given(env, 'MLENV_AUTO_PORTS', (text) => {
    const [from = 0, to = 0] = (/^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []).slice(1).map(Number);
    return from < 1024 || to < from || to > 65_535 ? null : { autoPorts: { from, to } };
  }),
});

const given = (
  env: Readonly<Record<string, string | undefined>>,
  name: keyof typeof settingVariables,
  read: (text: string) => Partial<Settings> | null,
): Partial<Settings> => {
  const text = env[name];
  if (text === undefined || text === '') return {};
  const value = read(text);
  if (value === null)
    throw new ApiError('usage', `${name} is ${settingVariables[name]}; it is ${text}`);
  return value;
};
