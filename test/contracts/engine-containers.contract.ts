import { describe, expect, test } from 'vitest';
import type { ContainerConfig } from '../../controller/model/container.ts';
import { type Bench, failureKind, label, richDefaults, value } from './engine-bench.ts';

export function containerContract({ subject, name, config, given, look }: Bench): void {
  describe('create and inspect', () => {
    test('what was asked for is what is seen, field by field', async () => {
      const { writer, plainImage, folder } = subject();
      const volume = name();
      value(await writer.createVolume({ name: volume, labels: label }));
      const network = name();
      value(await writer.createNetwork({ name: network, subnet: '10.201.0.0/28', labels: label }));
      const wish: ContainerConfig = {
        name: name(),
        image: plainImage,
        entrypoint: ['sleep'],
        command: ['1000000'],
        init: true,
        workdir: '/workspace',
        user: '1234:5678',
        env: { A: 'b=c', EMPTY: '', PATH: '/bin:/usr/bin' },
        labels: { ...label, 'mlenv.x': 'a "quoted" value' },
        ports: [
          { container: 80, protocol: 'tcp', hostIp: '127.0.0.1', host: 24_080 },
          { container: 53, protocol: 'udp', hostIp: '127.0.0.1', host: 24_053 },
        ],
        mounts: [
          { kind: 'bind', source: folder, target: '/workspace', readOnly: false },
          { kind: 'bind', source: folder, target: '/read', readOnly: true },
          { kind: 'volume', source: volume, target: '/data', readOnly: false },
          { kind: 'tmpfs', target: '/scratch', sizeBytes: 1024 ** 2 },
          { kind: 'tmpfs', target: '/scratch2', sizeBytes: null },
        ],
        shmBytes: 1024 ** 3,
        cpus: 0.5,
        memoryBytes: 256 * 1024 ** 2,
        pids: 100,
        gpus: null,
        ulimits: [
          { name: 'nofile', soft: 1024, hard: 2048 },
          { name: 'stack', soft: 67_108_864, hard: 67_108_864 },
        ],
        logs: { maxBytes: 50 * 1024 ** 2, maxFiles: 3 },
        capDrop: ['ALL'],
        capAdd: ['CHOWN', 'SETUID'],
        network: { name: network, alias: 'db' },
        health: {
          argv: ['true'],
          intervalMs: 1500,
          timeoutMs: 2000,
          retries: 2,
          startPeriodMs: 500,
        },
        stopGraceMs: 3000,
      };
      const { id } = value(await writer.create(wish, []));
      expect(sorted((await look(id)).config)).toEqual(sorted(wish));
      value(await writer.start(id));
      expect(sorted((await look(wish.name)).config)).toEqual(sorted(wish));
    });

    test('what was left to the image shows as the image has it', async () => {
      const { richImage } = subject();
      const id = await given({ image: richImage, env: { OWN: 'x' } }, { start: false });
      const seen = await look(id);
      expect(seen.config).toMatchObject({
        image: richImage,
        entrypoint: [],
        command: richDefaults.command,
        workdir: richDefaults.workdir,
        user: '',
        env: { ...richDefaults.env, OWN: 'x' },
        health: null,
        network: null,
        cpus: null,
        memoryBytes: null,
        pids: null,
      });
      expect(seen.labels).toEqual({ ...label, ...richDefaults.labels });
      expect(seen.image).toMatchObject({ ...richDefaults, entrypoint: [], user: '', health: null });
      expect(seen.imageId).toBe(seen.image?.id);
    });

    test("an entrypoint drops the image's command; an empty one keeps it", async () => {
      const { richImage } = subject();
      const own = await given({ image: richImage, entrypoint: ['sleep'] }, { start: false });
      expect((await look(own)).config).toMatchObject({ entrypoint: ['sleep'], command: [] });
      const none = await given({ image: richImage, entrypoint: [] }, { start: false });
      expect((await look(none)).config.command).toEqual(richDefaults.command);
    });

    test('a new container has never run', async () => {
      const id = await given({}, { start: false });
      expect(await look(id)).toMatchObject({
        id,
        state: 'created',
        health: 'none',
        exitCode: 0,
        oomKilled: false,
        error: '',
        startedAt: null,
        finishedAt: null,
        anonymousVolumes: [],
      });
      expect((await look(id)).createdAt).toBeGreaterThan(0);
    });

    test('a name is given once', async () => {
      const { writer, reader } = subject();
      const wish = config();
      const { id } = value(await writer.create(wish, []));
      const again = await writer.create(wish, []);
      expect(again).toMatchObject({ ok: false, failure: { kind: 'conflict', status: 409 } });
      expect(value(await reader.list(label)).map((line) => line.id)).toEqual([id]);
    });

    test('an image that is not there is absent', async () => {
      const made = await subject().writer.create(config({ image: 'no-such/image:1' }), []);
      expect(failureKind(made)).toBe('absent');
    });

    test('a bind of a folder that is not there is refused, and makes none', async () => {
      const { writer, missingFolder } = subject();
      const mounts = [
        { kind: 'bind', source: missingFolder, target: '/x', readOnly: true },
      ] as const;
      for (let round = 0; round < 2; round += 1) {
        expect(failureKind(await writer.create(config({ mounts }), []))).toBe('terminal');
      }
    });

    test('a name that no container can have is refused', async () => {
      expect(failureKind(await subject().writer.create(config({ name: 'a b' }), []))).toBe(
        'terminal',
      );
    });

    test('an unknown container is absent, whatever it is called', async () => {
      const { reader } = subject();
      for (const ref of ['no-such-container', 'a/../b', '', 'x?y=z']) {
        expect(failureKind(await reader.inspect(ref))).toBe('absent');
      }
    });
  });

  describe('list', () => {
    test('finds by label and value, in every state, and nothing else', async () => {
      const { reader, writer, settled } = subject();
      const labels = (which: string) => ({ ...label, which });
      const made = await given({ labels: labels('made') }, { start: false });
      const running = await given({ labels: labels('running') });
      const ended = await given({ labels: labels('ended') });
      await settled(writer.stop(ended, 1000));
      const found = async (filter: Record<string, string>) =>
        new Map(value(await reader.list(filter)).map(({ id, state }) => [id, state]));
      const all = new Map([
        [made, 'created'],
        [running, 'running'],
        [ended, 'exited'],
      ]);
      expect(await found({ ...label, which: '' })).toEqual(all);
      expect(await found(labels('ended'))).toEqual(new Map([[ended, 'exited']]));
      expect(await found({ ...label, which: 'x' })).toEqual(new Map());
    });

    test('says name, image and labels', async () => {
      const { reader, richImage } = subject();
      const wish = name();
      const id = await given({ name: wish, image: richImage });
      expect(value(await reader.list(label))).toEqual([
        {
          id,
          name: wish,
          state: 'running',
          health: 'none',
          image: richImage,
          labels: { ...label, ...richDefaults.labels },
        },
      ]);
    });
  });

  describe('images', () => {
    test('an image says what it brings, by reference and by id', async () => {
      const { reader, richImage } = subject();
      const image = value(await reader.image(richImage));
      expect(image).toMatchObject({ ...richDefaults, entrypoint: [], user: '', health: null });
      expect(value(await reader.image(image.id))).toEqual(image);
      expect(failureKind(await reader.image('no-such/image:1'))).toBe('absent');
      expect(failureKind(await reader.image('../containers/json'))).toBe('absent');
    });

    test('a pull that cannot be is a failure, and a cancelled one ends', async () => {
      const { writer, unpullable } = subject();
      const never = new AbortController();
      expect((await writer.pull(unpullable, () => {}, never.signal)).ok).toBe(false);
      never.abort();
      expect(failureKind(await writer.pull(unpullable, () => {}, never.signal))).toBe('retry');
    });

    test('a pull tells how far it is and leaves the image there', async () => {
      const { reader, writer, pullable, settled } = subject();
      expect(failureKind(await reader.image(pullable))).toBe('absent');
      const seen: { doneBytes: number; totalBytes: number }[] = [];
      const pulled = writer.pull(
        pullable,
        (progress) => seen.push(progress),
        new AbortController().signal,
      );
      value(await settled(pulled));
      expect(failureKind(await reader.image(pullable))).toBe('ok');
      const last = seen.at(-1);
      expect(last?.totalBytes).toBeGreaterThan(0);
      expect(last?.doneBytes).toBe(last?.totalBytes);
      for (const { doneBytes, totalBytes } of seen)
        expect(doneBytes).toBeLessThanOrEqual(totalBytes);
    });

    test('what was pulled is listed until it is removed, which a container of it forbids', async () => {
      const { reader, writer, pullable, settled } = subject();
      value(await settled(writer.pull(pullable, () => {}, new AbortController().signal)));
      const listed = async () =>
        value(await reader.images()).find(({ tags }) => tags.includes(pullable));
      expect(await listed()).toMatchObject({
        id: value(await reader.image(pullable)).id,
        tags: [pullable],
        digests: [expect.stringMatching(/mlenv\.test\/pullable@sha256:[0-9a-f]{64}$/)],
        sizeBytes: expect.any(Number) as unknown,
        isUsed: false,
      });
      const id = await given({ image: pullable }, { start: false });
      expect(await listed()).toMatchObject({ isUsed: true });
      expect(failureKind(await writer.removeImage(pullable))).toBe('conflict');
      value(await writer.remove(id, { volumes: true }));
      value(await writer.removeImage(pullable));
      expect(await listed()).toBeUndefined();
      value(await writer.removeImage(pullable));
    });
  });
}

/** The engine keeps no order of ports. */
const sorted = (config: ContainerConfig): ContainerConfig => ({
  ...config,
  ports: [...config.ports].sort((a, b) => a.container - b.container),
});
