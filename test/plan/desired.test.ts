import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isReservedLabel, label } from '../../controller/model/labels.ts';
import type { Environment } from '../../controller/model/environment.ts';
import type { ContainerConfig } from '../../controller/model/container.ts';
import {
  desiredContainer,
  leasesCover,
  type Desired,
  type DesiredInput,
} from '../../controller/plan/desired.ts';
import {
  containerName,
  homeVolumeName,
  networkName,
  volumeName,
} from '../../controller/plan/names.ts';
import { anyWish } from '../support/plan-arbitraries.ts';
import { context, gpuLease, leasesFor, oneCard, record, wish } from '../support/plan-builders.ts';

const desired = (over: Partial<Environment> = {}, from = context()): Desired => {
  const environment = wish(over);
  return desiredContainer({
    wish: environment,
    record: record(),
    context: from,
    leases: leasesFor(environment),
    gpuLeases: [],
    made: null,
  });
};

it("rules about a container's runs are no part of it: a change of them makes no new one", () => {
  const { config } = desired();
  for (const own of [
    { restart: 'never', rerun: 'onChange' },
    { restart: 'always' },
    { restartLimit: 3 },
    { timeoutMs: 1000 },
  ] as const) {
    expect(desired(own).config).toEqual(config);
  }
});

describe('the cards of a container', () => {
  const asked = wish({ gpus: { ...oneCard, count: 2 } });
  const described = (over: Partial<DesiredInput>): ContainerConfig['gpus'] =>
    desiredContainer({
      wish: asked,
      record: record(),
      context: context(),
      leases: [],
      gpuLeases: null,
      made: null,
      ...over,
    }).config.gpus;

  it('are those of its grant, by id', () => {
    const gpuLeases = [gpuLease('GPU-b', { migUuid: 'MIG-1' }), gpuLease('GPU-a')];
    expect(described({ gpuLeases })).toEqual({
      ids: ['GPU-a', 'MIG-1'],
      injection: 'device-request',
    });
    const { labels } = desiredContainer({
      wish: asked,
      record: record(),
      context: context(),
      leases: [],
      gpuLeases,
      made: null,
    }).config;
    expect(labels['mlenv.gpus']).toBe('GPU-a,MIG-1');
  });

  it('are none where they were optional and none was free', () => {
    expect(described({ gpuLeases: [] })).toBeNull();
  });

  it('are taken to stay as long as the container was made for the same wish', () => {
    const { config } = desiredContainer({
      wish: asked,
      record: record(),
      context: context(),
      leases: [],
      gpuLeases: [gpuLease('GPU-a'), gpuLease('GPU-b')],
      made: null,
    });
    const made = { labels: config.labels, config };
    expect(described({ made })?.ids).toEqual(['GPU-a', 'GPU-b']);
    expect(described({ made, wish: wish({ gpus: oneCard }) })?.ids).toEqual([]);
  });
});

describe('the container that fulfils a wish', () => {
  it('is named and labelled so that its row could be rebuilt from it', () => {
    const { config } = desired({ labels: { team: 'vision', 'mlenv.owner': 'forged' } });
    expect(config.name).toBe('mlenv-vision-notebook-00112233');
    expect(config.labels).toEqual({
      team: 'vision',
      'mlenv.instance': 'host-a',
      'mlenv.project': 'vision',
      'mlenv.project-id': '00112233aabbccdd',
      'mlenv.project-path': '/home/ada/vision',
      'mlenv.environment': 'notebook',
      'mlenv.uid': 'e1e2e3e4e5e6e7e8',
      'mlenv.generation': '1',
      'mlenv.digest': 'mle1:01',
      'mlenv.owner': '1000:1000',
      'mlenv.revision': '',
      'mlenv.gpus': '',
      'mlenv.gpu-wish': '',
      'mlenv.secrets': '',
      'mlenv.workspace-update': '',
      'mlenv.volume': '',
    });
  });

  it('bears every label of ours whatever the file says', () => {
    const ours = Object.values(label);
    fc.assert(
      fc.property(
        anyWish,
        fc.dictionary(fc.constantFrom(...ours, 'x'), fc.string()),
        (over, labels) => {
          const { config } = desired({ ...over, labels });
          for (const name of ours)
            expect(config.labels[name]).toBe(desired(over).config.labels[name]);
          for (const name of ours) expect(config.labels[name]).toBeDefined();
          for (const name of Object.keys(config.labels)) {
            expect(isReservedLabel(name) || name in labels).toBe(true);
          }
        },
      ),
    );
  });

  it('works in the workspace unless the file says where', () => {
    expect(desired().config.workdir).toBe('/workspace');
    expect(desired({ workdir: '/srv' }).config.workdir).toBe('/srv');
    expect(desired({ workspace: null }).config.workdir).toBeNull();
  });

  it('leaves default limits out where the engine may not raise them, and the own ones in', () => {
    const ulimits = [
      { name: 'memlock', soft: -1, hard: -1, byDefault: true },
      { name: 'nofile', soft: 9, hard: 9, byDefault: false },
    ];
    const names = (from = context()): readonly string[] =>
      desired({ ulimits }, from).config.ulimits.map(({ name }) => name);
    expect(names()).toEqual(['memlock', 'nofile']);
    expect(names(context({ raisesLimits: false }))).toEqual(['nofile']);
    expect(desired({ ulimits }).config.ulimits[0]).toEqual({ name: 'memlock', soft: -1, hard: -1 });
  });

  it('has its own name as its address on the network, or no network at all', () => {
    expect(desired().config.network).toEqual({ name: 'mlenv-00112233', alias: 'notebook' });
    expect(desired({ network: false }).config.network).toBeNull();
  });

  it('asks an http check from inside', () => {
    const times = { intervalMs: 1, timeoutMs: 2, retries: 3, startPeriodMs: 4 };
    const more = { onUnhealthy: 'restart', graceMs: 5, ...times } as const;
    const { health } = desired({
      health: { probe: { kind: 'http', port: 8888, path: '/api?x=$(id)' }, ...more },
    }).config;
    expect(health).toMatchObject(times);
    expect(health?.argv.slice(0, 2)).toEqual(['sh', '-c']);
    // The address is an argument of the shell and no part of its text.
    expect(health?.argv.at(-1)).toBe('http://127.0.0.1:8888/api?x=$(id)');
    expect(health?.argv[2]).not.toContain('$(id)');
    const command = { kind: 'command', argv: ['pg_isready'] } as const;
    expect(desired({ health: { probe: command, ...more } }).config.health?.argv).toEqual([
      'pg_isready',
    ]);
  });
});

describe('user: host', () => {
  it('runs as the owner, with an account and a home that outlives the container', () => {
    const { config, seed, volumes } = desired();
    expect(config.user).toBe('1000:1000');
    expect(config.env).toMatchObject({ HOME: '/home/ada', USER: 'ada', HF_HOME: '/cache' });
    expect(config.mounts).toEqual([
      { kind: 'bind', source: '/home/ada/vision', target: '/workspace', readOnly: false },
      {
        kind: 'volume',
        source: 'mlenv-00112233-home-notebook',
        target: '/home/ada',
        readOnly: false,
      },
      { kind: 'volume', source: 'mlenv-00112233-v-hf-cache', target: '/cache', readOnly: false },
    ]);
    expect(seed).toEqual({
      owner: { uid: 1000, gid: 1000 },
      account: { name: 'ada', home: '/home/ada' },
      volumes: [
        { name: 'mlenv-00112233-home-notebook', target: '/home/ada' },
        { name: 'mlenv-00112233-v-hf-cache', target: '/cache' },
      ],
    });
    expect(volumes.map(({ labels }) => labels['mlenv.volume'])).toEqual([
      'home of notebook',
      'hf-cache',
    ]);
  });

  it('lets the file choose another HOME', () => {
    expect(desired({ env: { HOME: '/cache' } }).config.env['HOME']).toBe('/cache');
  });

  it('mounts nothing twice where the file mounts the home itself', () => {
    const asRoot = context({ owner: { uid: 0, gid: 0 }, ownerName: 'root' });
    for (const over of [
      { workspace: { target: '/root', readOnly: false, update: 'keep' as const } },
      { mounts: [{ kind: 'tmpfs', target: '/root', sizeBytes: null }] },
    ] satisfies Partial<Environment>[]) {
      const targets = desired(over, asRoot).config.mounts.map(({ target }) => target);
      expect(targets.filter((target) => target === '/root')).toHaveLength(1);
    }
  });
});

describe('other users', () => {
  it('by number are given the volumes and no account', () => {
    const { config, seed } = desired({ user: { kind: 'ids', uid: 7, gid: 8 } });
    expect(config.user).toBe('7:8');
    expect(config.env).toEqual({ HF_HOME: '/cache' });
    expect(seed).toMatchObject({ owner: { uid: 7, gid: 8 }, account: null });
    expect(seed.volumes).toHaveLength(1);
  });

  it('of the image are left as the image has them', () => {
    const { config, seed } = desired({ user: { kind: 'image' } });
    expect(config.user).toBeNull();
    expect(seed).toMatchObject({ owner: null, account: null });
  });
});

describe('ports', () => {
  const auto = { container: 80, protocol: 'tcp', host: 'auto', hostIp: '127.0.0.1' } as const;
  const fixed = { container: 81, protocol: 'udp', host: 8081, hostIp: '0.0.0.0' } as const;

  it('stand as they were leased', () => {
    expect(desired({ ports: [auto, fixed] }).config.ports).toEqual([
      { container: 80, protocol: 'tcp', hostIp: '127.0.0.1', host: 20_000 },
      { container: 81, protocol: 'udp', hostIp: '0.0.0.0', host: 8081 },
    ]);
  });

  it('without a lease show as a wish that is not yet met', () => {
    const { config } = desiredContainer({
      wish: wish({ ports: [auto, fixed] }),
      record: record(),
      context: context(),
      leases: [],
      gpuLeases: [],
      made: null,
    });
    expect(config.ports.map(({ host }) => host)).toEqual([0, 8081]);
  });

  it('are covered by leases that serve each of them', () => {
    const both = wish({ ports: [auto, fixed] });
    expect(leasesCover(both, leasesFor(both))).toBe(true);
    expect(leasesCover(both, leasesFor(both).slice(1))).toBe(false);
    const moved = wish({ ports: [{ ...fixed, host: 8082 }] });
    expect(leasesCover(moved, leasesFor(both))).toBe(false);
    expect(leasesCover(wish(), [])).toBe(true);
  });
});

describe('names', () => {
  it('of networks and volumes outlive a change of the project name', () => {
    const [before, after] = [context(), context({ project: 'renamed' })];
    expect(networkName(after)).toBe(networkName(before));
    expect(volumeName(after, 'v')).toBe(volumeName(before, 'v'));
    expect(homeVolumeName(after, 'e')).toBe(homeVolumeName(before, 'e'));
    expect(containerName(after, 'e')).toBe('mlenv-renamed-e-00112233');
  });

  it('of a home and of a volume called like it are two', () => {
    expect(homeVolumeName(context(), 'x')).not.toBe(volumeName(context(), 'home-x'));
  });
});
