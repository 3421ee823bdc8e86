import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { acquireLock } from '../../controller/loop/lock.ts';

const script = fileURLToPath(new URL('../fixtures/hold-lock.mjs', import.meta.url));
const children: ChildProcess[] = [];

/** A process of its own that holds the name with a plain socket, as another version of us would. */
const holdInChild = async (name: string): Promise<ChildProcess> => {
  const child = spawn(process.execPath, [script, name, '{"pid":1}'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout ?? child, 'data');
  return child;
};

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const freshName = (): string => `mlenv-test-${randomUUID()}`;

describe('the lock', () => {
  it('has one holder, who says who it is, and is free after release', async () => {
    const name = freshName();
    const first = await acquireLock({ name, holder: '{"pid":42}' });
    expect(first.kind).toBe('held');
    expect(await acquireLock({ name, holder: 'x' })).toEqual({
      kind: 'taken',
      holder: '{"pid":42}',
    });
    const other = await acquireLock({ name: freshName(), holder: 'y' });
    expect(other.kind).toBe('held');
    if (first.kind === 'held') await first.release();
    const again = await acquireLock({ name, holder: 'z' });
    expect(again.kind).toBe('held');
    for (const lock of [other, again]) if (lock.kind === 'held') await lock.release();
  });

  it('is released by the death of its holder, however sudden', async () => {
    const name = freshName();
    const child = await holdInChild(name);
    expect(await acquireLock({ name, holder: 'x' })).toEqual({
      kind: 'taken',
      holder: '{"pid":1}',
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = await acquireLock({ name, holder: 'x' });
    expect(lock.kind).toBe('held');
    if (lock.kind === 'held') await lock.release();
  });

  it('says that it is taken even if the holder does not answer', async () => {
    const name = freshName();
    const child = await holdInChild(name);
    child.kill('SIGSTOP');
    expect(await acquireLock({ name, holder: 'x', answerWithinMs: 50 })).toEqual({
      kind: 'taken',
      holder: null,
    });
  });

  it('is released although somebody keeps a connection to it open', async () => {
    const name = freshName();
    const lock = await acquireLock({ name, holder: 'x' });
    const socket = connect({ path: `\0${name}`, allowHalfOpen: true });
    await once(socket, 'connect');
    if (lock.kind === 'held') await lock.release();
    socket.destroy();
    const again = await acquireLock({ name, holder: 'y' });
    expect(again.kind).toBe('held');
    if (again.kind === 'held') await again.release();
  });

  it('has exactly one winner among many who try at once', async () => {
    const name = freshName();
    const locks = await Promise.all(
      Array.from({ length: 20 }, (_, i) => acquireLock({ name, holder: String(i) })),
    );
    const held = locks.filter((lock) => lock.kind === 'held');
    expect(held).toHaveLength(1);
    for (const lock of held) await lock.release();
  });

  it('refuses a name that the kernel would cut short', async () => {
    await expect(acquireLock({ name: 'x'.repeat(108), holder: '' })).rejects.toThrow(RangeError);
  });
});
