/** Conditions of QEMU 2.10 to 6.1, which are expressions of the C preprocessor. */
import type { Condition } from '../model.js';

const TOKEN = /\s*(defined\b|[A-Za-z_]\w*|&&|\|\||[!()])/y;

/** The deepest nesting of parentheses and negations. */
const MAX_DEPTH = 100;

/**
 * Parses `defined(NAME)`, `NAME`, `!`, `&&`, `||` and parentheses. Returns undefined for anything else, such as a comparison.
 */
export function parseCCondition(text: string): Condition | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let end = 0; end < text.trimEnd().length; end = TOKEN.lastIndex) {
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) return undefined;
    tokens.push(token);
  }
  const parser = new CConditionParser(tokens);
  const condition = parser.parseOperation('||', 0);
  return parser.atEnd ? condition : undefined;
}

class CConditionParser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  parseOperation(operator: '||' | '&&', depth: number): Condition | undefined {
    const operands: Condition[] = [];
    do {
      const operand = operator === '||' ? this.parseOperation('&&', depth) : this.#parseOperand(depth);
      if (operand === undefined) return undefined;
      operands.push(operand);
    } while (this.#take(operator));
    const [only] = operands;
    return operands.length === 1 ? only : { kind: operator === '||' ? 'any' : 'all', operands };
  }

  #parseOperand(depth: number): Condition | undefined {
    if (depth > MAX_DEPTH) return undefined;
    if (this.#take('!')) {
      const operand = this.#parseOperand(depth + 1);
      return operand && { kind: 'not', operand };
    }
    if (this.#take('(')) {
      const inner = this.parseOperation('||', depth + 1);
      return this.#take(')') ? inner : undefined;
    }
    if (!this.#take('defined')) return this.#parseName();
    const enclosed = this.#take('(');
    const name = this.#parseName();
    return enclosed && !this.#take(')') ? undefined : name;
  }

  #parseName(): Condition | undefined {
    const name = this.#tokens[this.#at] ?? '';
    if (!/^[A-Za-z_]/.test(name) || name === 'defined') return undefined;
    this.#at += 1;
    return { kind: 'defined', name };
  }

  #take(token: string): boolean {
    const found = this.#tokens[this.#at] === token;
    if (found) this.#at += 1;
    return found;
  }
}

/** Returns a condition in the syntax since QEMU 6.2. */
export function asQapi(condition: Condition): string {
  switch (condition.kind) {
    case 'defined':
      return `'${condition.name}'`;
    case 'not':
      return `{ 'not': ${asQapi(condition.operand)} }`;
    default:
      return `{ '${condition.kind}': [ ${condition.operands.map(asQapi).join(', ')} ] }`;
  }
}
