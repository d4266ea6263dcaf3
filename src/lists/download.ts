import { SourceFault } from './fault.ts';

export type DownloadLimits = { readonly idleMs: number; readonly totalMs: number };
export const DOWNLOAD_LIMITS: DownloadLimits = { idleMs: 30_000, totalMs: 900_000 };

const MAX_REDIRECTS = 5;

/** What a server said of the version it sent, to be asked with the next time. */
export type Validators = { readonly etag?: string; readonly lastModified?: string };

export type Download =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'body'; readonly validators: Validators; readonly bytes: AsyncIterable<Uint8Array> };

/**
 * Fetches a list by http or https, with up to five redirects, never from https down to http. Each wait and the whole are
 * bounded. Rejects with a `SourceFault`, and so does reading `bytes`.
 */
export async function download(
  url: string,
  known: Validators,
  limits: DownloadLimits = DOWNLOAD_LIMITS,
): Promise<Download> {
  const watch = createWatch(limits);
  try {
    const response = await follow(new URL(url), known, watch);
    if (response.status === 304 && (known.etag ?? known.lastModified) !== undefined) {
      watch.stop();
      return { kind: 'unchanged' };
    }
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      throw new SourceFault(
        `the server answers with status ${response.status}`,
        'check the address in a browser',
      );
    }
    const [etag, lastModified] = [response.headers.get('etag'), response.headers.get('last-modified')];
    return {
      kind: 'body',
      validators: { ...(etag === null ? {} : { etag }), ...(lastModified === null ? {} : { lastModified }) },
      bytes: watched(response.body, watch),
    };
  } catch (error) {
    watch.stop();
    throw asFault(error, watch);
  }
}

type Watch = {
  readonly signal: AbortSignal;
  readonly alive: () => void;
  readonly stop: () => void;
  readonly said: () => string | undefined;
};

/** Aborts when nothing comes for a while, or when all takes too long. */
function createWatch({ idleMs, totalMs }: DownloadLimits): Watch {
  const controller = new AbortController();
  let said: string | undefined;
  const giveUp = (message: string) => (): void => {
    said = message;
    controller.abort();
  };
  const total = setTimeout(giveUp(`it takes longer than ${totalMs / 1_000} s`), totalMs);
  const idle = setTimeout(giveUp(`nothing came for ${idleMs / 1_000} s`), idleMs);
  return {
    signal: controller.signal,
    alive: () => idle.refresh(),
    stop: () => {
      clearTimeout(total);
      clearTimeout(idle);
    },
    said: () => said,
  };
}

async function follow(start: URL, known: Validators, watch: Watch): Promise<Response> {
  let url = start;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await fetch(url.href, {
      redirect: 'manual',
      signal: watch.signal,
      headers: {
        accept: 'text/plain, */*;q=0.5',
        ...(known.etag === undefined ? {} : { 'if-none-match': known.etag }),
        ...(known.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
      },
    });
    watch.alive();
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
    await response.body?.cancel();
    const next = URL.parse(location, url.href);
    if (next === null || !/^https?:$/.test(next.protocol))
      throw new SourceFault('it is redirected to no web address', 'check the address in a browser');
    if (url.protocol === 'https:' && next.protocol === 'http:')
      throw new SourceFault(
        'it is redirected from https to http',
        'on the way anybody could change the list',
      );
    url = next;
  }
  throw new SourceFault(`it is redirected more than ${MAX_REDIRECTS} times`, 'name the address it leads to');
}

async function* watched(body: ReadableStream<Uint8Array>, watch: Watch): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      watch.alive();
      yield chunk;
    }
  } catch (error) {
    throw asFault(error, watch);
  } finally {
    watch.stop();
  }
}

/** `fetch failed` says nothing; its cause does. */
function asFault(error: unknown, watch: Watch): SourceFault {
  if (error instanceof SourceFault) return error;
  const cause =
    (error as Error).cause instanceof Error ? ((error as Error).cause as Error) : (error as Error);
  const code = (cause as NodeJS.ErrnoException).code;
  const problem = watch.said() ?? `it cannot be fetched: ${cause.message || code || 'no reason given'}`;
  return new SourceFault(problem, 'try again later; if it stays so, check the address and the way out');
}
