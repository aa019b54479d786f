import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithKafka, startKafka, waitFor } from '@tidewatch/testing';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { arrivalMs } from './arrival';
import { describeWithChromium, launchBrowser } from './browser';
import { lowContrast } from './contrast';
import { type Platform, startPlatform } from './platform';

const STEP_MS = 20_000;
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };

/** Starts what the platform needs beside itself. */
type Prepare = (closers: (() => Promise<void>)[]) => Promise<string[]>;

describeWithChromium('the dashboard in a browser', () => proveWith(() => Promise.resolve([])));
describeWithKafka('with Kafka', () => {
  describeWithChromium('the dashboard in a browser', () => proveWith(startBroker));
});

async function startBroker(closers: (() => Promise<void>)[]): Promise<string[]> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'tidewatch-dashboard-kafka-'));
  closers.push(() => rm(dataDir, { recursive: true, force: true }));
  const broker = await startKafka({ dataDir });
  closers.push(() => broker.stop());
  return ['--log', 'kafka', '--kafka-brokers', broker.brokers];
}

function proveWith(prepare: Prepare): void {
  let platform: Platform;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    platform = await startPlatform(await prepare(closers));
    closers.push(() => platform.stop());
    browser = await launchBrowser();
    closers.push(() => browser.close());
    context = await browser.newContext({ colorScheme: 'light', viewport: DESKTOP });
    context.setDefaultTimeout(STEP_MS);
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) complaints.push(message.text());
    });
  }, 180_000);

  afterAll(async () => {
    const faults: unknown[] = [];
    for (const close of closers.reverse()) await close().catch((fault: unknown) => faults.push(fault));
    expect(faults).toEqual([]);
  }, 90_000);

  const post = async (body: unknown): Promise<void> => {
    const response = await fetch(`${platform.address}/v1/readings`, {
      method: 'POST',
      headers: { 'x-api-key': platform.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(202);
  };
  const send = (device: string, value: number) => post({ device, metric: 'temperature', value });
  const rowOf = (device: string) => page.getByRole('row').filter({ hasText: device });
  const isLive = (tab = page) => tab.locator('header [data-status=live]').waitFor();

  const inColours = async (scheme: 'light' | 'dark'): Promise<void> => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor({ state: 'attached' });
    // Colours glide from one scheme to the other: what counts is where they come to rest.
    await page.waitForFunction(() =>
      document.getAnimations().every(({ playState }) => playState !== 'running'),
    );
  };

  /** Nothing sticks out on a phone, and all can be read in dark and light. */
  const looksWell = async (): Promise<void> => {
    await page.setViewportSize(PHONE);
    expect(await page.evaluate(overflow)).toBe(0);
    await page.setViewportSize(DESKTOP);
    for (const scheme of ['dark', 'light'] as const) {
      await inColours(scheme);
      expect(await page.evaluate(lowContrast)).toEqual([]);
    }
  };

  test('asks a stranger to sign in, and says so when the key is wrong', async () => {
    await page.goto(platform.address);
    await page.getByLabel('API key').fill('tw_wrong_key');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('not valid').waitFor();
    // The button is busy until the answer is there.
    await page.getByRole('button', { name: 'Sign in', disabled: false }).waitFor();
    for (const scheme of ['dark', 'light'] as const) {
      await inColours(scheme);
      expect(await page.evaluate(lowContrast)).toEqual([]);
    }
  });

  test('signs in with the link, and the token leaves the address bar', async () => {
    await page.goto('about:blank');
    await page.goto(platform.signInUrl);
    await isLive();
    expect(page.url()).not.toContain('token');
    const cookies = await context.cookies();
    expect(cookies).toEqual([
      expect.objectContaining({
        httpOnly: true,
        sameSite: 'Strict',
        domain: new URL(platform.address).hostname,
      }),
    ]);
  });

  test('shows how to send the first reading, and the reading within a second of its POST', async () => {
    await page.getByText('No readings yet').waitFor();
    await page.getByText('curl -X POST').waitFor();
    for (const value of [21.5, 22.25, 23.75]) {
      const wanted = { device: 'first', text: String(value) };
      expect(await arrivalMs(page, wanted, () => send('first', value))).toBeLessThan(1_000);
    }
  });

  test('shows a chosen series in the chart, live and after a reload', async () => {
    await page.getByRole('button', { name: 'Show first · temperature in the chart' }).click();
    const summary = page.getByTestId('chart-summary');
    await summary.filter({ hasText: '23.75 at' }).waitFor();
    await send('first', 30.5);
    await summary.filter({ hasText: /^30\.5 at .*from 21\.5 to 30\.5/ }).waitFor();
    await page.reload();
    await isLive();
    await summary.filter({ hasText: /^30\.5 at .*from 21\.5 to 30\.5/ }).waitFor();
    // The chart is a chunk of its own and may come after the summary.
    await page.locator('.uplot canvas').waitFor();
    expect(await page.locator('.uplot canvas').count()).toBe(1);
  });

  test('shows an anomaly as it comes, and marks it in the chart', async () => {
    const anomalies = page.getByRole('region', { name: 'Anomalies' });
    await anomalies.getByText('Nothing unusual so far.').waitFor();
    const nowMs = Date.now();
    const readings = Array.from({ length: 120 }, (_, index) => ({
      device: 'press',
      metric: 'pressure',
      value: index === 119 ? 90 : 20 + (index % 5) / 10,
      time: new Date(nowMs - (119 - index) * 1_000).toISOString(),
    }));
    await post(readings);
    const found = anomalies.getByRole('listitem').filter({ hasText: 'press · pressure' });
    await found.getByRole('button', { name: 'Show press · pressure in the chart' }).click();
    await page.getByTestId('chart-summary').filter({ hasText: '1 anomaly marked.' }).waitFor();
    expect(await found.count()).toBe(1);
  });

  test('says what other settings would have raised', async () => {
    const detection = page.getByRole('region', { name: 'Detection' });
    const summary = detection.getByTestId('preview-summary');
    const preview = detection.getByRole('button', { name: 'Would it have fired?' });
    await preview.click();
    await summary
      .filter({ hasText: /1 anomaly by these settings, 1 by those in force; 0 new, 0 gone/ })
      .waitFor();
    const chart = detection.getByTestId('preview-chart');
    await chart.locator('canvas').waitFor();
    await chart.getByText('A ring is the peak of an anomaly, the bar below it how long it lasted.').waitFor();
    await detection.getByText('Off', { exact: true }).click();
    await preview.click();
    await summary
      .filter({ hasText: /0 anomalies by these settings, 1 by those in force; 0 new, 1 gone/ })
      .waitFor();
    expect(await detection.getByRole('listitem').getByText('gone', { exact: true }).count()).toBe(1);
    await chart.getByText('grey ones would be gone').waitFor();
    await looksWell();
    await page.goBack();
  });

  test('shows a group of devices in the chart, chosen by keyboard, and after a reload', async () => {
    const groups = page.getByRole('region', { name: 'Groups' });
    await groups.getByText('No group has sent anything lately.').waitFor();
    const tenSeconds = 10_000;
    const startMs = Math.floor(Date.now() / tenSeconds) * tenSeconds - 6 * tenSeconds;
    const readingsOf = (device: string, offset: number) =>
      Array.from({ length: 60 }, (_, second) => ({
        ...{ device, metric: 'flow', tags: { site: 'north' }, value: offset + (second % 10) },
        time: new Date(startMs + second * 1_000).toISOString(),
      }));
    await post([...readingsOf('pump-1', 10), ...readingsOf('pump-2', 30)]);
    const choice = groups.getByRole('button', { name: 'Show site=north · flow in the chart' });
    await choice.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'site=north · flow' }).waitFor();
    // The newest window has not ended: five of two devices with ten readings each.
    const summary = page.getByTestId('chart-summary').filter({
      hasText: /mean 24\.5 of 20 readings in 10 s .* Last 10 minutes: from 10 to 39, mean 24\.5 of 100\./,
    });
    await summary.waitFor();
    await page.reload();
    await isLive();
    await summary.waitFor();
    await page.locator('.uplot canvas').waitFor();
    expect(await choice.getAttribute('aria-pressed')).toBe('true');
    await page.getByText('Latest windows as a table').click();
    const rows = page.getByRole('table', { name: 'Latest windows' }).getByRole('row');
    expect(await rows.count()).toBe(6);
    await rows
      .last()
      .filter({ hasText: /20\s*24\.5\s*10\s*39/ })
      .waitFor();
    await looksWell();
    await page.goBack();
    await page.getByRole('heading', { name: 'first · temperature' }).waitFor();
  });

  test('shows that every service is ready', async () => {
    const services = page.getByRole('region', { name: 'Services' });
    await waitFor(
      'five ready services',
      async () => (await services.getByText('Ready', { exact: true }).count()) === 5,
    );
  });

  test('comes back after the dashboard was killed', async () => {
    const pid = await platform.pidOf('dashboard');
    process.kill(pid, 'SIGKILL');
    await page.locator('header [data-status=reconnecting]').waitFor();
    await isLive();
    expect(await platform.pidOf('dashboard')).not.toBe(pid);
    await rowOf('first').getByText('30.5').waitFor();
    await send('first', 18.125);
    await rowOf('first').getByText('18.125').waitFor();
  });

  test('can be walked by keyboard, has landmarks and names', async () => {
    // Tab goes on from where the last click was: a page that has just been opened begins at its top.
    await page.reload();
    await isLive();
    await rowOf('first').waitFor();
    await page.locator('.uplot canvas').waitFor();
    for (const role of ['banner', 'main'] as const) expect(await page.getByRole(role).count()).toBe(1);
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    for (const name of ['Devices', 'Groups', 'Anomalies', 'Services']) {
      expect(await page.getByRole('region', { name }).count()).toBe(1);
    }
    const walked: string[] = [];
    for (let step = 0; step < 20; step++) {
      await page.keyboard.press('Tab');
      walked.push(await page.evaluate(nameOfFocus));
    }
    expect(walked[0]).toBe('Skip to the content');
    expect(walked).toEqual(
      expect.arrayContaining([
        'Switch to dark colours',
        'Sign out',
        'Filter devices and metrics',
        'Show first · temperature in the chart',
      ]),
    );
    expect(walked).not.toContain('');
  });

  test.each(['light', 'dark'] as const)('has enough contrast in %s colours', async (scheme) => {
    await inColours(scheme);
    expect(await page.evaluate(lowContrast)).toEqual([]);
  });

  test('fits a phone, and at once when it is turned', async () => {
    for (let turn = 0; turn < 10; turn++) {
      for (const size of [PHONE, { width: 740, height: 360 }, DESKTOP]) {
        await page.setViewportSize(size);
        expect(await page.evaluate(overflow)).toBe(0);
      }
    }
  });

  test('fits a phone before the chart has been drawn anew', async () => {
    const slow = await context.newPage();
    // The chart waits for an observer that never calls: the picture keeps its width.
    await slow.addInitScript(() => {
      window.ResizeObserver = class {
        observe(): void {}
        unobserve(): void {}
        disconnect(): void {}
      };
    });
    await slow.goto(page.url());
    await slow.locator('.uplot canvas').waitFor();
    await slow.setViewportSize(PHONE);
    const chart = await slow.locator('.uplot').boundingBox();
    expect(chart!.width).toBeGreaterThan(PHONE.width);
    expect(await slow.evaluate(overflow)).toBe(0);
    await slow.close();
  });

  test('signs out, other tabs too: the cookie is gone, and the link does not work twice', async () => {
    const other = await context.newPage();
    await other.goto(platform.address);
    await isLive(other);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    expect(await context.cookies()).toEqual([]);
    // Chromium without a screen does not tell when a tab comes to the front.
    await other.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
    await other.getByLabel('API key').waitFor();
    await other.close();
    const link = await browser.newPage();
    await link.goto(platform.signInUrl);
    await link.getByText('not valid').waitFor();
    await link.close();
  });

  test('signs in with a key', async () => {
    await page.getByLabel('API key').fill(platform.apiKey);
    await page.getByLabel('API key').press('Enter');
    await isLive();
  });

  test('did not break anything on the way', () => {
    expect(complaints).toEqual([]);
  });
}

/** Pixels by which the page is wider than its window. Runs in the page. */
function overflow(): number {
  return document.documentElement.scrollWidth - document.documentElement.clientWidth;
}

/** Accessible name of what has the focus, near enough: its label, its text, or its placeholder. Runs in the page. */
function nameOfFocus(): string {
  const element = document.activeElement!;
  if (element === document.body) return 'the page itself';
  return (
    element.getAttribute('aria-label') ??
    (element as HTMLInputElement).labels?.[0]?.textContent ??
    element.textContent
  ).trim();
}
