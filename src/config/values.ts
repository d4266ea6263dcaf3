import net from 'node:net';
import { z } from 'zod';

/** Of a file or folder. */
export const path = z.string().min(1, 'must not be empty');
/** 0 stands for any free one, where that makes sense. */
export const port = z.int().min(0, 'a port is at least 0').max(65_535, 'a port is at most 65535');
export const address = z
  .string()
  .refine((text) => net.isIP(text) !== 0, {
    error: ({ input }) => `\`${input}\` is not an IP address`,
    params: { hint: 'write an IPv4 or IPv6 address without brackets' },
  })
  .meta({
    pattern: /^[0-9A-Fa-f.:]+(?:%.+)?$/.source,
    patternErrorMessage: 'write an IPv4 or IPv6 address without brackets',
  });
