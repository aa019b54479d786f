import ts from 'typescript';

/** A route of a Nest controller, and what its decorators say about who may call it. */
export interface Route {
  /** `Class.method`. */
  readonly name: string;
  readonly line: number;
  readonly access: 'scope' | 'authenticated' | 'public' | 'unsaid';
}

const METHODS = new Set(['Get', 'Head', 'Post', 'Put', 'Patch', 'Delete', 'Options', 'All']);
const ACCESS: Readonly<Record<string, Route['access']>> = {
  RequireScope: 'scope',
  Authenticated: 'authenticated',
  Public: 'public',
};

/** How a library below the guard says it. */
const BY_METADATA = /SetMetadata\(ACCESS_METADATA, '(public|authenticated)'\)/;

/** The HTTP routes of the controllers in a file of TypeScript. */
export function routesIn(file: string, text: string): Route[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const routes: Route[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isClassDeclaration(node) && decoratorsOf(node).includes('Controller')) {
      routes.push(...routesOf(node, source));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return routes;
}

function routesOf(controller: ts.ClassDeclaration, source: ts.SourceFile): Route[] {
  const ofClass = accessOf(controller);
  return controller.members
    .filter((member) => ts.isMethodDeclaration(member))
    .filter((method) => decoratorsOf(method).some((name) => METHODS.has(name)))
    .map((method) => ({
      name: `${controller.name?.text ?? ''}.${method.name.getText(source)}`,
      line: source.getLineAndCharacterOfPosition(method.name.getStart(source)).line + 1,
      access: accessOf(method) ?? ofClass ?? 'unsaid',
    }));
}

function accessOf(node: ts.HasDecorators): Route['access'] | undefined {
  return (ts.getDecorators(node) ?? [])
    .map((decorator) => ACCESS[nameOf(decorator)] ?? BY_METADATA.exec(decorator.getText())?.[1])
    .find((access) => access !== undefined) as Route['access'] | undefined;
}

function decoratorsOf(node: ts.HasDecorators): string[] {
  return (ts.getDecorators(node) ?? []).map(nameOf);
}

function nameOf({ expression }: ts.Decorator): string {
  return (ts.isCallExpression(expression) ? expression.expression : expression).getText();
}
