import { expect, test } from 'vitest';
import { observedExcess } from '../../controller/docker/observe-excess.ts';

/** As the engine shows a container that was made as asked. */
const host = {
  Privileged: false,
  CapAdd: ['CAP_CHOWN', 'CAP_SETUID'],
  CapDrop: ['ALL'],
  PidMode: '',
  IpcMode: 'private',
  UTSMode: '',
  UsernsMode: '',
  CgroupnsMode: 'private',
  Cgroup: '',
  CgroupParent: '',
  NetworkMode: 'mlenv-vision',
  Binds: null,
  VolumesFrom: null,
  Devices: [],
  DeviceCgroupRules: null,
  DeviceRequests: [
    { Driver: 'nvidia', Count: 0, DeviceIDs: ['GPU-a'], Capabilities: [['gpu']], Options: {} },
    { Driver: 'cdi', Count: 0, DeviceIDs: ['nvidia.com/gpu=GPU-b'] },
  ],
  SecurityOpt: ['no-new-privileges:true'],
  GroupAdd: null,
  Runtime: 'runc',
  OomKillDisable: null,
  OomScoreAdj: 0,
  ExtraHosts: null,
  Dns: [],
  Links: null,
  MaskedPaths: ['/proc/kcore'],
  ReadonlyPaths: ['/proc/sys'],
  PublishAllPorts: false,
  AutoRemove: false,
  RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
  Mounts: [
    { Type: 'bind', Source: '/srv/vision', Target: '/workspace' },
    { Type: 'volume', Source: 'cache', Target: '/cache', VolumeOptions: {} },
    { Type: 'tmpfs', Target: '/scratch', TmpfsOptions: { SizeBytes: 4096 } },
  ],
};

const mounts = [
  { Type: 'bind', Source: '/srv/vision', Destination: '/workspace', Propagation: 'rprivate' },
  { Type: 'volume', Name: 'cache', Source: '/var/lib/docker/volumes/cache', Destination: '/cache' },
  { Type: 'volume', Name: 'f'.repeat(64), Source: '/x', Destination: '/var/lib/data' },
];

const never = '0001-01-01T00:00:00Z';

const excess = (over: object, seen: object = {}, runtime = 'runc'): readonly string[] =>
  observedExcess(
    { HostConfig: { ...host, ...over }, Mounts: mounts, State: { StartedAt: never }, ...seen },
    runtime,
  ).map(({ rule }) => rule);

test('what was made as asked has none', () => {
  expect(excess({})).toEqual([]);
  expect(excess({ Runtime: 'crun' }, {}, 'crun')).toEqual([]);
  expect(excess({ Runtime: 'nvidia' })).toEqual([]);
  expect(excess({ MaskedPaths: null, ReadonlyPaths: null })).toEqual([]);
  expect(excess({ SecurityOpt: ['no-new-privileges'] })).toEqual([]);
});

test.each<[string, object]>([
  ['MLE-SEC-001', { Privileged: true }],
  ['MLE-SEC-002', { CapAdd: ['SYS_ADMIN'] }],
  ['MLE-SEC-002', { CapAdd: ['CAP_CHOWN', 'CAP_NET_ADMIN'] }],
  ['MLE-SEC-002', { CapAdd: ['ALL'] }],
  ['MLE-SEC-003', { PidMode: 'host' }],
  ['MLE-SEC-003', { PidMode: 'container:4711' }],
  ['MLE-SEC-003', { IpcMode: 'host' }],
  ['MLE-SEC-003', { IpcMode: 'container:4711' }],
  ['MLE-SEC-003', { UTSMode: 'host' }],
  ['MLE-SEC-003', { UsernsMode: 'host' }],
  ['MLE-SEC-003', { CgroupnsMode: 'host' }],
  ['MLE-SEC-004', { NetworkMode: 'host' }],
  ['MLE-SEC-004', { NetworkMode: 'container:4711' }],
  ['MLE-SEC-005', { SecurityOpt: null }],
  ['MLE-SEC-005', { SecurityOpt: [] }],
  ['MLE-SEC-005', { SecurityOpt: ['no-new-privileges:true', 'seccomp=unconfined'] }],
  ['MLE-SEC-005', { MaskedPaths: [] }],
  ['MLE-SEC-005', { ReadonlyPaths: [] }],
  ['MLE-SEC-006', { Devices: [{ PathOnHost: '/dev/sda' }] }],
  ['MLE-SEC-006', { DeviceCgroupRules: ['b *:* rwm'] }],
  ['MLE-SEC-006', { DeviceRequests: [{ Driver: 'nvidia', Count: -1, Capabilities: [['gpu']] }] }],
  ['MLE-SEC-006', { DeviceRequests: [{ Driver: '', Count: 1 }] }],
  ['MLE-SEC-006', { DeviceRequests: [{ Driver: 'cdi', DeviceIDs: ['vendor.com/net=eth0'] }] }],
  ['MLE-SEC-007', { CgroupParent: '/system.slice' }],
  ['MLE-SEC-008', { VolumesFrom: ['db'] }],
  ['MLE-SEC-009', { Sysctls: { 'kernel.msgmax': '1' } }],
  ['MLE-SEC-010', { GroupAdd: ['docker'] }],
  ['MLE-SEC-011', { Runtime: 'evil' }],
  ['MLE-SEC-012', { OomScoreAdj: -1000 }],
  ['MLE-SEC-012', { OomKillDisable: true }],
  ['MLE-SEC-013', { ExtraHosts: ['host:host-gateway'] }],
  ['MLE-SEC-013', { Dns: ['8.8.8.8'] }],
  ['MLE-SEC-013', { Links: ['/db:/web/db'] }],
  ['MLE-SEC-014', { Binds: ['/:/host'] }],
  ['MLE-SEC-015', { Tmpfs: { '/run': 'exec' } }],
  ['MLE-SEC-016', { PublishAllPorts: true }],
  ['MLE-SEC-017', { AutoRemove: true }],
  ['MLE-SEC-017', { RestartPolicy: { Name: 'always' } }],
  ['MLE-SEC-018', { Annotations: { 'run.oci.x': '1' } }],
  ['MLE-SEC-019', { StorageOpt: { size: '1T' } }],
])('%s: %j', (rule, over) => {
  expect(excess(over)).toEqual([rule]);
});

test.each<[string, object]>([
  [
    'MLE-SEC-015',
    { Type: 'volume', Target: '/x', VolumeOptions: { DriverConfig: { Options: { o: 'bind' } } } },
  ],
  ['MLE-SEC-015', { Type: 'bind', Target: '/x', BindOptions: { Propagation: 'shared' } }],
  ['MLE-SEC-015', { Type: 'npipe', Target: '/x' }],
  ['MLE-SEC-015', { Type: 'tmpfs', Target: '/x', TmpfsOptions: { Options: [['exec']] } }],
])('%s: the mount %j', (rule, mount) => {
  expect(excess({ Mounts: [mount, ...host.Mounts] })).toEqual([rule]);
});

test('a mount that nobody asked for is seen, and a socket whoever asked for it', () => {
  const socket = { Type: 'bind', Source: '/run/docker.sock', Destination: '/workspace' };
  expect(excess({}, { Mounts: [socket] })).toEqual(['MLE-SEC-014']);
  const stray = { Type: 'bind', Source: '/etc', Destination: '/x' };
  expect(excess({}, { Mounts: [...mounts, stray] })).toEqual(['MLE-SEC-014']);
});

test("the cgroups of cgroup v1's default are no fault of what has run before", () => {
  const ran = { State: { StartedAt: '2024-01-01T00:00:00Z' } };
  expect(excess({ CgroupnsMode: 'host' }, ran)).toEqual([]);
});
