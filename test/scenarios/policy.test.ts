import { expect, test } from 'vitest';
import { ringAll, ringWaiting } from '../../controller/reconcile/gpu-leases.ts';
import type { PolicyConfig } from '../../controller/model/config.ts';
import {
  by,
  folder,
  containerOf,
  phase,
  reason,
  running,
  stranger,
  up,
  write,
} from '../service/bench.ts';
import type { World } from '../support/world.ts';

const lan = 'image: app:1, ports: [{ container: 80, host: 8080, ip: 0.0.0.0 }]';
const exception = (over: object = {}) => ({
  rule: 'MLE-SEC-027' as const,
  project: folder,
  until: Date.UTC(2100, 0),
  reason: 'fair in Hall 3',
  ...over,
});

/** As a controller does when the configuration was saved. */
const configure = (world: World, policy: Partial<PolicyConfig>): void => {
  world.policy = { ...world.policy, ...policy };
  const { core } = world.process ?? {};
  if (core === undefined) throw new Error('no controller runs');
  ringWaiting(core.deps);
  ringAll(core.deps);
};

const rows = (world: World, sql: string): readonly Record<string, string>[] =>
  world.record.look().prepare<[], Record<string, string>>(sql).all();

const exceptions = (world: World) =>
  rows(world, "SELECT resource_id, details FROM audit_log WHERE action = 'policy.exception'").map(
    (row) => [row['resource_id'], JSON.parse(row['details'] ?? '') as object],
  );

test('what a rule refuses is told with rule and cure, and starts once the policy lets it', async () => {
  const world = await stranger({ web: lan });
  await up(world);
  await world.until('it is refused', () => reason(world, 'web') === 'PolicyRefused');
  expect(world.environment(folder, 'web')?.message).toBe(
    'MLE-SEC-027: 0.0.0.0 is reached by other machines. Leave ip: out, and reach the port through ssh -L.',
  );
  expect(world.ours()).toEqual([]);
  configure(world, { exceptions: [exception()] });
  await world.until('it runs', () => phase(world, 'web') === 'running.healthy');
  expect(exceptions(world)).toEqual([
    [
      `${folder} web`,
      expect.objectContaining({
        why: 'fair in Hall 3',
        after: expect.objectContaining({ rule: 'MLE-SEC-027' }) as unknown,
      }),
    ],
  ]);
});

test('an exception that is over lets nobody in, and one that ends stops nobody', async () => {
  const world = await stranger({ web: lan }, { policy: { exceptions: [exception({ until: 1 })] } });
  await up(world);
  await world.until('it is refused', () => reason(world, 'web') === 'PolicyRefused');
  const soon = world.clock.now() + 600_000;
  configure(world, { exceptions: [exception({ until: soon })] });
  await world.until('it runs', () => phase(world, 'web') === 'running.healthy');
  const { id } = containerOf(world, 'web');
  await world.advance(1_200_000);
  expect(containerOf(world, 'web')).toMatchObject({ id, state: 'running' });
  expect(exceptions(world)).toHaveLength(1);
});

test('what runs is not stopped by a stricter policy but shown, once', async () => {
  const world = await running({ web: 'image: app:1' });
  const { id } = containerOf(world, 'web');
  configure(world, { images: ['nvcr.io/nvidia/*'] });
  const policyOf = () =>
    rows(world, 'SELECT type, status, reason, message FROM conditions').find(
      ({ type }) => type === 'Policy',
    );
  await world.until('it is shown', () => policyOf() !== undefined);
  expect(policyOf()).toMatchObject({ status: 'False', reason: 'PolicyRefused' });
  expect(policyOf()?.message).toContain('MLE-SEC-025: docker.io/library/app is not among');
  await world.advance(600_000);
  expect(containerOf(world, 'web')).toMatchObject({ id, state: 'running' });
  const told = rows(world, "SELECT reason FROM events WHERE reason = 'PolicyRefused'");
  expect(told).toHaveLength(1);
  configure(world, { images: [] });
  await world.until('it is well again', () => policyOf() === undefined);
});

test('an edit of what is forbidden now waits, and the old one runs on', async () => {
  const world = await running({ web: 'image: app:1' });
  const { id } = containerOf(world, 'web');
  configure(world, { images: ['nvcr.io/nvidia/*'] });
  write(world, { web: 'image: app:2' });
  await up(world);
  await world.until('it is refused', () => reason(world, 'web') === 'PolicyRefused');
  expect(containerOf(world, 'web')).toMatchObject({ id, state: 'running' });
});

test('a stricter level takes nothing from what runs, and all from the next container', async () => {
  const web = `image: "app@sha256:${'a'.repeat(64)}", user: 1000:1000`;
  const image = `app@sha256:${'a'.repeat(64)}`;
  const world = await stranger({ web });
  world.engine.addImage(image);
  await up(world);
  await world.until('it runs', () => phase(world, 'web') === 'running.healthy');
  const { id } = containerOf(world, 'web');
  expect(containerOf(world, 'web').config.capDrop).toEqual(['AUDIT_WRITE', 'MKNOD', 'NET_RAW']);
  configure(world, { level: 'strict' });
  await world.advance(60_000);
  expect(containerOf(world, 'web').id).toBe(id);
  world.engine.handStop(id);
  await world.until('it runs again', () => containerOf(world, 'web').state === 'running');
  expect(containerOf(world, 'web').id).toBe(id);
  write(world, { web: `${web}, env: { A: b }` });
  await up(world);
  await world.until('it is made anew', () => world.ours()[0]?.id !== id && world.ours().length > 0);
  expect(containerOf(world, 'web').config).toMatchObject({ capDrop: ['ALL'], capAdd: [] });
});

test('a stopped container that was given rights is not started, nor made for ever', async () => {
  const world = await running({ web: 'image: app:1' });
  const { id } = containerOf(world, 'web');
  await world.ask((api) => api.down({ path: folder, environment: null, by }));
  await world.until('it is down', () => containerOf(world, 'web').state === 'exited');
  world.engine.giveRights(id, [{ rule: 'MLE-SEC-001', message: 'it is privileged' }]);
  await up(world);
  await world.until('it is refused', () => reason(world, 'web') === 'PayloadMismatch');
  const made = world.created.length;
  await world.advance(600_000);
  expect(containerOf(world, 'web')).toMatchObject({ id, state: 'exited' });
  expect(world.created).toHaveLength(made);
  expect(world.environment(folder, 'web')?.message).toContain('MLE-SEC-001: it is privileged');
});

test('a hand-made container with rights that runs is left alone, shown, and made anew once it is gone', async () => {
  const world = await running({ web: 'image: app:1' });
  const first = containerOf(world, 'web');
  world.crash();
  world.engine.removeBehindBack(first.id);
  const { name, config, labels } = first;
  const id = await world.plant({ ...config, name, labels });
  world.engine.giveRights(id, [{ rule: 'MLE-SEC-001', message: 'it is privileged' }]);
  await world.start();
  const policyOf = () =>
    rows(world, 'SELECT type, status, reason, message FROM conditions').find(
      ({ type }) => type === 'Policy',
    );
  await world.until('it is shown', () => policyOf() !== undefined);
  expect(policyOf()).toMatchObject({ status: 'False', reason: 'PayloadMismatch' });
  expect(policyOf()?.message).toContain('MLE-SEC-001: it is privileged');
  await world.advance(600_000);
  expect(containerOf(world, 'web')).toMatchObject({ id, state: 'running' });
  expect(rows(world, "SELECT reason FROM events WHERE reason = 'PayloadMismatch'")).toHaveLength(1);
  world.engine.handStop(id);
  await world.until('it is not started', () => reason(world, 'web') === 'PayloadMismatch');
  world.engine.removeBehindBack(id);
  await world.until('it is made anew', () => world.ours()[0]?.state === 'running');
  expect(containerOf(world, 'web').id).not.toBe(id);
  await world.until('it is sound', () => policyOf() === undefined);
});

test('an image that is root is found in the container, and refused before it runs', async () => {
  const image = `db@sha256:${'b'.repeat(64)}`;
  const world = await stranger(
    { db: `image: "${image}", user: image` },
    { policy: { level: 'strict' } },
  );
  world.engine.addImage(image);
  await up(world);
  await world.until('it is refused', () => reason(world, 'db') === 'PolicyRefused');
  expect(world.environment(folder, 'db')?.message).toContain('MLE-SEC-028: it would run as root');
  expect(containerOf(world, 'db').state).toBe('created');
  const made = world.created.length;
  await world.advance(600_000);
  expect(world.created).toHaveLength(made);
  configure(world, { exceptions: [exception({ rule: 'MLE-SEC-028' })] });
  await world.until('it runs', () => phase(world, 'db') === 'running.healthy');
  expect(containerOf(world, 'db').config.capAdd).toContain('SETUID');
  expect(exceptions(world)).not.toEqual([]);
});

test('an image whose working directory is in /proc is refused before it runs', async () => {
  const world = await stranger({ web: 'image: evil:1, workspace: false' });
  world.engine.addImage('evil:1', { workdir: '/proc/self/fd/8' });
  await up(world);
  await world.until('it is refused', () => reason(world, 'web') === 'PolicyRefused');
  expect(world.environment(folder, 'web')?.message).toContain('MLE-SEC-022');
  expect(containerOf(world, 'web').state).toBe('created');
});
