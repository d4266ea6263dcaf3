import type { Words } from './words.ts';

const TRY_AGAIN =
  'Try again in a few minutes. If it keeps happening, tell your help desk and quote the incident code below.';
const TELL_HELP_DESK = 'Tell your help desk and quote the incident code below.';

export const ENGLISH: Words = {
  direction: 'ltr',
  site: { named: '{host}', unnamed: 'this site' },
  kinds: {
    blocked: 'Access blocked',
    failed: 'Connection problem',
    limited: 'Too busy',
    refused: 'Invalid request',
  },
  blocked: {
    rule: {
      heading: 'This site is blocked',
      summary: 'Access to {site} is blocked by your department’s policy.',
      advice: 'If you need it for your work, ask your help desk and quote the incident code below.',
    },
    default: {
      heading: 'This site is not on the allowed list',
      summary: 'Access to {site} is blocked because it is not on your department’s list of allowed sites.',
      advice: 'If you need it for your work, ask your help desk to add it and quote the incident code below.',
    },
    'department-unknown': {
      heading: 'Your device is not registered',
      summary:
        'Access to {site} is blocked because your address, {client}, is not assigned to any department.',
      advice:
        'Tell your IT help desk this address and the incident code below, so that they can register it.',
    },
    'port-forbidden': {
      heading: 'This port is not allowed',
      summary: 'Access to {site} is blocked on port {port}, which is not open through this gateway.',
      advice: 'If you need this port for your work, ask your help desk and quote the incident code below.',
    },
    'address-forbidden': {
      heading: 'This site leads to an internal address',
      summary:
        'Access to {site} is blocked because it leads to an internal or special address, which cannot be reached through the Internet gateway.',
      advice:
        'An internal system has to be reached directly, not through this gateway. If you need it, ask your help desk and quote the incident code below.',
    },
    'proxy-loop': {
      heading: 'The request went round in a circle',
      summary: 'The request for {site} came back to this gateway and was stopped.',
      advice: `This usually comes from a wrong proxy setting. ${TELL_HELP_DESK}`,
    },
    'own-site': {
      heading: 'This is the gateway’s own site',
      summary: '{site} is the gateway itself. It can be opened as a web page, and in no other way.',
      advice: 'Open http://postern.internal/ in a browser that goes through this gateway.',
    },
    'address-literal': {
      heading: 'This address cannot be reached without a name',
      summary:
        'Access to {site} is blocked because it is an address. Through this gateway sites are reached by their names.',
      advice:
        'Use the name of the site. If there is none and you need it for your work, ask your help desk and quote the incident code below.',
    },
    'not-tls': {
      heading: 'This connection is not encrypted as expected',
      summary:
        'The connection to {site} was ended because it does not begin as a secure connection (TLS) does.',
      advice: 'If you need this program for your work, ask your help desk and quote the incident code below.',
    },
    'client-hello-unreadable': {
      heading: 'The secure connection could not be checked',
      summary:
        'The connection to {site} was ended because the beginning of the secure connection (TLS) could not be read.',
      advice: TRY_AGAIN,
    },
    'sni-missing': {
      heading: 'The secure connection names no site',
      summary:
        'The connection to {site} was ended because the secure connection (TLS) does not say which site it is for.',
      advice: 'If you need this program for your work, ask your help desk and quote the incident code below.',
    },
    'sni-mismatch': {
      heading: 'The secure connection is for another site',
      summary:
        'The connection to {site} was ended because the secure connection (TLS) in it is for another site.',
      advice: TELL_HELP_DESK,
    },
    'ech-forbidden': {
      heading: 'The secure connection hides its site',
      summary:
        'The connection to {site} was ended because the secure connection (TLS) hides which site it is for (Encrypted Client Hello).',
      advice: TELL_HELP_DESK,
    },
  },
  blockedByLaw: {
    heading: 'This site is blocked for legal reasons',
    summary: 'Access to {site} is blocked because of a legal demand.',
    advice: 'If you need it for your work, ask your help desk and quote the incident code below.',
  },
  failed: {
    dns_timeout: {
      heading: 'The name lookup took too long',
      summary: 'The address of {site} could not be looked up in time.',
      advice: TRY_AGAIN,
    },
    dns_error: {
      heading: 'The site cannot be found',
      summary: 'The name of {site} cannot be found: no address is known for it.',
      advice:
        'Check that the name is spelt right. If it is, tell your help desk and quote the incident code below.',
    },
    destination_unavailable: {
      heading: 'The site is unavailable',
      summary: 'At the moment {site} cannot be reached.',
      advice: TRY_AGAIN,
    },
    destination_ip_prohibited: {
      heading: 'The address of the site is not reachable',
      summary: 'The address of {site} is one that cannot be reached through the Internet gateway.',
      advice: TELL_HELP_DESK,
    },
    connection_refused: {
      heading: 'The site refused the connection',
      summary: 'The server of {site} refused the connection.',
      advice: TRY_AGAIN,
    },
    connection_terminated: {
      heading: 'The connection was cut off',
      summary: 'The connection to {site} was cut off before an answer came.',
      advice: TRY_AGAIN,
    },
    connection_timeout: {
      heading: 'The site cannot be reached in time',
      summary: 'No connection to {site} could be made in time.',
      advice: TRY_AGAIN,
    },
    connection_limit_reached: {
      heading: 'The gateway is too busy',
      summary: 'The gateway has as many connections open as it can, so it made none to {site}.',
      advice: TRY_AGAIN,
    },
    tls_protocol_error: {
      heading: 'No secure connection could be made',
      summary: 'The gateway could not agree with the next one on the way to {site} on a secure connection.',
      advice: TELL_HELP_DESK,
    },
    tls_certificate_error: {
      heading: 'The next gateway could not prove itself',
      summary: 'The certificate of the next gateway on the way to {site} is not one that is trusted.',
      advice: TELL_HELP_DESK,
    },
    tls_alert_received: {
      heading: 'The secure connection was refused',
      summary: 'The next gateway on the way to {site} refused the secure connection.',
      advice: TELL_HELP_DESK,
    },
    http_request_denied: {
      heading: 'Another gateway refused the request',
      summary: 'Another gateway on the way to {site} refused the request.',
      advice: TELL_HELP_DESK,
    },
    http_request_error: {
      heading: 'The request could not be forwarded',
      summary: 'The request for {site} could not be forwarded, because something in it is not valid.',
      advice: TRY_AGAIN,
    },
    http_response_incomplete: {
      heading: 'The answer was incomplete',
      summary: 'The server of {site} stopped before its answer was complete.',
      advice: TRY_AGAIN,
    },
    http_response_header_section_size: {
      heading: 'The answer could not be taken in',
      summary: 'The server of {site} sent more header data than this gateway accepts.',
      advice: TRY_AGAIN,
    },
    http_response_transfer_coding: {
      heading: 'The answer could not be understood',
      summary: 'The server of {site} sent its answer in a form that this gateway does not know.',
      advice: TRY_AGAIN,
    },
    http_upgrade_failed: {
      heading: 'The connection could not be switched',
      summary: 'The server of {site} switched to a protocol that nobody had asked for.',
      advice: TRY_AGAIN,
    },
    http_response_timeout: {
      heading: 'The site took too long to answer',
      summary: 'The server of {site} was reached, but did not answer in time.',
      advice: TRY_AGAIN,
    },
    http_protocol_error: {
      heading: 'The answer could not be understood',
      summary: 'The server of {site} sent an answer that is not valid.',
      advice: TRY_AGAIN,
    },
    proxy_internal_error: {
      heading: 'The gateway has a fault',
      summary:
        'The request for {site} failed because of a fault in this gateway; the site itself may be fine.',
      advice: TRY_AGAIN,
    },
    proxy_configuration_error: {
      heading: 'The gateway is not set up correctly',
      summary: 'The request for {site} failed because the next gateway does not accept this one.',
      advice: TELL_HELP_DESK,
    },
    proxy_loop_detected: {
      heading: 'The request went round in a circle',
      summary: 'A gateway on the way to {site} found that the request was going round in a circle.',
      advice: TELL_HELP_DESK,
    },
  },
  failedByParent: {
    dns_timeout: {
      heading: 'The name lookup took too long',
      summary: 'The address of the next gateway on the way to {site} could not be looked up in time.',
      advice: TRY_AGAIN,
    },
    dns_error: {
      heading: 'The next gateway cannot be found',
      summary:
        'The name of the next gateway on the way to {site} cannot be found: no address is known for it.',
      advice: TELL_HELP_DESK,
    },
    destination_unavailable: {
      heading: 'The way to the site is interrupted',
      summary: 'At the moment the next gateway cannot be reached, or cannot reach {site}.',
      advice: TRY_AGAIN,
    },
    connection_refused: {
      heading: 'The next gateway refused the connection',
      summary: 'The next gateway on the way to {site} refused the connection.',
      advice: TRY_AGAIN,
    },
    connection_terminated: {
      heading: 'The connection was cut off',
      summary: 'The next gateway on the way to {site} cut the connection off before an answer came.',
      advice: TRY_AGAIN,
    },
    connection_timeout: {
      heading: 'The next gateway cannot be reached in time',
      summary: 'No connection to the next gateway on the way to {site} could be made in time.',
      advice: TRY_AGAIN,
    },
    http_response_timeout: {
      heading: 'The next gateway took too long to answer',
      summary: 'The next gateway on the way to {site} was reached, but did not answer in time.',
      advice: TRY_AGAIN,
    },
    http_protocol_error: {
      heading: 'The answer could not be understood',
      summary: 'The next gateway on the way to {site} sent an answer that is not valid.',
      advice: TELL_HELP_DESK,
    },
    http_response_header_section_size: {
      heading: 'The answer could not be taken in',
      summary: 'The next gateway on the way to {site} sent more header data than this gateway accepts.',
      advice: TRY_AGAIN,
    },
    http_response_transfer_coding: {
      heading: 'The answer could not be understood',
      summary:
        'The next gateway on the way to {site} sent its answer in a form that this gateway does not know.',
      advice: TRY_AGAIN,
    },
    http_upgrade_failed: {
      heading: 'The connection could not be switched',
      summary: 'The next gateway on the way to {site} switched to a protocol that nobody had asked for.',
      advice: TELL_HELP_DESK,
    },
  },
  limited: {
    429: {
      heading: 'Your device sends too many requests',
      summary:
        'The gateway did not go on with the request for {site}, because your address, {client}, has more connections or requests than one device may have.',
      advice: `Close programs and pages that you do not need, and wait a moment. ${TRY_AGAIN}`,
    },
    503: {
      heading: 'The gateway is too busy',
      summary: 'So many people use the gateway at this moment that it could not take the request for {site}.',
      advice: TRY_AGAIN,
    },
  },
  refused: {
    400: {
      heading: 'The request is malformed',
      summary: 'The request for {site} does not follow the rules of HTTP, so it was not forwarded.',
      advice: `The cause is the program that sent it, not the site. ${TRY_AGAIN}`,
    },
    408: {
      heading: 'The request did not arrive in time',
      summary: 'The request for {site} was still incomplete when its time was up.',
      advice: TRY_AGAIN,
    },
    414: {
      heading: 'The address is too long',
      summary: 'The address that was asked of {site} is longer than this gateway accepts.',
      advice: TELL_HELP_DESK,
    },
    421: {
      heading: 'This is a gateway, not a website',
      summary: 'You have opened the address of an Internet gateway. There is nothing to see here.',
      advice:
        'To use the gateway, set this address as the proxy of your browser; then open http://postern.internal/ to see what it knows of you. If you did not mean to come here, check the address you typed.',
    },
    431: {
      heading: 'The request headers are too large',
      summary: 'The request for {site} carries more header data than this gateway accepts.',
      advice:
        'Clearing this site’s cookies often helps. If it does not, tell your help desk and quote the incident code below.',
    },
    501: {
      heading: 'This kind of request is not supported',
      summary: 'The request for {site} uses something that this gateway does not support.',
      advice: TELL_HELP_DESK,
    },
    505: {
      heading: 'This version of HTTP is not supported',
      summary: 'The request for {site} came in a version of HTTP that this gateway does not speak.',
      advice: TELL_HELP_DESK,
    },
  },
  noBlock: 'This is a technical problem. It is not a block by your department’s policy.',
  quoteTheCode: 'Quote this code when you write or call: it leads straight to this request.',
  mailSubject: 'Internet access',
  askForAccess: 'Ask for access',
  copyDetails: 'Copy the details',
  howToCopy: 'Click into the field, then press Ctrl+A and Ctrl+C (⌘A and ⌘C on a Mac).',
  origin: 'This page was made by your organisation’s Internet gateway, Postern, not by {site}.',
  gateway: 'Internet gateway',
  labels: {
    reason: 'Why it is blocked',
    problem: 'What is wrong with it',
    reference: 'Reference',
    alternatives: 'What you can use instead',
    help: 'Need help?',
    code: 'Incident code',
    email: 'Email',
    phone: 'Phone',
    url: 'Web',
    technical: 'Technical details',
    department: 'Department',
    time: 'Time',
    host: 'Site',
    client: 'Your address',
    rule: 'Rule',
    port: 'Port',
    range: 'Kind of address',
    limit: 'Limit',
    answer: 'Answer',
  },
  ranges: {
    loopback: 'this machine itself',
    private: 'private network',
    'cloud-metadata': 'credentials of a cloud’s machines',
    'link-local': 'link-local',
    'unique-local': 'private network (IPv6)',
    'site-local': 'private network (IPv6, deprecated)',
    'carrier-grade-nat': 'shared address space of a provider',
    unspecified: 'unspecified',
    multicast: 'multicast',
    broadcast: 'broadcast',
    '6to4': 'IPv4 address inside an IPv6 address (6to4)',
    teredo: 'IPv4 address inside an IPv6 address (Teredo)',
    'ipv4-translated': 'IPv4 address inside an IPv6 address',
    reserved: 'reserved for special use',
    'not-global-unicast': 'not in use on the Internet',
    unparsable: 'not a valid address',
    'own-listener': 'the gateway itself',
  },
};
