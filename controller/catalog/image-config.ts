import type { ImageConfig } from '../model/registry.ts';
import { isJson, json, list, parseJson, text, texts } from './shape.ts';

/** A config blob, OCI's or Docker's; null: it is none. */
export const readImageConfig = (source: string): ImageConfig | null => {
  const parsed = parseJson(source);
  if (!isJson(parsed) || text(parsed['architecture']) === '') return null;
  const config = json(parsed['config']);
  const labels = Object.entries(json(config['Labels'])).map(([key, value]) => [key, text(value)]);
  return {
    architecture: text(parsed['architecture']),
    os: text(parsed['os']) || 'linux',
    variant: text(parsed['variant']) || null,
    created: text(parsed['created']) || null,
    env: texts(config['Env']),
    labels: Object.fromEntries(labels) as Record<string, string>,
    history: list(parsed['history']).map((step) => text(json(step)['created_by'])),
  };
};
