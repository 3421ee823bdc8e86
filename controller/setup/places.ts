import { isAbsolute, join } from 'node:path';

/** Where everything lies that setup writes, of the machine's instance or of one user's own. */
export interface SetupPlaces {
  readonly scope: 'system' | 'user';
  readonly configFolder: string;
  readonly config: string;
  /** What setup wrote, so that it can be taken away again. */
  readonly manifest: string;
  readonly unit: string;
  readonly completions: {
    readonly bash: string;
    /** null: no folder that zsh reads by itself. */
    readonly zsh: string | null;
    readonly fish: string;
  };
  readonly manPage: string | null;
  /** The state, which --remove leaves. */
  readonly home: string;
  readonly state: string;
  /** Files that somebody edited are moved here before they are replaced or removed. */
  readonly kept: string;
  /** Variables of the service, which an administrator may have written. */
  readonly environment: string | null;
}

export const adminGroup = 'mlenv-admin';

export const systemPlaces: SetupPlaces = {
  scope: 'system',
  configFolder: '/etc/mlenv',
  config: '/etc/mlenv/config.yaml',
  manifest: '/etc/mlenv/setup.json',
  unit: '/etc/systemd/system/mlenv.service',
  completions: {
    bash: '/usr/local/share/bash-completion/completions/mlenv',
    zsh: '/usr/local/share/zsh/site-functions/_mlenv',
    fish: '/usr/local/share/fish/vendor_completions.d/mlenv.fish',
  },
  manPage: '/usr/local/share/man/man1/mlenv.1',
  home: '/var/mlenv',
  state: '/var/mlenv/state',
  kept: '/var/mlenv/kept',
  environment: '/etc/mlenv/controller.env',
};

export const userPlaces = (
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): SetupPlaces => {
  const base = (name: string, usual: string): string => {
    const said = env[name] ?? '';
    // The standard has a path that is not absolute ignored.
    return isAbsolute(said) ? said : join(home, usual);
  };
  const config = base('XDG_CONFIG_HOME', '.config');
  const data = base('XDG_DATA_HOME', '.local/share');
  return {
    scope: 'user',
    configFolder: join(config, 'mlenv'),
    config: join(config, 'mlenv/config.yaml'),
    manifest: join(config, 'mlenv/setup.json'),
    unit: join(config, 'systemd/user/mlenv.service'),
    completions: {
      bash: join(data, 'bash-completion/completions/mlenv'),
      zsh: null,
      fish: join(config, 'fish/completions/mlenv.fish'),
    },
    manPage: join(data, 'man/man1/mlenv.1'),
    home: join(home, '.mlenv'),
    state: join(home, '.mlenv/state'),
    kept: join(home, '.mlenv/kept'),
    environment: null,
  };
};

/** Of the machine's instance: a user's own has its unit and completion by itself. */
export const isPackaged = (
  { scope }: SetupPlaces,
  { command }: { readonly command: { readonly packaged: boolean } },
): boolean => scope === 'system' && command.packaged;

/** All files that setup may write. */
export const filesOf = (places: SetupPlaces): readonly string[] =>
  [
    places.config,
    places.manifest,
    places.unit,
    ...Object.values(places.completions),
    places.manPage,
  ].filter((path) => path !== null);
