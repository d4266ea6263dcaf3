/** Of a canonical host name, in ASCII characters, which are bytes: RFC 1035 section 2.3.4, less the root label and its length byte. */
export const MAX_NAME_LENGTH = 253;

/** Of one of its labels. */
export const MAX_LABEL_LENGTH = 63;

/** The ASCII code of what stands between labels, and between the numbers of an IPv4 address. */
export const DOT = 0x2e;
