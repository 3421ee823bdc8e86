/** An answer is foreign text until it was looked at: these readers give a value of the right type or a plain default. */
export type Json = Readonly<Record<string, unknown>>;

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const json = (value: unknown): Json => (isJson(value) ? value : {});

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const texts = (value: unknown): readonly string[] =>
  list(value).filter((entry) => typeof entry === 'string');

/** A whole number of bytes, a count; null: it is none. */
export const count = (value: unknown): number | null =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : null;

/** JSON, or null where it is none. */
export const parseJson = (source: string): unknown => {
  try {
    return JSON.parse(source);
  } catch {
    return null;
  }
};

/** Milliseconds since the epoch; null: no time, or Go's zero time. */
export const time = (value: unknown): number | null => {
  const read = Date.parse(text(value));
  return Number.isNaN(read) || read <= 0 ? null : read;
};

/** Foreign words on one line, without control characters and without a key of NGC. */
export const oneLine = (value: string, longest = 200): string => {
  const line = value
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .replace(/nvapi-[\w-]+/g, 'nvapi-…')
    .trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
};
