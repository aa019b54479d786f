import type { Page } from 'playwright-core';

/**
 * Milliseconds from just before `send` until the page shows, in a row of `device`, a cell with `text`. The page itself tells the time at
 * which the text is in the frame that is about to be painted, so the latency of looking from outside is not counted.
 */
export async function arrivalMs(
  page: Page,
  wanted: { device: string; text: string },
  send: () => Promise<void>,
): Promise<number> {
  const shown = await page.evaluateHandle(whenShown, wanted);
  const sentAtMs = Date.now();
  await send();
  return (await shown.evaluate(({ atMs }) => atMs)) - sentAtMs;
}

/** Runs in the page. The promise is wrapped: the caller goes on as soon as the page watches. */
function whenShown({ device, text }: { device: string; text: string }): { atMs: Promise<number> } {
  const isShown = (): boolean =>
    Array.from(document.querySelectorAll('tr')).some(
      (row) =>
        row.querySelector('th')?.textContent === device &&
        Array.from(row.querySelectorAll('td')).some((cell) => cell.firstChild?.textContent === text),
    );
  if (isShown()) throw new Error(`${text} was there before it was sent`);
  const atMs = new Promise<number>((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`${text} did not come`)), 20_000);
    const observer = new MutationObserver(() => {
      if (!isShown()) return;
      observer.disconnect();
      clearTimeout(deadline);
      requestAnimationFrame(() => resolve(Date.now()));
    });
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  return { atMs };
}
