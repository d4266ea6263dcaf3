"""Asks for a URL through a proxy with requests: PROXY CA URL [FILE to upload]. Prints the status, then the body."""

import sys

import requests

proxy, ca, url, *files = sys.argv[1:]
session = requests.Session()
session.trust_env = False
session.proxies = {"http": proxy, "https": proxy}
session.verify = ca
if files:
    with open(files[0], "rb") as body:
        response = session.put(url, data=body)
else:
    response = session.get(url)
print(response.status_code)
print(response.text)
