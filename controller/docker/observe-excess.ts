import type { Excess } from '../model/container.ts';
import type { PolicyRuleId } from '../model/policy.ts';
import { capabilities } from './observe-config.ts';
import { json, type Json, list, number, text, texts, time } from './shape.ts';
import { cdiPrefix } from './translate.ts';

/** Every right that a container of MLEnv never has, and this one does: read before it is started. */
export const observedExcess = (inspect: Json, defaultRuntime: string): readonly Excess[] => {
  const host = json(inspect['HostConfig']);
  const usual = ['', 'runc', 'nvidia', defaultRuntime];
  const runtime: Row = {
    rule: 'MLE-SEC-011',
    message: 'its runtime is neither the usual one nor that for cards',
    has: () => !usual.includes(text(host['Runtime'])),
  };
  return [...rows, runtime]
    .filter(({ has }) => has(host, inspect))
    .map(({ rule, message }) => ({ rule, message }));
};

interface Row {
  readonly rule: PolicyRuleId;
  readonly message: string;
  readonly has: (host: Json, inspect: Json) => boolean;
}

/** `host`, `container:…`, `ns:…`: anything but one's own and the engine's default. */
const isForeign = (mode: unknown): boolean => {
  const named = text(mode);
  return named === 'host' || named.includes(':');
};

const isFull = (value: unknown): boolean =>
  list(value).length > 0 || Object.keys(json(value)).length > 0;

const isEmptied = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

const filled = (rule: PolicyRuleId, field: string, message: string): Row => ({
  rule,
  message,
  has: (host) => isFull(host[field]),
});

const foreign = (rule: PolicyRuleId, field: string, message: string): Row => ({
  rule,
  message,
  has: (host) => isForeign(host[field]),
});

/** What an image that starts as root needs of the host's strict level, and no more. */
const givenBack = new Set(['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID']);

const rows: readonly Row[] = [
  { rule: 'MLE-SEC-001', message: 'it is privileged', has: (host) => host['Privileged'] === true },
  {
    rule: 'MLE-SEC-002',
    message: 'it has capabilities added',
    has: (host) => capabilities(host['CapAdd']).some((name) => !givenBack.has(name)),
  },
  foreign('MLE-SEC-003', 'PidMode', 'it sees processes that are not its own'),
  foreign('MLE-SEC-003', 'IpcMode', 'it shares memory that is not its own'),
  foreign('MLE-SEC-003', 'UTSMode', "it has the host's name"),
  foreign('MLE-SEC-003', 'UsernsMode', "its users are the host's"),
  {
    rule: 'MLE-SEC-003',
    message: "it sees the host's cgroups",
    // Private ones are asked for; what an older MLEnv made has those that cgroup v1 has by default.
    has: (host, inspect) => isForeign(host['CgroupnsMode']) && hasNeverRun(inspect),
  },
  foreign('MLE-SEC-003', 'Cgroup', 'it shares the cgroup of another container'),
  foreign('MLE-SEC-004', 'NetworkMode', 'it is in a network that is not its own'),
  {
    rule: 'MLE-SEC-005',
    message: 'it may gain privileges',
    has: (host) => !texts(host['SecurityOpt']).some(isNoNewPrivileges),
  },
  {
    rule: 'MLE-SEC-005',
    message: 'its security profile is another one',
    has: (host) => texts(host['SecurityOpt']).some((option) => !isNoNewPrivileges(option)),
  },
  {
    rule: 'MLE-SEC-005',
    message: 'paths of the kernel are laid open in it',
    has: (host) => isEmptied(host['MaskedPaths']) || isEmptied(host['ReadonlyPaths']),
  },
  filled('MLE-SEC-006', 'Devices', 'it has devices of the host'),
  filled('MLE-SEC-006', 'DeviceCgroupRules', 'it has rules for devices'),
  {
    rule: 'MLE-SEC-006',
    message: 'it asks for devices by number, or for others than cards',
    has: (host) => list(host['DeviceRequests']).map(json).some(isForeignRequest),
  },
  {
    rule: 'MLE-SEC-007',
    message: 'it has a place of its own in the tree of cgroups',
    has: (host) => text(host['CgroupParent']) !== '',
  },
  filled('MLE-SEC-008', 'VolumesFrom', 'it has the volumes of another container'),
  filled('MLE-SEC-009', 'Sysctls', 'it sets parameters of the kernel'),
  filled('MLE-SEC-010', 'GroupAdd', 'it is in further groups'),
  {
    rule: 'MLE-SEC-012',
    message: 'it is protected when memory is short',
    has: (host) => host['OomKillDisable'] === true || number(host['OomScoreAdj']) !== 0,
  },
  filled('MLE-SEC-013', 'ExtraHosts', 'it has names of its own for addresses'),
  filled('MLE-SEC-013', 'Dns', 'it has name servers of its own'),
  filled('MLE-SEC-013', 'Links', 'it is linked to another container'),
  filled('MLE-SEC-014', 'Binds', 'it has binds of the host'),
  {
    rule: 'MLE-SEC-014',
    message: 'it has a socket of the host, or a folder that nobody asked for',
    has: (host, inspect) => hasForeignMount(host, inspect),
  },
  {
    rule: 'MLE-SEC-015',
    message: 'a mount of it has options',
    has: (host) => list(host['Mounts']).map(json).some(hasOptions) || isFull(host['Tmpfs']),
  },
  {
    rule: 'MLE-SEC-016',
    message: 'all its ports are published',
    has: (host) => host['PublishAllPorts'] === true,
  },
  {
    rule: 'MLE-SEC-017',
    message: 'the engine restarts or removes it by itself',
    has: (host) =>
      host['AutoRemove'] === true ||
      !['', 'no'].includes(text(json(host['RestartPolicy'])['Name'])),
  },
  filled('MLE-SEC-018', 'Annotations', 'it has annotations for the runtime'),
  filled('MLE-SEC-019', 'StorageOpt', 'it has options of the storage driver'),
];

const hasNeverRun = (inspect: Json): boolean => time(json(inspect['State'])['StartedAt']) === null;

const isNoNewPrivileges = (option: string): boolean =>
  /^no-new-privileges([:=]true)?$/.test(option);

/** Ours name each card by its uuid. */
const isForeignRequest = (request: Json): boolean => {
  const ids = texts(request['DeviceIDs']);
  const driver = text(request['Driver']);
  const isCards =
    driver === 'cdi' ? ids.every((id) => id.startsWith(cdiPrefix)) : driver === 'nvidia';
  return number(request['Count']) !== 0 || ids.length === 0 || !isCards;
};

const hasForeignMount = (host: Json, inspect: Json): boolean => {
  const asked = new Set(
    list(host['Mounts'])
      .map(json)
      .map((mount) => text(mount['Target'])),
  );
  return list(inspect['Mounts'])
    .map(json)
    .some(
      (mount) =>
        text(mount['Source']).endsWith('.sock') ||
        (mount['Type'] !== 'volume' && !asked.has(text(mount['Destination']))),
    );
};

const hasOptions = (mount: Json): boolean => {
  const bind = json(mount['BindOptions']);
  const volume = json(mount['VolumeOptions']);
  return (
    !['bind', 'volume', 'tmpfs'].includes(text(mount['Type'])) ||
    !['', 'rprivate'].includes(text(bind['Propagation'])) ||
    isFull(volume['DriverConfig']) ||
    text(volume['Subpath']) !== '' ||
    isFull(json(mount['TmpfsOptions'])['Options'])
  );
};
