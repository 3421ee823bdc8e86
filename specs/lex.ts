import { CST, Lexer, Parser } from 'yaml';
import type { Code } from './codes.ts';
import type { Span } from './point.ts';

export const maxDepth = 20;
export const maxKeys = 2000;

/** A fault whose place in the text is known at once. */
export interface TextFault {
  readonly code: Code;
  readonly span: Span;
  readonly message: string;
  readonly hint: string;
}

/**
 * Text to syntax tokens, within limits. Composing recurses and would exhaust the stack on a deep
 * nest, so depth is counted here, while the parser's own stack of open collections grows, and the
 * work stops before the nest exists.
 */
export const lex = (
  text: string,
):
  | { readonly ok: true; readonly tokens: readonly CST.Token[] }
  | { readonly ok: false; readonly faults: readonly TextFault[] } => {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  const faults: TextFault[] = [];
  let keys = 0;
  let contentNext = false;
  for (const lexeme of new Lexer().lex(text)) {
    const type: string | null = contentNext ? 'content' : CST.tokenType(lexeme);
    contentNext = type === 'scalar';
    const span = { start: parser.offset, end: parser.offset + lexeme.length };
    const refused = refusals[type ?? 'unknown'];
    if (refused !== undefined) faults.push({ ...refused, span });
    if (type === 'map-value-ind') keys += 1;
    tokens.push(...parser.next(lexeme));
    if (parser.stack.filter(isCollection).length > maxDepth) {
      return { ok: false, faults: [...faults, { ...tooDeep, span }] };
    }
    if (keys > maxKeys) return { ok: false, faults: [...faults, { ...tooMany, span }] };
  }
  tokens.push(...parser.end());
  return faults.length > 0 ? { ok: false, faults } : { ok: true, tokens };
};

type Refusal = Omit<TextFault, 'span'>;

const shared = 'put what the environments share under defaults:';

const refusals: Readonly<Record<string, Refusal | undefined>> = {
  anchor: { code: 'E_ANCHOR', message: 'anchors are not read', hint: shared },
  alias: { code: 'E_ALIAS', message: 'aliases are not read', hint: shared },
  tag: { code: 'E_TAG', message: 'tags are not read', hint: 'remove it; quote what is text' },
  'directive-line': {
    code: 'E_DIRECTIVE',
    message: 'directives are not read',
    hint: 'remove the line',
  },
};

const tooDeep: Refusal = {
  code: 'E_DEPTH',
  message: `nested deeper than ${maxDepth} levels`,
  hint: '',
};

const tooMany: Refusal = {
  code: 'E_TOO_MANY_KEYS',
  message: `more than ${maxKeys} keys`,
  hint: 'split the project into several',
};

const isCollection = ({ type }: CST.Token): boolean =>
  type === 'block-map' || type === 'block-seq' || type === 'flow-collection';
