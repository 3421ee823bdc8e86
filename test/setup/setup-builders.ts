import type { Entry, SetupFacts, SetupMaterial } from '../../controller/setup/actions.ts';

export const material: SetupMaterial = {
  unit: '[Service]\nExecStart=/usr/local/bin/mlenv controller $MLENV_ARGS\n',
  completions: { bash: '# bash\n', zsh: '#compdef mlenv\n', fish: '# fish\n' },
  manPage: '.TH MLENV 1\n',
};

export const folder: Entry = { kind: 'folder', mode: 0o755 };
export const file = (text: string): Entry => ({ kind: 'file', text, mode: 0o644 });

/** A fresh machine with systemd. */
export const factsWith = (changes: Partial<SetupFacts> = {}): SetupFacts => ({
  entries: new Map([
    ['/etc', folder],
    ['/etc/systemd', folder],
    ['/etc/systemd/system', folder],
    ['/usr', folder],
    ['/usr/local', folder],
    ['/usr/local/share', folder],
    ['/usr/local/share/man', folder],
    ['/var', folder],
    ['/srv', folder],
    ['/home', folder],
  ]),
  hasAdminGroup: false,
  systemd: 'running',
  service: { enabled: false, active: false },
  command: {
    script: '/opt/mlenv/dist/controller/main.js',
    node: '/usr/bin/node',
    linked: true,
    nodeOnPath: true,
    packaged: false,
    open: null,
  },
  stamp: '20260301-030000',
  ...changes,
});
