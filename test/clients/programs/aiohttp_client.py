"""Asks for a URL through a proxy with aiohttp: PROXY CA URL [FILE to upload]. Prints the status, then the body."""

import asyncio
import ssl
import sys

import aiohttp


async def main(proxy, ca, url, file=None):
    trust = ssl.create_default_context(cafile=ca)
    async with aiohttp.ClientSession() as session:
        body = open(file, "rb") if file else None
        method = "PUT" if file else "GET"
        async with session.request(method, url, proxy=proxy, ssl=trust, data=body) as response:
            print(response.status)
            print(await response.text())


asyncio.run(main(*sys.argv[1:]))
