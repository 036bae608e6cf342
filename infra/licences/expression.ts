/** A licence expression of SPDX (annex D of its specification): ids, `WITH` an exception, `AND`, `OR` and brackets. */
export type Expression =
  | { readonly type: 'licence'; readonly id: string }
  | { readonly type: 'and' | 'or'; readonly parts: readonly Expression[] };

/** Longer ones and deeper ones are no licence of anybody. */
const limits = { text_chars: 500, depth: 8 } as const;

const token = /\s*([()]|[A-Za-z0-9][\w.+-]*)/y;

/** Throws an error that says what is wrong with the text. */
export function parseExpression(text: string): Expression {
  const tokens = tokensOf(text);
  const { expression, next } = parseOr(tokens, 0, 0);
  if (next !== tokens.length) throw new Error(`"${text}" goes on after its end`);
  return expression;
}

/** Whether one may do what the licences of a table allow: one of an OR is enough, of an AND all have to be there. */
export function isAllowed(expression: Expression, allowed: ReadonlySet<string>): boolean {
  switch (expression.type) {
    case 'licence':
      return allowed.has(expression.id);
    case 'and':
      return expression.parts.every((part) => isAllowed(part, allowed));
    case 'or':
      return expression.parts.some((part) => isAllowed(part, allowed));
  }
}

function tokensOf(text: string): string[] {
  if (text.length > limits.text_chars) throw new Error('it is too long for a licence expression');
  const tokens: string[] = [];
  const trimmed = text.trim();
  token.lastIndex = 0;
  while (token.lastIndex < trimmed.length) {
    const at = token.lastIndex;
    const match = token.exec(trimmed);
    if (match?.[1] === undefined)
      throw new Error(`"${trimmed.slice(at)}" is no licence expression`);
    tokens.push(match[1]);
  }
  return tokens;
}

interface Parsed {
  readonly expression: Expression;
  /** Of the token that follows. */
  readonly next: number;
}

/** `AND` binds more tightly than `OR`. */
function parseOr(tokens: readonly string[], at: number, depth: number): Parsed {
  return parseList(tokens, at, 'OR', (from) => parseList(tokens, from, 'AND', parseOne));

  function parseOne(from: number): Parsed {
    if (tokens[from] !== '(') return parseLicence(tokens, from);
    if (depth === limits.depth) throw new Error('its brackets are too deep');
    const inner = parseOr(tokens, from + 1, depth + 1);
    if (tokens[inner.next] !== ')') throw new Error('a bracket is not closed');
    return { ...inner, next: inner.next + 1 };
  }
}

function parseList(
  tokens: readonly string[],
  at: number,
  operator: 'AND' | 'OR',
  parsePart: (at: number) => Parsed,
): Parsed {
  let { expression, next } = parsePart(at);
  const parts = [expression];
  while (tokens[next] === operator) {
    ({ expression, next } = parsePart(next + 1));
    parts.push(expression);
  }
  const type = operator === 'AND' ? 'and' : 'or';
  return { expression: parts.length === 1 ? expression : { type, parts }, next };
}

const words: ReadonlySet<string | undefined> = new Set(['AND', 'OR', 'WITH', '(', ')', undefined]);

/** An id, or `ID WITH EXCEPTION`, which is allowed as that or not at all. */
function parseLicence(tokens: readonly string[], at: number): Parsed {
  const id = idAt(tokens, at);
  if (tokens[at + 1] !== 'WITH') return { expression: { type: 'licence', id }, next: at + 1 };
  const exception = idAt(tokens, at + 2);
  return { expression: { type: 'licence', id: `${id} WITH ${exception}` }, next: at + 3 };
}

function idAt(tokens: readonly string[], at: number): string {
  const id = tokens[at];
  if (id === undefined || words.has(id)) {
    throw new Error(`a licence is missing ${id === undefined ? 'at its end' : `before "${id}"`}`);
  }
  return id;
}
