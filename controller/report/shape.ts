/**
 * Whether a value that came over a wire of ours is an object with these keys. What lies deeper is
 * trusted: both ends are MLEnv, and the path's /v1 says which shape they speak.
 */
export const isShaped = <T extends object>(
  value: unknown,
  ...keys: readonly (keyof T & string)[]
): value is T =>
  typeof value === 'object' && value !== null && keys.every((key) => Object.hasOwn(value, key));
