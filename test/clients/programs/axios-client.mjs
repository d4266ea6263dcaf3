/** Asks for a URL through a proxy with axios: PROXY CA URL [FILE to upload]. Prints status and body. */

import { createReadStream, readFileSync } from 'node:fs';
import https from 'node:https';
import axios from 'axios';

const [proxy, caFile, url, file] = process.argv.slice(2);
const { hostname: host, port } = new URL(proxy);
const upload = file === undefined ? {} : { method: 'put', data: createReadStream(file), maxRedirects: 0 };
const response = await axios({
  url,
  proxy: { protocol: 'http', host, port: Number(port) },
  httpsAgent: new https.Agent({ ca: readFileSync(caFile, 'utf8') }),
  responseType: 'text',
  validateStatus: () => true,
  maxBodyLength: Number.POSITIVE_INFINITY,
  ...upload,
});
console.log(response.status);
console.log(response.data);
