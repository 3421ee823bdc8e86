import { describe, expect, test } from 'vitest';
import { type Bench, failureKind, label, richDefaults, value } from './engine-bench.ts';

export function partsContract({ subject, name, config, given, look }: Bench): void {
  const volumeNames = async () => value(await subject().reader.volumes({})).map((v) => v.name);

  describe('volumes', () => {
    test('are made once and found by label', async () => {
      const { reader, writer } = subject();
      const volume = { name: name(), labels: { ...label, 'mlenv.volume': 'cache' } };
      value(await writer.createVolume(volume));
      value(await writer.createVolume({ ...volume, labels: {} }));
      expect(value(await reader.volumes({ ...label, 'mlenv.volume': '' }))).toEqual([volume]);
      expect(value(await reader.volumes({ ...label, 'mlenv.volume': 'x' }))).toEqual([]);
    });

    test('are kept while a container has them, and by its removal', async () => {
      const { writer } = subject();
      const volume = name();
      value(await writer.createVolume({ name: volume, labels: label }));
      const mounts = [
        { kind: 'volume', source: volume, target: '/data', readOnly: false },
      ] as const;
      const id = await given({ mounts }, { start: false });
      expect(failureKind(await writer.removeVolume(volume))).toBe('conflict');
      value(await writer.remove(id, { volumes: true }));
      expect(await volumeNames()).toContain(volume);
      value(await writer.removeVolume(volume));
      value(await writer.removeVolume(volume));
      expect(await volumeNames()).not.toContain(volume);
    });
  });

  describe("the image's own volumes", () => {
    const target = richDefaults.volumes[0];

    test('go with the container or stay, as asked', async () => {
      const { writer, richImage } = subject();
      for (const volumes of [true, false]) {
        const id = await given({ image: richImage });
        const [volume] = (await look(id)).anonymousVolumes;
        expect(volume).toEqual({ name: expect.stringMatching(/^[0-9a-f]{64}$/), target });
        await subject().settled(writer.stop(id, 1000));
        value(await writer.remove(id, { volumes }));
        expect((await volumeNames()).includes(volume?.name ?? '')).toBe(!volumes);
        await writer.removeVolume(volume?.name ?? '');
      }
    });

    test('are attached again to the next container, which can still take them along', async () => {
      const { writer, richImage } = subject();
      const first = await given({ image: richImage }, { start: false });
      const { anonymousVolumes } = await look(first);
      value(await writer.remove(first, { volumes: false }));
      const wish = config({ image: richImage });
      const second = value(await writer.create(wish, anonymousVolumes)).id;
      const seen = await look(second);
      expect(seen.anonymousVolumes).toEqual(anonymousVolumes);
      expect(seen.config.mounts).toEqual([]);
      value(await writer.remove(second, { volumes: true }));
      expect(await volumeNames()).not.toContain(anonymousVolumes[0]?.name);
    });

    test('are not made where a named one is mounted', async () => {
      const { writer, richImage } = subject();
      const volume = name();
      value(await writer.createVolume({ name: volume, labels: label }));
      const mounts = [{ kind: 'volume', source: volume, target, readOnly: false }] as const;
      const id = await given({ image: richImage, mounts }, { start: false });
      expect(await look(id)).toMatchObject({ anonymousVolumes: [], config: { mounts } });
    });
  });

  describe('networks', () => {
    const network = (subnet: string, named = name()) => ({ name: named, subnet, labels: label });

    test('are made once and found by label', async () => {
      const { reader, writer } = subject();
      const wish = network('10.203.0.0/28');
      value(await writer.createNetwork(wish));
      value(await writer.createNetwork(wish));
      expect(value(await reader.networks(label))).toEqual([{ ...wish, id: expect.any(String) }]);
      value(await writer.removeNetwork(wish.name));
      value(await writer.removeNetwork(wish.name));
      expect(value(await reader.networks(label))).toEqual([]);
    });

    test("another's name or addresses stand in the way", async () => {
      const { writer } = subject();
      const wish = network('10.204.0.0/28');
      value(await writer.createNetwork(wish));
      const other = { ...wish, subnet: '10.204.1.0/28' };
      expect(failureKind(await writer.createNetwork(other))).toBe('conflict');
      const foreign = { ...wish, labels: { ...label, 'mlenv.project-id': 'x' } };
      expect(failureKind(await writer.createNetwork(foreign))).toBe('conflict');
      expect(failureKind(await writer.createNetwork(network('10.204.0.0/24')))).toBe('conflict');
    });

    test('stay while a container runs on them', async () => {
      const { writer, settled } = subject();
      const wish = network('10.205.0.0/28');
      value(await writer.createNetwork(wish));
      const id = await given({ network: { name: wish.name, alias: 'db' } });
      expect((await look(id)).config.network).toEqual({ name: wish.name, alias: 'db' });
      expect(failureKind(await writer.removeNetwork(wish.name))).toBe('conflict');
      await settled(writer.stop(id, 1000));
      value(await writer.removeNetwork(wish.name));
    });
  });

  describe('seed', () => {
    const seed = { owner: { uid: 1234, gid: 1234 }, account: null, volumes: [] };

    test('is written before the first start, and may be written again', async () => {
      const { writer } = subject();
      const volume = name();
      value(await writer.createVolume({ name: volume, labels: label }));
      const mounts = [
        { kind: 'volume', source: volume, target: '/data', readOnly: false },
      ] as const;
      const id = await given({ mounts }, { start: false });
      const account = { name: 'alice', home: '/home/alice' };
      value(await writer.seed(id, { ...seed, account }, ['/data']));
      value(await writer.seed(id, { ...seed, account }, []));
      value(await writer.seed(id, { ...seed, owner: null }, []));
      value(await writer.start(id));
    });

    test('of what is not there is absent', async () => {
      const { writer } = subject();
      expect(failureKind(await writer.seed('no-such-container', seed, ['/x']))).toBe('absent');
    });
  });
}
