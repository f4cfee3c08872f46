// The page at the root of monitoring: which endpoints there are. [nats-server monitor.go HandleRoot]

const endpoints: readonly (readonly [string, string])[] = [
  ["/varz", "General"],
  ["/jsz", "JetStream"],
  ["/connz", "Connections"],
  ["/accountz", "Accounts"],
  ["/accstatz", "Account Stats"],
  ["/subsz", "Subscriptions"],
  ["/routez", "Routes"],
  ["/leafz", "LeafNodes"],
  ["/gatewayz", "Gateways"],
  ["/raftz", "Raft Groups"],
  ["/healthz", "Health Probe"],
  ["/debug/vars", "Expvar"],
];

/** @param basePath "" at the root */
export function rootPage(version: string, basePath: string): string {
  const links = endpoints.map(([path, label]) => {
    return `    <li><a href=".${basePath}${path}">${label}</a> <code>${path}</code></li>`;
  });
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>NATS monitoring</title>
    <style>
      body { font-family: system-ui, sans-serif; margin: 2rem }
      li { padding-bottom: .3rem }
      code { color: #777 }
    </style>
  </head>
  <body>
    <h1>NATS ${version}</h1>
    <ul>
${links.join("\n")}
    </ul>
    <p><a href="https://docs.nats.io/running-a-nats-service/nats_admin/monitoring">Help</a></p>
  </body>
</html>
`;
}
