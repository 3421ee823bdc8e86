import { describe, expect, test } from 'vitest';
import { tell } from '../campaign/story.ts';
import { acts as actNames, ofJob, ofService, type Act, type State } from '../support/endings.ts';
import type { World } from '../support/world.ts';
import { down, remove, restart, up } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, runs, says, write } from './vision.ts';

/** docs/lifecycle.md, "Who ended it": each cell of its table, played. */
const minute = 60_000;
const key = 'job';

interface Kind {
  readonly restart: 'never' | 'on-failure';
}
type Fields = Readonly<Record<string, unknown>>;

/** What the file says, and one run or none of it. */
interface Played {
  readonly world: World;
  readonly kind: Kind;
  readonly fields: Fields;
  /** Runs that were seen, each once. */
  readonly seen: ReadonlySet<string>;
}

const file = ({ world, kind, fields }: Pick<Played, 'world' | 'kind' | 'fields'>): void =>
  write(world, {
    gate: { image: 'app:1', state: fields['gate'] === 'open' ? 'running' : 'stopped' },
    [key]: {
      image: 'job:1',
      restart: kind.restart,
      updates: 'auto',
      ...(fields['gate'] === undefined ? {} : { dependsOn: { gate: 'started' } }),
      ...Object.fromEntries(Object.entries(fields).filter(([name]) => name !== 'gate')),
    },
  });

const exits = async (
  { world }: Pick<Played, 'world'>,
  how: { readonly code: number; readonly oom?: boolean },
): Promise<void> => {
  await world.until('it runs', () => containerOf(world, key)?.state === 'running');
  await world.advance(20_000);
  const id = containerOf(world, key)?.id ?? '';
  if (how.oom === true) world.engine.kill(id, how);
  else world.engine.exit(id, how.code);
  await world.advance(3000);
};

const goesDown = async (world: World): Promise<void> => {
  world.engine.goDown('gone');
  await world.advance(3000);
  world.engine.restartDaemon();
  world.engine.comeUp();
  await world.advance(40_000);
};

const isHeld = (world: World, reason: string): Promise<void> =>
  world.until(`it is ${reason}`, says(world, key, reason), 40 * minute);

/** How each state of the table comes about. */
const states = {
  'never ran': { fields: { gate: 'shut' }, reach: (at: Played) => at.world.advance(5000) },
  completed: { fields: {}, reach: (at: Played) => exits(at, { code: 0 }) },
  failed: { fields: {}, reach: (at: Played) => exits(at, { code: 7 }) },
  'out of memory': { fields: {}, reach: (at: Played) => exits(at, { code: 137, oom: true }) },
  down: {
    fields: {},
    reach: async ({ world }: Played) => {
      await world.until('it runs', () => containerOf(world, key)?.state === 'running');
      await world.advance(20_000);
      await down(world, folder, key);
      await isHeld(world, 'HeldDown');
    },
  },
  idle: { fields: { idle: '10m' }, reach: ({ world }: Played) => isHeld(world, 'HeldIdle') },
  lifetime: {
    fields: { maxLifetime: '20m', idle: false },
    reach: ({ world }: Played) => isHeld(world, 'HeldLifetime'),
  },
  interrupted: {
    fields: {},
    reach: async ({ world }: Played) => {
      await world.until('it runs', () => containerOf(world, key)?.state === 'running');
      await world.advance(20_000);
      await goesDown(world);
    },
  },
  'stopped outside': {
    fields: {},
    reach: async ({ world }: Played) => {
      await world.until('it runs', () => containerOf(world, key)?.state === 'running');
      await world.advance(20_000);
      world.engine.handStop(containerOf(world, key)?.id ?? '');
      await world.advance(3000);
    },
  },
} as const satisfies Record<
  State,
  { readonly fields: Fields; readonly reach: (at: Played) => Promise<void> }
>;

const edited = { labels: { team: 'vision' }, env: { LR: '0.2' } };
const edit = (at: Played): void => file({ ...at, fields: { ...at.fields, ...edited } });

/** What people do then. */
const acts = {
  edit: async (at: Played) => edit(at),
  up: async ({ world }: Played) => void (await up(world, folder)),
  'edit + up': async (at: Played) => {
    edit(at);
    await at.world.advance(5000);
    await up(at.world, folder);
  },
  restart: async ({ world }: Played) => void (await restart(world, folder, key).catch(() => null)),
  'down + up': async ({ world }: Played) => {
    await down(world, folder, key);
    await world.advance(30_000);
    await up(world, folder);
  },
  'rm + up': async ({ world }: Played) => {
    await remove(world, folder, { environment: key });
    await world.advance(30_000);
    await up(world, folder);
  },
  reboot: async ({ world }: Played) => {
    world.crash();
    world.engine.goDown('gone');
    await world.advance(3000);
    world.engine.restartDaemon();
    world.engine.comeUp();
    await world.start();
  },
  'database rebuilt': async ({ world }: Played) => {
    world.crash();
    world.record.remove();
    await world.start();
  },
} as const satisfies Record<Act, (at: Played) => Promise<void>>;

const play = (
  kind: Kind,
  state: State,
  act: Act,
  then: (at: Played, before: number) => void | Promise<void>,
): Promise<void> =>
  played(
    async (world) => {
      const seen = new Set<string>();
      world.watch({
        step: () => {
          const container = containerOf(world, key);
          if (container?.startedAt != null) seen.add(`${container.id} ${container.startedAt}`);
        },
      });
      const { fields, reach } = states[state];
      const at: Played = { world, kind, fields, seen };
      file(at);
      await world.start();
      await reach(at);
      const before = seen.size;
      await acts[act](at);
      await world.advance(5000);
      if (state === 'never ran') {
        const more = act === 'edit' || act === 'edit + up' ? edited : {};
        file({ ...at, fields: { gate: 'open', ...more } });
      }
      await world.advance(2 * minute);
      await then(at, before);
    },
    { usage: state === 'idle' || state === 'lifetime', passes: 2 },
  );

const played = async (...args: Parameters<typeof tell>): Promise<void> => {
  await tell(...args);
};

const cells = Object.keys(states).flatMap((state) =>
  actNames.map((act, index) => ({ state: state as State, act, index })),
);

describe('a job that ran once', () => {
  test.each(cells)('$state, then $act', ({ state, act, index }) =>
    play({ restart: 'never' }, state, act, ({ seen }, before) => {
      expect(seen.size - before).toBe(ofJob[state][index]);
    }),
  );

  test('without a container waits for its name after the database was rebuilt', () =>
    play({ restart: 'never' }, 'never ran', 'database rebuilt', async ({ world, seen }) => {
      expect(world.environment(folder, key)?.reason).toBe('Rebuilt');
      const { messages } = await up(world, folder);
      expect(messages.join()).toMatch(/mlenv up -e job runs it/);
      await world.advance(minute);
      expect(seen.size).toBe(0);
      await restart(world, folder, key);
      await world.advance(minute);
      expect(seen.size).toBe(1);
    }));

  test('says that its spec has changed since', () =>
    play({ restart: 'never' }, 'completed', 'edit', ({ world }) => {
      expect(world.environment(folder, key)).toMatchObject({
        reason: 'Completed',
        message:
          'it ended with exit code 0; the spec has changed since: mlenv restart job runs it again',
        generation: 2,
        observedGeneration: 2,
      });
    }));
});

describe('a service', () => {
  test.each(cells)('$state, then $act', ({ state, act, index }) =>
    play({ restart: 'on-failure' }, state, act, ({ world }) => {
      expect(containerOf(world, key)?.state === 'running').toBe(ofService[state][index]);
    }),
  );
});

describe('a hold starts again what it stopped', () => {
  const programs = {
    0: 'sh -c "trap \'exit 0\' TERM; serve"',
    7: 'sh -c "trap \'exit 7\' TERM; serve"',
    137: 'sh -c "trap \'\' TERM; serve"',
    143: 'serve',
  } as const;
  const codes = [0, 7, 137, 143] as const;
  test.each(
    (['never', 'on-failure', 'always'] as const).flatMap((rule) =>
      codes.map((code) => ({ rule, code })),
    ),
  )('restart: $rule, exit code $code', ({ rule, code }) =>
    played(
      async (world) => {
        const says_ = (state: string): void =>
          write(world, {
            [key]: {
              image: 'job:1',
              restart: rule,
              updates: 'auto',
              command: programs[code],
              state,
            },
          });
        says_('running');
        await world.start();
        for (let round = 0; round < 3; round += 1) {
          await world.until('it runs', () => containerOf(world, key)?.state === 'running');
          await world.advance(2000);
          await down(world, folder);
          await isHeld(world, 'HeldDown');
          expect(containerOf(world, key)?.exitCode).toBe(code);
          await up(world, folder);
          await world.until('it runs', () => containerOf(world, key)?.state === 'running', 5000);
          says_('stopped');
          await isHeld(world, 'Stopped');
          says_('running');
          await world.until('it runs', () => containerOf(world, key)?.state === 'running', 25_000);
        }
        expect(world.environment(folder, key)?.restarts).toBe(0);
      },
      { passes: 2 },
    ),
  );
});

scenario('down and up start a program again that obeys with exit code 0', async (world) => {
  await bringUp(world, {
    web: { image: 'app:1', command: 'sh -c "trap \'exit 0\' TERM; serve"' },
  });
  await down(world, folder);
  await world.until('it is down', says(world, 'web', 'HeldDown'));
  await up(world, folder);
  await world.until('it runs again', runs(world, 'web'));
  expect(world.environment(folder, 'web')?.restarts).toBe(0);
});

scenario('a job whose spec is edited after its end is not run again', async (world) => {
  write(world, { job: { image: 'job:1', command: 'sleep 5', restart: 'never' } });
  await world.start();
  await world.until('it is done', says(world, 'job', 'Completed'));
  const { id, startedAt } = containerOf(world, 'job') ?? {};
  write(world, {
    job: { image: 'job:1', command: 'sleep 5', restart: 'never', labels: { team: 'vision' } },
  });
  await world.until('it is read', () => world.environment(folder, 'job')?.generation === 2);
  await world.advance(minute);
  expect(containerOf(world, 'job')).toMatchObject({ id, startedAt });
});

scenario('a job whose container is removed outside is not run again', async (world) => {
  await bringUp(world, { job: { image: 'job:1', restart: 'never' } });
  await world.advance(5000);
  world.engine.removeBehindBack(containerOf(world, 'job')?.id ?? '');
  await world.until('it failed', says(world, 'job', 'Failed'));
  await world.advance(minute);
  expect(containerOf(world, 'job')).toBeUndefined();
});

test('a docker stop of one is no reason to take the cut of another for a crash', () =>
  played(
    async (world) => {
      await bringUp(world, { web: { image: 'app:1' }, job: { image: 'job:1', restart: 'never' } });
      world.engine.handStop(containerOf(world, 'web')?.id ?? '');
      await world.until('it runs again', runs(world, 'web'));
      await world.advance(10_000);
      await goesDown(world);
      await world.until('the job is told', says(world, 'job', 'Interrupted'));
      await world.until('it runs again', runs(world, 'web'));
      expect(world.environment(folder, 'web')?.restarts).toBe(0);
    },
    { passes: 2 },
  ));

describe('a docker stop while no controller lives', () => {
  test('is no crash', () =>
    played(
      async (world) => {
        await bringUp(world, { web: { image: 'app:1' } });
        for (let round = 0; round < 3; round += 1) {
          await world.advance(5000);
          world.crash();
          world.engine.handStop(containerOf(world, 'web')?.id ?? '');
          await world.advance(5000);
          await world.start();
          await world.until('it runs again', runs(world, 'web'), 5000);
        }
        expect(world.environment(folder, 'web')?.restarts).toBe(0);
      },
      { passes: 2 },
    ));
});

scenario('rerun: onChange runs a job again with each change of its spec', async (world) => {
  const job = { image: 'job:1', command: 'sleep 5', restart: 'never', rerun: 'onChange' };
  write(world, { job });
  await world.start();
  await world.until('it is done', says(world, 'job', 'Completed'));
  const first = containerOf(world, 'job')?.id;
  write(world, { job: { ...job, env: { LR: '0.2' } } });
  await world.until('it runs again', () => containerOf(world, 'job')?.id !== first);
  await world.until('it is done', says(world, 'job', 'Completed'));
});
