import type { PolicyConfig } from '../model/config.ts';
import type { Environment, UlimitWish } from '../model/environment.ts';
import { identityFault } from '../model/identity.ts';
import { isReservedLabel } from '../model/labels.ts';
import { isCardVariable, isSystemPath, loaderFault } from '../model/policy-env.ts';
import { forbiddenProject, forbiddenSource } from '../model/policy-paths.ts';
import type { PolicyFault } from '../model/policy.ts';
import { imageFaults } from './policy-images.ts';
import type { PolicyRequest } from './policy.ts';

/** Everything in a wish that breaks a rule, of whatever level, in the order of the file's fields. */
export const policyFaults = (
  request: PolicyRequest,
  policy: PolicyConfig,
): readonly PolicyFault[] => [
  // What is still to be looked up is judged by its digest once it is known.
  ...(request.wish.choice === null ? imageFaults(request.wish.image, policy.images) : []),
  ...workdir(request.wish),
  ...user(request),
  ...identity(request),
  ...env(request),
  ...ports(request.wish),
  ...mounts(request),
  ...shm(request),
  ...pids(request.wish),
  ...request.wish.ulimits.flatMap(ulimit),
  ...logs(request.wish),
  ...labels(request.wish),
];

const gib = 2 ** 30;
const maxProcesses = 32_768;
const maxLogBytes = 10 * gib;
const maxFiles = 1_048_576;

const workdir = ({ workdir: path }: Environment): readonly PolicyFault[] =>
  path !== null && isSystemPath(path)
    ? [
        {
          rule: 'MLE-SEC-022',
          path: ['workdir'],
          message: 'the working directory is in a folder of the kernel',
        },
      ]
    : [];

const user = ({ wish, ownerUid }: PolicyRequest): readonly PolicyFault[] => {
  const uid =
    wish.user.kind === 'ids' ? wish.user.uid : wish.user.kind === 'host' ? ownerUid : null;
  if (uid !== 0) return [];
  const message =
    wish.user.kind === 'host'
      ? "it would run as root, as the project's folder is root's"
      : 'it would run as root';
  return [{ rule: 'MLE-SEC-028', path: ['user'], message }];
};

/** The folder that is bound need not be the one that the project is known by: it may be the tree of a commit. */
const identity = ({
  wish,
  ownerUid,
  ownerGid = ownerUid,
  identity: owner = null,
  projectPath,
}: PolicyRequest): readonly PolicyFault[] => {
  const { user: as, workspace } = wish;
  const fault = identityFault({
    user:
      as.kind === 'image'
        ? null
        : as.kind === 'host'
          ? `${ownerUid}:${ownerGid}`
          : `${as.uid}:${as.gid}`,
    owner,
    binds: [
      ...(workspace === null ? [] : [{ source: projectPath, readOnly: workspace.readOnly }]),
      ...wish.mounts.flatMap((mount) => (mount.kind === 'bind' ? [mount] : [])),
    ],
  });
  return fault === null ? [] : [{ ...fault, path: ['user'] }];
};

const env = ({ wish, raw }: PolicyRequest): readonly PolicyFault[] => {
  const written = typeof raw['env'] === 'object' && raw['env'] !== null ? raw['env'] : {};
  return Object.entries(wish.env).flatMap(([name, value]): readonly PolicyFault[] => {
    const path = ['env', name];
    if (isCardVariable(name)) {
      return [
        {
          rule: 'MLE-SEC-021',
          path,
          message: `the variable ${name} says which cards a container sees`,
        },
      ];
    }
    const loader = wish.gpus === null ? null : loaderFault(name, value);
    if (loader !== null) return [{ rule: 'MLE-SEC-029', path, message: loader }];
    const text: unknown = Object.entries(written).find(([key]) => key === name)?.[1];
    return isSecretName(name) && isLiteral(text)
      ? [{ rule: 'MLE-SEC-030', path, message: `the value of ${name} stands in the file` }]
      : [];
  });
};

/** Words that name a secret, and not a file that holds one. */
const isSecretName = (name: string): boolean =>
  /(^|[-_.])(token|secret|password|passwd|passphrase|credentials?|api[-_.]?key|access[-_.]?key|secret[-_.]?key|private[-_.]?key)([-_.]|$)/i.test(
    name,
  ) && !/[-_.](file|path|dir|folder|url|name|id)$/i.test(name);

/** A value that only a variable brings is none, nor is nothing; what stands in for the variable is one. */
const isLiteral = (text: unknown): boolean => {
  if ((typeof text !== 'string' && typeof text !== 'number') || text === '') return false;
  const plain = String(text).replaceAll('$$', '');
  const hasDefault = /\$\{[A-Za-z_]\w*:?-[^}]+\}/.test(plain);
  return hasDefault || !/\$\{[A-Za-z_]\w*(:?-)?\}/.test(plain);
};

const ports = ({ ports: all }: Environment): readonly PolicyFault[] =>
  all.flatMap(({ host, hostIp }, index): readonly PolicyFault[] => {
    const path = ['ports', index];
    return [
      ...(typeof host === 'number' && host < 1024
        ? [
            {
              rule: 'MLE-SEC-024',
              path,
              message: `port ${host} of the host is the system's`,
            } as const,
          ]
        : []),
      ...(isLoopback(hostIp)
        ? []
        : [
            {
              rule: 'MLE-SEC-027',
              path,
              message: `${hostIp} is reached by other machines`,
            } as const,
          ]),
    ];
  });

/** 127.0.0.0/8 and ::1, also where it is written as IPv4 in IPv6. */
const isLoopback = (ip: string): boolean => {
  const plain = ip.toLowerCase().replace(/^(0{0,4}:){2,6}ffff:(?=[0-9.]+$)/, '');
  return /^127(\.[0-9]{1,3}){3}$/.test(plain) || /^(0{0,4}:){2,7}0{0,3}1$/.test(plain);
};

const mounts = ({ wish, projectPath }: PolicyRequest): readonly PolicyFault[] => {
  const own = forbiddenProject(projectPath);
  const fault = (path: PolicyFault['path'], what: string): PolicyFault => ({
    rule: 'MLE-SEC-014',
    path,
    message: `it would see a folder of the host that nobody may: ${what}`,
  });
  return [
    ...(own !== null && wish.workspace !== null ? [fault(['workspace'], own)] : []),
    ...wish.mounts.flatMap((mount, index) => {
      if (mount.kind !== 'bind') return [];
      const inProject = own === null && isIn(projectPath, mount.source);
      const what =
        inProject && !mount.source.endsWith('.sock') ? null : forbiddenSource(mount.source);
      return what === null ? [] : [fault(['mounts', index], what)];
    }),
  ];
};

const isIn = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(`${folder}/`);

/** What the file does not ask for is MLEnv's own choice, and counts in memory anyway. */
const shm = ({ wish, raw, memoryBytes }: PolicyRequest): readonly PolicyFault[] =>
  raw['shm'] !== undefined && memoryBytes !== null && wish.shmBytes > memoryBytes
    ? [{ rule: 'MLE-SEC-031', path: ['shm'], message: 'shm is larger than memory' }]
    : [];

const pids = ({ pids: most }: Environment): readonly PolicyFault[] =>
  most !== null && most <= maxProcesses
    ? []
    : [
        {
          rule: 'MLE-SEC-033',
          path: ['pids'],
          message: most === null ? 'pids is unlimited' : `pids is above ${maxProcesses}`,
        },
      ];

const ulimit = ({ name, soft, hard, byDefault }: UlimitWish): readonly PolicyFault[] => {
  const most = { rtprio: 0, nice: 20, nofile: maxFiles }[name];
  if (byDefault || most === undefined) return [];
  return [soft, hard].every((one) => one >= 0 && one <= most)
    ? []
    : [{ rule: 'MLE-SEC-032', path: ['ulimits', name], message: `${name} is above ${most}` }];
};

const logs = ({ logs: { maxBytes, maxFiles: files } }: Environment): readonly PolicyFault[] =>
  maxBytes * files > maxLogBytes
    ? [{ rule: 'MLE-SEC-034', path: ['logs'], message: 'its logs may take more than 10 GB' }]
    : [];

const labels = (wish: Environment): readonly PolicyFault[] =>
  Object.keys(wish.labels)
    .filter(isReservedLabel)
    .map((name) => ({
      rule: 'MLE-SEC-023',
      path: ['labels', name],
      message: `the label ${name} is MLEnv's own`,
    }));
