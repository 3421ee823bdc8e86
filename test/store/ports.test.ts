import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PortTaken } from '../../controller/model/store.ts';
import type { PortLease } from '../../controller/model/record.ts';
import { environment, openTestStore, project } from './support.ts';

const notebook = 'p1/notebook' as const;
const db = 'p1/db' as const;

const lease = (over: Partial<PortLease> = {}): PortLease => ({
  projectId: 'p1',
  environment: 'notebook',
  container: 8888,
  protocol: 'tcp',
  hostIp: '127.0.0.1',
  host: 8888,
  auto: false,
  ...over,
});

const stored = () => {
  const { store, hand } = openTestStore();
  store.projects.insert(project());
  store.environments.insert(environment());
  store.environments.insert(environment({ environment: 'db' }));
  return { store, ports: store.ports, hand };
};

test('leases replace those before', () => {
  const { ports } = stored();
  ports.replace(notebook, [lease(), lease({ container: 22, host: 32_000, auto: true })]);
  ports.replace(notebook, [lease({ container: 22, host: 32_000, auto: true })]);
  expect(ports.of(notebook)).toEqual([lease({ container: 22, host: 32_000, auto: true })]);
  expect(ports.all()).toEqual(ports.of(notebook));
  ports.replace(notebook, []);
  expect(ports.all()).toEqual([]);
});

test('the place comes from the key', () => {
  const { ports } = stored();
  ports.replace(db, [lease()]);
  expect(ports.of(db)).toEqual([lease({ environment: 'db' })]);
});

test("two containers' ports may change hosts within one environment", () => {
  const { ports } = stored();
  ports.replace(notebook, [lease({ container: 1, host: 1 }), lease({ container: 2, host: 2 })]);
  const swapped = [lease({ container: 1, host: 2 }), lease({ container: 2, host: 1 })];
  ports.replace(notebook, swapped);
  expect(ports.of(notebook)).toEqual(swapped);
});

test.each([
  ['127.0.0.1', '127.0.0.1', true],
  ['0.0.0.0', '127.0.0.1', true],
  ['127.0.0.1', '0.0.0.0', true],
  ['127.0.0.1', '', true],
  ['::', '::1', true],
  ['::1', '::1', true],
  ['127.0.0.1', '127.0.0.2', false],
  ['::', '0.0.0.0', false],
  ['::', '127.0.0.1', false],
])('on %s and %s the same port collides: %s', (first, second, collides) => {
  const { ports } = stored();
  ports.replace(db, [lease({ hostIp: first })]);
  const take = () => {
    ports.replace(notebook, [lease({ hostIp: second })]);
  };
  if (collides) expect(take).toThrow(PortTaken);
  else take();
  expect(ports.of(notebook)).toHaveLength(collides ? 0 : 1);
  ports.replace(notebook, [lease({ hostIp: second, protocol: 'udp' })]);
  ports.replace(notebook, [lease({ hostIp: second, host: 9999 })]);
});

test('a refusal names the port and its holder and changes nothing, in an outer transaction too', () => {
  const { store, ports } = stored();
  ports.replace(db, [lease({ host: 7000 })]);
  ports.replace(notebook, [lease()]);
  let refusal: unknown;
  store.transaction(() => {
    try {
      ports.replace(notebook, [lease({ host: 9000 }), lease({ host: 7000 })]);
    } catch (error) {
      refusal = error;
    }
  });
  expect(refusal).toBeInstanceOf(PortTaken);
  expect(refusal).toMatchObject({ holder: db, lease: { host: 7000 } });
  expect(String(refusal)).toContain('127.0.0.1:7000/tcp is held by p1/db');
  expect(ports.of(notebook)).toEqual([lease()]);
});

test('the same port twice in one wish is refused as well', () => {
  const { ports } = stored();
  expect(() => {
    ports.replace(notebook, [lease(), lease({ hostIp: '0.0.0.0' })]);
  }).toThrow(PortTaken);
});

test('the same leases again write nothing', () => {
  const { ports, hand } = stored();
  ports.replace(notebook, [lease(), lease({ container: 22, host: 22 })]);
  const before = hand.pragma('data_version', { simple: true });
  ports.replace(notebook, [lease({ container: 22, host: 22 }), lease()]);
  expect(hand.pragma('data_version', { simple: true })).toBe(before);
});

test('whatever is asked, no two leases overlap', () => {
  const wish = fc.record({
    key: fc.constantFrom(notebook, db),
    leases: fc.array(
      fc.record({
        hostIp: fc.constantFrom('0.0.0.0', '127.0.0.1', '10.0.0.1', '::', '::1'),
        host: fc.integer({ min: 1, max: 3 }),
        protocol: fc.constantFrom('tcp' as const, 'udp' as const),
      }),
      { maxLength: 3 },
    ),
  });
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 8 }), (wishes) => {
      const { ports } = stored();
      for (const { key, leases } of wishes) {
        try {
          ports.replace(
            key,
            leases.map((asked) => lease(asked)),
          );
        } catch (error) {
          if (!(error instanceof PortTaken)) throw error;
        }
      }
      const all = ports.all();
      const family = (ip: string) => (ip.includes(':') ? 6 : 4);
      const wild = (ip: string) => ip === '0.0.0.0' || ip === '::';
      for (const [index, a] of all.entries())
        for (const b of all.slice(index + 1))
          expect(
            a.host === b.host &&
              a.protocol === b.protocol &&
              family(a.hostIp) === family(b.hostIp) &&
              (a.hostIp === b.hostIp || wild(a.hostIp) || wild(b.hostIp)),
          ).toBe(false);
    }),
    { numRuns: 40 },
  );
});
