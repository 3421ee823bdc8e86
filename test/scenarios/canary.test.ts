import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eventTable, describeText } from '../../controller/cli/describe-text.ts';
import { planText } from '../../controller/cli/plan-text.ts';
import { formatDiagnostic } from '../../specs/point.ts';
import { receiver } from '../support/notice-builders.ts';
import { World } from '../support/world.ts';
import { restart, up } from './people.ts';
import { containerOf, folder, runs, says } from './vision.ts';

/** Each is where a value may be, and must be nowhere else. */
const canaries = {
  file: 'canary-of-a-file-91d0',
  variable: 'canary-of-a-variable-3b7e',
  dotenv: 'canary-of-dotenv-c52a',
  envFile: 'canary-of-an-env-file-77f3',
};

const spec = (over: object = {}): string =>
  JSON.stringify({
    apiVersion: 'mlenv/v1',
    project: 'vision',
    environments: {
      web: {
        image: 'app:1',
        command: ['serve', '--token=${DOTENV}'],
        envFile: 'a.env',
        secrets: ['FILE', { name: 'VARIABLE', env: true }],
        ...over,
      },
    },
  });

test('a value is in its container, and in nothing that anybody reads of MLEnv', async () => {
  const world = new World({ notices: [receiver({ format: 'event' })] });
  const shown: string[] = [];
  const show = (...things: readonly unknown[]): void => {
    for (const each of things) shown.push(typeof each === 'string' ? each : JSON.stringify(each));
  };
  const ref = { path: folder, project: null, environment: 'web' };
  const look = async (): Promise<void> => {
    const plan = await world.ask((api) => api.plan(folder));
    const description = await world.ask((api) => api.describe(ref));
    show(
      plan,
      planText(plan, (_, text) => text),
      plan.diagnostics.map(formatDiagnostic),
    );
    show(description, await describeText(description, world.clock.now()));
    show(eventTable(description.events, world.clock.now()));
    show(await world.ask((api) => api.status({ kind: 'path', path: folder })));
    show(await world.ask((api) => api.notices({ limit: 1000 })), world.sent);
    show(world.record.dump(), bytesOf(world), world.notes, world.trace);
    show(world.process?.panics.map(String) ?? []);
    show(world.ours().map(({ labels, name, config }) => [labels, name, config.mounts]));
  };
  try {
    const secret = (name: string, value: string): void => world.secrets.keep(name, value);
    secret('FILE', canaries.file);
    secret('VARIABLE', canaries.variable);
    world.files.write(`${folder}/.env`, `DOTENV=${canaries.dotenv}\n`);
    world.files.write(`${folder}/a.env`, `ENV_FILE=${canaries.envFile}\n`);
    world.files.write(`${folder}/mlenv.yaml`, spec());
    await world.start();
    await up(world, folder);
    await world.until('it runs', runs(world, 'web'));
    await look();
    // Each is where it belongs, or the rest of this would prove nothing.
    const { env, command } = containerOf(world, 'web')?.config ?? {};
    expect(env).toMatchObject({ VARIABLE: canaries.variable, ENV_FILE: canaries.envFile });
    expect(command).toEqual(['serve', `--token=${canaries.dotenv}`]);
    expect([...world.secrets.laidOut.values()]).toEqual([
      { FILE: canaries.file, VARIABLE: canaries.variable },
    ]);

    // A change of every one of them waits, shown as a change.
    world.files.write(`${folder}/mlenv.yaml`, spec({ updates: 'manual' }));
    secret('VARIABLE', `${canaries.variable}-2`);
    world.files.write(`${folder}/a.env`, `ENV_FILE=${canaries.envFile}-2\n`);
    world.files.write(`${folder}/.env`, `DOTENV=${canaries.dotenv}-2\n`);
    await world.until('it waits', says(world, 'web', 'UpdatePending'));
    await world.advance(20_000);
    await look();

    world.crash();
    await world.start();
    await up(world, folder, ['web']);
    await world.until('it is through', () => {
      return containerOf(world, 'web')?.config.env['VARIABLE'] === `${canaries.variable}-2`;
    });
    await world.until('it runs', runs(world, 'web'));
    await look();

    // One that no variable can hold, a fault of the file beside it, and a fault where values stand.
    secret('VARIABLE', `${canaries.variable}\0`);
    await restart(world, folder, 'web');
    await world.until('it waits for the secret', says(world, 'web', 'SecretMissing'));
    await look();
    world.secrets.lose('FILE');
    await world.advance(30_000);
    await look();
    world.files.write(`${folder}/mlenv.yaml`, spec({ memory: '${DOTENV}', shm: 'x' }));
    await world.until('it is faulty', () => world.project(folder)?.specError !== null);
    await world.advance(30_000);
    await look();
    expect(world.sent.map(({ facts }) => facts['REASON'])).toEqual(
      expect.arrayContaining(['UpdatePending', 'SecretMissing', 'SpecInvalid']),
    );
  } finally {
    world.close();
  }
  expect(shown.join('').length).toBeGreaterThan(10_000);
  expect(shown.join('\n')).toContain('VARIABLE');
  for (const text of shown) expect(text).not.toContain('canary-of');
});

/** Of the database and of what SQLite keeps beside it. */
const bytesOf = (world: World): string =>
  ['', '-wal']
    .map((end) => `${world.record.look().name}${end}`)
    .filter(existsSync)
    .map((path) => readFileSync(path, 'latin1'))
    .join('');
