import { fieldName, type Fault, type Path } from './fault.ts';

/**
 * A message may quote a value. Where variables made it, the value may be a secret, so the message
 * then says only that it does not fit. `written` is the data before they were replaced.
 */
export const redact = (faults: readonly Fault[], written: unknown): readonly Fault[] =>
  faults.map((one) => {
    if (one.piece !== undefined || !hasVariable(at(written, one.path))) return one;
    return { ...one, message: `${fieldName(one.path)} cannot be what its variables make of it` };
  });

const hasVariable = (value: unknown): boolean => typeof value === 'string' && value.includes('${');

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (here, part) =>
      typeof here === 'object' && here !== null && Object.hasOwn(here, part)
        ? (here as Readonly<Record<string | number, unknown>>)[part]
        : undefined,
    value,
  );
