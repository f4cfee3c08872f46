// The process: its memory, its queues, its profiles. A command line or an environment is shown to nobody.
// [nats-server monitor.go expvarz, Ipqueuesz, profilez, HandleStacksz] [CVE-2026-33247]

import type { OptionGroups } from "../request-body.ts";
import type { SubjectServer } from "../subject-server.ts";

export const ipqueueszGroup: OptionGroups = { IpqueueszOptions: { all: "bool", filter: "string" } };
export const raftzGroup: OptionGroups = { RaftzOptions: { account: "string", group: "string" } };
export const profilezGroup: OptionGroups = {
  ProfilezOptions: { name: "string", debug: "int", duration: "int" },
};

export function expvarz({ usage }: SubjectServer): object {
  const { memoryBytes, heapUsedBytes, heapTotalBytes } = usage();
  return {
    memstats: {
      Alloc: heapUsedBytes,
      Sys: memoryBytes,
      HeapAlloc: heapUsedBytes,
      HeapSys: heapTotalBytes,
      HeapIdle: heapTotalBytes - heapUsedBytes,
      HeapInuse: heapUsedBytes,
    },
    cmdline: [],
  };
}

/** Nothing waits here between threads: there is one. */
export function ipqueuesz(): object {
  return {};
}

export function raftz(): object {
  return {};
}

export function profilez(name: string): object {
  const error = name === "" ? "Profile name not specified" : `Profile ${JSON.stringify(name)} not found`;
  return { profile: null, error };
}

export const stacks = "one thread, which is answering this\n";
