import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../controller/model/ports.ts';
import { createEngineEvents } from '../../controller/watch/engine-events.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const connected: EngineEvent = { type: 'daemon', action: 'connected', id: '', at: 0, labels: {} };

const ofContainer = (
  action: string,
  labels: Readonly<Record<string, string>> = {},
): EngineEvent => ({
  type: 'container',
  action,
  id: 'c1',
  at: 5,
  labels: { 'mlenv.project-id': 'p1', 'mlenv.environment': 'train', ...labels },
});

/** An engine that can be reached or not, whose stream the test feeds and cuts. */
const engine = () => {
  const state = { up: true, subscriptions: 0 };
  let waiting: EngineEvent[] = [];
  let open = false;
  let wake = (): void => {};
  async function* events(signal: AbortSignal): AsyncGenerator<EngineEvent> {
    state.subscriptions += 1;
    if (!state.up) return;
    waiting = [connected];
    open = true;
    signal.addEventListener('abort', () => {
      open = false;
      wake();
    });
    for (;;) {
      const event = waiting.shift();
      if (event !== undefined) yield event;
      else if (!open) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    state,
    events,
    send: (...more: EngineEvent[]) => {
      waiting.push(...more);
      wake();
    },
    cut: () => {
      open = false;
      wake();
    },
  };
};

const setUp = (ours: readonly string[] = []) => {
  const clock = createSimulatedClock(0);
  const docker = engine();
  const log: string[] = [];
  const follower = createEngineEvents({
    reader: docker,
    clock,
    random: { fraction: () => 0.999 },
    onKey: (key) => log.push(`key ${key}`),
    onImage: () => log.push('image'),
    onRelist: () => log.push(`relist after ${docker.state.subscriptions} subscriptions`),
    onOutage: ({ from, endsFrom = from, to }) =>
      log.push(`outage ${endsFrom === from ? '' : `${endsFrom},`}${from}-${to}`),
    onHandStop: ({ key, containerId, at }) => log.push(`hand stop ${key} ${containerId} ${at}`),
    onOutOfMemory: ({ key, containerId, at }) =>
      log.push(`out of memory ${key} ${containerId} ${at}`),
    isOurs: (id) => ours.includes(id),
  });
  return { clock, docker, log, follower };
};

describe('the engine events', () => {
  it('subscribes first and lists second', async () => {
    const { clock, log, follower } = setUp();
    expect(follower.state().connected).toBe(false);
    follower.start();
    await clock.settle();
    expect(log).toEqual(['relist after 1 subscriptions']);
    expect(follower.state()).toEqual({ connected: true, since: 0 });
    await follower.stop();
    expect(follower.state().connected).toBe(false);
    expect(clock.timers).toBe(0);
  });

  it('rings for containers with our labels, and for nothing else', async () => {
    const { clock, docker, log, follower } = setUp();
    follower.start();
    await clock.settle();
    log.length = 0;
    docker.send(
      ofContainer('die'),
      ofContainer('health_status: unhealthy'),
      ofContainer('exec_create: sh -c true'),
      ofContainer('exec_die'),
      ofContainer('top'),
      ofContainer('die', { 'mlenv.environment': '' }),
      { type: 'container', action: 'die', id: 'x', at: 1, labels: {} },
      { ...ofContainer('pull'), type: 'image' },
    );
    await clock.settle();
    expect(log).toEqual(['key p1/train', 'key p1/train', 'image']);
    await follower.stop();
  });

  it.each([
    ['stop', {}, true],
    ['kill', { signal: '15' }, true],
    ['kill', { signal: '9' }, true],
    ['kill', {}, true],
    ['kill', { signal: '1' }, false],
    ['kill', { signal: '28' }, false],
    ['die', {}, false],
  ])('%s %j by somebody else is a hand stop: %s', async (action, labels, expected) => {
    const { clock, docker, log, follower } = setUp();
    follower.start();
    await clock.settle();
    log.length = 0;
    docker.send(ofContainer(action, labels));
    await clock.settle();
    expect(log).toEqual([...(expected ? ['hand stop p1/train c1 5'] : []), 'key p1/train']);
    await follower.stop();
  });

  it('notes a process that the kernel ended before the pass that it rings for', async () => {
    const { clock, docker, log, follower } = setUp();
    follower.start();
    await clock.settle();
    log.length = 0;
    docker.send(ofContainer('oom'));
    await clock.settle();
    expect(log).toEqual(['out of memory p1/train c1 5', 'key p1/train']);
    await follower.stop();
  });

  it('does not call our own stop a hand stop', async () => {
    const { clock, docker, log, follower } = setUp(['c1']);
    follower.start();
    await clock.settle();
    log.length = 0;
    docker.send(ofContainer('kill'), ofContainer('die'), ofContainer('stop'));
    await clock.settle();
    expect(log).toEqual(['key p1/train', 'key p1/train', 'key p1/train']);
    await follower.stop();
  });

  it('lists anew after every reconnect and tells how long the engine was away', async () => {
    const { clock, docker, log, follower } = setUp();
    follower.start();
    await clock.advance(60_000);
    docker.state.up = false;
    docker.cut();
    await clock.advance(20_000);
    expect(follower.state()).toEqual({ connected: false, since: 60_000 });
    expect(log).toEqual(['relist after 1 subscriptions']);
    docker.state.up = true;
    await clock.advance(10_000);
    const back = follower.state();
    expect(back.connected).toBe(true);
    expect(log.slice(1)).toEqual([
      `outage 60000-${back.since}`,
      `relist after ${docker.state.subscriptions} subscriptions`,
    ]);
    await follower.stop();
  });

  it('counts no end into an outage that the engine started something after', async () => {
    const { clock, docker, log, follower } = setUp();
    follower.start();
    await clock.advance(100_000);
    docker.send({ ...ofContainer('kill'), at: 98_000 }, { ...ofContainer('start'), at: 98_500 });
    await clock.settle();
    docker.cut();
    await clock.advance(1000);
    expect(log.filter((line) => line.startsWith('outage'))).toEqual([
      `outage 100000-${follower.state().since}`,
    ]);
    await follower.stop();
  });

  it('says since when it follows them', async () => {
    const { clock, docker, follower } = setUp();
    expect(follower.watchedSince()).toBeNull();
    await clock.advance(500);
    follower.start();
    await clock.advance(1000);
    expect(follower.watchedSince()).toBe(500);
    docker.cut();
    await clock.advance(1000);
    expect(follower.watchedSince()).toBe(500);
    await follower.stop();
  });

  it('counts the ends that a stopping engine tells of into its outage, and older ones not', async () => {
    const { clock, docker, log, follower } = setUp();
    follower.start();
    await clock.advance(100_000);
    docker.send({ ...ofContainer('kill'), at: 30_000 }, { ...ofContainer('kill'), at: 98_000 });
    await clock.settle();
    docker.cut();
    await clock.advance(1000);
    const outages = log.filter((line) => line.startsWith('outage'));
    expect(outages).toEqual([`outage 98000,100000-${follower.state().since}`]);
    docker.cut();
    await clock.advance(1000);
    expect(log.filter((line) => line.startsWith('outage')).at(-1)).toMatch(/^outage 101000-/);
    await follower.stop();
  });

  it('counts the time since its start where the engine was never there', async () => {
    const { clock, docker, log, follower } = setUp();
    docker.state.up = false;
    follower.start();
    await clock.advance(1000);
    docker.state.up = true;
    await clock.advance(1000);
    expect(log[0]).toBe(`outage 0-${follower.state().since}`);
    await follower.stop();
  });

  it('waits longer between tries, up to ten seconds', async () => {
    const { clock, docker, follower } = setUp();
    docker.state.up = false;
    follower.start();
    await clock.advance(10_000);
    expect(docker.state.subscriptions).toBe(6);
    await clock.advance(100_000);
    expect(docker.state.subscriptions).toBeGreaterThanOrEqual(15);
    expect(docker.state.subscriptions).toBeLessThanOrEqual(17);
    await follower.stop();
  });

  it('does not spin on an engine that cuts every connection at once', async () => {
    const { clock, docker, follower } = setUp();
    follower.start();
    for (let i = 0; i < 600; i += 1) {
      docker.cut();
      await clock.advance(100);
    }
    expect(docker.state.subscriptions).toBeLessThan(20);
    await follower.stop();
  });

  it('takes a stream that throws for a lost connection', async () => {
    const clock = createSimulatedClock();
    let tries = 0;
    const follower = createEngineEvents({
      reader: {
        events: () => {
          tries += 1;
          throw new Error('a bug in the port');
        },
      },
      clock,
      random: { fraction: () => 0.5 },
      onKey: () => {},
      onRelist: () => {},
      onOutage: () => {},
      onHandStop: () => {},
      onOutOfMemory: () => {},
      isOurs: () => false,
    });
    follower.start();
    await clock.advance(5000);
    expect(tries).toBeGreaterThan(2);
    await follower.stop();
  });
});
