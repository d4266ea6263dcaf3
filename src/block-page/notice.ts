import type { BlockReason } from '../policy/decide.ts';
import type { Department } from '../policy/policy.ts';
import type { Failure } from '../policy/proxy-error.ts';
import type { ReachedLimit } from '../policy/reached-limit.ts';

/** What a response that Postern makes itself has to tell; `page` puts it into words and a format. */
export type Notice = {
  /** The incident code, such as `7F3K-9Q2M`: on the page, in `Proxy-Status` and in the log. */
  readonly code: string;
  /** When it was asked, in milliseconds since the epoch. */
  readonly time: number;
  /** The host asked for, canonical; undefined when it could not be read. */
  readonly host: string | undefined;
  readonly client: string;
  readonly department:
    | (Pick<Department, 'id' | 'title' | 'contact'> & Partial<Pick<Department, 'page'>>)
    | undefined;
  readonly subject:
    | { readonly kind: 'blocked'; readonly reason: BlockReason }
    /** `by`: a parent proxy, or the way to it; absent: the site. Which parent it was is nobody's business. */
    | ({ readonly kind: 'failed'; readonly by?: 'parent-proxy' } & Failure)
    /** A request that came while a limit was reached. */
    | { readonly kind: 'limited'; readonly limit: ReachedLimit }
    /** A request that breaks HTTP's rules: `problem` says which. */
    | {
        readonly kind: 'refused';
        readonly status: 400 | 408 | 414 | 421 | 431 | 501 | 505;
        readonly problem: string;
      };
};
