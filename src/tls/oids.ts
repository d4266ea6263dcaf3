/** Object identifiers, by the names their standards give them. */
export const OID = {
  // RFC 5280 appendix A.1: attributes of a distinguished name
  commonName: '2.5.4.3',
  organizationName: '2.5.4.10',
  // RFC 5280 section 4.2.1: certificate extensions
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  // RFC 5280 section 4.2.1.12: key purposes
  anyExtendedKeyUsage: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  // RFC 5758 section 3.2, RFC 5754 section 2.2
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  sha256: '2.16.840.1.101.3.4.2.1',
  // RFC 4055 section 5
  sha256WithRsaEncryption: '1.2.840.113549.1.1.11',
  // RFC 7292 (PKCS #12), RFC 2985 (PKCS #9), RFC 2315 (PKCS #7)
  data: '1.2.840.113549.1.7.1',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  // Oracle's own: what keytool writes on a trusted certificate (JDK, sun.security.pkcs12.PKCS12KeyStore)
  trustedKeyUsage: '2.16.840.1.113894.746875.1.1',
} as const;
