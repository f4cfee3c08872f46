// Whether this server is among those that a request is meant for. [nats-server events.go filterRequest]

import type { Options } from "./request-body.ts";
import type { SubjectServer } from "./subject-server.ts";

export function isMeant({ identity, options: settings }: SubjectServer, options: Options): boolean {
  const exact = options.flag("exact_match");
  const fits = (asked: string, actual: string): boolean => {
    if (asked === "") return true;
    return exact ? actual === asked : actual.includes(asked);
  };
  // Neither a cluster nor a domain is ours: whoever asks for one asks others.
  if (!fits(options.text("server_name"), identity.name) || !fits(options.text("host"), identity.host))
    return false;
  if (options.text("cluster") !== "" || options.text("domain") !== "") return false;
  const { tags } = settings();
  return options.texts("tags").every((tag) => tags.includes(tag.trim().toLowerCase()));
}
