// Which certificate the cells show: the one given, or one that a local CA in the data directory signs.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { leafServes, makeAuthority, makeLeaf } from "../node/local-ca.ts";
import { makeDirectory } from "../node/make-directory.ts";
import type { ServeOptions } from "./chappe-options.ts";
import { writePrivate } from "./data-directory.ts";
import { Exit } from "./exit.ts";

export interface TlsMaterial {
  readonly certFile: string;
  readonly keyFile: string;
  /** The leaf in PEM, by which the control plane recognises its cells. */
  readonly certificate: string;
}

/** Whether cells speak TLS: on loopback nobody listens in, anywhere else somebody may. */
export function wantsTls(options: ServeOptions): boolean {
  if (options.tls === "auto") return !isLoopback(options.nats.host);
  return options.tls === "required";
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Given files, checked; or those of the local CA, made or renewed now. @throws Exit (code 5) when they do not serve. */
export function tlsMaterial(options: ServeOptions, nowMs: number): TlsMaterial {
  try {
    return options.tlsFiles === undefined ? fromLocalCa(options, nowMs) : given(options.tlsFiles);
  } catch (error) {
    if (error instanceof Exit) throw error;
    const message = `the TLS material cannot be used: ${error instanceof Error ? error.message : String(error)}`;
    throw new Exit(
      "tls",
      message,
      "Check --tls-cert and --tls-key, or leave both out for a local CA.",
      error,
    );
  }
}

function given(files: { readonly cert: string; readonly key: string }): TlsMaterial {
  const certificate = readFileSync(files.cert, "utf8");
  const leaf = new X509Certificate(certificate);
  if (!leaf.checkPrivateKey(createPrivateKey(readFileSync(files.key, "utf8")))) {
    const message = `${files.key} is not the key of ${files.cert}`;
    throw new Exit("tls", message, "Give the key that the certificate was made for.");
  }
  return { certFile: files.cert, keyFile: files.key, certificate: leaf.toString() };
}

function fromLocalCa(options: ServeOptions, nowMs: number): TlsMaterial {
  const directory = join(options.data, "tls");
  const paths = {
    ca: join(directory, "ca.pem"),
    caKey: join(directory, "ca.key"),
    leaf: join(directory, "cert.pem"),
    leafKey: join(directory, "key.pem"),
  };
  makeDirectory(directory);
  if (!existsSync(paths.ca)) {
    const made = makeAuthority(nowMs);
    writePrivate(paths.caKey, made.key);
    writePrivate(paths.ca, made.cert);
  }
  const authority = { cert: readFileSync(paths.ca, "utf8"), key: readFileSync(paths.caKey, "utf8") };
  const names = hostNames(options);
  const serves =
    existsSync(paths.leaf) && leafServes(readFileSync(paths.leaf, "utf8"), authority.cert, names, nowMs);
  if (!serves) {
    const leaf = makeLeaf(authority, names, nowMs);
    writePrivate(paths.leafKey, leaf.key);
    writePrivate(paths.leaf, leaf.cert);
  }
  return { certFile: paths.leaf, keyFile: paths.leafKey, certificate: readFileSync(paths.leaf, "utf8") };
}

/** Every name and address that clients may dial this host by. */
function hostNames(options: ServeOptions): readonly string[] {
  const names = new Set(["localhost", "127.0.0.1", "::1", hostname()]);
  for (const host of [options.nats.host, options.natsPublic?.host]) {
    if (host !== undefined && host !== "0.0.0.0" && host !== "::") names.add(host);
  }
  for (const address of Object.values(networkInterfaces()).flat()) {
    // Link-local addresses come with a zone that no certificate can hold.
    if (address !== undefined && !address.address.startsWith("fe80")) names.add(address.address);
  }
  return [...names];
}

/** How a program on this host dials a listener: one on every interface is met on loopback. */
export function nearHost(listen: string): string {
  if (listen === "0.0.0.0") return "127.0.0.1";
  return listen === "::" ? "::1" : listen;
}

/** What clients dial when nobody says otherwise: the listen address, or this host's first where that means every interface. */
export function publicHost(listen: string): string {
  if (listen !== "0.0.0.0" && listen !== "::") return listen;
  const outward = Object.values(networkInterfaces())
    .flat()
    .find((address) => address !== undefined && !address.internal && address.family === "IPv4");
  return outward?.address ?? "127.0.0.1";
}
