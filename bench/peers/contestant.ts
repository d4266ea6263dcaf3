import type { OriginPorts } from '../traffic/site.ts';

/** A proxy that runs, to be measured. */
export type Contestant = {
  /** The head of its column. */
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** By what host it is asked for the origin: the name, or the address where it has no hosts file of its own. */
  readonly originHost: string;
  /** A PEM file of the CA of its block pages over TLS; undefined where it shows none. */
  readonly caFile: string | undefined;
  /** Whether it closes the client's connection after each reply without saying so (which wrk takes for an error). */
  readonly mayClose: boolean;
  stop(): Promise<void>;
};

/** How the proxies of one bench are set up. */
export type Setting = {
  /** For all that is written, each proxy in a folder of its own; goes at the end. */
  readonly folder: string;
  readonly core: number | undefined;
  readonly origins: OriginPorts;
  /** The size of Postern's block page: that of the others has as many. */
  readonly pageBytes: number;
};

/** Another program that does the same work. */
export type Peer = {
  readonly name: string;
  /** In which it comes. */
  readonly debianPackage: string;
  /** Such as `Squid 5.7`; undefined when it is not installed. */
  version(): string | undefined;
  start(setting: Setting): Promise<Contestant>;
};
