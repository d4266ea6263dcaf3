/**
 * Loaded into a `postern serve` before its own code (`node --import`), by `support/observed.ts`: tells its parent what
 * its event loop waits for, and collects its garbage when asked to.
 */

process.on('message', (request) => {
  if (request === 'collect garbage') collectGarbage();
  process.send?.(process.getActiveResourcesInfo());
});
process.channel?.unref(); // it must not keep a Postern alive that is told to stop

function collectGarbage(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
