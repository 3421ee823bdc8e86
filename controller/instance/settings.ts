import { ApiError } from '../model/api.ts';
import { defaultHostConfig, type HostConfig, type HostThresholds } from '../model/config.ts';
import { defaultSettings, type Settings } from '../model/context.ts';
import { parseDuration } from '../../specs/units.ts';

/** What may be set from outside, and its form; docs/install.md lists them. */
export const settingVariables = {
  MLENV_PRUNE_GRACE: 'a duration, such as 10m',
  MLENV_SUBNETS:
    'an IPv4 range and the prefix that each project gets of it, such as 10.213.0.0/16:26',
  MLENV_AUTO_PORTS: 'two ports, such as 20000-29999',
  MLENV_NVIDIA_SMI: 'the name or path of nvidia-smi, or none',
  MLENV_GPU_INJECTION: 'auto, device-request, cdi, runtime or none',
  MLENV_GPU_EXCLUDE: 'indexes or uuids parted by commas, such as 0,3',
  MLENV_GPU_SHARED: 'cards and how many may share each, such as 6,7:4',
  MLENV_QUEUE:
    'strict, or best-effort with the wait after which cards are kept, such as best-effort:10m',
  MLENV_HOST_GATE: 'on or off',
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

/** The host's configuration, as far as the environment sets it. Throws ApiError 'usage' as well. */
export const configOf = (env: Readonly<Record<string, string | undefined>>): HostConfig => ({
  ...defaultHostConfig,
  settings: settingsOf(env),
  gpu: {
    ...defaultHostConfig.gpu,
    ...given(env, 'MLENV_NVIDIA_SMI', (text) => ({ nvidiaSmi: text === 'none' ? null : text })),
    ...given(env, 'MLENV_GPU_INJECTION', (text) => {
      const injection = injections.find((one) => one === text);
      return injection === undefined ? null : { injection };
    }),
    ...given(env, 'MLENV_GPU_EXCLUDE', (text) => {
      const exclude = devices(text);
      return exclude === null ? null : { exclude };
    }),
    ...given(env, 'MLENV_GPU_SHARED', (text) => {
      const [names = '', count = ''] = text.split(':');
      const gpus = devices(names);
      return gpus === null || !/^[1-9][0-9]?$/.test(count)
        ? null
        : { shared: [{ gpus, slots: Number(count) }] };
    }),
  },
  ...given(env, 'MLENV_QUEUE', (text) => {
    const [order = '', wait] = text.split(':');
    if (order === 'strict' && wait === undefined) {
      return { queue: { order, reserveAfterMs: 0 } };
    }
    const reserveAfterMs =
      wait === undefined ? defaultHostConfig.queue.reserveAfterMs : parseDuration(wait);
    return order !== 'best-effort' || reserveAfterMs === null
      ? null
      : { queue: { order, reserveAfterMs } };
  }),
  host: off,
  ...given(env, 'MLENV_HOST_GATE', (text) =>
    text === 'on' || text === 'off' ? { host: text === 'on' ? defaultHostConfig.host : off } : null,
  ),
});

const injections = ['auto', 'device-request', 'cdi', 'runtime', 'none'] as const;

const devices = (text: string): readonly string[] | null => {
  const names = text.split(',').map((name) => name.trim());
  return names.every((name) => /^(?:[0-9]{1,3}|(?:GPU|MIG)-[-A-Za-z0-9/]+)$/.test(name))
    ? names
    : null;
};

const off: HostThresholds = {
  memoryPercent: null,
  cpuPercent: null,
  freeMemoryBytes: null,
  loadPerCore: null,
  freeDiskPercent: null,
};

const given = <T extends object>(
  env: Readonly<Record<string, string | undefined>>,
  name: keyof typeof settingVariables,
  read: (text: string) => T | null,
): T | Record<string, never> => {
  const text = env[name];
  if (text === undefined || text === '') return {};
  const value = read(text);
  if (value === null)
    throw new ApiError('usage', `${name} is ${settingVariables[name]}; it is ${text}`);
  return value;
};
