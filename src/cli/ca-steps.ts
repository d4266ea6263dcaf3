import type { X509Certificate } from 'node:crypto';
import { visibleText } from '../block-page/text.ts';
import { nameOf } from '../tls/issuers.ts';

/** How the systems of clients come to trust the CA, for the person at the terminal; docs/trust-the-ca.md says more. */

export const PLATFORMS = ['windows', 'macos', 'android', 'ios', 'firefox', 'linux', 'java'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** The format that each takes. */
export const FORMAT_OF = {
  windows: 'der',
  macos: 'der',
  android: 'der',
  ios: 'der',
  firefox: 'pem',
  linux: 'pem',
  java: 'p12',
} as const satisfies Record<Platform, 'pem' | 'der' | 'p12'>;

const FILE = {
  windows: 'ca.cer',
  macos: 'ca.cer',
  android: 'ca.cer',
  ios: 'ca.cer',
  firefox: 'ca.crt',
  linux: 'ca.crt',
  java: 'ca.p12',
} as const satisfies Record<Platform, string>;

/** `out` is the file as it was written; without one the steps begin with the command that writes it. */
export function stepsFor(
  platform: Platform,
  roots: readonly X509Certificate[],
  { out, password, only }: { readonly out?: string; readonly password: string; readonly only?: string },
): string {
  const file = out ?? FILE[platform];
  const which = only === undefined ? '' : ` --only ${only}`;
  const get = `Write the file, and bring it to the clients:\n  postern ca export --for ${platform}${which} --out ${file}\n\n`;
  const compare = roots
    .map((root) => `  ${visibleText(nameOf(root))}\n  SHA-256 ${root.fingerprint256}\n`)
    .join('');
  return `${out === undefined ? get : '\n'}Compare the fingerprint on the client, with this one:\n${compare}\n${STEPS[
    platform
  ]({ file, password, name: commonNameOf(roots) })}`;
}

/** By which the store of Windows finds it. */
const commonNameOf = ([root]: readonly X509Certificate[]): string => {
  const name = root?.toLegacyObject().subject.CN;
  return visibleText(typeof name === 'string' ? name : 'Postern CA');
};

type Words = { readonly file: string; readonly password: string; readonly name: string };

const STEPS: Record<Platform, (words: Words) => string> = {
  windows: ({ file, name }) => `By group policy, for a domain:
  1. Open the Group Policy Management Console (gpmc.msc), and edit a policy object that covers the computers.
  2. Computer Configuration > Policies > Windows Settings > Security Settings > Public Key Policies
     > Trusted Root Certification Authorities: right-click, Import, ${file}.
  3. On a client: gpupdate /force
For one machine, as an administrator:
  certutil -addstore -f Root ${file}
To see it, and to take it away:
  certutil -store Root "${name}"
  certutil -delstore Root "${name}"
Edge and Chrome use this store. Firefox does with the policy ImportEnterpriseRoots: --for firefox
`,
  macos: ({
    file,
  }) => `By device management: send ${file} as a certificate payload of a configuration profile.
For one machine:
  sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${file}
Safari and Chrome use this store. Firefox does with the policy ImportEnterpriseRoots: --for firefox
`,
  android: ({ file }) => `By device management: send ${file} as a CA certificate.
By hand:
  Settings > Security > Encryption & credentials > Install a certificate > CA certificate, and choose ${file}.
Browsers accept it. Apps do only if their makers allow it: they show an error of their own.
`,
  ios: ({ file }) => `By device management: send ${file} as a certificate payload; it is trusted at once.
By hand, in two steps:
  1. Open ${file}, and install the profile: Settings > General > VPN & Device Management.
  2. Switch it on: Settings > General > About > Certificate Trust Settings.
`,
  firefox: ({ file }) => `By policy: put this into policies.json, with the full path of ${file}:
  { "policies": { "Certificates": { "ImportEnterpriseRoots": true, "Install": ["/etc/ssl/local/${file}"] } } }
  policies.json lies in
    Windows  the folder distribution beside firefox.exe
    macOS    Firefox.app/Contents/Resources/distribution
    Linux    /etc/firefox/policies
By hand:
  Settings > Privacy & Security > Certificates > View Certificates > Authorities > Import, choose ${file},
  and tick "Trust this CA to identify websites".
`,
  linux: ({ file }) => `Debian, Ubuntu:
  sudo cp ${file} /usr/local/share/ca-certificates/postern.crt
  sudo update-ca-certificates
Red Hat, Fedora:
  sudo cp ${file} /etc/pki/ca-trust/source/anchors/postern.crt
  sudo update-ca-trust
Chromium and Chrome, for each user:
  certutil -d sql:"$HOME/.pki/nssdb" -A -n "Postern CA" -t "C,," -i ${file}
Each of these takes one certificate from a file: during a rotation do it twice, with --only signing and --only next.
`,
  java: ({ file, password }) => `For one program, which then trusts no other CA:
  java -Djavax.net.ssl.trustStore=${file} -Djavax.net.ssl.trustStorePassword=${password} ...
In addition to the CAs that are there:
  keytool -importkeystore -noprompt -srckeystore ${file} -srcstorepass ${password} -cacerts -deststorepass changeit
`,
};
