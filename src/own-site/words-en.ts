import type { SiteWords } from './words.ts';

export const ENGLISH: SiteWords = {
  gateway: 'Internet gateway',
  footer:
    'These pages come from your organisation’s Internet gateway (Postern) itself. They are there only through it.',
  pages: 'Pages',
  names: {
    who: 'Who you are',
    try: 'Try a site',
    ca: 'Certificate',
    incident: 'Incident code',
  },
  verdicts: { blocked: 'Blocked', allowed: 'Allowed' },
  rule: 'Rule',
  reference: 'Reference',
  exception: 'Exception',
  observed: 'Only observed rule',
  alternatives: 'What you can use instead',
  allowedBy: {
    rule: 'A rule of your department allows it.',
    exception: 'A rule blocks it, and an exception of your department allows it all the same.',
    default: 'No rule of your department speaks against it.',
    'own-site': 'It is this site. The gateway itself answers it.',
  },
  who: {
    heading: 'Who you are to this gateway',
    summary: 'Your requests to the Internet pass through this gateway, by the policy of your department.',
    unknown:
      'Your address belongs to no department, so this gateway blocks all that you ask for. Tell your IT help desk the address below, so that they can register it.',
    address: 'Your address',
    department: 'Department',
    foundBy: 'Found by',
    byPort: 'port {port} of the gateway, through which you came',
    byNetwork: 'the network {network}, in which your address lies',
    contact: 'Help desk',
    further: 'What you can do here',
    toTry: 'See whether a site is blocked, and why',
    toCa: 'See block pages without a warning: get the certificate',
    toIncident: 'Look up the incident code of a block page',
    toPac: 'The file by which browsers find this gateway (PAC)',
  },
  try: {
    heading: 'Try a site',
    summary:
      'See whether this gateway lets an address through, by the policy of your department. Nothing is opened for that.',
    label: 'Address of the site',
    button: 'Try it',
    noUrl:
      'This is not an address of a site. Write it as in a browser: www.example.org, or https://www.example.org/page.',
    unseen:
      'No name was looked up for this. A site that turns out to lead to an internal or blocked address is blocked all the same.',
  },
  ca: {
    heading: 'The gateway’s certificate',
    summary:
      'When a site over HTTPS is blocked, the gateway shows the reason in its place. Your browser shows that page only when it trusts this certificate; without it you see an error, and the site is blocked all the same.',
    none: 'This gateway has no certificate to show block pages with: blocked sites over HTTPS show an error of the browser’s own.',
    check: 'This browser',
    trusted: 'This browser trusts the gateway’s certificate. There is nothing to do.',
    untrusted: 'This browser does not trust the gateway’s certificate yet.',
    again:
      'Load this page again after you have installed the certificate. Some browsers must be restarted first.',
    files: 'The certificate',
    der: 'for Windows, macOS, Android and iOS (DER)',
    pem: 'for Linux, Java and Firefox (PEM)',
    compare:
      'Before you trust it, ask your help desk for its fingerprint, by telephone or in person, and compare. Whoever could change this page could change the fingerprint on it.',
    name: 'Name',
    fingerprint: 'SHA-256 fingerprint',
    validUntil: 'Valid until',
    how: 'How to install it',
    platforms: [
      {
        platform: 'Windows',
        steps: [
          'Download ca.crt and open it.',
          'Choose “Install Certificate…”, then “Local Machine”.',
          'Choose “Place all certificates in the following store”, and there “Trusted Root Certification Authorities”.',
          'Or, in a console with administrator’s rights:',
        ],
        command: 'certutil -addstore -f Root ca.crt',
      },
      {
        platform: 'macOS',
        steps: [
          'Download ca.crt and open it. Keychain Access asks where to: choose “System”.',
          'Open the certificate there, and under “Trust” choose “Always Trust”.',
          'Or, in a terminal:',
        ],
        command:
          'sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ca.crt',
      },
      {
        platform: 'Android',
        steps: [
          'Download ca.crt.',
          'Open Settings → Security → Encryption & credentials → Install a certificate → CA certificate, and choose the file. The words differ between makers.',
        ],
      },
      {
        platform: 'iOS, iPadOS',
        steps: [
          'Download ca.crt with Safari, and allow the profile.',
          'Install it under Settings → General → VPN & Device Management.',
          'Switch it on under Settings → General → About → Certificate Trust Settings.',
        ],
      },
      {
        platform: 'Firefox',
        steps: [
          'Download ca.pem: choose “Save link as…”.',
          'Open Settings → Privacy & Security → Certificates → View Certificates → Authorities → Import.',
          'Choose the file, and tick “Trust this CA to identify websites”.',
        ],
      },
      {
        platform: 'Linux',
        steps: ['Download ca.pem. On Debian and Ubuntu, in a terminal:'],
        command: 'sudo cp ca.pem /usr/local/share/ca-certificates/postern.crt\nsudo update-ca-certificates',
      },
      {
        platform: 'Java',
        steps: ['Download ca.pem. In a terminal, for the Java that runs your program:'],
        command: 'keytool -importcert -cacerts -noprompt -alias postern -file ca.pem -storepass changeit',
      },
    ],
  },
  incident: {
    heading: 'Look up an incident code',
    summary: 'Each block page has a code. Here you see what was decided on a request of your own.',
    label: 'Incident code',
    button: 'Look it up',
    noCode: 'This is not an incident code. It has eight letters and digits, such as 7F3K-9Q2M.',
    busy: 'Others are looking codes up at this moment. Please try again in a few seconds.',
    gone: 'This code is not here any more',
    goneAdvice:
      'The gateway shows only what it decided lately, and only on requests from your own address. Your help desk can look further back: tell them the code.',
    time: 'Time',
    host: 'Site',
    port: 'Port',
    reason: 'Reason',
    problem: 'Problem',
  },
  errors: {
    403: {
      heading: 'Other sites may not ask here',
      summary:
        'These pages answer only who opens them. Type the address http://postern.internal/ into your browser.',
    },
    404: { heading: 'There is no such page', summary: 'Choose one of the pages above.' },
    405: { heading: 'This page can only be read', summary: 'Open it with a browser.' },
    421: {
      heading: 'This is another site’s name',
      summary: 'The request names another site than this one. Open http://postern.internal/ instead.',
    },
  },
};
