import type { ListEntry } from '../../specs/config/index.ts';
import type { WatchedRoot } from './actions.ts';
import { adminGroup } from './places.ts';

/** The first configuration of a machine, or of a user's own instance, with a word to each field. */
export const newConfigText = (options: {
  readonly scope: 'system' | 'user';
  readonly watch: readonly WatchedRoot[];
  readonly admins: readonly string[];
}): string => {
  const { scope, watch, admins } = options;
  return scope === 'system' ? systemText(watch, admins) : userText(watch);
};

const systemText = (watch: readonly WatchedRoot[], admins: readonly string[]): string =>
  `# MLEnv on this machine, written by \`mlenv setup\`. An edit is in force as soon as it is saved.
# \`mlenv config check\` finds its faults, \`mlenv config show\` prints every value; docs/config.md has every field.
apiVersion: mlenv/v1

# Projects in these folders and up to three levels below are kept as their mlenv.yaml says, from one \`mlenv up\` on. Where
# all that is found should start by itself: { path: /srv/projects, start: automatic }
watch:
${list(watch)}
people:
  # They act on every project and on the host. Root always is one.
  admins:
    users: [${admins.map(scalar).join(', ')}]
    groups: [${adminGroup}]
  # open: everybody sees the state of every project. own: of their own alone.
  reading: open

# What each project and each user may have, and what environments get that name no limit:
# quotas:
#   project: { containers: 5 }
#   user: { gpus: 2, memory: 64GB }
# defaults: { cpus: 4, memory: 16GB }

# GPUs that are never allocated, and those that several may share:
# gpu:
#   exclude: [0]
#   shared: [{ gpus: [5], slots: 4 }]

# Folders beyond their own that projects may mount:
# mountRoots: [{ path: /datasets }]
`;

const userText = (watch: readonly WatchedRoot[]): string =>
  `# MLEnv of your own, written by \`mlenv setup --user\`. An edit is in force as soon as it is saved.
# \`mlenv config check\` finds its faults, \`mlenv config show\` prints every value; docs/config.md has every field.
apiVersion: mlenv/v1

# Projects in these folders and up to three levels below are kept as their mlenv.yaml says.
watch:
${list(watch)}`;

const list = (roots: readonly WatchedRoot[]): string =>
  roots.length === 0 ? '  []\n' : `${roots.map((root) => `  - ${written(root)}`).join('\n')}\n`;

const written = (root: WatchedRoot): string => {
  const entry = watchEntry(root);
  if (typeof entry === 'string') return scalar(entry);
  const fields = Object.entries(entry).map(([name, value]) => `${name}: ${scalar(value)}`);
  return `{ ${fields.join(', ')} }`;
};

/** As it stands in the file. */
export const watchEntry = ({ path, start }: WatchedRoot): ListEntry =>
  start === null ? path : { path, start };

/** Plain where YAML reads it back as this text. */
const scalar = (text: string): string =>
  /^[~/a-z_][\w/.*-]*$/i.test(text) && !/^(?:~|null|true|false|yes|no|on|off)$/i.test(text)
    ? text
    : JSON.stringify(text);
