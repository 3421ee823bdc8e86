import type { PolicyRuleId } from '../controller/model/policy.ts';

/**
 * What other tools call the rights that no file may ask for, folded: `cap_add`, `capAdd`, `CapAdd` and
 * `--cap-add` are one. Docker's API and command line, Compose, Kubernetes.
 */
export const forbiddenField = (
  name: string,
  place: readonly (string | number)[],
): PolicyRuleId | null => {
  const word = fold(name);
  const words = place.map((part) => fold(String(part)));
  const top = words.find((part) => Object.hasOwn(inPlace, part));
  const own = top === undefined ? undefined : inPlace[top];
  if (own?.fields.includes(word) === true) return null;
  return own?.forbidden.get(word) ?? anywhere.get(word) ?? null;
};

/** Without case and everything that only parts words. */
export const fold = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

const tableOf = (
  rows: readonly (readonly [PolicyRuleId, string])[],
): ReadonlyMap<string, PolicyRuleId> =>
  new Map(rows.flatMap(([rule, words]) => words.split(' ').map((word) => [word, rule] as const)));

const anywhere = tableOf([
  ['MLE-SEC-001', 'privileged execprivileged'],
  ['MLE-SEC-002', 'capadd capdrop capabilities caps addcapabilities dropcapabilities capaddall'],
  [
    'MLE-SEC-003',
    'pid pidmode hostpid ipc ipcmode hostipc uts utsmode userns usernsmode hostusers cgroup cgroupns cgroupnsmode cgroupnamespace shareprocessnamespace',
  ],
  ['MLE-SEC-004', 'hostnetwork nethost netns networkcontainer'],
  [
    'MLE-SEC-005',
    'securityopt securityopts securityoptions securitycontext podsecuritycontext seccomp seccompprofile apparmor apparmorprofile selinux selinuxoptions selinuxlabel nonewprivileges allowprivilegeescalation maskedpaths readonlypaths procmount systempaths unmask credentialspec',
  ],
  [
    'MLE-SEC-006',
    'device devices devicecgrouprule devicecgrouprules devicerequest devicerequests deviceids devicemappings pathonhost blkiodeviceweight',
  ],
  ['MLE-SEC-007', 'cgroupparent'],
  ['MLE-SEC-008', 'volumesfrom'],
  ['MLE-SEC-009', 'sysctl sysctls kernelparameters'],
  ['MLE-SEC-010', 'groupadd groups supplementalgroups fsgroup additionalgroups'],
  ['MLE-SEC-011', 'runtime runtimeclass runtimeclassname isolation ociruntime'],
  [
    'MLE-SEC-012',
    'oomkilldisable oomkill oomscoreadj oomscoreadjust blkioconfig blkioweight cpurtruntime cpurtperiod cpurealtimeruntime cpurealtimeperiod memswaplimit memoryswap memoryswappiness memswappiness kernelmemory',
  ],
  [
    'MLE-SEC-013',
    'extrahosts addhost hostaliases dns dnssearch dnsopt dnsopts dnsoptions dnspolicy dnsconfig links externallinks macaddress ipv4address ipv6address domainname',
  ],
  [
    'MLE-SEC-014',
    'binds bind hostpath hostpaths hostdir dockersock dockersocket hostmount hostmounts',
  ],
  [
    'MLE-SEC-015',
    'driveropts driverconfig volumedriver volumeoptions bindoptions tmpfsoptions mountpropagation bindpropagation propagation mountoptions volumeopt volumeopts tmpfsmode createhostpath nocopy',
  ],
  ['MLE-SEC-016', 'publishallports publishall'],
  [
    'MLE-SEC-017',
    'restartpolicy restartcount containername hostname autoremove removeonexit stopsignal onfailure',
  ],
  ['MLE-SEC-018', 'annotation annotations'],
  ['MLE-SEC-019', 'storageopt storageopts storageoptions'],
  ['MLE-SEC-020', 'logdriver logopt logopts logoptions logconfig logdriveroptions'],
  ['MLE-SEC-021', 'nvidiavisibledevices nvidiadrivercapabilities cudavisibledevices'],
]);

interface Place {
  readonly fields: readonly string[];
  readonly forbidden: ReadonlyMap<string, PolicyRuleId>;
}

/** Words that mean a right only here, and fields that our own schema has here. */
const inPlace: Readonly<Record<string, Place>> = {
  gpus: {
    fields: ['devices'],
    forbidden: tableOf([['MLE-SEC-006', 'driver options capabilities deviceids cdi']]),
  },
  mounts: {
    fields: [],
    forbidden: tableOf([
      [
        'MLE-SEC-015',
        'options opts mode type driver subpath consistency selinux z o nosuid exec dev uid gid',
      ],
      ['MLE-SEC-014', 'device devices'],
    ]),
  },
  workspace: {
    fields: [],
    forbidden: tableOf([
      ['MLE-SEC-015', 'options opts mode type driver subpath consistency selinux'],
      ['MLE-SEC-014', 'source'],
    ]),
  },
  ports: {
    fields: [],
    forbidden: tableOf([['MLE-SEC-004', 'mode hostnetwork']]),
  },
  logs: {
    fields: [],
    forbidden: tableOf([['MLE-SEC-020', 'driver options opts type config address']]),
  },
  logging: {
    fields: [],
    forbidden: tableOf([['MLE-SEC-020', 'driver options type config']]),
  },
  network: {
    fields: [],
    forbidden: tableOf([['MLE-SEC-013', 'aliases ipam']]),
  },
};
