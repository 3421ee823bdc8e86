import type { ErrorObject } from 'ajv/dist/2020.js';
import { explain, fieldsOf, meantField } from './explain.ts';
import { fault, fieldName, type Fault, type Path } from './fault.ts';
import {
  compiledSchema,
  configSchema,
  specSchema,
  type CompiledSchema,
  type SchemaNode,
} from './schema.ts';
import { quoted } from './safe-text.ts';
import type { SpecEnvironment } from './types.generated.ts';

/** Faults of a whole file, in no order. Empty: it is a `SpecFile`. */
export const validateFile = (value: unknown): readonly Fault[] =>
  validateWhole(compiledSchema(specSchema), value);

/** Faults of a host's configuration, in no order. Empty: it is a `ConfigFile`. */
export const validateConfig = (value: unknown): readonly Fault[] =>
  validateWhole(compiledSchema(configSchema), value);

const validateWhole = (schema: CompiledSchema, value: unknown): readonly Fault[] => {
  const faults = validateAt({ schema, pointer: '' }, value, []);
  // What else a newer file says cannot be judged.
  const newer = faults.filter(({ code }) => code === 'E_API_VERSION_NEWER');
  return newer.length > 0 ? newer : faults;
};

/** One environment, or the file's `defaults`. */
export const validateEnvironment = (
  value: unknown,
):
  | { readonly ok: true; readonly environment: SpecEnvironment }
  | { readonly ok: false; readonly faults: readonly Fault[] } => {
  const faults = validateAt(
    { schema: compiledSchema(specSchema), pointer: '/$defs/environment' },
    value,
    [],
  );
  return faults.length === 0
    ? { ok: true, environment: value as SpecEnvironment }
    : { ok: false, faults };
};

interface Place {
  readonly schema: CompiledSchema;
  readonly pointer: string;
}

const validateAt = ({ schema, pointer }: Place, value: unknown, prefix: Path): readonly Fault[] => {
  const errors = schema.validate(pointer, value);
  const unions = errors
    .filter(isUnion)
    .filter((one, _, all) => !all.some((it) => isInside(one, it)));
  const rest = errors.filter((one) => !unions.some((it) => isBelow(one, it)));
  const misspelt = new Set(rest.map((one) => `${one.instancePath} ${meantField(one)}`));
  const mistyped = new Set(rest.filter(isOfType).map(({ instancePath }) => instancePath));
  const isEcho = (one: ErrorObject): boolean =>
    (one.keyword === 'required' &&
      misspelt.has(`${one.instancePath} ${String(one.params['missingProperty'])}`)) ||
    (!isOfType(one) && mistyped.has(one.instancePath));
  const pathOf = (one: ErrorObject): Path => [...prefix, ...partsOf(one.instancePath, value)];
  return [
    ...unions.flatMap((one) => unionFaults(schema, one, pathOf(one))),
    ...rest.filter((one) => !isEcho(one)).flatMap((one) => explain(schema, one, pathOf(one))),
  ];
};

const isOfType = ({ keyword }: ErrorObject): boolean => keyword === 'type';

// Nothing but the union itself constrains the values it stands for, so that every error at or below
// such a value is one of its branches'.
const isUnion = ({ keyword }: ErrorObject): boolean => keyword === 'anyOf';
const isBelow = (one: ErrorObject, union: ErrorObject): boolean =>
  one.instancePath === union.instancePath || isInside(one, union);
const isInside = (one: ErrorObject, union: ErrorObject): boolean =>
  one.instancePath.startsWith(`${union.instancePath}/`);

/** The faults of the branch that fits best; of the whole union where none has this kind of value. */
const unionFaults = (schema: CompiledSchema, error: ErrorObject, path: Path): readonly Fault[] => {
  const pointer = schema.pointerOf(error.parentSchema ?? {});
  const branches = ((error.parentSchema?.['anyOf'] ?? []) as readonly unknown[]).map((_, index) =>
    schema.resolve(`${pointer}/anyOf/${index}`),
  );
  const fitting = branches.filter(({ node }) => admits(node, error.data));
  if (fitting.length === 0) return explain(schema, error, path);
  const others = branches.filter((branch) => !fitting.includes(branch));
  const tried = fitting
    .map((branch) => ({
      branch,
      faults: validateAt({ schema, pointer: branch.pointer }, error.data, path),
    }))
    .sort((a, b) => weight(a.faults) - weight(b.faults));
  const best = tried[0];
  if (best === undefined) return [];
  const choices = fitting.map(({ node }) => ownField(node));
  if (choices.length > 1 && !choices.some((name) => Object.hasOwn(error.data as object, name))) {
    const rest = best.faults.filter((one) => one.code === 'E_UNKNOWN_FIELD');
    if (rest.length > 0) return rest;
    const message = `${fieldName(path)} needs one of: ${choices.join(', ')}`;
    return [fault('E_REQUIRED', path, { at: 'key', message })];
  }
  const known = fitting.flatMap(({ node }) => fieldsOf(node));
  if (!best.faults.some(({ code }) => code === 'E_VALUE')) {
    return best.faults.map((one) => asConflict(one, best.branch.node, known));
  }
  const titles = others.map(({ node }) => String(node['title']).toLowerCase());
  return best.faults.map((one) =>
    one.path.length === path.length && titles.length > 0
      ? { ...one, hint: [one.hint, `or: ${titles.join('; ')}`].filter(Boolean).join('; ') }
      : one,
  );
};

// A missing field weighs most: the branch whose own field is there is the one that was meant.
const weight = (faults: readonly Fault[]): number =>
  faults.reduce((sum, { code }) => sum + (code === 'E_REQUIRED' ? 3 : 2), 0);

/** A field of a sibling branch is not unknown: it stands where another excludes it. */
const asConflict = (one: Fault, node: SchemaNode, known: readonly string[]): Fault => {
  const name = one.path.at(-1);
  if (one.code !== 'E_UNKNOWN_FIELD' || typeof name !== 'string' || !known.includes(name)) {
    return one;
  }
  return fault('E_CONFLICT', one.path, {
    at: 'key',
    message: `${quoted(name)} cannot stand beside ${quoted(ownField(node))}`,
    hint: 'keep one of them',
  });
};

/** Branches that are maps tell themselves apart by the first field that they require. */
const ownField = (node: SchemaNode): string =>
  ((node['required'] ?? []) as readonly string[])[0] ?? '';

const admits = (node: SchemaNode, value: unknown): boolean => {
  const types = [node['type']].flat();
  return types.some((type) => {
    if (type === 'integer' || type === 'number') return typeof value === 'number';
    if (type === 'array') return Array.isArray(value);
    if (type === 'object') {
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    }
    return typeof value === type;
  });
};

/** List places become numbers. */
const partsOf = (instancePath: string, root: unknown): Path => {
  const path: (string | number)[] = [];
  let here = root;
  for (const raw of instancePath.split('/').slice(1)) {
    const part = raw.replace(/~1/g, '/').replace(/~0/g, '~');
    path.push(Array.isArray(here) ? Number(part) : part);
    here = (here as SchemaNode)[part];
  }
  return path;
};
