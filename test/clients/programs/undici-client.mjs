/** Asks for a URL through a proxy with undici's ProxyAgent: PROXY CA URL [FILE to upload]. Prints status and body. */

import { createReadStream, readFileSync } from 'node:fs';
import { ProxyAgent, request } from 'undici';

const [proxy, caFile, url, file] = process.argv.slice(2);
const ca = readFileSync(caFile, 'utf8');
const dispatcher = new ProxyAgent({ uri: proxy, requestTls: { ca } });
const upload = file === undefined ? {} : { method: 'PUT', body: createReadStream(file) };
const response = await request(url, { dispatcher, ...upload });
console.log(response.statusCode);
console.log(await response.body.text());
await dispatcher.close();
