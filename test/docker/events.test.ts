import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { buffered } from '../../controller/docker/events.ts';
import type { EngineEvent } from '../../controller/model/ports.ts';

const line = (id: number, action = 'start'): string =>
  `${JSON.stringify({
    Type: 'container',
    Action: action,
    Actor: { ID: String(id), Attributes: { 'mlenv.instance': 'x' } },
    timeNano: 1_700_000_000_123_000_000,
  })}\n`;

async function all(events: AsyncIterable<EngineEvent>): Promise<readonly EngineEvent[]> {
  const seen: EngineEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

test('an event says what, whose and when', async () => {
  const stream = new PassThrough();
  const events = buffered(stream);
  stream.end(`not json\n${line(1)}{"Type":"plugin","Action":"x"}\n`);
  expect(await all(events)).toEqual([
    {
      type: 'container',
      action: 'start',
      id: '1',
      at: 1_700_000_000_123,
      labels: { 'mlenv.instance': 'x' },
    },
  ]);
});

test('what people run inside is no event', async () => {
  const stream = new PassThrough();
  const events = buffered(stream);
  stream.end(line(1, 'exec_create: sh -c "echo a-secret"') + line(2, 'health_status: healthy'));
  expect((await all(events)).map((event) => event.action)).toEqual(['health_status: healthy']);
});

test('is drained before anybody reads, and an overflow ends it', async () => {
  const stream = new PassThrough();
  const events = buffered(stream);
  for (let id = 0; id < 12_000 && !stream.destroyed; id += 1) {
    if (!stream.write(line(id))) await new Promise(setImmediate);
  }
  expect(await all(events)).toEqual([]);
  expect(stream.destroyed).toBe(true);
});

test('a broken connection is an end and no error', async () => {
  const stream = new PassThrough();
  const events = all(buffered(stream));
  stream.write(line(1));
  stream.destroy(new Error('reset'));
  expect((await events).length).toBeLessThanOrEqual(1);
});

test('a reader that leaves closes the connection', async () => {
  const stream = new PassThrough();
  stream.write(line(1) + line(2));
  for await (const event of buffered(stream)) {
    expect(event.id).toBe('1');
    break;
  }
  expect(stream.destroyed).toBe(true);
});
