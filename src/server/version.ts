// What this server says it is.

/** The nats-server release whose behaviour this one has: clients and test suites choose by it what they try. */
export const natsVersion = "2.15.2";

/** What INFO and monitoring give as the version of Go: programs only print it. */
export const runtimeName = "node";

/** Where nats-server names its commit. */
export const build = "chappe";

/** JetStream API level of that release [ADR-44]. */
export const apiLevel = 5;
