/**
 * - `spec`: the file is refused wherever it is read, whatever the host's configuration says.
 * - `admission`: asked before a start, with the host's configuration.
 * - `container`: asked of a container that was made, before it is started.
 */
export type PolicyStage = 'spec' | 'admission' | 'container';

export interface PolicyRule {
  readonly title: string;
  readonly cure: string;
  readonly stages: readonly PolicyStage[];
  /** Asked at this level and above. */
  readonly level: PolicyLevel;
  /** never: no exception may open it. */
  readonly opens: 'exception' | 'never';
}

export type PolicyLevel = 'baseline' | 'strict';

const everywhere = { level: 'baseline', opens: 'never' } as const;
const notInFile = { ...everywhere, stages: ['spec', 'container'] } as const;

/**
 * What an environment may never ask for, or only by an exception of the host's administrator. An id
 * is never reused for another rule. `docs/policy.md` is generated from this table.
 */
export const policyRules = {
  'MLE-SEC-001': {
    ...notInFile,
    title: 'A privileged container, or a privileged command in one.',
    cure: 'Remove it; ask for cards with gpus:, for memory between processes with shm:.',
  },
  'MLE-SEC-002': {
    ...notInFile,
    title: 'Capabilities of the kernel added, or those that MLEnv takes away kept.',
    cure: 'Remove it; a port below 1024 in the container needs none.',
  },
  'MLE-SEC-003': {
    ...notInFile,
    title: "The host's or another container's processes, IPC, host name, users or cgroups.",
    cure: 'Remove it; shm: sets the size of shared memory, which is what data loaders need.',
  },
  'MLE-SEC-004': {
    ...notInFile,
    title: "The host's network, or that of another container.",
    cure: 'Remove it; environments of a project reach each other by name, ports: publishes.',
  },
  'MLE-SEC-005': {
    ...notInFile,
    title:
      'Another seccomp, AppArmor or SELinux profile, new privileges, or system paths laid open.',
    cure: 'Remove it; every container has the profiles of the engine and no-new-privileges.',
  },
  'MLE-SEC-006': {
    ...notInFile,
    title: 'Devices of the host, rules for them, or device requests of its own.',
    cure: 'Remove it; gpus: asks for cards, and MLEnv says which.',
  },
  'MLE-SEC-007': {
    ...notInFile,
    title: 'A place of its own in the tree of cgroups.',
    cure: 'Remove it; cpus:, memory: and pids: set limits.',
  },
  'MLE-SEC-008': {
    ...notInFile,
    title: 'The volumes of another container.',
    cure: 'Give both environments the same named volume in mounts:.',
  },
  'MLE-SEC-009': {
    ...notInFile,
    title: 'Kernel parameters.',
    cure: 'Remove it.',
  },
  'MLE-SEC-010': {
    ...notInFile,
    title: 'Further groups.',
    cure: 'Remove it; user: "UID:GID" sets the one group.',
  },
  'MLE-SEC-011': {
    ...notInFile,
    title: 'A runtime of its own.',
    cure: "Remove it; the host's configuration says how cards get into a container.",
  },
  'MLE-SEC-012': {
    ...notInFile,
    title:
      'Protection from the kernel when memory is short, or another share of the machine by hand.',
    cure: 'Remove it; memory: and cpus: set limits.',
  },
  'MLE-SEC-013': {
    ...notInFile,
    title: 'Names, addresses or name servers of its own.',
    cure: 'Remove it; environments of a project reach each other by name.',
  },
  'MLE-SEC-014': {
    ...notInFile,
    title: 'A bind of the host: a system folder, a socket, or the state of an engine.',
    cure: "Mount what lies below the project's folder, or a named volume.",
  },
  'MLE-SEC-015': {
    ...notInFile,
    title: 'Options of a mount or a volume, such as its driver or its propagation.',
    cure: 'Remove it; a mount has source or volume or tmpfs, target, readOnly and size.',
  },
  'MLE-SEC-016': {
    ...notInFile,
    title: 'All ports of an image published.',
    cure: 'Remove it; name the ports in ports:.',
  },
  'MLE-SEC-017': {
    ...notInFile,
    title: "What MLEnv decides itself: the container's name, host name, removal and restarts.",
    cure: 'Remove it; restart: is on-failure, always or never, or { when: on-failure, limit: 3 }.',
  },
  'MLE-SEC-018': {
    ...notInFile,
    title: 'Annotations for the runtime.',
    cure: 'Remove it; labels: is for words of your own.',
  },
  'MLE-SEC-019': {
    ...notInFile,
    title: 'Options of the storage driver.',
    cure: 'Remove it.',
  },
  'MLE-SEC-020': {
    ...notInFile,
    title: 'A log driver or its options: logs could leave the host.',
    cure: 'Remove it; logs: { maxSize, maxFiles } bounds them.',
  },
  'MLE-SEC-021': {
    ...everywhere,
    stages: ['spec', 'admission'],
    title: 'A variable by which a container would take cards that nobody gave it.',
    cure: 'Remove it, and ask for cards with gpus:.',
  },
  'MLE-SEC-022': {
    ...everywhere,
    stages: ['spec', 'admission', 'container'],
    title: 'A working directory in /proc, /sys or /dev.',
    cure: 'Choose another path; where the image says it, set workdir: in the file.',
  },
  'MLE-SEC-023': {
    ...everywhere,
    stages: ['spec', 'admission'],
    title: 'A label that begins with mlenv.',
    cure: 'Choose another name.',
  },
  'MLE-SEC-024': {
    ...everywhere,
    stages: ['admission'],
    title: 'A port of the host below 1024.',
    cure: 'Choose one from 1024 up, or write host: auto.',
  },
  'MLE-SEC-025': {
    level: 'baseline',
    opens: 'exception',
    stages: ['admission'],
    title: 'An image that the list of allowed repositories does not name.',
    cure: "Choose an image of a repository in policy.images of the host's configuration.",
  },
  'MLE-SEC-026': {
    level: 'strict',
    opens: 'exception',
    stages: ['admission'],
    title: 'An image without a digest, so that its tag may mean another one tomorrow.',
    cure: 'Write NAME@sha256:…, as docker inspect shows it in RepoDigests, or have mlenv lock write it down.',
  },
  'MLE-SEC-027': {
    level: 'baseline',
    opens: 'exception',
    stages: ['admission'],
    title: 'A port bound to an address that other machines reach.',
    cure: 'Leave ip: out, and reach the port through ssh -L.',
  },
  'MLE-SEC-028': {
    level: 'strict',
    opens: 'exception',
    stages: ['admission', 'container'],
    title: 'A container that runs as root.',
    cure: 'Write user: host, user: "UID:GID", or choose an image whose user is not root.',
  },
  'MLE-SEC-029': {
    level: 'baseline',
    opens: 'exception',
    stages: ['admission', 'container'],
    title:
      "A library that is loaded before others where cards are: NVIDIA's hook may load it on the host.",
    cure: 'Remove LD_PRELOAD and LD_AUDIT; LD_LIBRARY_PATH may name folders in /usr, /lib, /lib64 and /opt.',
  },
  'MLE-SEC-030': {
    level: 'strict',
    opens: 'exception',
    stages: ['admission'],
    title: 'A secret written into the file.',
    cure: 'Write ${NAME}, and its value into .env beside the file, which no repository holds.',
  },
  'MLE-SEC-031': {
    level: 'baseline',
    opens: 'exception',
    stages: ['admission'],
    title: 'More shared memory than memory.',
    cure: 'Make shm: at most as large as memory:.',
  },
  'MLE-SEC-032': {
    level: 'baseline',
    opens: 'exception',
    stages: ['admission'],
    title: 'A resource limit that reaches beyond the container.',
    cure: 'Keep rtprio at 0, nice at most 20, and nofile at most 1048576.',
  },
  'MLE-SEC-033': {
    level: 'strict',
    opens: 'exception',
    stages: ['admission'],
    title: 'So many processes that the host may have none left.',
    cure: 'Write pids: 32768 or less.',
  },
  'MLE-SEC-034': {
    level: 'baseline',
    opens: 'exception',
    stages: ['admission'],
    title: 'Logs that may fill the disk.',
    cure: 'Keep maxSize × maxFiles at most 10GB.',
  },
  'MLE-SEC-035': {
    level: 'baseline',
    opens: 'exception',
    stages: ['admission', 'container'],
    title:
      "On the machine's own instance: another user or group than the owner's, where the container can write to the host.",
    cure: 'Write user: host, with an owner whom the name service knows; or workspace: false and named volumes in place of folders of the host.',
  },
  'MLE-SEC-036': {
    level: 'baseline',
    opens: 'exception',
    stages: ['admission', 'container'],
    title:
      "On the machine's own instance: another user or group than the owner's, where the container can read the host.",
    cure: 'Write user: host, with an owner whom the name service knows; or workspace: false and named volumes in place of folders of the host.',
  },
} as const satisfies Record<`MLE-SEC-${string}`, PolicyRule>;
