/**
 * The part of a PAC file that is the same in all. It reads `host` as browsers pass it (canonical; an IPv6 address with
 * or without brackets) and sends any other spelling by the proxies: `2130706433` has no dot and is still an address,
 * `ai.` has none but the last and is a name of the whole world's.
 */
export const FUNCTIONS = String.raw`
function FindProxyForURL(url, host) {
  return goesDirect("" + host) ? "DIRECT" : PROXIES;
}

// Whatever is not certainly listed above goes by the proxies.
function goesDirect(host) {
  if (host.length > 255 || !/^[!-~]+$/.test(host)) return false;
  host = host.toLowerCase().replace(/^\[([^\]]*)\]$/, "$1");
  var address = addressOf(host);
  if (address) return isInNetworks(address);
  var name = host.replace(/\.$/, "");
  if (!/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name)) return false;
  if (/(^|\.)([0-9]+|0x[0-9a-f]*)$/.test(name)) return false; // an address in another spelling
  if (/(^|\.)postern\.internal$/.test(name)) return false; // the proxy's own site
  return (PLAIN_NAMES_GO_DIRECT && host.indexOf(".") === -1) || isListed(name);
}

function isListed(name) {
  if (isKey("=" + name)) return true;
  for (var dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1))
    if (isKey("*" + name.substring(dot))) return true;
  return false;
}

function isKey(key) {
  return Object.prototype.hasOwnProperty.call(DIRECT_NAMES, key);
}

function isInNetworks(address) {
  for (var i = 0; i < DIRECT_NETWORKS.length; i++)
    if (holds(DIRECT_NETWORKS[i][0], DIRECT_NETWORKS[i][1], address)) return true;
  return false;
}

function holds(network, prefix, address) {
  if (network.length !== address.length) return false;
  for (var i = 0; i * 8 < prefix; i++) {
    var mask = (65280 >> Math.min(8, prefix - i * 8)) & 255;
    if ((address[i] & mask) !== network[i]) return false;
  }
  return true;
}

// The bytes of an address, 4 or 16; those of an IPv4-mapped one are the 4 of the IPv4 address. Else null.
function addressOf(text) {
  return text.indexOf(":") === -1 ? ipv4(text) : ipv6(text);
}

function ipv4(text) {
  var parts = text.split(".");
  if (parts.length !== 4) return null;
  for (var i = 0; i < 4; i++) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(parts[i]) || parts[i] > 255) return null;
    parts[i] = +parts[i];
  }
  return parts;
}

function ipv6(text) {
  var halves = text.split("::");
  var head = groups(halves[0], halves.length === 1);
  var tail = halves.length === 2 ? groups(halves[1], true) : [];
  if (halves.length > 2 || !head || !tail) return null;
  var length = head.length + tail.length;
  if (halves.length === 1 ? length !== 16 : length > 14) return null;
  while (head.length + tail.length < 16) head.push(0);
  var bytes = head.concat(tail);
  return /^(0,){10}255,255,/.test(bytes.join(",")) ? bytes.slice(12) : bytes;
}

function groups(text, mayEndInIpv4) {
  var parts = text === "" ? [] : text.split(":");
  var bytes = [];
  for (var i = 0; i < parts.length; i++) {
    var last = mayEndInIpv4 && i === parts.length - 1 ? ipv4(parts[i]) : null;
    if (last) bytes = bytes.concat(last);
    else if (/^[0-9a-f]{1,4}$/.test(parts[i])) bytes.push(parseInt(parts[i], 16) >> 8, parseInt(parts[i], 16) & 255);
    else return null;
  }
  return bytes;
}
`;
