/** Knows which methods each route has, to tell "no such path" from "not with this method". Used for unmatched requests only. */
export class AllowedMethods {
  private readonly routes = new Map<string, Set<string>>();

  add(template: string, methods: readonly string[]): void {
    const known = this.routes.get(template) ?? new Set();
    for (const method of methods) known.add(method);
    this.routes.set(template, known);
  }

  /** Methods with which a path exists, sorted; empty when it does not exist at all. */
  of(path: string): string[] {
    const methods = new Set<string>();
    const segments = path.split('/');
    for (const [template, known] of this.routes) {
      if (matches(template.split('/'), segments)) for (const method of known) methods.add(method);
    }
    return [...methods].sort();
  }
}

function matches(template: readonly string[], segments: readonly string[]): boolean {
  if (template.includes('*')) return false;
  return (
    template.length === segments.length &&
    template.every((part, i) => (part.startsWith(':') ? segments[i] !== '' : part === segments[i]))
  );
}
