/**
 * The error types of RFC 9209 section 2.3 that Postern reports: one vocabulary for `Proxy-Status`, the decision log
 * and the pages. Each has the status that the RFC recommends.
 */
export const PROXY_ERROR_STATUS = {
  dns_timeout: 504,
  dns_error: 502,
  destination_unavailable: 503,
  destination_ip_prohibited: 502,
  connection_refused: 502,
  connection_terminated: 502,
  connection_timeout: 504,
  connection_limit_reached: 503,
  tls_protocol_error: 502,
  tls_certificate_error: 502,
  tls_alert_received: 502,
  http_request_denied: 403,
  http_request_error: 400,
  http_response_header_section_size: 502,
  http_response_incomplete: 502,
  http_response_timeout: 504,
  http_response_transfer_coding: 502,
  http_upgrade_failed: 502,
  http_protocol_error: 502,
  proxy_internal_error: 500,
  proxy_configuration_error: 500,
  proxy_loop_detected: 502,
} as const;

export type ProxyError = keyof typeof PROXY_ERROR_STATUS;

/** Why a request that was to be forwarded was not answered. */
export type Failure = {
  readonly error: ProxyError;
  /** What a parent proxy answered in place of what was asked of it (RFC 9209 section 2.1.4). */
  readonly receivedStatus?: number;
};
