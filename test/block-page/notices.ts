import type { Notice } from '../../src/block-page/notice.ts';
import { ENGLISH } from '../../src/block-page/words-en.ts';
import type { BlockReason, Evidence } from '../../src/policy/decide.ts';
import type { Department, Rule, Target } from '../../src/policy/policy.ts';
import { PROXY_ERROR_STATUS, type ProxyError } from '../../src/policy/proxy-error.ts';
import { LIMIT_ANSWERS, type ReachedLimit } from '../../src/policy/reached-limit.ts';

export const TRADE_MINISTRY: Pick<Department, 'id' | 'title' | 'contact'> = {
  id: 'trade-ministry',
  title: { en: 'Ministry of Trade, Industry and Energy', ko: '산업통상자원부' },
  contact: { email: 'helpdesk@motie.example', phone: '+82-44-000-0000' },
};

const NO_HOSTS: Target = {
  services: [],
  domains: [],
  categories: [],
  addresses: [],
  patterns: [],
  sets: [],
};

const BY_SERVICE: Evidence = { set: 0, origin: { kind: 'service', service: 'deepseek' }, specificity: 9 };

export const DEEPSEEK: Rule = {
  id: 'deepseek',
  action: 'block',
  target: NO_HOSTS,
  ports: new Set(),
  when: undefined,
  unless: { users: new Set(), groups: new Set(), networks: [], target: NO_HOSTS },
  locked: true,
  mode: 'enforce',
  status: 403,
  reason: {
    en: 'The Personal Information Protection Commission has asked DeepSeek how it handles personal data, and the inquiry is still open. Until it is answered, the service may not be used on PCs joined to the Internet.',
    ko: '개인정보보호위원회가 딥시크의 개인정보 처리 방식에 대해 질의하였으나 아직 답변을 받지 못하였습니다. 확인이 끝날 때까지 인터넷에 연결된 업무용 PC에서는 이 서비스를 이용할 수 없습니다.',
  },
  reference: 'PIPC, 2025-02',
  alternatives: [
    {
      title: { en: 'Government AI assistant', ko: '범정부 인공지능 도우미' },
      url: 'https://ai.motie.example/',
    },
    { title: { en: 'Papago translation', ko: '파파고 번역' }, url: 'https://papago.naver.com/' },
  ],
  page: undefined,
  review: undefined,
  at: 'policies/trade-ministry.yaml:14:5',
};

export function notice(subject: Notice['subject'], changes: Partial<Notice> = {}): Notice {
  return {
    code: '7F3K-9Q2M',
    time: Date.UTC(2026, 10, 23, 6, 0, 0, 123),
    host: 'chat.deepseek.com',
    client: '10.20.1.7',
    department: TRADE_MINISTRY,
    subject,
    ...changes,
  };
}

export function blockedByRule(rule: Partial<Rule> = {}, changes: Partial<Notice> = {}): Notice {
  const reason = { code: 'rule', rule: { ...DEEPSEEK, ...rule }, by: BY_SERVICE } as const;
  return notice({ kind: 'blocked', reason }, changes);
}

/** One of each code; a new one fails to compile until it stands here. */
const BLOCK_REASONS: { readonly [Code in BlockReason['code']]: Extract<BlockReason, { code: Code }> } = {
  rule: { code: 'rule', rule: DEEPSEEK, by: BY_SERVICE },
  default: { code: 'default' },
  'department-unknown': { code: 'department-unknown' },
  'port-forbidden': { code: 'port-forbidden', port: 8081 },
  'address-forbidden': { code: 'address-forbidden', address: '169.254.169.254', range: 'link-local' },
  'proxy-loop': { code: 'proxy-loop' },
  'own-site': { code: 'own-site' },
  'address-literal': { code: 'address-literal' },
  'not-tls': { code: 'not-tls' },
  'client-hello-unreadable': { code: 'client-hello-unreadable', problem: 'one of its records is empty' },
  'sni-missing': { code: 'sni-missing' },
  'sni-mismatch': { code: 'sni-mismatch', sni: 'www.example.org' },
  'ech-forbidden': { code: 'ech-forbidden' },
};

const REFUSED_STATUSES = [400, 408, 421, 431, 501] as const;

/** Every subject there is, by a name for test titles. */
export const SUBJECTS: readonly (readonly [name: string, subject: Notice['subject']])[] = [
  ...Object.values(BLOCK_REASONS).map(
    (reason) => [`blocked: ${reason.code}`, { kind: 'blocked', reason }] as const,
  ),
  [
    'blocked: rule with status 451',
    { kind: 'blocked', reason: { code: 'rule', rule: { ...DEEPSEEK, status: 451 }, by: BY_SERVICE } },
  ],
  ...(Object.keys(PROXY_ERROR_STATUS) as ProxyError[]).map(
    (error) => [`failed: ${error}`, { kind: 'failed', error }] as const,
  ),
  ...(Object.keys(ENGLISH.failedByParent) as ProxyError[]).map(
    (error) => [`failed by a parent proxy: ${error}`, { kind: 'failed', error, by: 'parent-proxy' }] as const,
  ),
  ...(Object.keys(LIMIT_ANSWERS) as ReachedLimit[]).map(
    (limit) => [`limited: ${limit}`, { kind: 'limited', limit }] as const,
  ),
  ...REFUSED_STATUSES.map(
    (status) =>
      [
        `refused: ${status}`,
        { kind: 'refused', status, problem: 'two Host header fields (RFC 9112 section 3.2)' },
      ] as const,
  ),
];
