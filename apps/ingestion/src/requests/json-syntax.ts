/** Where a text stops being JSON. */
export interface JsonSyntaxFault {
  /** Index of the first character that cannot be, in UTF-16 code units; the text's length when it ends too early. */
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

const WHITESPACE = /[ \t\n\r]*/y;
// eslint-disable-next-line no-control-regex -- these are the characters which JSON strings must escape
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

/**
 * Finds the first fault of a text which `JSON.parse` refused: its messages tell the place in some cases only.
 * Undefined when there is none. Iterative: a text may be nested as deeply as it likes.
 */
export function findJsonFault(text: string): JsonSyntaxFault | undefined {
  const offset = new Scanner(text).faultOffset();
  if (offset === undefined) return undefined;
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { offset, line: before.split('\n').length, column: offset - lineStart + 1 };
}

type Expected = 'value' | 'value-or-close' | 'key' | 'key-or-close' | 'comma-or-close';

class Scanner {
  private at = 0;
  private readonly open: ('{' | '[')[] = [];

  constructor(private readonly text: string) {}

  faultOffset(): number | undefined {
    let expected: Expected | undefined = 'value';
    this.skip(WHITESPACE);
    while (expected !== undefined) {
      const next = this.step(expected);
      if (next === 'fault') return this.at;
      this.skip(WHITESPACE);
      expected = next === 'end' ? undefined : next;
    }
    return this.at < this.text.length ? this.at : undefined;
  }

  private step(expected: Expected): Expected | 'end' | 'fault' {
    const char = this.text[this.at];
    if (expected === 'comma-or-close') return this.afterValue(char);
    if (expected === 'key' || expected === 'key-or-close') {
      return expected === 'key-or-close' && char === '}' ? this.close() : this.key();
    }
    if (expected === 'value-or-close' && char === ']') return this.close();
    return this.value(char);
  }

  private value(char: string | undefined): Expected | 'end' | 'fault' {
    if (char === '{' || char === '[') {
      this.open.push(char);
      this.at += 1;
      return char === '{' ? 'key-or-close' : 'value-or-close';
    }
    if (char === '"') return this.string() ? this.afterClosed() : 'fault';
    return this.skip(SCALAR) > 0 ? this.afterClosed() : 'fault';
  }

  private key(): Expected | 'fault' {
    if (this.text[this.at] !== '"' || !this.string()) return 'fault';
    this.skip(WHITESPACE);
    if (this.text[this.at] !== ':') return 'fault';
    this.at += 1;
    return 'value';
  }

  private afterValue(char: string | undefined): Expected | 'end' | 'fault' {
    const open = this.open.at(-1);
    if (char === (open === '{' ? '}' : ']')) return this.close();
    if (char !== ',') return 'fault';
    this.at += 1;
    return open === '{' ? 'key' : 'value';
  }

  private close(): Expected | 'end' {
    this.open.pop();
    this.at += 1;
    return this.afterClosed();
  }

  private afterClosed(): Expected | 'end' {
    return this.open.length === 0 ? 'end' : 'comma-or-close';
  }

  /** Steps over a string; on a fault it stays at the first character that a string cannot have there. */
  private string(): boolean {
    this.skip(STRING);
    if (this.text[this.at] !== '"') return false;
    this.at += 1;
    return true;
  }

  private skip(pattern: RegExp): number {
    pattern.lastIndex = this.at;
    const length = pattern.exec(this.text)?.[0].length ?? 0;
    this.at += length;
    return length;
  }
}
