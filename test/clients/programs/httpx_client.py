"""Asks for a URL through a proxy with httpx: PROXY CA URL [FILE to upload]. Prints the status, then the body."""

import sys

import httpx

proxy, ca, url, *files = sys.argv[1:]
with httpx.Client(proxies=proxy, verify=ca, trust_env=False, timeout=60) as client:
    if files:
        with open(files[0], "rb") as body:
            response = client.put(url, content=body)
    else:
        response = client.get(url)
print(response.status_code)
print(response.text)
