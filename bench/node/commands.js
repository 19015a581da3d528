"use strict";
// What the Node servers share: the commands on standard input, the frame they publish, the ballots they check.

const MOST_OPTIONS = 12;

/** A frame of about `size` bytes, stamped with the clock every process of the machine shares. */
function stamped(size) {
  const head = `{"t":${process.hrtime.bigint()},"pad":"`;
  return head + "x".repeat(Math.max(0, size - head.length - 2)) + '"}';
}

/** The answer to a cast that has the right shape; throws at any other. Nothing is recorded. */
function receipt(cast) {
  const { type, id, contest, ranking } = cast;
  if (type !== "cast" || typeof id !== "string" || typeof contest !== "string") throw new TypeError("cast");
  if (!Array.isArray(ranking) || ranking.length > MOST_OPTIONS) throw new TypeError("ranking");
  if (new Set(ranking).size !== ranking.length) throw new TypeError("twice");
  return { type: "receipt", id, contest, revision: 1, ranking, accepted_at: new Date().toISOString() };
}

/** Publishes at "once BYTES"; ends with its input. */
function obey(publish) {
  const lines = require("node:readline").createInterface({ input: process.stdin });
  lines.on("line", (line) => publish(Number(line.split(" ")[1])));
  lines.on("close", () => process.exit(0));
}

/** Listens where the first argument says, and tells so. */
function listen(server) {
  const port = Number(process.argv[2]);
  server.listen({ port, host: "127.0.0.1", backlog: 4096 }, () => console.log(JSON.stringify({ ready: port })));
}

module.exports = { listen, obey, receipt, stamped };
