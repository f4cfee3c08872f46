// What a configuration says about the log.

import { isDeepStrictEqual } from "node:util";
import type { LogSettings } from "../node/log-trace.ts";
import type { ServerOptions } from "../server/config/options.ts";

export function logSettings({ logging }: ServerOptions): LogSettings {
  return {
    debug: logging.debug,
    trace: logging.trace,
    timestamps: logging.timestamps,
    utc: logging.utc,
    ...(logging.file === undefined ? {} : { file: logging.file }),
    ...(logging.remoteSyslog === "" ? {} : { remoteSyslog: logging.remoteSyslog }),
    sizeLimit: logging.fileBytesMax,
    filesMax: logging.filesMax,
  };
}

export function sameLog(a: ServerOptions, b: ServerOptions): boolean {
  return isDeepStrictEqual(logSettings(a), logSettings(b));
}
