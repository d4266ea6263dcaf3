import type { ForwardReason } from '../policy/decide.ts';
import type { PageName } from './pages.ts';

/** How one kind of device is brought to trust the CA: by hand, and by a command where there is one. */
export type Steps = {
  readonly platform: string;
  readonly steps: readonly string[];
  readonly command?: string;
};

type Statement = { readonly heading: string; readonly summary: string };

/** Everything that the proxy's own site says in one language. */
export type SiteWords = {
  readonly gateway: string;
  readonly footer: string;
  /** Of the ways between the pages, for who hears them. */
  readonly pages: string;
  readonly names: Readonly<Record<PageName, string>>;
  readonly verdicts: Readonly<Record<'blocked' | 'allowed', string>>;
  readonly rule: string;
  readonly reference: string;
  readonly exception: string;
  /** Of a rule that would block, were it not only observed. */
  readonly observed: string;
  readonly alternatives: string;
  readonly allowedBy: Readonly<Record<ForwardReason['code'], string>>;
  readonly who: {
    readonly heading: string;
    readonly summary: string;
    readonly unknown: string;
    readonly address: string;
    readonly department: string;
    readonly foundBy: string;
    /** Around `{port}`. */
    readonly byPort: string;
    /** Around `{network}`. */
    readonly byNetwork: string;
    readonly contact: string;
    readonly further: string;
    readonly toTry: string;
    readonly toCa: string;
    readonly toIncident: string;
    readonly toPac: string;
  };
  readonly try: Statement & {
    readonly label: string;
    readonly button: string;
    readonly noUrl: string;
    /** What is not looked at here, and may still block. */
    readonly unseen: string;
  };
  readonly ca: Statement & {
    readonly none: string;
    readonly check: string;
    readonly trusted: string;
    readonly untrusted: string;
    readonly again: string;
    readonly files: string;
    readonly der: string;
    readonly pem: string;
    readonly compare: string;
    readonly name: string;
    readonly fingerprint: string;
    readonly validUntil: string;
    readonly how: string;
    readonly platforms: readonly Steps[];
  };
  readonly incident: Statement & {
    readonly label: string;
    readonly button: string;
    readonly noCode: string;
    readonly busy: string;
    readonly gone: string;
    readonly goneAdvice: string;
    readonly time: string;
    readonly host: string;
    readonly port: string;
    readonly reason: string;
    readonly problem: string;
  };
  /** By their status. */
  readonly errors: Readonly<Record<403 | 404 | 405 | 421, Statement>>;
};
