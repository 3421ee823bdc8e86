import { compile } from 'json-schema-to-typescript';
import { readSchema, type SchemaName } from '../../schema/files.ts';

/** The text of `specs/types.generated.ts`, from the schema that also validates. */
export const generateTypes = (): Promise<string> => typesOf('mlenv.schema.json', 'Spec');

/** The text of `specs/config/types.generated.ts`. */
export const generateConfigTypes = (): Promise<string> => typesOf('config.schema.json', 'Config');

const typesOf = (schema: SchemaName, prefix: string): Promise<string> =>
  compile(named(readSchema(schema), prefix) as object, `${prefix}File`, {
    bannerComment: `/* Generated from schema/${schema} by \`UPDATE=1 vitest run test/specs/types.test.ts\`. */`,
    style: { singleQuote: true, printWidth: 100 },
    strictIndexSignatures: true,
    ignoreMinAndMaxItems: true,
  });

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

// The generator makes a type of its own of everything that bears a title. Titles are for people, so
// they go into the comments, and only a definition that is a map gives its name to a type.
const named = (schema: unknown, prefix: string): Json => {
  const root = schema as { readonly [key: string]: Json };
  const definitions = Object.entries(root['$defs'] as { readonly [key: string]: Json });
  return {
    ...(untitled(root) as object),
    title: `${prefix}File`,
    $defs: Object.fromEntries(
      definitions.map(([key, value]) => [
        key,
        { ...(untitled(value) as object), ...typeName(prefix, key) },
      ]),
    ),
  };
};

const typeName = (prefix: string, key: string): { readonly title: string } => ({
  title: `${prefix}${key.charAt(0).toUpperCase()}${key.slice(1)}`,
});

const untitled = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(untitled);
  if (typeof value !== 'object' || value === null) return value;
  const node = value as { readonly [key: string]: Json };
  if (typeof node['$ref'] === 'string') return { $ref: node['$ref'] };
  // An index signature for x-… would make every misspelt field a legal one.
  const { title, description, default: _1, examples: _2, patternProperties: _3, ...rest } = node;
  const kept = Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, untitled(one)]));
  const comment = [title, description].filter((part) => typeof part === 'string').join('. ');
  return typeof title === 'string' || typeof description === 'string'
    ? { ...kept, description: comment }
    : kept;
};
