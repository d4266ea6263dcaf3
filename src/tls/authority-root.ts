import { generateKeyPairSync, type KeyObject, type X509Certificate } from 'node:crypto';
import { encodeName, keyIdentifier, randomSerial, signCertificate } from './certificate.ts';
import { authorityConstraints, KEY_USAGE, keyUsage } from './extensions.ts';
import { fail, type Result, succeed } from './result.ts';

/** A self-signed certificate and its key, on P-256. */
export type Root = { readonly certificate: X509Certificate; readonly key: KeyObject };

const YEARS = 10;
const DAY = 86_400_000;
// RFC 5280 appendix A.1 (ub-organization-name); a control character would forge lines in `postern ca show`.
const ORGANIZATION = /^[^\p{Cc}]{1,64}$/u;

/** Makes a root, valid for ten years from `now`. `at` is where a problem with the organization is told. */
export function makeRoot(at: string, organization: string, now: Date): Result<Root> {
  if (!ORGANIZATION.test(organization))
    return fail({
      at,
      problem: 'the organization of a CA must have 1 to 64 characters, none of them a control character',
      hint: 'shorten or correct it',
    });
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return succeed({ certificate: selfSign(organization, publicKey, privateKey, now), key: privateKey });
}

function selfSign(organization: string, publicKey: KeyObject, key: KeyObject, now: Date): X509Certificate {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const keyId = keyIdentifier(spki);
  // The key's identifier tells two CAs on one machine apart.
  const name = encodeName({ organization, commonName: `Postern CA ${keyId.toString('hex', 0, 4)}` });
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + YEARS);
  return signCertificate(
    {
      serial: randomSerial(),
      issuer: { name, keyId },
      subject: name,
      publicKey: spki,
      notBefore: new Date(now.getTime() - DAY), // a client's clock may be behind
      notAfter,
      // One CA may stand below it, so that a site can sign an intermediate later without a new root.
      extensions: [authorityConstraints(1), keyUsage(KEY_USAGE.keyCertSign | KEY_USAGE.cRLSign)],
    },
    key,
  );
}
