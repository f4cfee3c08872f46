// All scenes between the accounts of a configuration.

import { latency, mappings } from "./mappings.scenes.ts";
import type { Scene } from "./playing.ts";
import { chains, services } from "./services.scenes.ts";
import { streams } from "./streams.scenes.ts";
import { traces } from "./traces.scenes.ts";

// Whoever has several subscriptions hears them in no particular order.
const unordered = [streams, chains].flat().map((each): Scene => ({ ...each, inAnyOrder: true }));

export const scenes: readonly Scene[] = [unordered, services, mappings, latency, traces].flat();
