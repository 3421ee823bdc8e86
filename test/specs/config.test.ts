import { defaultGitLimits } from '../../controller/model/git.ts';
import { defaultTemplate } from '../../controller/model/notice-template.ts';
import * as fc from 'fast-check';
import { committed } from '../support/generated.ts';
import { describe, expect, it, test } from 'vitest';
import { defaultHostConfig } from '../../controller/model/config.ts';
import { ownHostConfig } from '../../controller/model/own-config.ts';
import { noLimits } from '../../controller/model/quota.ts';
import { readSchema } from '../../schema/files.ts';
import { configLeaves, readHostConfig, valuesOf } from '../../specs/config/index.ts';
import { resolveValues } from '../../specs/config/resolve.ts';

const file = '/etc/mlenv/config.yaml';

const read = (
  lines: string | null,
  env: Readonly<Record<string, string>> = {},
  home: string | null = null,
) =>
  readHostConfig({
    text: lines === null ? null : new TextEncoder().encode(`apiVersion: mlenv/v1\n${lines}`),
    file,
    env,
    home,
  });

const good = (...args: Parameters<typeof read>) => {
  const result = read(...args);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result;
};

/** `line:column code message`, or with the variable's name in front. */
const faults = (...args: Parameters<typeof read>): readonly string[] => {
  const result = read(...args);
  return result.ok
    ? []
    : result.diagnostics.map(
        (one) =>
          `${one.file === file ? '' : `${one.file}:`}${one.line}:${one.column} ${one.code} ${one.message}`,
      );
};

const exception = (over: Readonly<Record<string, string>>): string => {
  const fields = {
    rule: 'MLE-SEC-027',
    project: '/p',
    until: '2027-01-31',
    reason: 'fair',
    ...over,
  };
  const text = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return `policy: { exceptions: [{ ${text.join(', ')} }] }`;
};

const whole = `watch: [/srv/projects/, /srv/./projects, { path: /data, start: automatic }]
pruneGrace: 1h30m
subnets: { range: 172.30.0.0/16, prefix: 27 }
autoPorts: 30000-30999
gpu:
  nvidiaSmi: none
  injection: cdi
  poll: 1m
  timeout: 30s
  foreignMemory: 1.5GB
  recoverAfter: 10
  exclude: [0, "07", GPU-5fc7]
  shared: [{ gpus: [5, GPU-a], slots: 4 }]
  reserved:
    - { gpus: ["09", GPU-c], for: { projects: [/srv/vision/], users: [ada] } }
    - { gpus: [8], for: { users: [bob] } }
defaults: { cpus: 1.5, memory: 16GB }
host: { memory: 80.5%, cpu: off, load: off, freeMemory: off, freeDisk: 0.5% }
queue: { order: strict, reserveAfter: 0s }
quotas:
  project: { gpus: 4 }
  user: { containers: 20, cpus: 0.5, memory: unlimited }
  groups: { domain users: { gpus: 2 }, staff: { gpus: unlimited } }
  users: { alice@corp.example: { memory: 1.5GB } }
  projects: { /srv/a/: { gpus: 0 } }
owners: { /srv/./a: alice }
policy:
  level: strict
  images: [nvcr.io/nvidia/*, docker.io/library/python]
  exceptions:
    - { rule: MLE-SEC-027, project: /srv/./demo, until: 2027-01-31, reason: fair }
people: { admins: { users: [ada, 1234], groups: [gpu-admins] }, reading: own, roots: [/data/./u/] }
listen: "[::1]:7070"
mountRoots: [{ path: /datasets/, projects: [/srv/a/] }, { path: /scratch, readOnly: false }]
sources:
  - { name: vision, url: https://git.lab/vision.git, path: training/, owner: alice, token: { file: /etc/t }, webhook: { secretFile: /etc/h } }
  - { name: speech, url: "git@git.lab:speech.git", ref: v1, poll: 5m, key: { file: /etc/k }, maxSize: 2GB }
notices:
  - { name: lab-chat, webhookFile: /etc/u, projects: [vision*], template: '{subject}', secretFile: /etc/k }
  - { name: pager, command: [/bin/tell, -x], events: [failure, failure] }
registries: [{ name: nvcr.io, url: https://mirror.lab/ngc }, { name: "r.lab:5000", tokenHosts: [auth.lab, auth.lab] }]
catalogueUrl: https://mirror.lab/api
metrics: { interval: 1m, prometheus: true, tokenFile: /etc/m }
idle: { cards: 4h, warning: 1m, maxKeep: 12h, holdCards: 0s, scarceAt: off, scarceFactor: 0.25 }
health: { interval: 2m, gpuInterval: 10m }
retention: { events: 7d, audit: 48h, metrics: 2d, snapshots: 3d, usage: 4d, healthChecks: 5d, deletedContainers: 6d, generations: 8d, runs: 9d, runLogs: 200MB, maxRows: 5000, maxBytes: 1GB, freeDisk: 0B }
backups: { keep: 3, at: "23:05" }
`;

describe('a file', () => {
  it('that is not there leaves what is built in', () => {
    const { config, origins } = good(null);
    expect(config).toEqual(defaultHostConfig);
    expect(new Set(Object.values(origins))).toEqual(new Set(['built in']));
    expect(Object.keys(origins)).toEqual(configLeaves);
  });

  it('sets every leaf, and is named with the line of each', () => {
    const { config, origins } = good(whole);
    expect(config).toEqual({
      own: false,
      settings: {
        ...defaultHostConfig.settings,
        pruneGraceMs: 5_400_000,
        subnets: { base: '172.30.0.0/16', prefix: 27 },
        autoPorts: { from: 30_000, to: 30_999 },
      },
      watch: ['/srv/projects', '/data'],
      start: {
        usual: 'onFirstUp',
        roots: [
          { pattern: '/srv/projects', start: null },
          { pattern: '/data', start: 'automatic' },
        ],
      },
      gpu: {
        nvidiaSmi: null,
        injection: 'cdi',
        pollMs: 60_000,
        timeoutMs: 30_000,
        foreignMemoryBytes: 1.5 * 2 ** 30,
        recoverAfter: 10,
        exclude: ['0', '7', 'GPU-5fc7'],
        shared: [{ gpus: ['5', 'GPU-a'], slots: 4 }],
        reserved: [
          { gpus: ['9', 'GPU-c'], for: { projects: ['/srv/vision'], users: ['ada'] } },
          { gpus: ['8'], for: { projects: [], users: ['bob'] } },
        ],
      },
      defaults: { cpus: 1.5, memoryBytes: 16 * 2 ** 30 },
      host: {
        memoryPercent: 80.5,
        cpuPercent: null,
        freeMemory: null,
        loadPerCore: null,
        freeDisk: { percent: 0.5, bytes: null },
      },
      queue: { order: 'strict', reserveAfterMs: 0 },
      quotas: {
        project: { ...noLimits, containers: 5, gpus: 4 },
        user: { containers: 20, cpus: 0.5, memoryBytes: 'unlimited', gpus: null },
        groups: new Map([
          ['domain users', { ...noLimits, gpus: 2 }],
          ['staff', { ...noLimits, gpus: 'unlimited' }],
        ]),
        users: new Map([['alice@corp.example', { ...noLimits, memoryBytes: 1.5 * 2 ** 30 }]]),
        projects: new Map([['/srv/a', { ...noLimits, gpus: 0 }]]),
      },
      owners: new Map([['/srv/a', 'alice']]),
      policy: {
        level: 'strict',
        images: ['nvcr.io/nvidia/*', 'docker.io/library/python'],
        exceptions: [
          {
            rule: 'MLE-SEC-027',
            project: '/srv/demo',
            until: Date.UTC(2027, 1, 1),
            reason: 'fair',
          },
        ],
      },
      people: {
        admins: { users: ['ada', '1234'], groups: ['gpu-admins'] },
        reading: 'own',
        roots: ['/data/u'],
      },
      listen: { host: '::1', port: 7070 },
      mountRoots: [
        { path: '/datasets', readOnly: true, projects: ['/srv/a'] },
        { path: '/scratch', readOnly: false, projects: null },
      ],
      sources: [
        {
          name: 'vision',
          url: 'https://git.lab/vision.git',
          ref: 'main',
          path: 'training',
          owner: 'alice',
          pollMs: 60_000,
          credentials: { kind: 'token', user: 'git', file: '/etc/t' },
          hookSecretFile: '/etc/h',
          limits: defaultGitLimits,
        },
        {
          name: 'speech',
          url: 'git@git.lab:speech.git',
          ref: 'v1',
          path: '',
          owner: null,
          pollMs: 300_000,
          credentials: { kind: 'key', file: '/etc/k', knownHosts: '/etc/ssh/ssh_known_hosts' },
          hookSecretFile: null,
          limits: { ...defaultGitLimits, maxBytes: 2 ** 31 },
        },
      ],
      notices: [
        {
          name: 'lab-chat',
          target: { kind: 'webhook-file', file: '/etc/u' },
          events: ['failure', 'recovery', 'pending'],
          projects: ['vision*'],
          template: '{subject}',
          format: 'json',
          secretFile: '/etc/k',
        },
        {
          name: 'pager',
          target: { kind: 'command', argv: ['/bin/tell', '-x'] },
          events: ['failure'],
          projects: null,
          template: defaultTemplate,
          format: 'text',
          secretFile: null,
        },
      ],
      registries: [
        { name: 'nvcr.io', url: 'https://mirror.lab/ngc', tokenHosts: [] },
        { name: 'r.lab:5000', url: null, tokenHosts: ['auth.lab'] },
      ],
      catalogueUrl: 'https://mirror.lab/api',
      metrics: { everyMs: 60_000, prometheus: true, tokenFile: '/etc/m' },
      idle: {
        cardsAfterMs: 4 * 3_600_000,
        warningMs: 60_000,
        maxKeepMs: 12 * 3_600_000,
        holdCardsMs: 0,
        scarceAtPercent: null,
        scarceFactor: 0.25,
      },
      health: { everyMs: 120_000, gpuEveryMs: 600_000 },
      retention: {
        eventsMs: 7 * 86_400_000,
        auditMs: 2 * 86_400_000,
        metricsMs: 2 * 86_400_000,
        snapshotsMs: 3 * 86_400_000,
        usageMs: 4 * 86_400_000,
        healthChecksMs: 5 * 86_400_000,
        deletedContainersMs: 6 * 86_400_000,
        generationsMs: 8 * 86_400_000,
        runsMs: 9 * 86_400_000,
        runLogBytes: 200 * 2 ** 20,
        maxRows: 5000,
        maxBytes: 2 ** 30,
        freeDiskBytes: 0,
      },
      backups: { keep: 3, atMinute: 23 * 60 + 5 },
    });
    expect(Object.values(origins).filter((origin) => !origin.startsWith(`${file}:`))).toEqual([]);
    expect(origins).toMatchObject({
      watch: `${file}:2`,
      'subnets.prefix': `${file}:4`,
      'gpu.poll': `${file}:9`,
      'gpu.shared': `${file}:14`,
      'gpu.reserved': `${file}:15`,
    });
  });

  it('leaves alone what it does not say', () => {
    const { config, origins } = good('gpu: { poll: 5s }\nsubnets: {}\n');
    expect(config).toEqual({
      ...defaultHostConfig,
      gpu: { ...defaultHostConfig.gpu, pollMs: 5000 },
    });
    expect(origins['gpu.poll']).toBe(`${file}:2`);
    expect(origins['gpu.timeout']).toBe('built in');
  });
});

test('what is written out reads back the same', () => {
  for (const { config } of [good(null), good(whole)]) {
    const back = resolveValues(valuesOf(config), (one) => expect.fail(one.message));
    expect(back).toEqual(config);
  }
});

test('the schema tells the defaults that hold, and has a leaf for each of its fields', () => {
  type Node = { readonly [key: string]: Node };
  const root = readSchema('config.schema.json') as Node;
  const builtIn = valuesOf(defaultHostConfig);
  const leavesOf = (map: Node, above: string): readonly (readonly [string, Node])[] =>
    Object.entries(map).flatMap(([name, node]) => {
      const isOwn = (node['$ref'] as unknown) === `#/$defs/${name}`;
      const inner = isOwn ? root['$defs']?.[name]?.['properties'] : undefined;
      const path = `${above}${name}`;
      return inner === undefined ? [[path, node] as const] : leavesOf(inner, `${path}.`);
    });
  const told = leavesOf(root['properties'] ?? {}, '');
  expect(told.map(([name]) => name)).toEqual(['apiVersion', ...configLeaves]);
  expect(
    Object.fromEntries(told.slice(1).map(([name, node]) => [name, node['default'] ?? null])),
  ).toEqual(builtIn);
});

test('every example of docs/notices.md is one', () => {
  const examples = [...committed('docs/notices.md').matchAll(/^```yaml\n(.*?)^```$/gms)];
  expect(examples.length).toBeGreaterThan(2);
  for (const [, text = ''] of examples) {
    const { notices } = good(text.replace('apiVersion: mlenv/v1\n', '')).config;
    expect(notices).toHaveLength(1);
  }
});

test('the example of docs/registry.md is one', () => {
  const [, text = ''] = /^```yaml\n(.*?)^```$/ms.exec(committed('docs/registry.md')) ?? [];
  const { registries } = good(text.replace('apiVersion: mlenv/v1\n', '')).config;
  expect(registries.map(({ name }) => name)).toEqual(['nvcr.io', 'ghcr.io', 'registry.lab:5000']);
});

test('one list of administrators leaves the other as it is built in', () => {
  const { people } = good('people: { admins: { users: [ada] } }\n').config;
  expect(people.admins).toEqual({ users: ['ada'], groups: ['mlenv-admin'] });
});

describe('a fault', () => {
  it.each([
    ['wacth: []', '2:1 E_UNKNOWN_FIELD there is no field "wacth"'],
    ['x-mine: 1', '2:1 E_UNKNOWN_FIELD there is no field "x-mine"'],
    [
      'mountRoots: [{ path: / }]',
      "2:22 E_PATH \"/\" cannot be a mount root: it is the system's, the engine's or MLEnv's own",
    ],
    ...[
      '/etc',
      '/proc',
      '/sys',
      '/dev',
      '/run',
      '/boot',
      '/root',
      '/var/run',
      '/var/lib/docker',
    ].map((path): [string, string] => [
      `mountRoots: [{ path: ${path}/. }]`,
      `2:22 E_PATH "${path}" cannot be a mount root: it is the system's, the engine's or MLEnv's own`,
    ]),
    [
      'mountRoots: [{ path: /var/lib }]',
      '2:22 E_PATH "/var/lib" cannot be a mount root: it and "/var/lib/docker" lie in each other',
    ],
    [
      'mountRoots: [{ path: /etc/ssl }]',
      '2:22 E_PATH "/etc/ssl" cannot be a mount root: it and "/etc" lie in each other',
    ],
    [
      'mountRoots: [{ path: /a }, { path: /a/ }]',
      '2:36 E_CONFLICT "/a" stands in mountRoots already',
    ],
    ['listen: 7070', '2:9 E_TYPE listen cannot be the number 7070'],
    ['listen: localhost:70700', '2:9 E_RANGE 70700 is no port'],
    ['registries: [{ name: https://a }]', '2:22 E_FORMAT registries[0].name cannot be "https://a"'],
    [
      'registries: [{ name: a }, { name: a }]',
      '2:35 E_CONFLICT "a" is the name of registries[0] already',
    ],
    [
      'registries: [{ name: a, url: "https://ada:s3cret@a" }]',
      '2:30 E_FORMAT an address here bears no login',
    ],
    [
      'registries: [{ name: a, url: mirror.lab }]',
      '2:30 E_FORMAT "mirror.lab" is no address of http or https',
    ],
    ['catalogueUrl: "https://a/?b"', '2:15 E_FORMAT "https://a/?b" has a ? or a # in it'],
    [
      'registries: [{ name: a, tokenHosts: ["https://b"] }]',
      '2:38 E_FORMAT registries[0].tokenHosts[0] cannot be "https://b"',
    ],
    ['mountRoots: [{ path: data }]', '2:22 E_FORMAT mountRoots[0].path cannot be "data"'],
    [
      'notices: [{ name: a }]',
      '2:11 E_REQUIRED a receiver needs one of webhook, webhookFile and command',
    ],
    [
      'notices: [{ name: a, webhook: "https://a", command: [/b] }]',
      '2:44 E_CONFLICT command and webhook are two ways to tell one receiver',
    ],
    [
      'notices: [{ name: a, webhook: "https://ada:s3cret@a" }]',
      '2:31 E_FORMAT webhook is no address that can be sent to',
    ],
    [
      'notices: [{ name: a, webhook: "ftp://a" }]',
      '2:31 E_FORMAT webhook is no address that can be sent to',
    ],
    ['notices: [{ name: a, command: [tell] }]', '2:32 E_PATH "tell" is no absolute path'],
    [
      'notices: [{ name: a, command: [/b], secretFile: /k }]',
      '2:37 E_CONFLICT secretFile is for webhooks',
    ],
    [
      'notices: [{ name: a, command: [/b] }, { name: a, command: [/b] }]',
      '2:47 E_CONFLICT "a" is the name of notices[0] already',
    ],
    [
      "notices: [{ name: a, command: [/b], template: 'x {projct} y' }]",
      '2:50 E_FORMAT "{projct}" stands for nothing',
    ],
    ["notices: [{ name: a, command: [/b], template: 'x } y' }]", '2:50 E_FORMAT a } stands alone'],
    [
      'notices: [{ name: a, command: [/b], events: [fail] }]',
      '2:46 E_VALUE notices[0].events[0] cannot be "fail"',
    ],
    ['watch: [srv]', '2:9 E_FORMAT watch[0] cannot be "srv"'],
    ['watch: ["/srv/{a,b}"]', '2:9 E_FORMAT "/srv/{a,b}" is no pattern of folders'],
    [
      'watch: [/srv, { path: /srv/, start: automatic }]',
      '2:23 E_CONFLICT "/srv/" stands in watch already, with another start',
    ],
    ['watch: [{ path: /srv, start: later }]', '2:30 E_VALUE watch[0].start cannot be "later"'],
    ['watch: [/srv, ~/p]', '2:15 E_PATH "~/p" is nobody\'s here'],
    ['pruneGrace: 10', '2:13 E_TYPE pruneGrace cannot be the number 10'],
    ['pruneGrace: 400d', '2:13 E_RANGE pruneGrace cannot be "400d"'],
    [
      'subnets: { range: 10.213.0.300/16 }',
      '2:19 E_RANGE subnets.range cannot be "10.213.0.300/16"',
    ],
    ['subnets: { range: 10.0.0.0/4 }', '2:19 E_RANGE subnets.range cannot be "10.0.0.0/4"'],
    ['subnets: { range: 10.0.0.0/30 }', '2:19 E_RANGE subnets.range cannot be "10.0.0.0/30"'],
    ['subnets: { prefix: 30 }', '2:20 E_RANGE subnets.prefix must be 8 to 29'],
    [
      'subnets: { prefix: 15 }',
      '2:20 E_RANGE a network of prefix 15 does not fit into the range 10.213.0.0/16',
    ],
    [
      'subnets: { range: 10.1.0.0/28 }',
      '2:19 E_RANGE a network of prefix 26 does not fit into the range 10.1.0.0/28',
    ],
    ['autoPorts: 20000', '2:12 E_TYPE autoPorts cannot be the number 20000'],
    ['autoPorts: 80-90', '2:12 E_RANGE autoPorts cannot be "80-90"'],
    ['autoPorts: 30000-70000', '2:12 E_RANGE autoPorts cannot be "30000-70000"'],
    ['autoPorts: 30000-20000', '2:12 E_RANGE autoPorts cannot be "30000-20000"'],
    ['gpu: { nvidiaSmi: bin/smi }', '2:19 E_FORMAT gpu.nvidiaSmi cannot be "bin/smi"'],
    ['gpu: { injection: cid }', '2:19 E_VALUE gpu.injection cannot be "cid"'],
    ['gpu: { poll: 500ms }', '2:14 E_RANGE gpu.poll cannot be "500ms"'],
    ['gpu: { timeout: 1h }', '2:17 E_RANGE gpu.timeout cannot be "1h"'],
    ['gpu: { foreignMemory: 1 }', '2:23 E_TYPE gpu.foreignMemory cannot be the number 1'],
    ['gpu: { recoverAfter: 0 }', '2:22 E_RANGE gpu.recoverAfter must be 1 to 1000'],
    ['gpu: { exclude: [x] }', '2:18 E_FORMAT gpu.exclude[0] cannot be "x"'],
    ['gpu: { shared: [{ gpus: [1] }] }', '2:17 E_REQUIRED gpu.shared[0] needs slots'],
    [
      'gpu: { shared: [{ gpus: [1], slots: 1 }] }',
      '2:37 E_RANGE gpu.shared[0].slots must be 2 to 99',
    ],
    [
      'gpu: { shared: [{ gpus: [1], slots: 2 }, { gpus: [2, "01"], slots: 3 }] }',
      '2:54 E_CONFLICT "1" stands in gpu.shared[0] already',
    ],
    [
      'gpu: { exclude: [3], shared: [{ gpus: ["03"], slots: 2 }] }',
      '2:40 E_CONFLICT "3" stands in gpu.exclude already',
    ],
    [
      'gpu: { shared: [{ gpus: [1], slots: 2 }], reserved: [{ gpus: [2, 1], for: { users: [ada] } }] }',
      '2:66 E_CONFLICT "1" stands in gpu.shared[0] already',
    ],
    ['gpu: { reserved: [{ gpus: [2], for: {} }] }', '2:37 E_TYPE gpu.reserved[0].for'],
    ['defaults: { cpus: 0 }', '2:19 E_RANGE cpus must be 0.01 to 4096'],
    ['defaults: { memory: 1MB }', '2:21 E_RANGE memory cannot be "1MB"'],
    ['host: { memory: 85 }', '2:17 E_TYPE host.memory cannot be the number 85'],
    ['host: { memory: 101% }', '2:17 E_RANGE host.memory cannot be "101%"'],
    ['host: { cpu: 0% }', '2:14 E_RANGE host.cpu cannot be "0%"'],
    ['host: { load: of }', '2:15 E_VALUE host.load cannot be "of"'],
    ['host: { load: 0 }', '2:15 E_RANGE host.load must be 0.01 to 1000'],
    [
      'host: { freeMemory: 4GB up to 5% }',
      '2:21 E_FORMAT host.freeMemory cannot be "4GB up to 5%"',
    ],
    ['host: { freeDisk: 101% up to 5GB }', '2:19 E_RANGE host.freeDisk cannot be "101%"'],
    ['host: { freeDisk: 0% }', '2:19 E_RANGE host.freeDisk cannot be "0%"'],
    ['policy: { level: lax }', '2:18 E_VALUE policy.level cannot be "lax"'],
    ['policy: { images: [x*y] }', '2:20 E_FORMAT policy.images[0] cannot be "x*y"'],
    ['policy: { images: ["x:latest"] }', '2:20 E_FORMAT policy.images[0] cannot be "x:latest"'],
    [exception({ rule: 'MLE-SEC-999' }), '2:32 E_VALUE there is no rule "MLE-SEC-999"'],
    [
      exception({ rule: 'MLE-SEC-001' }),
      '2:32 E_VALUE MLE-SEC-001 may never be opened: A privileged container, or a privileged command in one.',
    ],
    [
      exception({ until: '2027-02-30' }),
      '2:65 E_RANGE there is no such day or time as "2027-02-30"',
    ],
    [exception({ until: 'soon' }), '2:65 E_FORMAT policy.exceptions[0].until cannot be "soon"'],
    [exception({ project: 'demo' }), '2:54 E_FORMAT policy.exceptions[0].project cannot be "demo"'],
    ['queue: { order: fifo }', '2:17 E_VALUE queue.order cannot be "fifo"'],
    ['quotas: { user: { gpus: -1 } }', '2:25 E_RANGE quotas.user.gpus must be 0 to 10000'],
    ['quotas: { user: { gpus: 1.5 } }', '2:25 E_TYPE quotas.user.gpus must be a whole number'],
    ['quotas: { user: { cpus: many } }', '2:25 E_VALUE quotas.user.cpus cannot be "many"'],
    ['quotas: { user: { memory: 64 } }', '2:27 E_TYPE quotas.user.memory cannot be the number 64'],
    ['quotas: { user: { memory: 2000TB } }', '2:27 E_RANGE quotas.user.memory cannot be'],
    ['quotas: { users: { alice: 3 } }', '2:27 E_TYPE quotas.users.alice cannot be the number 3'],
    ['quotas: { groups: { "a:b": {} } }', '2:21 E_FORMAT "a:b" cannot be a name here'],
    ['quotas: { users: { a: { gpu: 1 } } }', '2:25 E_UNKNOWN_FIELD there is no field "gpu"'],
    ['quotas: { projects: { srv: {} } }', '2:23 E_FORMAT "srv" cannot be a name here'],
    ['quotas: { projects: { /a: {}, /a/: {} } }', '2:31 E_CONFLICT "/a" stands here already'],
    ['owners: { /srv: "a b/c" }', '2:17 E_FORMAT owners./srv cannot be "a b/c"'],
    ['owners: { srv: alice }', '2:11 E_FORMAT "srv" cannot be a name here'],
    ['people: { roots: [home] }', '2:19 E_FORMAT people.roots[0] cannot be "home"'],
    [
      'people: { admins: { users: [Ada] } }',
      '2:29 E_FORMAT people.admins.users[0] cannot be "Ada"',
    ],
    ['people: { reading: nobody }', '2:20 E_VALUE people.reading cannot be "nobody"'],
    ['gpu: [', '2:7 E_SYNTAX'],
  ])('%s is pointed to', (line, expected) => {
    const told = faults(`${line}\n`);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(expected);
  });

  it('comes with all others of the file and of the variables', () => {
    const told = faults('gpu: { pol: 1 }\nqueue: 7\n', { MLENV_PRUNE_GRACE: 'soon' });
    expect(told).toEqual([
      '2:8 E_UNKNOWN_FIELD there is no field "pol"',
      '3:8 E_TYPE queue cannot be the number 7',
      'MLENV_PRUNE_GRACE:1:1 E_FORMAT MLENV_PRUNE_GRACE cannot be "soon"',
    ]);
  });

  it('is told in words of this file and not of a project', () => {
    const hint = (text: string): string | undefined => {
      const result = readHostConfig({ text: new TextEncoder().encode(text), file, env: {} });
      return result.ok ? undefined : result.diagnostics[0]?.hint;
    };
    expect(hint('# nothing yet\n')).toBe('begin with: apiVersion: mlenv/v1');
    expect(hint('apiVersion: mlenv/v1\ngpu: &a {}\n')).toBe('write the value out');
    expect(hint('apiVersion: mlenv/v2\nnew: 1\n')).toBe('upgrade mlenv');
  });

  it('is told even where a variable stands above it', () => {
    expect(faults('pruneGrace: soon\n', { MLENV_PRUNE_GRACE: '5m' })).toHaveLength(1);
  });
});

test('the folder of the state is no mount root, wherever the environment puts it', () => {
  const env = { MLENV_STATE_DIR: '/data/state', HOME: '/home/ada' };
  expect(
    faults('mountRoots: [{ path: /data }, { path: /home/ada/.mlenv }, { path: /x }]', env),
  ).toEqual([
    '2:22 E_PATH "/data" cannot be a mount root: it and "/data/state" lie in each other',
    "2:39 E_PATH \"/home/ada/.mlenv\" cannot be a mount root: it is the system's, the engine's or MLEnv's own",
  ]);
});

describe('variables', () => {
  it('that do not go with what the file says are told where the file says it', () => {
    const reserved = 'gpu: { reserved: [{ gpus: [6], for: { users: [ada] } }] }\n';
    expect(faults(reserved, { MLENV_GPU_SHARED: '6,7:2' })).toEqual([
      expect.stringContaining('2:28 E_CONFLICT "6" stands in gpu.shared[0] already'),
    ]);
  });

  it('stand above the file, and are named as the origin', () => {
    const { config, origins } = good(whole, {
      MLENV_PRUNE_GRACE: '30s',
      MLENV_SUBNETS: '10.1.0.0/20:28',
      MLENV_AUTO_PORTS: '40000-40010',
      MLENV_NVIDIA_SMI: '/opt/smi',
      MLENV_GPU_INJECTION: 'runtime',
      MLENV_GPU_EXCLUDE: '3, GPU-b',
      MLENV_GPU_SHARED: '6,7:2',
      MLENV_QUEUE: 'best-effort:5m',
    });
    expect(config.settings).toMatchObject({
      pruneGraceMs: 30_000,
      subnets: { base: '10.1.0.0/20', prefix: 28 },
      autoPorts: { from: 40_000, to: 40_010 },
    });
    expect(config.gpu).toMatchObject({
      nvidiaSmi: '/opt/smi',
      injection: 'runtime',
      exclude: ['3', 'GPU-b'],
      shared: [{ gpus: ['6', '7'], slots: 2 }],
      pollMs: 60_000,
    });
    expect(config.queue).toEqual({ order: 'best-effort', reserveAfterMs: 300_000 });
    expect(origins).toMatchObject({
      pruneGrace: 'MLENV_PRUNE_GRACE',
      'subnets.range': 'MLENV_SUBNETS',
      'subnets.prefix': 'MLENV_SUBNETS',
      'queue.reserveAfter': 'MLENV_QUEUE',
      'gpu.poll': `${file}:9`,
    });
  });

  it('switch the thresholds of the host off, or leave them', () => {
    const off = good(null, { MLENV_HOST_GATE: 'off' });
    expect(new Set(Object.values(off.config.host))).toEqual(new Set([null]));
    expect(off.origins['host.load']).toBe('MLENV_HOST_GATE');
    const on = good('host: { memory: 70% }\n', { MLENV_HOST_GATE: 'on' });
    expect(on.config.host).toEqual({ ...defaultHostConfig.host, memoryPercent: 70 });
  });

  it('switch the thresholds of a user’s own instance on', () => {
    const own = (text: string, env = {}) =>
      readHostConfig({
        text: new TextEncoder().encode(`apiVersion: mlenv/v1\n${text}`),
        file,
        env,
        own: true,
      });
    expect(own('')).toMatchObject({ config: ownHostConfig });
    expect(
      own('host: { freeMemory: 10% up to 2GB }\nquotas: { project: { gpus: 2 } }\n'),
    ).toMatchObject({
      config: {
        host: { ...ownHostConfig.host, freeMemory: { percent: 10, bytes: 2 ** 31 } },
        quotas: { project: { containers: 'unlimited', gpus: 2 } },
      },
    });
    expect(own('', { MLENV_HOST_GATE: 'on' })).toMatchObject({
      config: { ...ownHostConfig, host: defaultHostConfig.host },
    });
  });

  it('that are empty are none', () => {
    expect(good(null, { MLENV_PRUNE_GRACE: '', MLENV_QUEUE: '' }).config).toEqual(
      defaultHostConfig,
    );
  });

  it.each([
    ['MLENV_PRUNE_GRACE', 'soon'],
    ['MLENV_SUBNETS', '10.0.0.0/16'],
    ['MLENV_SUBNETS', '10.0.0.0/24:20'],
    ['MLENV_AUTO_PORTS', '80-90'],
    ['MLENV_AUTO_PORTS', '30010-30000'],
    ['MLENV_GPU_INJECTION', 'magic'],
    ['MLENV_GPU_EXCLUDE', '0,,1'],
    ['MLENV_GPU_SHARED', '6'],
    ['MLENV_QUEUE', 'strict:5m'],
    ['MLENV_HOST_GATE', 'maybe'],
  ])('%s=%s is refused at its own name', (name, value) => {
    const result = read(null, { [name]: value });
    expect(result).toMatchObject({ ok: false, diagnostics: [{ file: name, excerpt: value }] });
  });
});

test('whatever is written is read or pointed to, and nothing throws', () => {
  const top = fc.constantFrom(...configLeaves.map((leaf) => leaf.split('.')[0] ?? ''));
  const under = fc.constantFrom(...configLeaves.map((leaf) => leaf.split('.')[1] ?? 'gpus'));
  const scalar = fc.oneof(
    fc.constantFrom('off', '5m', '0%', '1GB', '/a', '1-2', '1.1.1.1/9', 'GPU-1', '__proto__'),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const value = fc.oneof(scalar, fc.dictionary(under, scalar), fc.array(scalar, { maxLength: 3 }));
  fc.assert(
    fc.property(fc.dictionary(top, value), (said) => {
      const result = readHostConfig({
        text: new TextEncoder().encode(JSON.stringify({ apiVersion: 'mlenv/v1', ...said })),
        file,
        env: {},
      });
      if (result.ok) return valuesOf(result.config) !== null;
      return result.diagnostics.length > 0 && result.diagnostics.every((one) => one.line === 1);
    }),
    { numRuns: 500 },
  );
});

it("knows ~ where MLEnv is a user's own, and a pattern by its stars", () => {
  const { config } = good('watch: [~/p/**/mlenv.yaml, "/srv/*/"]', {}, '/home/ada');
  expect(config.watch).toEqual(['/home/ada/p/**/mlenv.yaml', '/srv/*']);
  // Of a user's own instance all is asked for.
  const own = readHostConfig({ text: null, file: 'config.yaml', env: {}, own: true });
  expect(own.ok && own.config.start.usual).toBe('automatic');
});
