"""Has mitmproxy block the site's domains with a page, and write a line for each request and tunnel."""

import json
import time

from mitmproxy import ctx, http


class Bench:
    def load(self, loader):
        loader.add_option("bench_site", str, "", "what is blocked, and what the page says, as JSON")

    def running(self):
        with open(ctx.options.bench_site) as file:
            site = json.load(file)
        self.blocked = frozenset(site["blocked"])
        self.page = site["page"].encode()
        self.log = open(site["log"], "a", buffering=1)

    def http_connect(self, flow):
        self.note(flow, "tunnel")

    def request(self, flow):
        if self.covers(flow.request.pretty_host):
            flow.response = http.Response.make(403, self.page, {"Content-Type": "text/html"})

    def response(self, flow):
        self.note(flow, flow.response.status_code)

    def covers(self, host):
        labels = host.split(".")
        return any(".".join(labels[at:]) in self.blocked for at in range(len(labels)))

    def note(self, flow, status):
        request = flow.request
        self.log.write(f"{time.time():.3f} {flow.client_conn.peername[0]} {request.method} {request.pretty_url} {status}\n")


addons = [Bench()]
