import { expect, test } from 'vitest';
import { readSchema } from '../../schema/files.ts';
import type { Environment } from '../../controller/model/environment.ts';
import { readOne } from '../support/read-spec.ts';

// A field that the schema accepts is a field that works: for each one, some use of it that gives
// another wish than its absence does. Deeper fields are named by their way through the schema.
const uses: Readonly<Record<string, readonly [without: string, withIt: string]>> = {
  image: ['image: x', 'image: y'],
  'image.framework': ['image: { framework: a }', 'image: { framework: b }'],
  'image.version': ['image: { framework: a }', 'image: { framework: a, version: "1" }'],
  'image.cuda': ['image: { framework: a }', 'image: { framework: a, cuda: "12.4" }'],
  'image.python': ['image: { framework: a }', 'image: { framework: a, python: "3.10" }'],
  'image.org': ['image: { framework: a }', 'image: { framework: a, org: b }'],
  pull: ['', 'pull: always'],
  entrypoint: ['', 'entrypoint: sh -c x'],
  command: ['', 'command: [a, b]'],
  init: ['', 'init: false'],
  workdir: ['', 'workdir: /code'],
  user: ['', 'user: 1000:1001'],
  env: ['', 'env: { A: 1 }'],
  envFile: ['', 'envFile: a.env'],
  ports: ['', 'ports: [80]'],
  'ports.container': ['ports: [{ container: 1, host: 9 }]', 'ports: [{ container: 2, host: 9 }]'],
  'ports.host': ['ports: [{ container: 1 }]', 'ports: [{ container: 1, host: auto }]'],
  'ports.ip': ['ports: [1]', 'ports: [{ container: 1, ip: 0.0.0.0 }]'],
  'ports.protocol': ['ports: [1]', 'ports: [{ container: 1, protocol: udp }]'],
  workspace: ['', 'workspace: false'],
  'workspace.target': ['', 'workspace: { target: /code }'],
  'workspace.readOnly': ['', 'workspace: { readOnly: true }'],
  'workspace.update': ['', 'workspace: { update: recreate }'],
  mounts: ['', 'mounts: [{ volume: v, target: /v }]'],
  'mounts.source': ['mounts: [{ source: a, target: /v }]', 'mounts: [{ source: b, target: /v }]'],
  'mounts.volume': ['mounts: [{ volume: a, target: /v }]', 'mounts: [{ volume: b, target: /v }]'],
  'mounts.tmpfs': ['mounts: [{ volume: a, target: /v }]', 'mounts: [{ tmpfs: true, target: /v }]'],
  'mounts.target': ['mounts: [{ volume: a, target: /v }]', 'mounts: [{ volume: a, target: /w }]'],
  'mounts.readOnly': [
    'mounts: [{ volume: a, target: /v }]',
    'mounts: [{ volume: a, target: /v, readOnly: true }]',
  ],
  'mounts.size': [
    'mounts: [{ tmpfs: true, target: /v }]',
    'mounts: [{ tmpfs: true, target: /v, size: 1MB }]',
  ],
  secrets: ['', 'secrets: [A]'],
  'secrets.name': ['secrets: [{ name: A, file: f }]', 'secrets: [{ name: B, file: f }]'],
  'secrets.file': ['secrets: [A]', 'secrets: [{ name: A, file: b }]'],
  'secrets.env': ['secrets: [A]', 'secrets: [{ name: A, env: true }]'],
  shm: ['', 'shm: 4GB'],
  cpus: ['', 'cpus: 2'],
  gpus: ['', 'gpus: 2'],
  'gpus.count': ['gpus: {}', 'gpus: { count: 2 }'],
  'gpus.memory': ['gpus: {}', 'gpus: { memory: ">=40GB" }'],
  'gpus.model': ['gpus: {}', 'gpus: { model: H100 }'],
  'gpus.devices': ['gpus: {}', 'gpus: { devices: [0] }'],
  'gpus.mig': ['gpus: {}', 'gpus: { mig: 1g.10gb }'],
  'gpus.sharing': ['gpus: {}', 'gpus: { sharing: shared }'],
  'gpus.onLost': ['gpus: {}', 'gpus: { onLost: recreate }'],
  'gpus.optional': ['gpus: {}', 'gpus: { optional: true }'],
  priority: ['', 'priority: -1'],
  memory: ['', 'memory: 64GB'],
  pids: ['', 'pids: unlimited'],
  ulimits: ['', 'ulimits: { nofile: 9 }'],
  'ulimits.soft': [
    'ulimits: { core: { soft: 1, hard: 5 } }',
    'ulimits: { core: { soft: 2, hard: 5 } }',
  ],
  'ulimits.hard': [
    'ulimits: { core: { soft: 1, hard: 5 } }',
    'ulimits: { core: { soft: 1, hard: 6 } }',
  ],
  logs: ['', 'logs: { maxFiles: 9 }'],
  'logs.maxSize': ['', 'logs: { maxSize: 9MB }'],
  'logs.maxFiles': ['', 'logs: { maxFiles: 9 }'],
  network: ['', 'network: false'],
  health: ['', 'health: { http: 80 }'],
  'health.command': ['health: { command: a }', 'health: { command: b }'],
  'health.http': ['health: { http: 80 }', 'health: { http: 80/x }'],
  'health.http.port': ['health: { http: { port: 80 } }', 'health: { http: { port: 81 } }'],
  'health.http.path': [
    'health: { http: { port: 80 } }',
    'health: { http: { port: 80, path: /x } }',
  ],
  'health.interval': ['health: { http: 80 }', 'health: { http: 80, interval: 1s }'],
  'health.timeout': ['health: { http: 80 }', 'health: { http: 80, timeout: 1s }'],
  'health.retries': ['health: { http: 80 }', 'health: { http: 80, retries: 9 }'],
  'health.startPeriod': ['health: { http: 80 }', 'health: { http: 80, startPeriod: 1s }'],
  'health.onUnhealthy': ['health: { http: 80 }', 'health: { http: 80, onUnhealthy: report }'],
  'health.grace': ['health: { http: 80 }', 'health: { http: 80, grace: 1s }'],
  restart: ['', 'restart: always'],
  'restart.when': ['restart: { when: on-failure }', 'restart: { when: never }'],
  'restart.limit': ['restart: { when: always }', 'restart: { when: always, limit: 3 }'],
  timeout: ['', 'timeout: 12h'],
  rerun: ['restart: never', 'restart: never, rerun: onChange'],
  stopGrace: ['', 'stopGrace: 1m'],
  prunePolicy: ['', 'prunePolicy: remove-volumes'],
  updates: ['', 'updates: manual'],
  idle: ['', 'idle: 2h'],
  'idle.after': ['idle: {}', 'idle: { after: 2h }'],
  'idle.gpu': ['idle: {}', 'idle: { gpu: any }'],
  'idle.cpu': ['idle: {}', 'idle: { cpu: <5% }'],
  'idle.network': ['idle: {}', 'idle: { network: <5MB }'],
  'idle.action': ['idle: {}', 'idle: { action: notify }'],
  maxLifetime: ['', 'maxLifetime: 12h'],
  state: ['', 'state: stopped'],
  labels: ['', 'labels: { a: b }'],
  ...Object.fromEntries(
    'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'
      .split(' ')
      .map((name) => [`ulimits.${name}`, ['', `ulimits: { ${name}: 7 }`]] as const),
  ),
};

const wishOf = async (fields: string): Promise<Omit<Environment, 'digest'>> => {
  const image = fields.startsWith('image') ? '' : 'image: x, ';
  const { digest: _digest, ...wish } = await readOne(`{ ${image}${fields} }`, { 'a.env': 'E=1\n' });
  return wish;
};

test.each(Object.entries(uses))('%s has an effect on the wish', async (_, [without, withIt]) => {
  expect(await wishOf(withIt)).not.toEqual(await wishOf(without));
});

interface Node {
  readonly [key: string]: unknown;
}

/** Every field of every map that can stand below `node`, as `health.http.port`. */
const fieldsBelow = (node: Node, root: Node, way: string): readonly string[] => {
  const ref = node['$ref'];
  if (typeof ref === 'string') {
    const definitions = root['$defs'] as Readonly<Record<string, Node>>;
    return fieldsBelow(definitions[ref.replace('#/$defs/', '')] ?? {}, root, way);
  }
  const branches = ((node['anyOf'] ?? []) as readonly Node[]).flatMap((branch) =>
    fieldsBelow(branch, root, way),
  );
  const items = node['items'] === undefined ? [] : fieldsBelow(node['items'] as Node, root, way);
  const fields = Object.entries((node['properties'] ?? {}) as Readonly<Record<string, Node>>);
  const own = fields.flatMap(([name, field]) => {
    const here = way === '' ? name : `${way}.${name}`;
    return [here, ...fieldsBelow(field, root, here)];
  });
  return [...branches, ...items, ...own];
};

test('every field of the schema is among them', () => {
  const root = readSchema('mlenv.schema.json') as Node;
  const definitions = root['$defs'] as Readonly<Record<string, Node>>;
  const all = fieldsBelow(definitions['environment'] ?? {}, root, '')
    // soft and hard are the same map under every limit.
    .map((way) => way.replace(/^ulimits\.[a-z]+\.(soft|hard)$/, 'ulimits.$1'));
  // Between environments: it has a test of its own below.
  const expected = [...Object.keys(uses), 'dependsOn'];
  expect([...new Set(all)].sort()).toEqual(expected.sort());
});
