import type { X509Certificate } from 'node:crypto';

/** A certificate as a PEM file (RFC 7468): for Linux trust stores and most programs. */
export const exportPem = (certificate: X509Certificate): string => certificate.toString();

/** A certificate as a DER file (`.cer`, `.crt`): for Windows, macOS, Android and iOS. */
export const exportDer = (certificate: X509Certificate): Buffer => certificate.raw;
