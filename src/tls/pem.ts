import { X509Certificate } from 'node:crypto';
import { fail, type Result, succeed } from './result.ts';

/** One block of a PEM file (RFC 7468): its label, such as `CERTIFICATE`, and all of it, the two lines around it too. */
export type PemBlock = { readonly label: string; readonly text: string };

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n[\s\S]*?-----END \1-----/g;

export const pemBlocks = (text: string): readonly PemBlock[] =>
  [...text.matchAll(BLOCK)].map(([block, label = '']) => ({ label, text: `${block}\n` }));

export const isCertificate = ({ label }: PemBlock): boolean => label === 'CERTIFICATE';
export const isPrivateKey = ({ label }: PemBlock): boolean => label.endsWith('PRIVATE KEY');

/** Whether a private key is encrypted: in PKCS #8 (RFC 7468 section 11), or as OpenSSL did before that. */
export const isEncrypted = ({ label, text }: PemBlock): boolean =>
  label === 'ENCRYPTED PRIVATE KEY' || text.includes('Proc-Type: 4,ENCRYPTED');

/** The certificates among the blocks, one or more. What cannot be read is never passed over. */
export function certificatesIn(
  at: string,
  blocks: readonly PemBlock[],
): Result<readonly [X509Certificate, ...X509Certificate[]]> {
  try {
    const [first, ...others] = blocks.filter(isCertificate).map(({ text }) => new X509Certificate(text));
    if (first !== undefined) return succeed([first, ...others]);
  } catch {
    // as if there were none
  }
  return fail({
    at,
    problem: 'the file holds no certificate that can be read',
    hint: 'it must hold X.509 certificates in PEM; restore it, or create a CA in an empty directory',
  });
}
