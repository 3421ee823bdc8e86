import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { readSchema, type SchemaName } from '../schema/files.ts';

export interface SchemaNode {
  readonly [key: string]: unknown;
}

/** One schema, compiled once, with what is needed to explain an error of it. */
export interface CompiledSchema {
  readonly validate: (pointer: string, value: unknown) => readonly ErrorObject[];
  /** Follows `$ref` until there is none. */
  readonly resolve: (pointer: string) => { readonly pointer: string; readonly node: SchemaNode };
  /** Where in the schema a node stands that an error names. */
  readonly pointerOf: (node: object) => string;
}

export const specSchema = 'mlenv.schema.json';
export const configSchema = 'config.schema.json';

export const compiledSchema = (id: SchemaName): CompiledSchema => {
  const schema = compiled.get(id) ?? compileSchema(id);
  compiled.set(id, schema);
  return schema;
};

const compiled = new Map<SchemaName, CompiledSchema>();

const compileSchema = (id: SchemaName): CompiledSchema => {
  const root = readSchema(id) as SchemaNode;
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    verbose: true,
    keywords: ['patternErrorMessage'],
  });
  ajv.addSchema(root);
  const pointers = new Map<object, string>();
  index(root, '', pointers);
  return {
    validate: (pointer, value) => {
      const check: ValidateFunction | undefined = ajv.getSchema(`${id}#${pointer}`);
      if (check === undefined) throw new Error(`no ${pointer} in ${id}`);
      return check(value) ? [] : (check.errors ?? []);
    },
    resolve: (pointer) => follow(root, pointer),
    pointerOf: (node) => pointers.get(node) ?? '',
  };
};

const index = (node: unknown, pointer: string, into: Map<object, string>): void => {
  if (typeof node !== 'object' || node === null) return;
  into.set(node, pointer);
  for (const [key, value] of Object.entries(node)) {
    index(value, `${pointer}/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`, into);
  }
};

const follow = (root: SchemaNode, start: string): { pointer: string; node: SchemaNode } => {
  let pointer = start;
  for (;;) {
    const parts = pointer.split('/').slice(1);
    const node = parts.reduce<unknown>((at, part) => field(at, part), root) as SchemaNode;
    const ref = node['$ref'];
    if (typeof ref !== 'string') return { pointer, node };
    pointer = ref.slice(1);
  }
};

const field = (node: unknown, name: string): unknown =>
  typeof node === 'object' && node !== null
    ? (node as SchemaNode)[name.replace(/~1/g, '/').replace(/~0/g, '~')]
    : undefined;
