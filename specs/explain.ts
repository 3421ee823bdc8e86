import type { ErrorObject } from 'ajv/dist/2020.js';
import { fault, fieldName, type Fault, type Path } from './fault.ts';
import { foreignFields, nearest } from './nearest.ts';
import { quoted, safeText } from './safe-text.ts';
import type { CompiledSchema, SchemaNode } from './schema.ts';

/** One error of the validator in a user's words. Nothing where another error says the same. */
export const explain = (
  schema: CompiledSchema,
  error: ErrorObject,
  path: Path,
): readonly Fault[] => {
  if (path.length === 1 && path[0] === 'apiVersion') return [apiVersionFault(error.data)];
  if (error.data === null && (error.keyword === 'type' || error.keyword === 'anyOf')) {
    const message = `${fieldName(path)} has no value`;
    const mayGo = path.at(-1) !== 'image' && path.at(-1) !== 'environments';
    const hint = `${expected(schema, error)}${mayGo ? ', or remove it' : ''}`;
    return [fault('E_NO_VALUE', path, { message, hint })];
  }
  const node = nodeOf(error);
  const name = fieldName(path);
  switch (error.keyword) {
    case 'additionalProperties':
      return [unknownField(error, path)];
    case 'required':
      return [missingField(error, path)];
    case 'type':
    case 'anyOf':
      return [wrongType(schema, error, path)];
    case 'enum':
    case 'const':
      return [wrongValue(error, path)];
    case 'pattern':
      return isNameError(error)
        ? [badName(error, path)]
        : [wrongForm(path, error.data, show(node['patternErrorMessage']))];
    case 'minimum':
    case 'maximum':
      return [outOfRange(path, node)];
    case 'minLength':
    case 'minItems':
      return [fault('E_RANGE', path, { message: `${name} must not be empty` })];
    case 'maxLength':
      if (isNameError(error)) return [badName(error, path)];
      return [fault('E_RANGE', path, { message: `${name} is longer than ${limit(error)}` })];
    case 'maxItems':
    case 'maxProperties':
      return [
        fault('E_RANGE', path, {
          message: `${name} has more than ${show(error.params['limit'])} entries`,
        }),
      ];
    case 'propertyNames':
      return [];
    default:
      return [fault('E_TYPE', path, { message: `${name}: ${error.message ?? error.keyword}` })];
  }
};

export const fieldsOf = (node: SchemaNode): readonly string[] => {
  const properties = node['properties'];
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
};

/** The field that an unknown one was probably meant to be. */
export const meantField = (error: ErrorObject): string | null => {
  if (error.keyword !== 'additionalProperties') return null;
  const given = String(error.params['additionalProperty']);
  const known = fieldsOf(nodeOf(error));
  const foreign = foreignFields.get(given);
  return foreign !== undefined && known.includes(foreign) ? foreign : nearest(given, known);
};

const unknownField = (error: ErrorObject, path: Path): Fault => {
  const given = String(error.params['additionalProperty']);
  const known = fieldsOf(nodeOf(error));
  const meant = meantField(error);
  const all = known.length <= 8 ? `fields here: ${known.join(', ')}` : '';
  return fault('E_UNKNOWN_FIELD', [...path, given], {
    at: 'key',
    message: `there is no field ${quoted(given)}`,
    hint: meant === null ? all : `did you mean ${quoted(meant)}?`,
  });
};

const missingField = (error: ErrorObject, path: Path): Fault => {
  const missing = String(error.params['missingProperty']);
  if (missing === 'apiVersion' && path.length === 0) return apiVersionFault(undefined);
  return fault('E_REQUIRED', path, {
    at: 'key',
    message: path.length === 0 ? `${missing} is missing` : `${fieldName(path)} needs ${missing}`,
    hint: missing === 'environments' ? 'add environments: with one name beneath it' : '',
  });
};

const apiVersionFault = (given: unknown): Fault => {
  const hint = 'the first line is: apiVersion: mlenv/v1';
  if (given === undefined) {
    return fault('E_API_VERSION', [], { message: 'apiVersion is missing', hint });
  }
  if (
    typeof given === 'string' &&
    /^mlenv\/v([2-9]|[1-9][0-9]{1,5})([a-z][a-z0-9]{0,9})?$/.test(given)
  ) {
    return fault('E_API_VERSION_NEWER', ['apiVersion'], {
      message: `${given} is newer than this MLEnv, which reads mlenv/v1`,
      hint: 'upgrade mlenv',
    });
  }
  return fault('E_API_VERSION', ['apiVersion'], {
    message: `apiVersion cannot be ${kindOf(given)}`,
    hint: 'write apiVersion: mlenv/v1',
  });
};

const wrongType = (schema: CompiledSchema, error: ErrorObject, path: Path): Fault => {
  const { data } = error;
  const message = `${fieldName(path)} cannot be ${kindOf(data)}`;
  if (typeof data === 'number' && !Number.isInteger(data) && error.params['type'] === 'integer') {
    return fault('E_TYPE', path, { message: `${fieldName(path)} must be a whole number` });
  }
  const mount = path.at(-2) === 'mounts' && typeof data === 'string';
  const hint = mount ? 'write { source: ./data, target: /data }' : expected(schema, error);
  return fault('E_TYPE', path, { message, hint });
};

const wrongValue = (error: ErrorObject, path: Path): Fault => {
  const allowed = [error.params['allowedValues'] ?? error.params['allowedValue']]
    .flat()
    .map(String);
  const meant = nearest(String(error.data), allowed);
  return fault('E_VALUE', path, {
    message: `${fieldName(path)} cannot be ${quoted(String(error.data))}`,
    hint: meant === null ? oneOf(allowed) : `did you mean ${quoted(meant)}? ${oneOf(allowed)}`,
  });
};

const wrongForm = (path: Path, data: unknown, form: string): Fault =>
  fault(path.length === 1 && path[0] === 'project' ? 'E_NAME' : 'E_FORMAT', path, {
    message: `${fieldName(path)} cannot be ${quoted(String(data))}`,
    hint: `write ${form}`,
  });

const isNameError = (error: ErrorObject): boolean => error.propertyName !== undefined;

const badName = (error: ErrorObject, path: Path): Fault => {
  const given = String(error.propertyName);
  const node = nodeOf(error);
  const ofEnvironment = path.length === 1 && path[0] === 'environments';
  return fault(ofEnvironment ? 'E_NAME' : 'E_FORMAT', [...path, given], {
    at: 'key',
    message: `${quoted(given)} cannot be a name here`,
    hint: `use ${show(node['patternErrorMessage'])}`,
  });
};

const outOfRange = (path: Path, node: SchemaNode): Fault => {
  const [low, high] = [node['minimum'], node['maximum']];
  const range = high === undefined ? `at least ${show(low)}` : `${show(low)} to ${show(high)}`;
  return fault('E_RANGE', path, { message: `${fieldName(path)} must be ${range}` });
};

const nodeOf = (error: ErrorObject): SchemaNode => error.parentSchema ?? {};

const show = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

const limit = (error: ErrorObject): string => `${String(error.params['limit'])} characters`;

const oneOf = (allowed: readonly string[]): string =>
  allowed.length === 1 ? `write ${allowed[0]}` : `one of: ${allowed.join(', ')}`;

/** What would have been right, from the schema's own titles. */
const expected = (schema: CompiledSchema, error: ErrorObject): string => {
  const node = nodeOf(error);
  const branches = node['anyOf'];
  if (Array.isArray(branches)) {
    const pointer = schema.pointerOf(node);
    const titles = branches.map((_, i) => schema.resolve(`${pointer}/anyOf/${i}`).node['title']);
    return `write one of: ${titles.map((title) => String(title).toLowerCase()).join('; ')}`;
  }
  const form = node['patternErrorMessage'];
  if (typeof form === 'string') return `write ${form}`;
  if (Array.isArray(node['enum'])) return oneOf(node['enum'].map(String));
  if (Array.isArray(node['type'])) return 'write a value ("" is an empty text)';
  const types = [node['type']].flat().map((type) => typeWords[String(type)] ?? String(type));
  return `write ${types.join(' or ')}`;
};

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
};

const kindOf = (data: unknown): string => {
  if (data === null) return 'empty';
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'object') return 'a map';
  return typeof data === 'string'
    ? `the text ${quoted(data)}`
    : `the ${typeof data} ${safeText(show(data), 60)}`;
};
