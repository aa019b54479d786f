import { parseArgs } from 'node:util';

export interface Options {
  readonly root: string;
  readonly url: string | undefined;
  readonly manifests: string | undefined;
  readonly isJson: boolean;
  readonly sarif: string | undefined;
  readonly requireAll: boolean;
}

export const USAGE = `Looks for weak spots in eight ways: hard-coded secrets, security contexts, network policies, resource limits, health probes,
API authentication, non-root users, and how secrets are handled; in the source tree, the Dockerfiles, the Compose files and the chart.

  npm run security-check -- [options]

  --url <address>      also try the API of a running platform: each operation, without a valid key
  --manifests <file>   look at these Kubernetes objects, such as what kubectl get -o yaml prints, instead of the chart
  --json               print the report as JSON
  --sarif <file>       also write the findings as SARIF 2.1.0
  --require-all        fail when something could not be looked at, for want of a tool
  --help               this text

What is known and accepted stands in tools/security-check/exemptions.yaml, each with its reason.
Exit code: 0 nothing found, 1 something found, 2 the check could not be run.
`;

/** Null when help was asked for. Throws an `Error` with one line. */
export function parseOptions(argv: readonly string[], root: string): Options | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      url: { type: 'string' },
      manifests: { type: 'string' },
      json: { type: 'boolean', default: false },
      sarif: { type: 'string' },
      'require-all': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const { url, manifests, json, sarif } = values;
  if (url !== undefined && !/^https?:/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw new Error(`--url takes an address such as http://localhost:8080, not "${url}".`);
  }
  return { root, url, manifests, isJson: json, sarif, requireAll: values['require-all'] };
}
