import { expect, it } from 'vitest';
import { containerOf, folder, reason, running, up, write } from './bench.ts';

it('opens a port to the network although its own container has it bound on loopback', async () => {
  const port = (address: string) => ({
    web: `image: app:1, ports: [{ container: 80, host: 8080, ip: ${address} }]`,
  });
  const exception = {
    rule: 'MLE-SEC-027',
    project: folder,
    until: Date.UTC(2100, 0),
    reason: 'fair',
  } as const;
  const world = await running(port('127.0.0.1'), { policy: { exceptions: [exception] } });
  write(world, port('0.0.0.0'));
  await up(world);
  await world.until('it is bound anew', () => {
    expect(reason(world, 'web')).not.toBe('PortInUse');
    const [container] = world.ours();
    return container?.config.ports[0]?.hostIp === '0.0.0.0';
  });
  expect(containerOf(world, 'web').config.ports).toEqual([
    { container: 80, protocol: 'tcp', hostIp: '0.0.0.0', host: 8080 },
  ]);
});

it('publishes a port that was added to what runs', async () => {
  const world = await running({ web: 'image: app:1' });
  write(world, { web: 'image: app:1, ports: [{ container: 80, host: auto }]' });
  await up(world);
  await world.until('it is published', () => world.ours()[0]?.config.ports.length === 1);
  await world.until('it runs', () => reason(world, 'web') === 'Running');
  expect(containerOf(world, 'web').config.ports[0]?.host).toBe(20_000);
});
