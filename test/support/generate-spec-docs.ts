import { codes } from '../../specs/codes.ts';
import { configVariables } from '../../specs/config/index.ts';
import { readSchema } from '../../schema/files.ts';

interface Node {
  readonly [key: string]: unknown;
}

/** The text of `docs/spec.md`, from the schema. */
export const generateSpecDocs = (): string => {
  const root = readSchema('mlenv.schema.json') as Node;
  const definitions = root['$defs'] as Readonly<Record<string, Node>>;
  const maps = Object.entries(definitions).filter(([key, node]) => isMap(key, node));
  return [
    '<!-- Generated from schema/mlenv.schema.json. -->',
    '# mlenv.yaml',
    text(root['description']),
    introduction,
    '## The file',
    table(root, definitions),
    '## An environment',
    table(definitions['environment'] ?? {}, definitions),
    ...mapTables(maps, definitions),
    ...kindList(definitions),
    closing,
    '',
  ]
    .join('\n\n')
    .replace(/(\n- .*)\n(?=\n- )/g, '$1');
};

/** The text of `docs/config.md`, from its schema and the variables that stand above it. */
export const generateConfigDocs = (): string => {
  const root = readSchema('config.schema.json') as Node;
  const definitions = root['$defs'] as Readonly<Record<string, Node>>;
  const maps = Object.entries(definitions).filter(([key, node]) => isMap(key, node));
  return [
    '<!-- Generated from schema/config.schema.json. -->',
    '# config.yaml',
    text(root['description']),
    configIntroduction,
    '## The file',
    table(root, definitions),
    ...mapTables(maps, definitions),
    ...kindList(definitions),
    '## Variables',
    'Each stands above the file, for one process. An empty one is none.',
    ['| Variable | What it says |', '| --- | --- |', ...variableRows()].join('\n'),
    '',
  ]
    .join('\n\n')
    .replace(/(\n- .*)\n(?=\n- )/g, '$1');
};

const variableRows = (): readonly string[] =>
  Object.entries(configVariables).map(([name, { says }]) => `| \`${name}\` | ${cell(says)} |`);

const mapTables = (
  maps: readonly (readonly [string, Node])[],
  definitions: Readonly<Record<string, Node>>,
): readonly string[] =>
  maps.flatMap(([key, node]) => [
    `### ${text(node['title'])}`,
    ...(typeof node['description'] === 'string' ? [node['description']] : []),
    `<a id="${key}"></a>`,
    table(node, definitions),
  ]);

const kindList = (definitions: Readonly<Record<string, Node>>): readonly string[] => [
  '## Kinds of values',
  ...Object.entries(definitions)
    .filter(([key]) => kinds.includes(key))
    .map(
      ([key, node]) =>
        `- <a id="${key}"></a>**${text(node['title'])}**: ${kindText(node, definitions)}`,
    ),
];

/** The text of `docs/errors.md`, from the closed table of codes. */
export const generateErrorDocs = (): string =>
  [
    '<!-- Generated from specs/codes.ts. -->',
    '# Errors of a spec',
    'Each is shown with its line, a caret and what to do; all errors of a file at once. While a file has one, what runs keeps running as the last good file said.',
    ['| Code | What is wrong | What to do |', '| --- | --- | --- |', ...rows()].join('\n'),
    '',
  ].join('\n\n');

const rows = (): readonly string[] =>
  Object.entries(codes).map(
    ([code, { title, todo }]) => `| \`${code}\` | ${cell(title)} | ${cell(todo)} |`,
  );

const kinds = [
  'name',
  'text',
  'size',
  'duration',
  'argv',
  'port',
  'mount',
  'workspace',
  'ulimit',
  'percentage',
  'folder',
  'device',
  'repository',
];

const introduction = `\`\`\`yaml
apiVersion: mlenv/v1
project: vision
defaults: { restart: on-failure }
environments:
  notebook:
    image: nvcr.io/nvidia/pytorch:24.05-py3
    command: [jupyter, lab]
    ports: [8888]
    dependsOn: [db]
  db:
    image: postgres:16
    user: image
\`\`\`

Keys that begin with \`x-\` are yours, in the file and in each environment. \`\${NAME}\` and \`\${NAME:-default}\` in values are replaced from the file \`.env\` beside mlenv.yaml, never from the environment of whoever runs MLEnv; \`$$\` is a dollar. YAML anchors, aliases, tags, merge keys and directives are not read: \`defaults:\` is the place for what environments share.`;

const configIntroduction = `\`\`\`yaml
apiVersion: mlenv/v1
watch: [/srv/projects]
gpu:
  exclude: [0]
  shared: [{ gpus: [5], slots: 4 }]
defaults: { cpus: 4, memory: 16GB }
host: { memory: 80% }
\`\`\`

One file is read: the one that \`--config\` or the variable \`MLENV_CONFIG\` names, which must be there then; else \`/etc/mlenv/config.yaml\` where root runs MLEnv, and \`mlenv/config.yaml\` below \`XDG_CONFIG_HOME\` or \`~/.config\` for everybody else. Every field but \`apiVersion\` may be left out.

\`mlenv config show\` prints each value and where it comes from; \`mlenv config check FILE\` finds the faults of a file, which [errors.md](errors.md) explains. A controller takes a good edit as it is saved; a bad one is reported, and the last good configuration stays. It does not start with a bad file.`;

const closing = `## Limits

At most 64 KiB, 2000 keys, 20 levels, 256 environments; 256 ports and 64 mounts an environment. What variables put in is at most 1 MiB. [errors.md](errors.md) lists what can be wrong.`;

const isMap = (key: string, node: Node): boolean =>
  node['type'] === 'object' && node['properties'] !== undefined && key !== 'environment';

const table = (node: Node, definitions: Readonly<Record<string, Node>>): string => {
  const required = (node['required'] ?? []) as readonly string[];
  const fields = Object.entries(node['properties'] as Readonly<Record<string, Node>>);
  const lines = fields.map(([name, field]) => {
    const star = required.includes(name) ? ' *' : '';
    const says = [text(field['title']), field['description']].filter(isText).map(ended).join(' ');
    const example = ((field['examples'] ?? []) as readonly unknown[])[0];
    const cells = [code(name) + star, typeText(field, definitions)];
    return `| ${[...cells, shown(field['default']), cell(says), shown(example)].join(' | ')} |`;
  });
  const head =
    '| Field | Type | Default | What it says | Example |\n| --- | --- | --- | --- | --- |';
  return [head, ...lines].join('\n') + (required.length > 0 ? '\n\n\\* must be there' : '');
};

const typeText = (field: Node, definitions: Readonly<Record<string, Node>>): string => {
  const ref = field['$ref'];
  if (typeof ref === 'string') {
    const key = ref.replace('#/$defs/', '');
    const node = definitions[key] ?? {};
    const linked = kinds.includes(key) || isMap(key, node);
    if (key === 'environment') return '[environment](#an-environment)';
    const title = text(node['title']).toLowerCase();
    if (linked) return `[${title}](#${key})`;
    return Array.isArray(node['anyOf']) ? typeText(node, definitions) : title;
  }
  const branches = field['anyOf'];
  if (Array.isArray(branches)) {
    return branches.map((branch: Node) => branchText(branch, definitions)).join(', ');
  }
  if (field['const'] !== undefined) return code(text(field['const']));
  if (Array.isArray(field['enum'])) return field['enum'].map((one) => code(text(one))).join(', ');
  if (field['type'] === 'array') return `list of ${typeText(field['items'] as Node, definitions)}`;
  if (field['type'] === 'object') {
    const values = field['additionalProperties'];
    return typeof values === 'object' ? `map to ${typeText(values as Node, definitions)}` : 'map';
  }
  return { string: 'text', integer: 'whole number' }[text(field['type'])] ?? text(field['type']);
};

const branchText = (branch: Node, definitions: Readonly<Record<string, Node>>): string =>
  branch['$ref'] === undefined && branch['const'] === undefined && isText(branch['title'])
    ? branch['title'].toLowerCase()
    : typeText(branch, definitions);

const kindText = (node: Node, definitions: Readonly<Record<string, Node>>): string => {
  const branches = ((node['anyOf'] ?? []) as readonly Node[]).map((branch) => {
    const says = branch['description'] ?? branch['patternErrorMessage'];
    return branchText(branch, definitions) + (isText(says) ? ` (${says.replace(/\.$/, '')})` : '');
  });
  if (branches.length > 0) return ended(`one of: ${branches.join('; ')}`);
  return ended(text(node['description'] ?? node['patternErrorMessage']));
};

const ended = (sentence: string): string => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`);

const shown = (value: unknown): string => (value === undefined ? '' : code(flow(value)));

/** As it would stand in the file. */
const flow = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, item]) => `${key}: ${flow(item)}`);
    return `{ ${fields.join(', ')} }`;
  }
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[\d.]+:\d+$/.test(value) ? JSON.stringify(value) : value;
};

const code = (value: string): string => `\`${value.replace(/\|/g, '\\|')}\``;
const cell = (value: string): string => value.replace(/\|/g, '\\|').replace(/\n/g, ' ');
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const text = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
