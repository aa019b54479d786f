import type { Check, Finding } from '../finding';
import type { Subjects } from '../subjects/subjects';
import type { Tree } from '../subjects/tree';
import { type Route, routesIn } from './controllers';
import { probePlatform } from './live-api';

const NAME = 'api-authentication';

/** Every route says who may call it, and a running platform keeps to that. */
export const apiAuthentication: Check = {
  name: NAME,
  title: 'API authentication',
  async run({ tree, url }: Subjects) {
    const files = tree.files.filter((file) => /^(apps|libs)\/.*\.controller\.ts$/.test(file));
    const routes = files.flatMap((file) => routesOf(tree, file));
    const live = url === undefined ? { findings: [], looked: 0 } : await probePlatform(url);
    return {
      findings: [...routes.flatMap(faultsOf), ...live.findings],
      looked: routes.length + live.looked,
      missed: [],
    };
  },
};

interface RouteInFile extends Route {
  readonly file: string;
}

const routesOf = (tree: Tree, file: string): RouteInFile[] =>
  routesIn(file, tree.read(file)).map((route) => ({ ...route, file }));

function faultsOf({ file, line, name, access }: RouteInFile): Finding[] {
  const place = { file, line, subject: name };
  if (access === 'unsaid') {
    const message = 'Nothing says who may call it: @RequireScope, @Authenticated or @Public.';
    return [{ rule: `${NAME}/unsaid`, place, message }];
  }
  return access === 'public' ? [{ rule: `${NAME}/public`, place, message: 'Anybody may call it.' }] : [];
}
