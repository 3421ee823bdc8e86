import { describe, expect, test } from 'vitest';
import { receiver } from '../support/notice-builders.ts';
import { World, type WorldOptions } from '../support/world.ts';
import { approve, restart, up } from './people.ts';
import { bringUp, containerOf, folder, runs, says, write } from './vision.ts';

const notices = [receiver({ format: 'event' })];

/** Plays it in a world that is closed afterwards. */
const inWorld = async <T>(
  play: (world: World) => Promise<T>,
  options: WorldOptions = {},
): Promise<T> => {
  const world = new World({ notices, ...options });
  try {
    return await play(world);
  } finally {
    world.close();
  }
};

/** `failure Failed vision/train` */
const told = ({ sent }: World): readonly string[] =>
  sent.map(({ facts: { EVENT, REASON, SUBJECT } }) => `${EVENT} ${REASON} ${SUBJECT}`);

const fail = (world: World, environment = 'train', code = 1): void =>
  world.engine.exit(containerOf(world, environment)?.id ?? '', code);

const train = { train: { image: 'app:1', restart: 'never' } };

const failsAndHeals = async (world: World): Promise<void> => {
  await bringUp(world, train);
  fail(world);
  await world.until('it is told', () => told(world).some((one) => one.startsWith('failure')));
  await restart(world, folder, 'train');
  await world.until('it runs', runs(world, 'train'));
  await world.until('it is told', () => told(world).some((one) => one.startsWith('recovery')));
  await world.advance(600_000);
};

describe('what fails and heals', () => {
  test('is told once each', async () => {
    await inWorld(async (world) => {
      await failsAndHeals(world);
      expect(told(world)).toEqual(['failure Failed vision/train', 'recovery Running vision/train']);
      expect(world.sent[0]?.facts).toMatchObject({
        OWNER: 'ada',
        PROJECT: 'vision',
        HOST: 'simulated',
        MESSAGE: expect.stringContaining('1'),
      });
      expect(await world.ask((api) => api.notices({ limit: 10 }))).toMatchObject({
        receivers: [{ name: 'lab-chat', kind: 'webhook', waiting: 0 }],
        items: [
          { event: 'failure', state: 'sent', attempts: 1, nextTryAt: null },
          { event: 'recovery', state: 'sent' },
        ],
      });
    });
  });

  test('is not sent while there is no room to note that it was, and then once', async () => {
    await inWorld(async (world) => {
      await bringUp(world, train);
      world.weather.takes = () => false;
      fail(world);
      await world.until('it was tried', () => world.tries > 0);
      world.freeBytes = 0;
      await world.advance(60_000);
      world.weather.takes = null;
      const { tries } = world;
      await world.advance(600_000);
      expect([told(world), world.tries]).toEqual([[], tries]);
      world.freeBytes = 2 ** 30;
      await world.until('it is told', () => told(world).length > 0);
      await world.advance(600_000);
      expect(told(world)).toEqual(['failure Failed vision/train']);
    });
  });

  test('killed at any step, nothing is lost, and twice only what nobody knew was sent', async () => {
    const effects = await inWorld(async (world) => {
      await failsAndHeals(world);
      return [...world.changed].sort((a, b) => a - b);
    });
    const twice: string[] = [];
    for (const effect of effects) {
      await inWorld(
        async (world) => {
          await failsAndHeals(world);
          const where = `killed before effect ${effect}, ${world.trace[effect]}`;
          const ids = new Set(world.sent.map(({ facts: { ID } }) => ID));
          expect(ids.size, where).toBe(2);
          expect(new Set(told(world)), where).toEqual(
            new Set(['failure Failed vision/train', 'recovery Running vision/train']),
          );
          if (world.sent.length > 2) twice.push(world.trace[effect]?.trim() ?? '');
        },
        { dieAt: { effect, when: 'before' } },
      );
    }
    expect(twice).toEqual(['record notices.update', 'record notices.update']);
  });
});

test('a failure that heals at once is told to nobody', async () => {
  await inWorld(async (world) => {
    await bringUp(world, { web: { image: 'app:1' } });
    fail(world, 'web');
    await world.until(
      'it was started again',
      () => world.environment(folder, 'web')?.restarts === 1,
    );
    await world.until('it runs again', runs(world, 'web'));
    await world.advance(300_000);
    expect(told(world)).toEqual([]);
  });
});

test('a loop of crashes is one failure, over when it has been well for a minute', async () => {
  await inWorld(async (world) => {
    await bringUp(world, { web: { image: 'app:1' } });
    for (let crash = 0; crash < 8; crash += 1) {
      fail(world, 'web', crash + 1);
      await world.until('it runs again', runs(world, 'web'), 600_000);
      await world.advance(5000);
    }
    expect(told(world)).toEqual(['failure BackOff vision/web']);
    await world.advance(120_000);
    expect(told(world)).toEqual(['failure BackOff vision/web', 'recovery Running vision/web']);
  });
});

test('what comes and goes all day is told three times an hour, and says so', async () => {
  await inWorld(async (world) => {
    await bringUp(world, train);
    for (let day = 0; day < 6; day += 1) {
      fail(world);
      await world.advance(60_000);
      await restart(world, folder, 'train');
      await world.until('it runs', runs(world, 'train'));
      await world.advance(120_000);
    }
    const failures = world.sent.filter(({ facts }) => facts['EVENT'] === 'failure');
    expect(failures).toHaveLength(3);
    expect(failures[1]?.facts['MESSAGE']).not.toContain('changes often');
    expect(failures[2]?.facts['MESSAGE']).toContain('it changes often: nothing more of it before');
    expect(told(world).filter((one) => one.startsWith('recovery'))).toHaveLength(3);
  });
});

test('a change that waits names who has to decide', async () => {
  await inWorld(async (world) => {
    const manual = { ...train.train, updates: 'manual' };
    await bringUp(world, { train: manual });
    write(world, { train: { ...manual, image: 'app:2' } });
    await world.until('it waits', says(world, 'train', 'UpdatePending'));
    await world.advance(60_000);
    expect(told(world)).toEqual(['pending UpdatePending vision/train']);
    expect(world.sent[0]?.facts).toMatchObject({ OWNER: 'ada' });
    await approve(world, folder, 'train');
    await world.until('it is through', runs(world, 'train', 'app:2'));
    await world.advance(120_000);
    expect(told(world)).toHaveLength(1);
  });
});

test('a file with a fault is told with its line, and so is that it was mended', async () => {
  await inWorld(async (world) => {
    await bringUp(world, train);
    world.files.write(
      `${folder}/mlenv.yaml`,
      'apiVersion: mlenv/v1\nenvironments: { train: { imgae: a } }\n',
    );
    await world.advance(60_000);
    expect(told(world)).toEqual(['failure SpecInvalid vision']);
    expect(world.sent[0]?.facts['MESSAGE']).toContain('mlenv.yaml:2:');
    write(world, train);
    await up(world, folder);
    await world.advance(120_000);
    expect(told(world)).toEqual(['failure SpecInvalid vision', 'recovery SpecValid vision']);
  });
});

test('words of the engine that repeat a variable go out without it', async () => {
  await inWorld(async (world) => {
    const env = { TOKEN: 'no-such-hunter2' };
    write(world, { train: { ...train.train, env, init: false, command: ['no-such-hunter2'] } });
    await world.start();
    await world.advance(60_000);
    expect(world.environment(folder, 'train')?.message).toContain('hunter2');
    expect(told(world)).toEqual(['failure StartFailed vision/train']);
    expect(JSON.stringify(world.sent)).toContain('[hidden]');
    expect(JSON.stringify(world.sent)).not.toContain('hunter2');
    expect(JSON.stringify(await world.ask((api) => api.notices({ limit: 1 })))).not.toContain(
      'hunter2',
    );
  });
});

test('an engine that goes away is told once, not once an environment', async () => {
  await inWorld(async (world) => {
    await bringUp(world, { ...train, web: { image: 'app:1' } });
    world.weather.verdict = () => 'fail-before';
    await world.advance(300_000);
    world.weather.verdict = null;
    await world.advance(300_000);
    expect(told(world)).toEqual([
      'failure EngineUnavailable simulated',
      'recovery Running simulated',
    ]);
  });
});

describe('a receiver that is away', () => {
  test('is told when it is back, in order', async () => {
    await inWorld(async (world) => {
      await bringUp(world, train);
      world.weather.takes = () => false;
      fail(world);
      await world.advance(120_000);
      const [waiting] = (await world.ask((api) => api.notices({ limit: 10 }))).items;
      expect(waiting).toMatchObject({ state: 'pending', error: 'nobody listens there' });
      await restart(world, folder, 'train');
      await world.until('it runs', runs(world, 'train'));
      await world.advance(120_000);
      // A restart forgets none of it.
      world.crash();
      await world.start();
      world.weather.takes = null;
      await world.advance(3_600_000);
      expect(told(world)).toEqual(['failure Failed vision/train', 'recovery Running vision/train']);
    });
  });

  test('is given up after a day, which is an event', async () => {
    await inWorld(async (world) => {
      await bringUp(world, train);
      world.weather.takes = () => false;
      fail(world);
      await world.until('it was tried', () => world.tries > 2);
      world.crash();
      await world.clock.advance(25 * 3_600_000);
      const { tries } = world;
      await world.start();
      await world.advance(7_200_000);
      // It had a last chance.
      expect(world.tries).toBe(tries + 1);
      expect(await world.ask((api) => api.notices({ limit: 10 }))).toMatchObject({
        items: [{ state: 'failed', attempts: tries + 1, nextTryAt: null }],
      });
      const events = world.process?.store.events.list({ limit: 1000 }) ?? [];
      expect(events.filter(({ reason }) => reason === 'NoticeUndeliverable')).toHaveLength(1);
    });
  });
});

test('a test is sent at once and kept nowhere', async () => {
  await inWorld(async (world) => {
    await world.start();
    const asked = { receiver: 'lab-chat', by: 'ada' };
    expect(await world.ask((api) => api.testNotice(asked))).toMatchObject({
      receiver: 'lab-chat',
      error: null,
    });
    world.weather.takes = () => false;
    expect(await world.ask((api) => api.testNotice(asked))).toMatchObject({
      error: 'nobody listens there',
    });
    expect(told(world)).toEqual(['test Running test']);
    expect((await world.ask((api) => api.notices({ limit: 10 }))).items).toEqual([]);
    const wrong = { ...asked, receiver: 'lab-caht' };
    await expect(world.ask((api) => api.testNotice(wrong))).rejects.toMatchObject({
      code: 'not-found',
      message: 'there is no receiver lab-caht; there are lab-chat',
    });
  });
});
