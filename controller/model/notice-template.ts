/** What stands for a fact in a template. */
export const placeholders = [
  'event',
  'subject',
  'project',
  'environment',
  'owner',
  'reason',
  'message',
  'todo',
  'commit',
  'host',
  'time',
] as const;
export type Placeholder = (typeof placeholders)[number];

export const defaultTemplate = '[{event}] {subject} ({owner}): {reason}: {message}';

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'fact'; readonly name: Placeholder };

export type TemplateRead =
  | { readonly ok: true; readonly parts: readonly TemplatePart[] }
  /** `piece`: what of the text is wrong. */
  | { readonly ok: false; readonly piece: string; readonly why: 'unknown' | 'brace' };

/** `{name}` is a fact; `{{` and `}}` are braces. */
export const parseTemplate = (text: string): TemplateRead => {
  const parts: TemplatePart[] = [];
  for (const [piece] of text.matchAll(/\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g)) {
    const name = piece.slice(1, -1);
    if (piece === '{{' || piece === '}}') parts.push({ kind: 'text', text: piece.charAt(0) });
    else if (piece === '{' || piece === '}') return { ok: false, piece, why: 'brace' };
    else if (!piece.startsWith('{')) parts.push({ kind: 'text', text: piece });
    else if (isPlaceholder(name)) parts.push({ kind: 'fact', name });
    else return { ok: false, piece, why: 'unknown' };
  }
  return { ok: true, parts };
};

const isPlaceholder = (name: string): name is Placeholder =>
  (placeholders as readonly string[]).includes(name);
