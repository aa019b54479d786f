import { existsSync } from 'node:fs';
import { describe, test } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The Chromium of this machine; CHROMIUM_PATH names another one. */
function chromiumPath(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  return (named === undefined ? CANDIDATES : [named]).find((path) => existsSync(path));
}

/** Like `describe`; without a Chromium the tests are skipped with the reason, and under CI=true they fail. */
export function describeWithChromium(name: string, suite: () => void): void {
  if (chromiumPath() !== undefined) {
    describe(name, suite);
    return;
  }
  const reason = `no Chromium found (looked for ${CANDIDATES.join(', ')} and CHROMIUM_PATH)`;
  if ((process.env['CI'] ?? '') !== '') {
    describe(name, () => {
      test('needs Chromium', () => {
        throw new Error(reason);
      });
    });
    return;
  }
  process.stderr.write(`skipped: ${name}: ${reason}\n`);
  describe.skip(name, suite);
}

export function launchBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('no Chromium');
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
  ];
  return chromium.launch({ executablePath, args });
}
