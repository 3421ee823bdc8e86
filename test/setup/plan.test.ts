import { describe, expect, it } from 'vitest';
import type { Action, SetupAnswers, SetupFacts } from '../../controller/setup/actions.ts';
import { hashOf, manifestText } from '../../controller/setup/manifest.ts';
import { planSetup } from '../../controller/setup/plan.ts';
import { systemPlaces, userPlaces } from '../../controller/setup/places.ts';
import { planRemoval } from '../../controller/setup/removal.ts';
import { readHostConfig } from '../../specs/config/index.ts';
import { factsWith, file, folder, material } from './setup-builders.ts';

const roots = (...paths: readonly string[]) => paths.map((path) => ({ path, start: null }));
const answers: SetupAnswers = { watch: roots('/srv/projects', '/home'), admins: ['ada'] };
const plan = (facts: SetupFacts, changes: Partial<SetupAnswers> = {}) =>
  planSetup({ places: systemPlaces, facts, answers: { ...answers, ...changes }, material });

const fileOf = (actions: readonly Action[], path: string): Extract<Action, { kind: 'file' }> => {
  const found = actions.find((each) => each.kind === 'file' && each.path === path);
  if (found?.kind !== 'file') throw new Error(`${path} is not written`);
  return found;
};
const commands = (actions: readonly Action[]): readonly string[] =>
  actions.flatMap((each) => (each.kind === 'run' ? [each.argv.join(' ')] : []));

/** The machine after these actions. */
const after = (facts: SetupFacts, actions: readonly Action[]): SetupFacts => {
  const entries = new Map(facts.entries);
  for (const action of actions) {
    if (action.kind === 'folder') entries.set(action.path, folder);
    if (action.kind === 'file') entries.set(action.path, file(action.content));
    if (action.kind === 'remove' || action.kind === 'remove-folder') entries.delete(action.path);
  }
  return {
    ...facts,
    entries,
    hasAdminGroup: true,
    service: { enabled: true, active: true },
  };
};

describe('a fresh machine', () => {
  const { actions, blocked } = plan(factsWith());

  it('gets a configuration that the controller reads', () => {
    expect(blocked).toEqual([]);
    const { content } = fileOf(actions, systemPlaces.config);
    const read = readHostConfig({ text: Buffer.from(content), file: 'config.yaml', env: {} });
    if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
    expect(read.config.watch).toEqual(['/srv/projects', '/home']);
    expect(read.config.people.admins).toEqual({ users: ['ada'], groups: ['mlenv-admin'] });
  });

  it('reads the fields back that stand in comments, once they are taken out of them', () => {
    const { content } = fileOf(actions, systemPlaces.config);
    const open = content.replaceAll(/^# ?((?: {2})*(?:\w+:).*)$/gm, '$1');
    expect(open).toContain('\nmountRoots:');
    const read = readHostConfig({ text: Buffer.from(open), file: 'config.yaml', env: {} });
    expect(read.ok ? [] : read.diagnostics).toEqual([]);
  });

  it('gets group, folders, service, in an order in which each finds what it needs', () => {
    expect(commands(actions)).toEqual([
      'groupadd --system mlenv-admin',
      'systemctl daemon-reload',
      'systemctl enable --now mlenv',
    ]);
    expect(fileOf(actions, systemPlaces.unit).content).toBe(material.unit);
    const made = new Set(factsWith().entries.keys());
    for (const action of actions) {
      if (action.kind !== 'folder' && action.kind !== 'file') continue;
      expect(made).toContain(action.path.slice(0, action.path.lastIndexOf('/')));
      made.add(action.path);
    }
    expect(made).toContain('/srv/projects');
    expect(made).toContain('/var/mlenv/state');
    expect(actions).toContainEqual(
      expect.objectContaining({ kind: 'folder', path: '/var/mlenv/state', mode: 0o700 }),
    );
  });

  it('is as it should be on a second run', () => {
    expect(plan(after(factsWith(), actions)).actions).toEqual([]);
    expect(plan(after(factsWith(), actions), { watch: null, admins: null }).actions).toEqual([]);
  });

  it('marks the folders in which all that is found starts by itself', () => {
    const watch = [...roots('/home'), { path: '/srv/projects', start: 'automatic' as const }];
    const { content } = fileOf(plan(factsWith(), { watch }).actions, systemPlaces.config);
    const read = readHostConfig({ text: Buffer.from(content), file: 'config.yaml', env: {} });
    expect(read.ok && read.config.start).toEqual({
      usual: 'onFirstUp',
      roots: watch.map(({ path, start }) => ({ pattern: path, start })),
    });
  });

  it('makes no folder of a pattern', () => {
    const { actions } = plan(factsWith(), {
      watch: roots('/home/*/projects', '/data/**/mlenv.yaml'),
    });
    const folders = actions.flatMap((each) => (each.kind === 'folder' ? [each.path] : []));
    expect(folders.filter((path) => /^\/(home|data)/.test(path))).toEqual([]);
  });
});

describe('what stands there already', () => {
  const done = after(factsWith(), plan(factsWith()).actions);

  it('keeps the comments and fields of an edited configuration, and the file of before', () => {
    const text =
      'apiVersion: mlenv/v1\n# ours\nwatch: [/srv/projects, /home] # both\nautoPorts: 30000-30999\n';
    const facts = { ...done, entries: new Map(done.entries).set(systemPlaces.config, file(text)) };
    expect(plan(facts, { admins: null }).actions).toEqual([]);
    const changed = fileOf(
      plan(facts, { watch: roots('/srv/projects', '/data') }).actions,
      systemPlaces.config,
    );
    expect(changed.content).toBe(
      'apiVersion: mlenv/v1\n# ours\nwatch: [/srv/projects, /data] # both\nautoPorts: 30000-30999\npeople:\n  admins:\n    users:\n      - ada\n',
    );
    expect(changed.keepAs).toBe('/var/mlenv/kept/config.yaml.20260301-030000');
  });

  it('replaces a unit that somebody edited, keeps it, and restarts the service', () => {
    const facts = {
      ...done,
      entries: new Map(done.entries).set(systemPlaces.unit, file('[Service]\n# ours\n')),
    };
    const { actions } = plan(facts);
    const unit = fileOf(actions, systemPlaces.unit);
    expect(unit).toMatchObject({ before: '[Service]\n# ours\n', content: material.unit });
    expect(unit.keepAs).toBe('/var/mlenv/kept/mlenv.service.20260301-030000');
    expect(commands(actions)).toEqual(['systemctl daemon-reload', 'systemctl restart mlenv']);
  });

  it('writes through no link, into no folder, and over nothing that it does not know', () => {
    const at = (path: string, entry: Parameters<Map<string, typeof folder>['set']>[1]) =>
      plan({ ...done, entries: new Map(done.entries).set(path, entry) });
    const linked = at(systemPlaces.unit, { kind: 'link', to: '/dev/null' });
    expect(linked.blocked).toEqual([
      `${systemPlaces.unit} is a link to /dev/null: remove it first`,
    ]);
    expect(linked.actions).toEqual([]);
    expect(at(systemPlaces.config, folder).blocked).toHaveLength(1);
    expect(at(systemPlaces.manifest, file('{}')).blocked).toHaveLength(1);
    expect(at('/srv/projects', { kind: 'other', what: 'a file' }).blocked).toEqual([
      '/srv/projects is no folder',
    ]);
  });

  it('says that the variables of the service watch as well', () => {
    const entries = new Map(done.entries).set(
      '/etc/mlenv/controller.env',
      file('A=b\nMLENV_ARGS=--watch /data \n'),
    );
    expect(plan({ ...done, entries }).notes).toEqual([
      expect.stringContaining('--watch /data: those folders are watched as well'),
    ]);
  });
});

describe('the command', () => {
  const command = { ...factsWith().command, nodeOnPath: false };

  it('is written out where systemd would not find it', () => {
    const odd = { ...command, node: '/opt/my node/100%/node', script: '/opt/$x/main.js' };
    const { actions } = plan(factsWith({ command: odd }));
    expect(fileOf(actions, systemPlaces.unit).content).toContain(
      'ExecStart="/opt/my node/100%%/node" /opt/$$x/main.js controller $MLENV_ARGS\n',
    );
  });

  it('that came with the package needs no unit, completion and manual of setup, and hides none', () => {
    const packaged = { ...command, packaged: true };
    const isOwn = (path: string): boolean => /\.service|completion|site-functions|man1/.test(path);
    const { actions } = plan(factsWith({ command: packaged }));
    expect(actions.filter((each) => each.kind === 'file' && isOwn(each.path))).toEqual([]);
    expect(commands(actions)).toContain('systemctl enable --now mlenv');

    const before = after(factsWith(), plan(factsWith()).actions);
    const next = plan({ ...before, command: packaged });
    const gone = next.actions.flatMap((each) => (each.kind === 'remove' ? [each.path] : []));
    expect(gone).toHaveLength(5);
    expect(gone.every(isOwn)).toBe(true);
    expect(commands(next.actions)).toContain('systemctl daemon-reload');

    const removal = planRemoval(
      systemPlaces,
      after({ ...before, command: packaged }, next.actions),
    );
    expect(commands(removal.actions)).toContain('systemctl disable --now mlenv');
    expect(removal.leaves).toContain('the package: apt remove mlenv');
  });

  it('that others may change is told of', () => {
    const open = { ...command, open: '/home/ada/mlenv/dist/controller/main.js' };
    expect(plan(factsWith({ command: open })).notes).toEqual([
      expect.stringContaining('root will run /home/ada/mlenv/dist/controller/main.js'),
    ]);
  });
});

it.each([
  ['installed', ['systemctl enable mlenv'], true],
  ['none', [], false],
] as const)('where systemd is %s, it runs %j', (systemd, expected, hasUnit) => {
  const { actions } = plan(factsWith({ systemd, hasAdminGroup: true }));
  expect(commands(actions)).toEqual(expected);
  expect(actions.some((each) => each.kind === 'file' && each.path === systemPlaces.unit)).toBe(
    hasUnit,
  );
});

describe('removal', () => {
  const done = after(factsWith(), plan(factsWith()).actions);

  it('takes away all that setup wrote, and leaves the state', () => {
    const { actions, leaves } = planRemoval(systemPlaces, done);
    expect(commands(actions)).toEqual([
      'systemctl disable --now mlenv',
      'systemctl daemon-reload',
      'groupdel mlenv-admin',
    ]);
    const left = after(done, actions);
    expect([...left.entries.keys()].filter((path) => !factsWith().entries.has(path))).toEqual([
      '/var/mlenv',
      '/var/mlenv/state',
    ]);
    expect(actions.filter((each) => each.kind === 'remove' && each.keepAs !== null)).toEqual([]);
    expect(leaves.join('\n')).toContain('rm -rf /var/mlenv');
  });

  it('keeps what was edited since, and what was there before', () => {
    const edited = new Map(done.entries).set(systemPlaces.config, file('apiVersion: mlenv/v1\n'));
    const kept = (facts: SetupFacts) =>
      planRemoval(systemPlaces, facts).actions.flatMap((each) =>
        each.kind === 'remove' && each.keepAs !== null ? [each.keepAs] : [],
      );
    expect(kept({ ...done, entries: edited })).toEqual([
      '/var/mlenv/kept/config.yaml.20260301-030000',
    ]);
    // A configuration that setup found as it wanted it is the administrator's.
    const own = 'apiVersion: mlenv/v1\nwatch: [/home]\n';
    const found = factsWith({
      entries: new Map(factsWith().entries)
        .set('/etc/mlenv', folder)
        .set(systemPlaces.config, file(own)),
      hasAdminGroup: true,
    });
    const settled = after(found, plan(found, { watch: null, admins: null }).actions);
    expect(kept(settled)).toEqual(['/var/mlenv/kept/config.yaml.20260301-030000']);
    const { actions } = planRemoval(systemPlaces, settled);
    expect(commands(actions)).not.toContain('groupdel mlenv-admin');
    expect(actions).not.toContainEqual(
      expect.objectContaining({ kind: 'remove-folder', path: '/etc/mlenv' }),
    );
  });

  it('removes no path that only the manifest names', () => {
    const manifest = manifestText({
      files: { '/etc/passwd': hashOf('x') },
      folders: [],
      group: null,
    });
    const entries = new Map([
      ['/etc/passwd', file('x')],
      [systemPlaces.manifest, file(manifest)],
    ]);
    const { actions } = planRemoval(systemPlaces, { ...factsWith(), entries });
    expect(actions.map((each) => ('path' in each ? each.path : each.argv))).toEqual([
      systemPlaces.manifest,
    ]);
  });

  it('touches nothing where setup wrote nothing', () => {
    const { actions, blocked } = planRemoval(systemPlaces, factsWith());
    expect(actions).toEqual([]);
    expect(blocked).toEqual([expect.stringContaining('docs/install.md')]);
  });
});

describe("a user's own instance", () => {
  const places = userPlaces({}, '/home/ada');
  const entries = new Map([
    ['/home', folder],
    ['/home/ada', folder],
  ]);
  const own = (facts: SetupFacts) =>
    planSetup({
      places,
      facts,
      answers: { watch: roots('/home/ada/projects'), admins: [] },
      material,
    });

  it('is written below the home alone, by the user', () => {
    const { actions } = own(factsWith({ entries }));
    for (const action of actions) {
      if ('path' in action) expect(action.path).toMatch(/^\/home\/ada\//);
    }
    expect(commands(actions)).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable --now mlenv',
    ]);
    const { content } = fileOf(actions, places.config);
    const read = readHostConfig({
      text: Buffer.from(content),
      file: 'c',
      env: {},
      home: '/home/ada',
      own: true,
    });
    expect(read.ok && read.config.watch).toEqual(['/home/ada/projects']);
  });

  it('is none where the machine has one for all', () => {
    const facts = factsWith({ entries: new Map(entries).set('/etc/mlenv', folder) });
    expect(own(facts).blocked).toHaveLength(1);
  });
});
