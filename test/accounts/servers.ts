// The servers that the scenes between accounts are played on, by their configuration.

const users = (name: string): string => `users: [ { user: ${name}, password: x } ]`;

export const servers: Readonly<Record<string, string>> = {
  streams: `
    accounts {
      EX { users: [ { user: ex, password: x }, { user: quiet, password: x } ], exports: [
        { stream: "pub.>" }, { stream: "one" }, { stream: "private.*", accounts: [IM] }
        { stream: "a.*.b.*" }, { stream: "EX.*.news", account_token_position: 2 }
        { service: "ask" } ] }
      IM { users: [ { user: im, password: x }
          { user: few, password: x, permissions: { subscribe: { allow: ["in.>", "first.*"], deny: ["in.pub.secret"] } } }
          { user: answers, password: x, permissions: { subscribe: "in.>", publish: "none", allow_responses: true } } ]
        imports: [
        { stream: { account: EX, subject: "pub.>" }, prefix: in }
        { stream: { account: EX, subject: "one" }, to: "uno" }
        { stream: { account: EX, subject: "private.*" } }
        { stream: { account: EX, subject: "a.*.b.*" }, to: "swapped.$2.$1" } ] }
      OWN { ${users("own")}, imports: [ { stream: { account: EX, subject: "EX.OWN.news" } }
        { stream: { account: EX, subject: "pub.>" } } ] }
      ASK { ${users("asker")}, imports: [ { service: { account: EX, subject: "ask" } } ] }
      NONE { ${users("none")} }
    }`,
  services: `
    accounts {
      SRV { users: [ { user: srv, password: x }
          { user: narrow, password: x, permissions: { subscribe: "add", allow_responses: true } }
          { user: deaf, password: x, permissions: { subscribe: { allow: ["add"], deny: ["add"] } } } ]
        exports: [
        { service: "add" }, { service: "stream.it", response_type: stream }, { service: "chunk.it", response_type: chunked }
        { service: "private", accounts: [CLI] }, { service: "by.*.name", account_token_position: 2 }
        { service: "w.*.x.*" }, { service: "all.>" }
        { service: "slow", threshold: "1s" }, { service: "slow.stream", response_type: stream, threshold: "1s" } ] }
      CLI { users: [ { user: cli, password: x }
          { user: nope, password: x, permissions: { publish: { deny: ["sum"] } } } ]
        imports: [
        { service: { account: SRV, subject: "add" }, to: "sum" }
        { service: { account: SRV, subject: "stream.it" } }, { service: { account: SRV, subject: "chunk.it" } }
        { service: { account: SRV, subject: "private" } }, { service: { account: SRV, subject: "by.CLI.name" }, to: "me" }
        { service: { account: SRV, subject: "w.*.x.*" }, to: "back.$2.$1" }
        { service: { account: SRV, subject: "all.>" } }
        { service: { account: SRV, subject: "slow" } }, { service: { account: SRV, subject: "slow.stream" } } ] }
      OPEN { ${users("open")}, imports: [ { service: { account: SRV, subject: "add" }, share: true } ] }
    }`,
  chains: `
    server_name: chains
    accounts {
      C { ${users("c")}, exports: [ { service: "base" }, { stream: "news.>" } ] }
      B { ${users("b")}, imports: [ { service: { account: C, subject: "base" }, to: "middle" }, { stream: { account: C, subject: "news.>" }, prefix: b } ]
          exports: [ { service: "middle" }, { stream: "b.news.>" } ] }
      A { ${users("a")}, imports: [ { service: { account: B, subject: "middle" }, to: "top" }, { stream: { account: B, subject: "b.news.>" }, prefix: a } ] }
      S { ${users("s")}, imports: [ { service: { account: B, subject: "middle" }, to: "top", share: true } ] }
      SELF { ${users("self")}, exports: [ { service: "mine" }, { stream: "own.>" } ], imports: [ { service: { account: SELF, subject: "mine" } } ] }
      TWO1 { ${users("two1")}, exports: [ { service: "q" } ] }
      TWO2 { ${users("two2")}, exports: [ { service: "q" } ] }
      BOTH { ${users("both")}, imports: [ { service: { account: TWO1, subject: "q" } }, { service: { account: TWO2, subject: "q" } } ] }
    }`,
  mappings: `
    mappings { "global.in": "global.out" }
    accounts {
      M { users: [ { user: m, password: x }
          { user: only_out, password: x, permissions: { publish: ["to", "_INBOX.>"] } }
          { user: only_in, password: x, permissions: { publish: ["from", "_INBOX.>"] } } ]
        mappings {
          "from": "to"
          "w.*.*": "x.$2.$1"
          "part.*": "part.{{partition(3,1)}}.{{wildcard(1)}}"
          "split.*": "s.{{split(1,-)}}"
          "left.*": "l.{{left(1,2)}}.{{right(1,2)}}"
          "cut.*": "c.{{SplitFromLeft(1,2)}}.{{sliceFromRight(1,2)}}"
          "lost": [ { destination: "lost", weight: 0 } ]
          "whole": [ { destination: "whole.a", weight: 100 } ]
          "deep.>": "deeper.>"
          "reply.to": "reply.elsewhere"
        }
        exports: [ { service: "from" } ] }
      N { users: [ { user: n, password: x } ]
        imports: [ { service: { account: M, subject: "from" }, to: "nope" } ] }
    }`,
  latency: `
    system_account: SYS
    accounts {
      SYS { ${users("sys")} }
      SRV { ${users("srv")}, exports: [
        { service: "timed", latency: { sampling: 100%, subject: "results.timed" }, threshold: "300ms" }
        { service: "asked", latency: { sampling: headers, subject: "results.asked" } } ] }
      CLI { ${users("cli")}, imports: [ { service: { account: SRV, subject: "timed" } }, { service: { account: SRV, subject: "asked" } } ] }
      OPEN { ${users("open")}, imports: [ { service: { account: SRV, subject: "timed" }, share: true } ] }
    }`,
  traces: `
    accounts {
      T { users: [ { user: t, password: x }
          { user: limited, password: x, permissions: { publish: { deny: ["traces.secret", "denied"] } } } ]
        msg_trace: { dest: "traces.own" }
        mappings: { "mapped": "to.mapped" }
        exports: [ { stream: "s.>" }, { service: "svc.open", allow_trace: true }, { service: "svc.shut" } ] }
      U { ${users("u")}, imports: [ { stream: { account: T, subject: "s.>" }, prefix: u, allow_trace: true }
          { service: { account: T, subject: "svc.open" } }, { service: { account: T, subject: "svc.shut" } } ] }
      V { ${users("v")}, imports: [ { stream: { account: T, subject: "s.>" }, prefix: v } ] }
    }`,
};
