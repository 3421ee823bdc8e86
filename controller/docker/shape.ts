/** A reply is foreign text until it was looked at: these readers give a value of the right type or a plain default. */
export type Json = Readonly<Record<string, unknown>>;

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);

export const json = (value: unknown): Json => (isJson(value) ? value : {});

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export const number = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : 0;

export const positive = (value: unknown): number | null => {
  const read = number(value);
  return read > 0 ? read : null;
};

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const texts = (value: unknown): readonly string[] =>
  typeof value === 'string' ? [value] : list(value).map(text);

export const textMap = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(json(value)).map(([key, entry]) => [key, text(entry)]));

/** Milliseconds since the epoch; null for the engine's zero time ("0001-01-01…") and for no time at all. */
export const time = (value: unknown): number | null => {
  const read = Date.parse(text(value));
  return Number.isNaN(read) || read <= 0 ? null : read;
};
