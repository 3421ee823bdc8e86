import { describe, expect, test } from 'vitest';
import type { EngineEvent } from '../../controller/model/ports.ts';
import { type Bench, collected, failureKind, label, value } from './engine-bench.ts';

export function streamContract({ subject, name, given, look }: Bench): void {
  const never = (): AbortSignal => new AbortController().signal;

  describe('logs', () => {
    const script = ['sh', '-c', 'echo one; echo two >&2; echo three'];

    test('keep the two streams apart, and the tail is the end', async () => {
      const { reader, until } = subject();
      const id = await given({ command: script });
      await until(async () => (await look(id)).state === 'exited');
      const all = await collected(reader.logs(id, { follow: false, tail: null }, never()));
      expect(all).toEqual({ stdout: 'one\nthree\n', stderr: 'two\n' });
      const tail = await collected(reader.logs(id, { follow: false, tail: 1 }, never()));
      expect(`${tail.stdout}${tail.stderr}`).toMatch(/^(three|two)\n$/);
    });

    test('followed, end with the container', async () => {
      const { reader, settled } = subject();
      const id = await given({ command: ['sh', '-c', 'echo one; sleep 0.3; echo two'] });
      const said = collected(reader.logs(id, { follow: true, tail: null }, never()));
      expect((await settled(said)).stdout).toBe('one\ntwo\n');
    });

    test('followed, end with the signal', async () => {
      const { reader, settled } = subject();
      const id = await given({ command: ['sh', '-c', 'echo one; sleep 1000000'] });
      const abort = new AbortController();
      let heard = '';
      const reading = (async () => {
        for await (const chunk of reader.logs(id, { follow: true, tail: null }, abort.signal)) {
          heard += Buffer.from(chunk.data).toString();
          abort.abort();
        }
      })();
      await settled(reading);
      expect(heard).toBe('one\n');
    });

    test('of what is not there are none', async () => {
      const { reader } = subject();
      const none = reader.logs('no-such-container', { follow: true, tail: null }, never());
      expect(await collected(none)).toEqual({ stdout: '', stderr: '' });
    });
  });

  describe('exec', () => {
    const plain = { tty: false, stdin: false, env: {}, columns: null, rows: null };

    test('keeps the two streams apart and gives the exit code', async () => {
      const { writer, settled } = subject();
      const id = await given();
      const argv = ['sh', '-c', 'echo out; echo err >&2; exit 3'];
      const session = value(await writer.exec(id, { ...plain, argv }));
      const said = await settled(collected(session.output));
      expect(said).toEqual({ stdout: 'out\n', stderr: 'err\n' });
      expect(value(await settled(session.exitCode()))).toBe(3);
    });

    test('a program that is not there ends with 126 and says so', async () => {
      const { writer, settled } = subject();
      const id = await given();
      const session = value(await writer.exec(id, { ...plain, argv: ['no-such-program'] }));
      const said = await settled(collected(session.output));
      expect(`${said.stdout}${said.stderr}`).toContain('executable file not found');
      expect(value(await settled(session.exitCode()))).toBe(126);
    });

    test('needs a container, and one that runs', async () => {
      const { writer } = subject();
      const options = { ...plain, argv: ['true'] };
      expect(failureKind(await writer.exec('no-such-container', options))).toBe('absent');
      const id = await given({}, { start: false });
      expect(failureKind(await writer.exec(id, options))).toBe('conflict');
    });
  });

  describe('events', () => {
    test('begin with "connected", tell of ours with their labels, and end with the signal', async () => {
      const { reader, writer, until, settled } = subject();
      const abort = new AbortController();
      const heard: EngineEvent[] = [];
      const reading = (async () => {
        for await (const event of reader.events(abort.signal)) heard.push(event);
      })();
      await until(() => Promise.resolve(heard.length > 0));
      expect(heard[0]).toMatchObject({ type: 'daemon', action: 'connected' });

      const wish = name();
      const id = await given({ name: wish, command: ['sh', '-c', 'exit 4'] });
      const ofOurs = () => heard.filter((event) => event.type === 'container' && event.id === id);
      const actions = () => ofOurs().map((event) => event.action);
      await until(() => Promise.resolve(actions().includes('die')));
      expect(actions()).toEqual(['create', 'start', 'die']);
      expect(ofOurs().at(-1)?.labels).toMatchObject({ ...label, name: wish, exitCode: '4' });
      expect(ofOurs().every((event) => event.at > 0)).toBe(true);
      value(await writer.remove(id, { volumes: true }));
      await until(() => Promise.resolve(actions().includes('destroy')));

      abort.abort();
      await settled(reading);
    });
  });
}
